/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference page of a table and the tables below it, and the check that a table is sound.
 * Tables are printed once each, in the order they are met.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/field_internal.h"

#define TABLES_MAX 256u

struct listed {
	const struct field_table *table;
	/* how it is reached: the field, and for a variant its key */
	const struct field *from;
};

struct reference {
	struct listed tables[TABLES_MAX];
	unsigned int n;
};

static void list_table(struct reference *ref, const struct field_table *table,
		       const struct field *from)
{
	for (unsigned int i = 0; i < ref->n; i++) {
		if (ref->tables[i].table == table)
			return;
	}
	assert(ref->n < TABLES_MAX);
	ref->tables[ref->n++] = (struct listed){table, from};
}

/* Adds the tables that the fields of this one name; later ones follow when their turn comes. */
static void list_below(struct reference *ref, const struct field_table *table)
{
	for (const struct field *field = table->fields; field->type != FIELD_END; field++) {
		if (field->type == FIELD_VARIANT) {
			for (size_t i = 0; field->variants[i]; i++)
				list_table(ref, field->variants[i], field);
		} else if (field->sub) {
			list_table(ref, field->sub, field);
		}
	}
}

/* Markdown's cell separator must not end the cell. */
static void print_cell(FILE *out, bool markdown, const char *text)
{
	for (; *text; text++) {
		if (markdown && (*text == '|' || *text == '<'))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void print_field(const struct field *field, bool markdown, FILE *out)
{
	const char *value = field->required ? "required" : field->def ? field->def : "-";
	char expect[512];

	field_expect(field, expect, sizeof(expect));
	if ((field->type == FIELD_ARRAY || field->type == FIELD_VARIANT ||
	     field->type == FIELD_MAP || field->type == FIELD_OBJECT) &&
	    field->sub) {
		size_t used = strlen(expect);

		snprintf(expect + used, sizeof(expect) - used, ": %s", field->sub->name);
	} else if (field->type == FIELD_ARRAY) {
		struct field item = field_of_item(field);
		char one[256];
		size_t used = strlen(expect);

		snprintf(expect + used, sizeof(expect) - used, ": %s",
			 field_expect(&item, one, sizeof(one)));
	}
	if (!markdown) {
		fprintf(out, "  %-28s %s; default %s\n", field->name, expect, value);
		if (field->doc)
			fprintf(out, "      %s\n", field->doc);
		return;
	}
	fprintf(out, "| `%s` | ", field->name);
	print_cell(out, true, expect);
	fputs(" | ", out);
	print_cell(out, true, value);
	fputs(" | ", out);
	print_cell(out, true, field->doc ? field->doc : "");
	fputs(" |\n", out);
}

static void print_table(const struct listed *listed, bool markdown, FILE *out)
{
	const struct field_table *table = listed->table;
	const struct field *field = table->fields;
	const char *key = NULL;

	if (listed->from && listed->from->type == FIELD_VARIANT)
		key = listed->from->variant_key;
	if (key)
		fprintf(out, markdown ? "## `%s: %s`\n\n" : "%s: %s\n", key, table->name);
	else
		fprintf(out, markdown ? "## %s\n\n" : "%s\n", table->name);
	if (table->doc)
		fprintf(out, markdown ? "%s\n\n" : "  %s\n", table->doc);
	if (listed->from && listed->from->type == FIELD_MAP) {
		fputs(markdown ? "" : "  ", out);
		fputs("Each entry's key is its name.\n", out);
		fputs(markdown ? "\n" : "", out);
		field++;
	}
	if (markdown && field->type != FIELD_END)
		fputs("| field | value | default | meaning |\n|---|---|---|---|\n", out);
	for (; field->type != FIELD_END; field++)
		print_field(field, markdown, out);
	fputc('\n', out);
}

void fields_reference(const struct field_table *table, bool markdown, FILE *out)
{
	struct reference ref = {0};

	list_table(&ref, table, NULL);
	for (unsigned int i = 0; i < ref.n; i++) {
		list_below(&ref, ref.tables[i].table);
		print_table(&ref.tables[i], markdown, out);
	}
}

static void assert_field(const struct field_table *table, const struct field *field)
{
	assert(field->name && *field->name);
	for (const struct field *f = table->fields; f != field; f++)
		assert(strcmp(f->name, field->name));
	assert(field->type < FIELD_MAP + 1 && field->offset < table->size);
	assert(!(field->required && field->def));
	if (field_is_number(field->type))
		assert(field->type == FIELD_S64
			   ? field_least(field) <= (s64)field_most(field)
			   : field->min >= 0 && (u64)field->min <= field_most(field));
	if (field->type == FIELD_U64)
		assert(field->max <= INT64_MAX);
	if (field->type == FIELD_ENUM)
		assert(field->allowed && field->allowed[0]);
	if (field->type == FIELD_CUSTOM) {
		json_t *schema = json_loads(field->schema ? field->schema : "", 0, NULL);

		assert(field->parse && schema);
		json_decref(schema);
	}
	if (field->type == FIELD_OBJECT || field->type == FIELD_MAP)
		assert(field->sub);
	if (field->type == FIELD_OBJECT)
		assert(field->offset + field->sub->size <= table->size);
	if (field->type == FIELD_MAP)
		assert(field->sub->fields[0].type == FIELD_NAME);
	if (field->type == FIELD_ARRAY && !field->sub)
		assert(field_item_size(field->item) &&
		       (field->item != FIELD_ENUM || field->allowed));
	if (field->type == FIELD_VARIANT) {
		assert(field->variants && field->variants[0] && field->variant_key);
		for (size_t i = 0; field->variants[i]; i++)
			assert(field->variants[i]->size == field->variants[0]->size &&
			       field->variant_tag < field->variants[i]->size);
	}
}

void fields_assert_table(const struct field_table *table)
{
	struct reference ref = {0};

	list_table(&ref, table, NULL);
	for (unsigned int i = 0; i < ref.n; i++) {
		struct arena arena = {0};
		struct err err = {0};
		void *object = calloc(1, ref.tables[i].table->size);

		table = ref.tables[i].table;
		for (const struct field *field = table->fields; field->type != FIELD_END; field++)
			assert_field(table, field);
		assert(object && field_read_absent(table, object, &arena, &err));
		list_below(&ref, table);
		free(object);
		err_clear(&err);
		arena_finish(&arena);
	}
}
