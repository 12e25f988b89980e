/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From C structs back to JSON: the effective values after defaults, for the manifest. What is
 * written reads back to the same values; sizes and times come out as plain integers.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/field_internal.h"

static json_t *write_fields(const struct field *fields, const void *object, bool *ok);

static u64 load_u64(const void *in)
{
	u64 value;

	memcpy(&value, in, sizeof(value));
	return value;
}

static const char *load_string(const void *in)
{
	const char *s;

	memcpy(&s, in, sizeof(s));
	return s;
}

/* Takes over value; a NULL one is a lack of memory. */
static void put(json_t *object, const char *name, json_t *value, bool *ok)
{
	if (json_object_set_new(object, name, value))
		*ok = false;
}

static json_t *write_number(const struct field *field, const void *in, bool *ok)
{
	u64 value = load_u64(in);
	json_t *json;

	/* Zero where zero is not allowed says that nobody set it. */
	if (!value && !field->required && !field->def &&
	    (field_least(field) > 0 || (field->type == FIELD_S64 && (s64)field_most(field) < 0)))
		return NULL;
	if (field->type != FIELD_S64 && value > INT64_MAX) {
		char text[32];

		/* Strings reach further than JSON integers; U64 fields are limited to those. */
		assert(field->type == FIELD_SIZE || field->type == FIELD_TIME);
		snprintf(text, sizeof(text), "%llu%s", (unsigned long long)value,
			 field->type == FIELD_SIZE ? "B" : "ns");
		json = json_string(text);
	} else {
		json = json_integer((json_int_t)value);
	}
	if (!json)
		*ok = false;
	return json;
}

static bool has_required(const struct field_table *table)
{
	for (const struct field *field = table->fields; field->type != FIELD_END; field++) {
		if (field->required)
			return true;
	}
	return false;
}

/* Whether an optional object's values, written as json, are those of an absent one. */
static bool is_absent(const struct field_table *table, json_t *json, bool *ok)
{
	struct arena arena = {0};
	struct err err = {0};
	void *absent = calloc(1, table->size);
	json_t *other = NULL;
	bool same = false;

	if (absent && field_read_absent(table, absent, &arena, &err))
		other = write_fields(table->fields, absent, ok);
	if (other)
		same = json_equal(json, other);
	else
		*ok = false;
	json_decref(other);
	free(absent);
	err_clear(&err);
	arena_finish(&arena);
	return same;
}

static json_t *write_object(const struct field *field, const void *in, bool *ok)
{
	json_t *json = write_fields(field->sub->fields, in, ok);

	if (json && !field->required && has_required(field->sub) &&
	    is_absent(field->sub, json, ok)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *write_scalar(const struct field *field, const void *in, bool *ok)
{
	json_t *json = NULL;
	const char *s;
	bool truth;
	u32 index;

	switch (field->type) {
	case FIELD_BOOL:
		memcpy(&truth, in, sizeof(truth));
		json = json_boolean(truth);
		break;
	case FIELD_STRING:
	case FIELD_NAME:
		s = load_string(in);
		if (!s)
			return NULL;
		json = json_string(s);
		break;
	case FIELD_ENUM:
		memcpy(&index, in, sizeof(index));
		json = json_string(field->allowed[index]);
		break;
	default:
		return write_number(field, in, ok);
	}
	if (!json)
		*ok = false;
	return json;
}

static json_t *write_variant(const struct field *field, const void *in, bool *ok)
{
	json_t *json, *rest;
	u32 which;

	memcpy(&which, (const char *)in + field->variant_tag, sizeof(which));
	rest = write_fields(field->variants[which]->fields, in, ok);
	json = json_object();
	put(json, field->variant_key, json_string(field->variants[which]->name), ok);
	if (json_object_update(json, rest))
		*ok = false;
	json_decref(rest);
	return json;
}

static json_t *write_entry(const struct field *field, const void *in, bool *ok)
{
	struct field item;

	if (field->type == FIELD_VARIANT)
		return write_variant(field, in, ok);
	if (field->sub)
		return write_fields(field->sub->fields, in, ok);
	item = field_of_item(field);
	return write_scalar(&item, in, ok);
}

static json_t *write_array(const struct field *field, const struct field_array *array, bool *ok)
{
	size_t size = field_entry_size(field);
	bool map = field->type == FIELD_MAP;
	json_t *json;

	if (!array->n && !field->required && !field->def && field->min > 0)
		return NULL;
	json = map ? json_object() : json_array();
	for (u32 i = 0; i < array->n; i++) {
		const char *in = (const char *)array->items + i * size;

		if (map)
			put(json, load_string(in + field->sub->fields[0].offset),
			    write_fields(field->sub->fields + 1, in, ok), ok);
		else if (json_array_append_new(json, write_entry(field, in, ok)))
			*ok = false;
	}
	if (!json)
		*ok = false;
	return json;
}

/* New reference; NULL if the field is left out or, with *ok false, for lack of memory. */
static json_t *write_field(const struct field *field, const void *in, bool *ok)
{
	switch (field->type) {
	case FIELD_CUSTOM:
		return field->write ? field->write(in, field) : NULL;
	case FIELD_OBJECT:
		return write_object(field, in, ok);
	case FIELD_ARRAY:
	case FIELD_VARIANT:
	case FIELD_MAP:
		return write_array(field, in, ok);
	default:
		return write_scalar(field, in, ok);
	}
}

static json_t *write_fields(const struct field *fields, const void *object, bool *ok)
{
	json_t *json = json_object();

	if (!json)
		*ok = false;
	for (; fields->type != FIELD_END; fields++) {
		json_t *value = write_field(fields, (const char *)object + fields->offset, ok);

		if (value)
			put(json, fields->name, value, ok);
	}
	return json;
}

json_t *fields_write(const struct field_table *table, const void *in)
{
	bool ok = true;
	json_t *json = write_fields(table->fields, in, &ok);

	if (ok)
		return json;
	json_decref(json);
	return NULL;
}
