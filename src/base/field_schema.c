/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON Schema 2020-12 from the same tables that read the input. Most tables are written in place.
 * Those that can contain themselves (a program whose loop holds a program) would never end: a
 * first walk finds them, they are written once under $defs and referred to everywhere else.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/field.h"
#include "base/field_internal.h"

#define DEFS_MAX  32u
#define DEPTH_MAX 64u

struct schema {
	/* ARRAY, VARIANT and MAP fields whose entries contain themselves */
	const struct field *defs[DEFS_MAX];
	unsigned int n_defs;
	const struct field *stack[DEPTH_MAX];
	unsigned int depth;
	bool ok;
};

static json_t *schema_field(struct schema *s, const struct field *field);

/* Two fields have entries of one kind if they name the same tables. */
static bool same_entries(const struct field *a, const struct field *b)
{
	if (a->type != b->type)
		return false;
	return a->type == FIELD_VARIANT ? a->variants == b->variants : a->sub == b->sub;
}

static int find_def(const struct schema *s, const struct field *field)
{
	for (unsigned int i = 0; i < s->n_defs; i++) {
		if (same_entries(s->defs[i], field))
			return (int)i;
	}
	return -1;
}

static void find_recursive(struct schema *s, const struct field *fields);

static void find_in_entries(struct schema *s, const struct field *field)
{
	for (unsigned int i = 0; i < s->depth; i++) {
		if (!same_entries(s->stack[i], field))
			continue;
		if (find_def(s, field) < 0) {
			assert(s->n_defs < DEFS_MAX);
			s->defs[s->n_defs++] = field;
		}
		return;
	}
	assert(s->depth < DEPTH_MAX);
	s->stack[s->depth++] = field;
	if (field->type == FIELD_VARIANT) {
		for (size_t i = 0; field->variants[i]; i++)
			find_recursive(s, field->variants[i]->fields);
	} else if (field->sub) {
		find_recursive(s, field->sub->fields);
	}
	s->depth--;
}

static void find_recursive(struct schema *s, const struct field *fields)
{
	for (; fields->type != FIELD_END; fields++) {
		if (fields->type == FIELD_OBJECT)
			find_recursive(s, fields->sub->fields);
		else if (fields->type == FIELD_ARRAY || fields->type == FIELD_VARIANT ||
			 fields->type == FIELD_MAP)
			find_in_entries(s, fields);
	}
}

/* Takes over value. */
static void put(struct schema *s, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		s->ok = false;
}

static void append(struct schema *s, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		s->ok = false;
}

static json_t *typed(struct schema *s, const char *type)
{
	json_t *json = json_object();

	put(s, json, "type", json_string(type));
	return json;
}

/*
 * The schema of an object with the given fields. variant_key (may be NULL) is a required member
 * whose value is the word.
 */
static json_t *schema_object(struct schema *s, const struct field *fields, const char *doc,
			     const char *variant_key, const char *word)
{
	json_t *json = typed(s, "object"), *properties = json_object(), *required = json_array();

	if (doc)
		put(s, json, "description", json_string(doc));
	if (variant_key) {
		json_t *key = json_object();

		put(s, key, "const", json_string(word));
		put(s, properties, variant_key, key);
		append(s, required, json_string(variant_key));
	}
	for (; fields->type != FIELD_END; fields++) {
		put(s, properties, fields->name, schema_field(s, fields));
		if (fields->required)
			append(s, required, json_string(fields->name));
	}
	if (!json_object_get(properties, "comment"))
		put(s, properties, "comment", json_true());
	put(s, json, "properties", properties);
	if (json_array_size(required))
		put(s, json, "required", required);
	else
		json_decref(required);
	put(s, json, "additionalProperties", json_false());
	return json;
}

static json_t *schema_variants(struct schema *s, const struct field *field)
{
	json_t *json = typed(s, "object"), *choices = json_array();

	for (size_t i = 0; field->variants[i]; i++) {
		const struct field_table *table = field->variants[i];

		append(
		    s, choices,
		    schema_object(s, table->fields, table->doc, field->variant_key, table->name));
	}
	put(s, json, "oneOf", choices);
	return json;
}

/* One entry of an ARRAY, VARIANT or MAP, in place. */
static json_t *schema_entry(struct schema *s, const struct field *field)
{
	struct field item;

	if (field->type == FIELD_VARIANT)
		return schema_variants(s, field);
	if (field->type == FIELD_MAP)
		return schema_object(s, field->sub->fields + 1, field->sub->doc, NULL, NULL);
	if (field->sub)
		return schema_object(s, field->sub->fields, field->sub->doc, NULL, NULL);
	item = field_of_item(field);
	return schema_field(s, &item);
}

/* "program", or "program-2" if another definition has that name. */
static void def_name(const struct schema *s, unsigned int def, char *buf, size_t len)
{
	unsigned int before = 0;

	for (unsigned int i = 0; i < def; i++)
		before += !strcmp(s->defs[i]->name, s->defs[def]->name);
	if (before)
		snprintf(buf, len, "%s-%u", s->defs[def]->name, before + 1);
	else
		snprintf(buf, len, "%s", s->defs[def]->name);
}

static json_t *schema_entry_or_ref(struct schema *s, const struct field *field)
{
	int def = find_def(s, field);
	char name[128], ref[160];
	json_t *json;

	if (def < 0)
		return schema_entry(s, field);
	def_name(s, (unsigned int)def, name, sizeof(name));
	snprintf(ref, sizeof(ref), "#/$defs/%s", name);
	json = json_object();
	put(s, json, "$ref", json_string(ref));
	return json;
}

static json_t *schema_number(struct schema *s, const struct field *field)
{
	bool units = field->type == FIELD_SIZE || field->type == FIELD_TIME;
	json_t *json = typed(s, "integer");
	u64 most = field_most(field);

	if (units) {
		json_t *types = json_array();

		append(s, types, json_string("integer"));
		append(s, types, json_string("string"));
		put(s, json, "type", types);
		put(s, json, "pattern",
		    json_string(field->type == FIELD_SIZE ? FIELD_SIZE_PATTERN
							  : FIELD_TIME_PATTERN));
	}
	if (field_least(field) > INT64_MIN)
		put(s, json, "minimum", json_integer(field_least(field)));
	if (most < INT64_MAX)
		put(s, json, "maximum", json_integer((json_int_t)most));
	return json;
}

static json_t *schema_bool(struct schema *s)
{
	json_t *json = json_object(), *values = json_array();

	append(s, values, json_true());
	append(s, values, json_false());
	append(s, values, json_integer(0));
	append(s, values, json_integer(1));
	put(s, json, "enum", values);
	return json;
}

static json_t *schema_enum(struct schema *s, const struct field *field)
{
	json_t *json = typed(s, "string"), *values = json_array();

	for (size_t i = 0; field->allowed[i]; i++)
		append(s, values, json_string(field->allowed[i]));
	put(s, json, "enum", values);
	return json;
}

static json_t *schema_array(struct schema *s, const struct field *field)
{
	json_t *json = typed(s, "array");

	put(s, json, "items", schema_entry_or_ref(s, field));
	if (field->min > 0)
		put(s, json, "minItems", json_integer(field->min));
	if (field->max)
		put(s, json, "maxItems", json_integer((json_int_t)field->max));
	return json;
}

static json_t *schema_map(struct schema *s, const struct field *field)
{
	json_t *json = typed(s, "object"), *names = json_object(), *comment = json_object();

	put(s, comment, "comment", json_true());
	put(s, json, "properties", comment);
	put(s, names, "pattern", json_string(FIELD_NAME_PATTERN));
	put(s, json, "propertyNames", names);
	put(s, json, "additionalProperties", schema_entry_or_ref(s, field));
	if (field->min > 0)
		put(s, json, "minProperties", json_integer(field->min));
	/* A comment is no entry, but JSON Schema would count it. */
	if (field->max)
		put(s, json, "maxProperties", json_integer((json_int_t)field->max + 1));
	return json;
}

static json_t *schema_string(struct schema *s, const struct field *field)
{
	json_t *json = typed(s, "string");

	if (field->type == FIELD_NAME)
		put(s, json, "pattern", json_string(FIELD_NAME_PATTERN));
	else
		put(s, json, "maxLength", json_integer((json_int_t)field_most(field)));
	return json;
}

static json_t *schema_of_type(struct schema *s, const struct field *field)
{
	switch (field->type) {
	case FIELD_BOOL:
		return schema_bool(s);
	case FIELD_STRING:
	case FIELD_NAME:
		return schema_string(s, field);
	case FIELD_ENUM:
		return schema_enum(s, field);
	case FIELD_CUSTOM:
		return json_loads(field->schema ? field->schema : "{}", 0, NULL);
	case FIELD_OBJECT:
		return schema_object(s, field->sub->fields, field->sub->doc, NULL, NULL);
	case FIELD_ARRAY:
	case FIELD_VARIANT:
		return schema_array(s, field);
	case FIELD_MAP:
		return schema_map(s, field);
	default:
		return schema_number(s, field);
	}
}

static json_t *schema_field(struct schema *s, const struct field *field)
{
	json_t *json = schema_of_type(s, field);
	char text[1024];

	if (field->doc || field->unit) {
		snprintf(text, sizeof(text), "%s%s%s%s%s", field->doc ? field->doc : "",
			 field->doc && field->unit ? " " : "", field->unit ? "(" : "",
			 field->unit ? field->unit : "", field->unit ? ")" : "");
		put(s, json, "description", json_string(text));
	}
	if (field->def)
		put(s, json, "default", json_loads(field->def, JSON_DECODE_ANY, NULL));
	return json;
}

json_t *fields_schema(const struct field_table *table)
{
	struct schema s = {.ok = true};
	json_t *json = json_object(), *defs = json_object(), *body;

	find_recursive(&s, table->fields);
	put(&s, json, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	put(&s, json, "title", json_string(table->name));
	body = schema_object(&s, table->fields, table->doc, NULL, NULL);
	if (json_object_update(json, body))
		s.ok = false;
	json_decref(body);
	for (unsigned int i = 0; i < s.n_defs; i++) {
		char name[128];

		def_name(&s, i, name, sizeof(name));
		put(&s, defs, name, schema_entry(&s, s.defs[i]));
	}
	if (s.n_defs)
		put(&s, json, "$defs", defs);
	else
		json_decref(defs);
	if (s.ok)
		return json;
	json_decref(json);
	return NULL;
}
