/* SPDX-License-Identifier: GPL-2.0-only */
/* The field tables that only the command line has are sound. */
#include <glib.h>

#include "cli/config.h"
#include "workload/trace_schema.h"
#include "workload/workload.h"

static void test_sound(void)
{
	fields_assert_table(&config_table);
	fields_assert_table(&record_table);
	fields_assert_table(&trace_header_table);
}

/* Every field is documented: the reference has no empty line of doc. */
static void documented(const struct field_table *table)
{
	g_assert_true(table->doc && *table->doc);
	for (const struct field *field = table->fields; field->type != FIELD_END; field++) {
		if (!field->doc || !*field->doc)
			g_error("%s.%s has no doc", table->name, field->name);
		if (field->type == FIELD_OBJECT && field->sub)
			documented(field->sub);
	}
}

static void test_documented(void)
{
	documented(&config_table);
	documented(&workload_table);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cli-tables/sound", test_sound);
	g_test_add_func("/cli-tables/documented", test_documented);
	return g_test_run();
}
