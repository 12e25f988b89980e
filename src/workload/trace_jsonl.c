/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces as JSON lines, plain or compressed: a header object, then one object a line
 * (docs/trace-format.md). The header is read by the field tables as any other input of a user;
 * the lines behind it by the scanner of trace_scan.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/json_scan.h"
#include "base/stream.h"
#include "workload/trace_reader.h"
#include "workload/trace_scan.h"
#include "workload/trace_schema.h"

struct jsonl {
	struct trace_reader reader;
	struct stream *stream;
	struct arena arena; /* strings of the header */
	bool ended;	    /* the "end" line was seen */
};

struct header_fields {
	const char *format;
	u32 clock;
	struct trace_header header;
};

static bool check_header(struct field_ctx *ctx, void *object)
{
	struct header_fields *fields = object;

	if (strcmp(fields->format, TRACE_FORMAT))
		return field_error(ctx, "format", "this program reads \"" TRACE_FORMAT "\"");
	return true;
}

static const char *const clocks[] = {"ns", NULL};

static const struct field header_field[] = {
	{.name = "format", .type = FIELD_STRING, .offset = offsetof(struct header_fields, format),
	 .required = true, .doc = "\"" TRACE_FORMAT "\""},
	{.name = "clock", .type = FIELD_ENUM, .offset = offsetof(struct header_fields, clock),
	 .def = "\"ns\"", .allowed = clocks, .doc = "unit of \"t\""},
	{.name = "events", .type = FIELD_U64,
	 .offset = offsetof(struct header_fields, header.events), .max = TRACE_MAX_TIME,
	 .doc = "number of events, if known beforehand; 0: not told"},
	{.name = "ids", .type = FIELD_U64, .offset = offsetof(struct header_fields, header.ids),
	 .max = TRACE_IDS, .doc = "all ids are below; 0: not told"},
	{.name = "cpus", .type = FIELD_U64, .offset = offsetof(struct header_fields, header.cpus),
	 .max = MACHINE_MAX_CPUS, .doc = "all CPUs are below; 0: not told"},
	{.name = "end", .type = FIELD_BOOL, .offset = offsetof(struct header_fields, header.end),
	 .doc = "the last line is an \"end\" with the number of events"},
	{.name = "zero_ns", .type = FIELD_U64,
	 .offset = offsetof(struct header_fields, header.zero_ns), .max = TRACE_MAX_TIME,
	 .unit = "ns", .doc = "time 0 of the trace on the recorded machine's clock"},
	{.name = "source", .type = FIELD_STRING,
	 .offset = offsetof(struct header_fields, header.source), .max = TRACE_SOURCE_MAX,
	 .doc = "where the trace comes from"},
	{.type = FIELD_END},
};

const struct field_table trace_header_table = {
	.name = "trace header",
	.doc = "First line of a JSON-lines trace.",
	.size = sizeof(struct header_fields),
	.fields = header_field,
	.check = check_header,
};

static bool read_header(struct jsonl *in, struct err *err)
{
	struct header_fields fields;
	struct json_doc doc = {0};
	size_t len;
	unsigned int before = err->count;
	char *line = stream_line(in->stream, &len, err);
	bool ok;

	if (!line)
		return err->count != before ? false
					    : err_set(err, ERR_INPUT, "%s: empty, not a trace",
						      in->reader.path);
	if (!json_doc_parse(&doc, in->reader.path, line, len, err))
		return false;
	ok = json_is_object(doc.root)
		 ? fields_read(&trace_header_table, &doc, doc.root, "", &fields, &in->arena, NULL,
			       err)
		 : json_doc_error(&doc, "", err, "the first line of a trace is an object");
	json_doc_finish(&doc);
	if (ok)
		in->reader.header = fields.header;
	return ok;
}

static bool line_error(const struct jsonl *in, const char *line, size_t len, const char *at,
		       struct err *err, const char *what)
{
	u64 ignored, col;

	json_position(line, len, (size_t)(at - line), &ignored, &col);
	return err_at(err, ERR_INPUT, in->reader.path, stream_line_number(in->stream), col, NULL,
		      "%s", what);
}

static bool name_error(const struct jsonl *in, const char *line, size_t len, const char *at,
		       enum trace_name_result result, struct err *err)
{
	switch (result) {
	case TRACE_NAME_BAD:
		return line_error(in, line, len, at, err, "unknown GFP flag");
	case TRACE_NAME_FULL:
		return line_error(in, line, len, at, err, "too many different names");
	default:
		return err_set(err, ERR_HOST_RES, "%s: no memory for its names", in->reader.path);
	}
}

static bool define_task(struct jsonl *in, const struct trace_line *f, const char *line, size_t len,
			struct err *err)
{
	enum trace_name_result result;
	u16 index;

	if (f->number[KEY_TASK] != in->reader.names.nr_task)
		return line_error(in, line, len, f->at[KEY_TASK], err,
				  "tasks are numbered 0, 1, 2... in the order of their lines");
	if (f->comm_len > TRACE_COMM_MAX)
		return line_error(in, line, len, f->at[KEY_COMM], err,
				  "\"comm\" is longer than 255 bytes");
	result = trace_names_task(&in->reader.names,
				  f->have & BIT(KEY_PID) ? (u32)f->number[KEY_PID] : 0, f->comm,
				  f->comm_len, &index);
	return result == TRACE_NAME_OK ||
	       name_error(in, line, len, f->at[KEY_TASK], result, err);
}

static u16 number_or(const struct trace_line *f, enum trace_key key, u16 none)
{
	return f->have & BIT(key) ? (u16)f->number[key] : none;
}

static void fill_event(const struct trace_line *f, struct trace_event *event)
{
	static const u8 ops[][2] = { /* whole, part */
		[LINE_ALLOC] = {TRACE_ALLOC},
		[LINE_FREE] = {TRACE_FREE, TRACE_FREE_PART},
		[LINE_FREE_BOOT] = {TRACE_FREE_BOOT},
		[LINE_MOVE] = {TRACE_MOVE, TRACE_MOVE_PART},
		[LINE_COMPACT] = {TRACE_COMPACT},
		[LINE_FORK] = {TRACE_FORK},
		[LINE_EXIT] = {TRACE_EXIT},
		[LINE_STALL] = {TRACE_STALL},
		[LINE_RESUME] = {TRACE_RESUME},
	};

	event->t = f->number[KEY_T];
	event->id = f->have & BIT(KEY_ID) ? (u32)f->number[KEY_ID] : TRACE_NO_ID;
	event->pfn = f->have & BIT(KEY_PFN) ? (u32)f->number[KEY_PFN] : TRACE_NO_PFN;
	event->gfp = 0;
	event->gfp_name = 0;
	event->task = number_or(f, KEY_TASK, TRACE_NO_TASK);
	event->cpu = (u16)f->number[KEY_CPU];
	event->offset = number_or(f, f->op == LINE_FORK ? KEY_CHILD : KEY_OFFSET, 0);
	event->op = ops[f->op][!!(f->have & BIT(KEY_OFFSET))];
	event->order = (u8)number_or(f, KEY_ORDER, 0);
	event->node = (u8)number_or(f, KEY_NODE, TRACE_NO_NODE);
	event->flags =
	    (u8)((f->failed ? TRACE_F_FAILED : 0) | (f->memalloc ? TRACE_F_MEMALLOC : 0) |
		 (f->ctx == LINE_CTX_SOFTIRQ ? TRACE_F_SOFTIRQ : 0) |
		 (f->ctx == LINE_CTX_HARDIRQ ? TRACE_F_HARDIRQ : 0));
}

/* One event line into *event, its names entered and looked up. */
static bool take_event(struct jsonl *in, const struct trace_line *f, const char *line, size_t len,
		       struct trace_event *event, struct err *err)
{
	struct trace_names *names = &in->reader.names;
	enum trace_name_result result;
	const char *bad = f->gfp;

	fill_event(f, event);
	event->where = stream_line_number(in->stream);
	if (unlikely(event->task != TRACE_NO_TASK && event->task >= names->nr_task))
		return line_error(in, line, len, f->at[KEY_TASK], err,
				  "no line with op task has defined this one");
	if (unlikely(event->op == TRACE_FORK && event->offset >= names->nr_task))
		return line_error(in, line, len, f->at[KEY_CHILD], err,
				  "no line with op task has defined this one");
	if (event->op == TRACE_ALLOC) {
		result = trace_names_gfp(names, f->gfp, f->gfp_len, &event->gfp_name, &bad);
		if (unlikely(result != TRACE_NAME_OK))
			return name_error(in, line, len, bad, result, err);
		event->gfp = names->gfp[event->gfp_name].value;
	}
	return trace_reader_admit(&in->reader, event, err);
}

static bool is_blank_line(const char *line)
{
	return line[strspn(line, " \t\r")] == '\0';
}

/* No line is left; errors were `before` when the event was asked for. */
static bool finish_reading(struct jsonl *in, unsigned int before, struct err *err)
{
	if (err->count != before)
		return false;
	if (in->reader.header.end && !in->ended)
		return err_set(err, ERR_INPUT,
			       "%s: cut off: the header promises a line with op end",
			       in->reader.path);
	trace_reader_complete(&in->reader, err);
	return false;
}

static bool end_line(struct jsonl *in, const struct trace_line *f, const char *line, size_t len,
		     struct err *err)
{
	if (f->number[KEY_EVENTS] != in->reader.events)
		return line_error(in, line, len, f->at[KEY_EVENTS], err,
				  "not the number of events before this line");
	in->ended = true;
	return true;
}

static bool jsonl_next(struct trace_reader *reader, struct trace_event *event, struct err *err)
{
	struct jsonl *in = container_of(reader, struct jsonl, reader);
	struct trace_scan_error error;
	unsigned int before = err->count;
	struct trace_line f;
	size_t len;
	char *line;

	while ((line = stream_line(in->stream, &len, err))) {
		if (is_blank_line(line))
			continue;
		if (!trace_scan_line(line, len, &f, &error))
			return line_error(in, line, len, error.at, err, error.what);
		if (in->ended)
			return line_error(in, line, len, line, err, "there is more after op end");
		if (f.op == LINE_TASK) {
			if (!define_task(in, &f, line, len, err))
				return false;
		} else if (f.op == LINE_END) {
			if (!end_line(in, &f, line, len, err))
				return false;
		} else {
			return take_event(in, &f, line, len, event, err);
		}
	}
	return finish_reading(in, before, err);
}

static void jsonl_close(struct trace_reader *reader)
{
	struct jsonl *in = container_of(reader, struct jsonl, reader);

	stream_close(in->stream);
	arena_finish(&in->arena);
	free(in);
}

static const struct trace_reader_ops jsonl_ops = {
	.place = "",
	.next = jsonl_next,
	.close = jsonl_close,
};

struct trace_reader *trace_jsonl_open(const char *path, const struct mm_profile *profile,
				      u64 max_bytes, struct err *err)
{
	struct jsonl *in = calloc(1, sizeof(*in));

	if (!in) {
		err_set(err, ERR_HOST_RES, "no memory to open %s", path);
		return NULL;
	}
	if (trace_reader_init(&in->reader, &jsonl_ops, path, profile, err)) {
		in->stream = stream_open(path, max_bytes, err);
		if (in->stream && read_header(in, err))
			return &in->reader;
	}
	trace_close(&in->reader);
	return NULL;
}
