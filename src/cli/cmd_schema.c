/* SPDX-License-Identifier: GPL-2.0-only */
/* `mempress schema`: what input files may hold, from the tables that read them. */
#include <string.h>

#include "cli/cli.h"
#include "cli/config.h"
#include "workload/trace_schema.h"
#include "workload/workload.h"

static const char description[] =
	"Prints the JSON Schema (2020-12) of an input format: config, workload, or one line of a\n"
	"trace. Editors use it to complete and underline; --markdown is for people.\n"
	"Example: mempress schema workload --markdown | less";

static const char *const names[] = {"config", "workload", "trace", NULL};

/* NULL for a trace, whose lines are no field table. */
static const struct field_table *const tables[] = {&config_table, &workload_table, NULL};

static bool print_schema(u32 i, struct err *err)
{
	json_t *schema = tables[i] ? fields_schema(tables[i]) : trace_schema();

	if (!schema)
		return err_set(err, ERR_HOST_RES, "no host memory for the schema");
	json_dumpf(schema, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(schema);
	return true;
}

static int perform(const char *name, bool markdown, bool text)
{
	struct err err = {0};
	char hint[128];

	for (u32 i = 0; names[i]; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		if (!markdown && !text)
			return print_schema(i, &err) ? CLI_DONE : cli_fail(&err);
		if (tables[i])
			fields_reference(tables[i], markdown, stdout);
		else
			trace_reference(markdown, stdout);
		return CLI_DONE;
	}
	return cli_usage("schema", "no format \"%s\"%s", name,
			 cli_near(name, names, hint, sizeof(hint)));
}

int cmd_schema(int argc, char **argv)
{
	gboolean markdown = FALSE, text = FALSE;
	const GOptionEntry entries[] = {
		{"markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "A page of Markdown", NULL},
		{"text", 0, 0, G_OPTION_ARG_NONE, &text, "A page of plain text", NULL},
		{NULL},
	};
	int status = 0;

	if (cli_parse(&argc, &argv, entries, "config|workload|trace", description, &status))
		status = argc == 2 ? perform(argv[1], markdown, text) :
				     cli_usage("schema", "expected config, workload or trace");
	return cli_finish(status);
}
