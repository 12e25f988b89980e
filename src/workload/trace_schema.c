/* SPDX-License-Identifier: GPL-2.0-only */
/* Schema and reference of a trace's lines. What one may hold comes from trace_scan.c's tables. */
#include "workload/trace_schema.h"

#include <inttypes.h>

#include "workload/trace_scan.h"

static const char *const op_docs[NR_LINE_OPS] = {
	[LINE_ALLOC] = "A block of 2^order pages is handed out.",
	[LINE_FREE] = "A block goes back; with offset and order, a part of it.",
	[LINE_FREE_BOOT] = "Pages in use since before the trace go back.",
	[LINE_MOVE] = "Compaction moved a block elsewhere; with offset and order, a part of it.",
	[LINE_COMPACT] = "A run of compaction begins.",
	[LINE_FORK] = "The task makes another one.",
	[LINE_EXIT] = "The task and its process end.",
	[LINE_STALL] = "The recorded kernel begins to reclaim or compact in the task's name.",
	[LINE_RESUME] = "That is over.",
	[LINE_TASK] = "Defines the next task number; no event.",
	[LINE_END] = "The last line.",
};

static const char *const key_docs[NR_TRACE_KEYS] = {
	[KEY_T] = "time on the trace's clock, ns; never goes back",
	[KEY_OP] = "what happens",
	[KEY_CPU] = "on which CPU",
	[KEY_ID] = "names a live block; free again once the block is; none on a failed alloc",
	[KEY_ORDER] = "of the block, or of the part",
	[KEY_OFFSET] = "pages into the block, a multiple of 2^order",
	[KEY_PFN] = "the recorded page frame, a hint",
	[KEY_NODE] = "where it was asked for; the CPU's own if left out",
	[KEY_TASK] = "number of the task",
	[KEY_CHILD] = "number of the new task",
	[KEY_PID] = "of the task",
	[KEY_EVENTS] = "number of events before this line",
	[KEY_GFP] = "flags by name, joined by |",
	[KEY_COMM] = "name of the task",
	[KEY_CTX] = "task, softirq or hardirq; task if left out",
	[KEY_FAILED] = "the recorded machine had no page",
	[KEY_MEMALLOC] = "the caller may use the reserves",
};

static json_t *key_schema(enum trace_line_op op, enum trace_key key)
{
	json_t *schema;

	switch (key) {
	case KEY_OP:
		schema = json_pack("{s:s}", "const", trace_line_op_name(op));
		break;
	case KEY_CTX:
		schema = json_pack("{s:[s,s,s]}", "enum", "task", "softirq", "hardirq");
		break;
	case KEY_GFP:
	case KEY_COMM:
		schema = json_pack("{s:s}", "type", "string");
		break;
	case KEY_FAILED:
	case KEY_MEMALLOC:
		schema = json_pack("{s:s}", "type", "boolean");
		break;
	default:
		schema = json_pack("{s:s, s:i, s:I}", "type", "integer", "minimum", 0, "maximum",
				   (json_int_t)trace_key_max(key));
	}
	if (schema && !json_object_set_new(schema, "description", json_string(key_docs[key])))
		return schema;
	json_decref(schema);
	return NULL;
}

static json_t *op_schema(enum trace_line_op op)
{
	json_t *properties = json_object(), *required = json_array();
	bool ok = true;

	for (u32 key = 0; key < NR_TRACE_KEYS; key++) {
		enum trace_key_use use = trace_key_use(op, key);
		const char *name = trace_key_name(key);

		if (use != KEY_REFUSED)
			ok = !json_object_set_new(properties, name, key_schema(op, key)) && ok;
		if (use == KEY_REQUIRED)
			ok = !json_array_append_new(required, json_string(name)) && ok;
	}
	if (ok)
		return json_pack("{s:s, s:s, s:o, s:o, s:b}", "type", "object", "description",
				 op_docs[op], "properties", properties, "required", required,
				 "additionalProperties", 0);
	json_decref(properties);
	json_decref(required);
	return NULL;
}

json_t *trace_schema(void)
{
	json_t *lines = json_array(), *header = fields_schema(&trace_header_table);
	bool ok;

	if (header)
		json_object_del(header, "$schema");
	ok = !json_array_append_new(lines, header);
	for (u32 op = 0; op < NR_LINE_OPS; op++)
		ok = !json_array_append_new(lines, op_schema(op)) && ok;
	if (ok)
		return json_pack("{s:s, s:s, s:s, s:o}", "$schema",
				 "https://json-schema.org/draft/2020-12/schema", "title",
				 "trace line", "description",
				 "One line of a JSON-lines trace: the header first, then events.",
				 "oneOf", lines);
	json_decref(lines);
	return NULL;
}

void trace_reference(bool markdown, FILE *out)
{
	fields_reference(&trace_header_table, markdown, out);
	for (u32 op = 0; op < NR_LINE_OPS; op++) {
		fprintf(out, markdown ? "\n## `\"op\": \"%s\"`\n\n%s\n\n" : "\nop %s\n%s\n",
			trace_line_op_name(op), op_docs[op]);
		for (u32 key = 0; key < NR_TRACE_KEYS; key++) {
			enum trace_key_use use = trace_key_use(op, key);

			if (use == KEY_REFUSED)
				continue;
			fprintf(out, markdown ? "- `%s`%s: %s" : "  %s%s: %s", trace_key_name(key),
				use == KEY_REQUIRED ? " (required)" : "", key_docs[key]);
			if (trace_key_max(key))
				fprintf(out, ", 0..%" PRIu64, trace_key_max(key));
			fputc('\n', out);
		}
	}
}
