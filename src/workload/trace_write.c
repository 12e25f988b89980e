/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writer of traces: JSON lines by hand-made formatting (a trace has millions of lines, all of the
 * same shape), through zstd if asked for, or the records of the binary form, whose header is
 * filled in at the end when the counts and checksums are known.
 */
#include "workload/trace_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#define ZSTD_LEVEL 15

bool trace_form_of(const char *path, enum trace_form *form)
{
	static const char *const ends[] = {".jsonl", ".jsonl.zst", ".bin"};
	size_t len = strlen(path);

	for (u32 i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t n = strlen(ends[i]);

		if (len > n && !strcmp(path + len - n, ends[i])) {
			*form = (enum trace_form)i;
			return true;
		}
	}
	return false;
}

static bool file_error(struct trace_writer *w, struct err *err)
{
	return err_set(err, ERR_HOST_FILE, "%s: cannot be written: %s", w->name, strerror(errno));
}

bool trace_writer_put(struct trace_writer *w, const void *data, size_t n, struct err *err)
{
	return fwrite(data, 1, n, w->file) == n || file_error(w, err);
}

static bool compress(struct trace_writer *w, ZSTD_EndDirective mode, struct err *err)
{
	ZSTD_inBuffer in = {w->buf, w->used, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {w->packed, sizeof(w->packed), 0};

		left = ZSTD_compressStream2(w->zstd, &out, &in, mode);
		if (ZSTD_isError(left))
			return err_set(err, ERR_HOST_RES, "%s: %s", w->name,
				       ZSTD_getErrorName(left));
		if (!trace_writer_put(w, w->packed, out.pos, err))
			return false;
	} while (mode == ZSTD_e_end ? left != 0 : in.pos < in.size);
	w->used = 0;
	return true;
}

bool trace_writer_flush(struct trace_writer *w, bool last, struct err *err)
{
	if (w->form == TRACE_FORM_ZSTD)
		return compress(w, last ? ZSTD_e_end : ZSTD_e_continue, err);
	if (!trace_writer_put(w, w->buf, w->used, err))
		return false;
	w->used = 0;
	return true;
}

bool trace_writer_room(struct trace_writer *w, struct err *err)
{
	return w->used + TRACE_LINE_MOST <= sizeof(w->buf) || trace_writer_flush(w, false, err);
}

static void put_text(struct trace_writer *w, const char *text, size_t len)
{
	memcpy(w->buf + w->used, text, len);
	w->used += len;
}

#define PUT(w, literal) put_text(w, literal, sizeof(literal) - 1)

static void put_number(struct trace_writer *w, u64 n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	put_text(w, digits + at, sizeof(digits) - at);
}

/* A JSON string. Bytes that are not UTF-8 become '?': a recorded name may hold any. */
static void put_string(struct trace_writer *w, const char *s)
{
	PUT(w, "\"");
	while (*s) {
		gunichar c = g_utf8_get_char_validated(s, -1);
		const char *next = s + 1;

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			PUT(w, "?");
		} else if (c < 0x20 || c == 0x7f || c == '"' || c == '\\') {
			w->used += (size_t)snprintf(w->buf + w->used, 7, "\\u%04x", c);
		} else {
			next = g_utf8_next_char(s);
			put_text(w, s, (size_t)(next - s));
		}
		s = next;
	}
	PUT(w, "\"");
}

static void put_header(struct trace_writer *w)
{
	const struct trace_header *h = &w->header;

	PUT(w, "{\"format\":\"" TRACE_FORMAT "\",\"clock\":\"ns\",\"end\":true");
	if (h->events) {
		PUT(w, ",\"events\":");
		put_number(w, h->events);
	}
	if (h->ids) {
		PUT(w, ",\"ids\":");
		put_number(w, h->ids);
	}
	if (h->cpus) {
		PUT(w, ",\"cpus\":");
		put_number(w, h->cpus);
	}
	if (h->zero_ns) {
		PUT(w, ",\"zero_ns\":");
		put_number(w, h->zero_ns);
	}
	if (*w->source) {
		PUT(w, ",\"source\":");
		put_string(w, w->source);
	}
	PUT(w, "}\n");
}

static bool put_tasks(struct trace_writer *w, struct err *err)
{
	for (; w->tasks_written < w->names->nr_task; w->tasks_written++) {
		const struct trace_task *task = &w->names->task[w->tasks_written];

		if (!trace_writer_room(w, err))
			return false;
		PUT(w, "{\"op\":\"task\",\"task\":");
		put_number(w, w->tasks_written);
		if (task->pid) {
			PUT(w, ",\"pid\":");
			put_number(w, task->pid);
		}
		PUT(w, ",\"comm\":");
		put_string(w, task->comm);
		PUT(w, "}\n");
	}
	return true;
}

static void put_alloc(struct trace_writer *w, const struct trace_event *ev)
{
	const struct trace_gfp *gfp = &w->names->gfp[ev->gfp_name];

	if (ev->flags & TRACE_F_FAILED) {
		PUT(w, "\"alloc\",\"failed\":true");
	} else {
		PUT(w, "\"alloc\",\"id\":");
		put_number(w, ev->id);
	}
	PUT(w, ",\"order\":");
	put_number(w, ev->order);
	PUT(w, ",\"gfp\":\"");
	put_text(w, gfp->text, gfp->len);
	PUT(w, "\"");
	if (ev->node != TRACE_NO_NODE) {
		PUT(w, ",\"node\":");
		put_number(w, ev->node);
	}
}

static void put_pfn(struct trace_writer *w, const struct trace_event *ev)
{
	if (ev->pfn == TRACE_NO_PFN)
		return;
	PUT(w, ",\"pfn\":");
	put_number(w, ev->pfn);
}

/* A live block, or a part of it. */
static void put_block(struct trace_writer *w, const struct trace_event *ev, bool part)
{
	PUT(w, ",\"id\":");
	put_number(w, ev->id);
	if (part) {
		PUT(w, ",\"offset\":");
		put_number(w, ev->offset);
		PUT(w, ",\"order\":");
		put_number(w, ev->order);
	}
}

static void put_op(struct trace_writer *w, const struct trace_event *ev)
{
	switch (ev->op) {
	case TRACE_ALLOC:
		put_alloc(w, ev);
		break;
	case TRACE_FREE_BOOT:
		PUT(w, "\"free_boot\"");
		put_pfn(w, ev);
		PUT(w, ",\"order\":");
		put_number(w, ev->order);
		break;
	case TRACE_COMPACT:
		PUT(w, "\"compact\"");
		put_pfn(w, ev);
		break;
	case TRACE_FORK:
		PUT(w, "\"fork\",\"child\":");
		put_number(w, ev->offset);
		break;
	case TRACE_EXIT:
		PUT(w, "\"exit\"");
		break;
	case TRACE_STALL:
		PUT(w, "\"stall\"");
		break;
	case TRACE_RESUME:
		PUT(w, "\"resume\"");
		break;
	case TRACE_MOVE:
	case TRACE_MOVE_PART:
		PUT(w, "\"move\"");
		put_block(w, ev, ev->op == TRACE_MOVE_PART);
		break;
	default:
		PUT(w, "\"free\"");
		put_block(w, ev, ev->op == TRACE_FREE_PART);
		break;
	}
}

static bool write_line(struct trace_writer *w, const struct trace_event *ev, struct err *err)
{
	if (!put_tasks(w, err) || !trace_writer_room(w, err))
		return false;
	PUT(w, "{\"t\":");
	put_number(w, ev->t);
	PUT(w, ",\"cpu\":");
	put_number(w, ev->cpu);
	PUT(w, ",\"op\":");
	put_op(w, ev);
	if (ev->flags & TRACE_F_MEMALLOC)
		PUT(w, ",\"memalloc\":true");
	if (ev->flags & TRACE_F_SOFTIRQ)
		PUT(w, ",\"ctx\":\"softirq\"");
	if (ev->flags & TRACE_F_HARDIRQ)
		PUT(w, ",\"ctx\":\"hardirq\"");
	if (ev->task != TRACE_NO_TASK) {
		PUT(w, ",\"task\":");
		put_number(w, ev->task);
	}
	PUT(w, "}\n");
	return true;
}

bool trace_write(struct trace_writer *w, const struct trace_event *ev, struct err *err)
{
	bool ok = w->form == TRACE_FORM_BIN ? trace_bin_write(w, ev, err) : write_line(w, ev, err);

	w->last_t = ev->t;
	w->events++;
	if (ev->id != TRACE_NO_ID)
		w->ids = max_u64(w->ids, ev->id + 1ull);
	w->cpus = max_u64(w->cpus, ev->cpu + 1ull);
	return ok;
}

static bool end_lines(struct trace_writer *w, struct err *err)
{
	if (!put_tasks(w, err) || !trace_writer_room(w, err))
		return false;
	PUT(w, "{\"op\":\"end\",\"events\":");
	put_number(w, w->events);
	PUT(w, "}\n");
	return trace_writer_flush(w, true, err);
}

bool trace_writer_finish(struct trace_writer *w, struct err *err)
{
	bool ok = w->form == TRACE_FORM_BIN ? trace_bin_finish(w, err) : end_lines(w, err);

	trace_writer_abort(w);
	return ok;
}

void trace_writer_abort(struct trace_writer *w)
{
	if (!w)
		return;
	ZSTD_freeCCtx(w->zstd);
	free(w->source);
	free(w->name);
	free(w);
}

static bool begin(struct trace_writer *w, struct err *err)
{
	if (w->form == TRACE_FORM_BIN)
		return trace_bin_begin(w, err);
	if (w->form == TRACE_FORM_ZSTD) {
		w->zstd = ZSTD_createCCtx();
		if (!w->zstd)
			return err_set(err, ERR_HOST_RES, "%s: no memory to compress", w->name);
		ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
		ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
	}
	put_header(w);
	return true;
}

struct trace_writer *trace_writer_create(FILE *file, const char *name, enum trace_form form,
					 const struct trace_header *header,
					 const struct trace_names *names, struct err *err)
{
	struct trace_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		err_set(err, ERR_HOST_RES, "no memory to write %s", name);
		return NULL;
	}
	w->file = file;
	w->form = form;
	w->header = *header;
	w->names = names;
	w->name = strdup(name);
	w->source = strdup(header->source ? header->source : "");
	if (!w->name || !w->source)
		err_set(err, ERR_HOST_RES, "no memory to write %s", name);
	else if (strlen(w->source) > TRACE_SOURCE_MAX)
		err_set(err, ERR_USAGE, "%s: the text of the source is too long", name);
	else if (begin(w, err))
		return w;
	trace_writer_abort(w);
	return NULL;
}
