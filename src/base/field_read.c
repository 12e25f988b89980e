/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a JSON tree to C structs, by table. Errors are collected, not thrown: a file with five
 * mistakes shows five. Reading recurses with the document, whose depth is bounded.
 */
#include "base/field.h"

#include <assert.h>
#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field_internal.h"
#include "base/json_path.h"
#include "base/units.h"

#define PATH_MAX_BYTES (16u << 10)

struct reader {
	struct field_ctx ctx; /* first: field_error() and parse() get it */
	GHashTable *defaults; /* struct field * -> json_t of its default; only looked up */
	unsigned int depth;
	size_t path_len;
	char path[PATH_MAX_BYTES];
};

static bool read_value(struct reader *r, const struct field *field, json_t *value, void *out);

bool field_error(struct field_ctx *ctx, const char *name, const char *fmt, ...)
{
	char path[PATH_MAX_BYTES], what[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (!name)
		return json_doc_error(ctx->doc, ctx->path, ctx->err, "%s", what);
	snprintf(path, sizeof(path), "%s%s%s", ctx->path, *ctx->path && *name != '[' ? "." : "",
		 name);
	return json_doc_error(ctx->doc, path, ctx->err, "%s", what);
}

static size_t enter_key(struct reader *r, const char *key)
{
	size_t back = r->path_len;

	r->path_len = json_path_key(r->path, sizeof(r->path), back, key);
	return back;
}

static size_t enter_index(struct reader *r, u32 index)
{
	size_t back = r->path_len;

	r->path_len = json_path_index(r->path, sizeof(r->path), back, index);
	return back;
}

static void leave(struct reader *r, size_t back)
{
	r->path_len = back;
	r->path[back] = '\0';
}

/* The value as a person would name it: "four", 12, an object. */
static const char *found_text(json_t *value, char *buf, size_t len)
{
	char *text;

	if (json_is_object(value) || json_is_array(value)) {
		snprintf(buf, len, "%s", json_is_object(value) ? "an object" : "an array");
		return buf;
	}
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	if (text && strlen(text) >= 48)
		snprintf(buf, len, "%.40s...%s", text, json_is_string(value) ? "\"" : "");
	else
		snprintf(buf, len, "%s", text ? text : "an unreadable value");
	free(text);
	return buf;
}

static void suggest(const struct reader *r, const char *word, const char *const *names, char *buf,
		    size_t len)
{
	/* A hostile file may hold 10^5 unknown words: only shown ones are compared. */
	const char *near = r->ctx.err->count < ERR_MAX ? nearest_name(word, names) : NULL;

	buf[0] = '\0';
	if (near)
		snprintf(buf, len, " (did you mean \"%s\"?)", near);
}

static bool wrong(struct reader *r, const struct field *field, json_t *value)
{
	char expect[512], found[64], hint[128] = "";

	if (field->type == FIELD_ENUM && json_is_string(value))
		suggest(r, json_string_value(value), field->allowed, hint, sizeof(hint));
	return field_error(&r->ctx, NULL, "expected %s, got %s%s",
			   field_expect(field, expect, sizeof(expect)),
			   found_text(value, found, sizeof(found)), hint);
}

static bool out_of_memory(struct reader *r)
{
	return err_set(r->ctx.err, ERR_HOST_RES, "%s: %s: no memory for this value",
		       r->ctx.doc->name ? r->ctx.doc->name : "<json>", r->path);
}

static bool read_bool(json_t *value, bool *out)
{
	json_int_t n = json_integer_value(value);

	*out = json_is_true(value) || (json_is_integer(value) && n == 1);
	return json_is_boolean(value) || (json_is_integer(value) && (n == 0 || n == 1));
}

/* Numbers of all kinds land in 64 bits; S64 in two's complement. */
static bool read_number(const struct field *field, json_t *value, u64 *out)
{
	s64 least = field_least(field);
	u64 most = field_most(field);

	if (json_is_string(value) && field->type == FIELD_SIZE) {
		if (!parse_size(json_string_value(value), out))
			return false;
	} else if (json_is_string(value) && field->type == FIELD_TIME) {
		if (!parse_time(json_string_value(value), out))
			return false;
	} else if (json_is_integer(value)) {
		s64 n = json_integer_value(value);

		*out = (u64)n;
		if (field->type == FIELD_S64)
			return n >= least && n <= (s64)most;
		if (n < 0)
			return false;
	} else {
		return false;
	}
	return *out >= (u64)least && *out <= most;
}

static bool read_string(struct reader *r, const struct field *field, json_t *value, void *out)
{
	const char *s = json_string_value(value);
	char *copy;

	if (!s || json_string_length(value) > field_most(field) ||
	    (field->type == FIELD_NAME && !field_is_name(s)))
		return wrong(r, field, value);
	copy = arena_strdup(r->ctx.arena, s);
	if (!copy)
		return out_of_memory(r);
	memcpy(out, &copy, sizeof(copy));
	return true;
}

static bool read_enum(const struct field *field, json_t *value, u32 *out)
{
	const char *s = json_string_value(value);

	for (u32 i = 0; s && field->allowed[i]; i++) {
		if (!strcmp(s, field->allowed[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

static const struct field *find_field(const struct field *fields, const char *name)
{
	for (; fields->type != FIELD_END; fields++) {
		if (!strcmp(fields->name, name))
			return fields;
	}
	return NULL;
}

#define FIELD_NAMES_MAX 256u

/* Names for a suggestion: those of the fields and extra (may be NULL). */
static void field_names(const struct field *fields, const char *extra,
			const char *names[FIELD_NAMES_MAX])
{
	size_t n = 0;

	if (extra)
		names[n++] = extra;
	for (; fields->type != FIELD_END && n < FIELD_NAMES_MAX - 1; fields++)
		names[n++] = fields->name;
	names[n] = NULL;
}

static bool unknown_field(struct reader *r, const struct field_table *table,
			  const struct field *fields, const char *key, const char *name)
{
	const char *names[FIELD_NAMES_MAX];
	char hint[512];
	size_t back, used;

	field_names(fields, key, names);
	suggest(r, name, names, hint, sizeof(hint));
	if (!hint[0] && r->ctx.err->count < ERR_MAX) {
		used = (size_t)snprintf(hint, sizeof(hint), " (known here: comment");
		for (size_t i = 0; names[i] && used + strlen(names[i]) + 8 < sizeof(hint); i++)
			used +=
			    (size_t)snprintf(hint + used, sizeof(hint) - used, ", %s", names[i]);
		snprintf(hint + used, sizeof(hint) - used, ")");
	}
	back = enter_key(r, name);
	json_doc_error_key(r->ctx.doc, r->path, r->ctx.err, "unknown field of %s%s", table->name,
			   hint);
	leave(r, back);
	return false;
}

/* The default as a tree, parsed once per reading; borrowed. */
static json_t *default_value(struct reader *r, const struct field *field)
{
	json_t *value = g_hash_table_lookup(r->defaults, field);

	if (!value) {
		value = json_loads(field->def, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		if (value)
			g_hash_table_insert(r->defaults, (void *)field, value);
	}
	return value;
}

/* What becomes of a field that is not there: its default; in an object, those of its fields. */
static bool read_default(struct reader *r, const struct field *field, void *object)
{
	void *out = (char *)object + field->offset;
	bool ok = true;

	if (field->def) {
		json_t *value = default_value(r, field);
		size_t back = enter_key(r, field->name);

		ok = value ? read_value(r, field, value, out) : out_of_memory(r);
		leave(r, back);
	} else if (field->type == FIELD_OBJECT) {
		for (field = field->sub->fields; field->type != FIELD_END; field++)
			ok &= read_default(r, field, out);
	}
	return ok;
}

static bool read_missing(struct reader *r, const struct field *fields, json_t *obj, void *object)
{
	bool ok = true;

	for (; fields->type != FIELD_END; fields++) {
		char expect[512];

		if (json_object_get(obj, fields->name))
			continue;
		if (fields->required)
			ok = field_error(&r->ctx, NULL, "missing field \"%s\" (%s)", fields->name,
					 field_expect(fields, expect, sizeof(expect)));
		else
			ok &= read_default(r, fields, object);
	}
	return ok;
}

/*
 * Reads obj by the table's fields from `fields` on. key is a member that the caller has taken
 * care of (a variant's), or NULL.
 */
static bool read_table(struct reader *r, const struct field_table *table,
		       const struct field *fields, json_t *obj, const char *key, void *object)
{
	const char *name;
	json_t *value;
	bool ok = true;

	if (r->depth >= JSON_LIMIT_DEPTH)
		return field_error(&r->ctx, NULL, "nested more than 64 levels deep");
	r->depth++;
	json_object_foreach(obj, name, value)
	{
		const struct field *field = find_field(fields, name);
		size_t back;

		if (!field && (!strcmp(name, "comment") || (key && !strcmp(name, key))))
			continue;
		if (!field) {
			ok = unknown_field(r, table, fields, key, name);
			continue;
		}
		back = enter_key(r, name);
		ok &= read_value(r, field, value, (char *)object + field->offset);
		leave(r, back);
	}
	ok &= read_missing(r, fields, obj, object);
	if (ok && table->check)
		ok = table->check(&r->ctx, object);
	r->depth--;
	return ok;
}

static bool read_variant(struct reader *r, const struct field *field, json_t *value, void *out)
{
	const char *names[FIELD_NAMES_MAX];
	json_t *word = json_object_get(value, field->variant_key);
	struct field choice = {.name = field->variant_key, .type = FIELD_ENUM, .allowed = names};
	size_t back, n = 0;
	u32 which;

	for (; field->variants[n] && n < FIELD_NAMES_MAX - 1; n++)
		names[n] = field->variants[n]->name;
	names[n] = NULL;
	if (!json_is_object(value))
		return wrong(r, &(struct field){.type = FIELD_OBJECT}, value);
	if (!word) {
		char expect[512];

		return field_error(&r->ctx, NULL, "missing field \"%s\" (%s)", field->variant_key,
				   field_expect(&choice, expect, sizeof(expect)));
	}
	if (!read_enum(&choice, word, &which)) {
		back = enter_key(r, field->variant_key);
		wrong(r, &choice, word);
		leave(r, back);
		return false;
	}
	memcpy((char *)out + field->variant_tag, &which, sizeof(which));
	return read_table(r, field->variants[which], field->variants[which]->fields, value,
			  field->variant_key, out);
}

static bool read_entry(struct reader *r, const struct field *field, json_t *value, void *out)
{
	struct field item;

	if (field->type == FIELD_VARIANT)
		return read_variant(r, field, value, out);
	if (field->sub)
		return read_value(r, &(struct field){.type = FIELD_OBJECT, .sub = field->sub},
				  value, out);
	item = field_of_item(field);
	return read_value(r, &item, value, out);
}

static bool entries_alloc(struct reader *r, const struct field *field, size_t n,
			  struct field_array *array)
{
	*array = (struct field_array){0};
	if (!n)
		return true;
	array->items = arena_alloc_array(r->ctx.arena, n, field_entry_size(field));
	if (!array->items)
		return out_of_memory(r);
	array->n = (u32)n;
	return true;
}

static bool count_fits(const struct field *field, size_t n)
{
	return n >= (u64)field->min && n <= field_most(field);
}

static bool wrong_count(struct reader *r, const struct field *field, size_t n)
{
	char expect[512];

	return field_error(&r->ctx, NULL, "expected %s, got %zu",
			   field_expect(field, expect, sizeof(expect)), n);
}

static bool read_array(struct reader *r, const struct field *field, json_t *value,
		       struct field_array *array)
{
	size_t n = json_array_size(value), size = field_entry_size(field);
	bool ok = true;

	if (!json_is_array(value))
		return wrong(r, field, value);
	if (!count_fits(field, n))
		return wrong_count(r, field, n);
	if (!entries_alloc(r, field, n, array))
		return false;
	for (u32 i = 0; i < array->n; i++) {
		size_t back = enter_index(r, i);

		ok &=
		    read_entry(r, field, json_array_get(value, i), (char *)array->items + i * size);
		leave(r, back);
	}
	return ok;
}

static bool read_map_entry(struct reader *r, const struct field *field, const char *name,
			   json_t *value, char *out)
{
	const struct field *fields = field->sub->fields;
	const char *copy;

	if (!field_is_name(name)) {
		char expect[512];

		return json_doc_error_key(
		    r->ctx.doc, r->path, r->ctx.err, "expected %s",
		    field_expect(&(struct field){.type = FIELD_NAME}, expect, sizeof(expect)));
	}
	if (!json_is_object(value))
		return wrong(r, &(struct field){.type = FIELD_OBJECT}, value);
	copy = arena_strdup(r->ctx.arena, name);
	if (!copy)
		return out_of_memory(r);
	memcpy(out + fields->offset, &copy, sizeof(copy));
	return read_table(r, field->sub, fields + 1, value, NULL, out);
}

static bool read_map(struct reader *r, const struct field *field, json_t *value,
		     struct field_array *array)
{
	/* A comment among the names is a remark as in any object. */
	size_t n = json_object_size(value) - (json_object_get(value, "comment") != NULL);
	const char *name;
	json_t *entry;
	bool ok = true;
	char *out;

	if (!json_is_object(value))
		return wrong(r, field, value);
	if (!count_fits(field, n))
		return wrong_count(r, field, n);
	if (!entries_alloc(r, field, n, array))
		return false;
	out = array->items;
	json_object_foreach(value, name, entry)
	{
		size_t back;

		if (!strcmp(name, "comment"))
			continue;
		back = enter_key(r, name);
		ok &= read_map_entry(r, field, name, entry, out);
		leave(r, back);
		out += field->sub->size;
	}
	return ok;
}

static bool read_value(struct reader *r, const struct field *field, json_t *value, void *out)
{
	bool ok = false;

	switch (field->type) {
	case FIELD_BOOL:
		ok = read_bool(value, out);
		break;
	case FIELD_U64:
	case FIELD_S64:
	case FIELD_SIZE:
	case FIELD_TIME:
		ok = read_number(field, value, out);
		break;
	case FIELD_STRING:
	case FIELD_NAME:
		return read_string(r, field, value, out);
	case FIELD_ENUM:
		ok = read_enum(field, value, out);
		break;
	case FIELD_CUSTOM:
		return field->parse(&r->ctx, value, out, field);
	case FIELD_OBJECT:
		if (json_is_object(value))
			return read_table(r, field->sub, field->sub->fields, value, NULL, out);
		break;
	case FIELD_ARRAY:
	case FIELD_VARIANT:
		return read_array(r, field, value, out);
	case FIELD_MAP:
		return read_map(r, field, value, out);
	case FIELD_END:
		assert(false && "a field");
	}
	return ok || wrong(r, field, value);
}

static void reader_start(struct reader *r, struct field_ctx ctx, const char *base_path)
{
	r->ctx = ctx;
	r->depth = 0;
	r->path_len = (size_t)snprintf(r->path, sizeof(r->path), "%s", base_path);
	assert(r->path_len < sizeof(r->path));
	r->ctx.path = r->path;
	r->defaults =
	    g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)json_decref);
}

bool fields_read(const struct field_table *table, const struct json_doc *doc, json_t *obj,
		 const char *base_path, void *out, struct arena *arena, void *user, struct err *err)
{
	struct field_ctx ctx = {.doc = doc, .arena = arena, .err = err, .user = user};
	struct field root = {.name = "", .type = FIELD_OBJECT, .sub = table};
	struct reader r;
	bool ok;

	assert(err && arena);
	reader_start(&r, ctx, base_path);
	memset(out, 0, table->size);
	ok = read_value(&r, &root, obj, out);
	g_hash_table_destroy(r.defaults);
	return ok;
}

bool field_read_absent(const struct field_table *table, void *out, struct arena *arena,
		       struct err *err)
{
	static const struct json_doc none = {.name = (char *)"<default>"};
	struct field_ctx ctx = {.doc = &none, .arena = arena, .err = err};
	struct field root = {.name = "", .type = FIELD_OBJECT, .sub = table};
	struct reader r;
	bool ok;

	reader_start(&r, ctx, "");
	memset(out, 0, table->size);
	ok = read_default(&r, &root, out);
	g_hash_table_destroy(r.defaults);
	return ok;
}
