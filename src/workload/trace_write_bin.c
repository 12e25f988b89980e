/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writer of compiled traces (layout: trace_bin.h). The records go out as they come; the names
 * follow them, and the header is written last, when counts and checksums are known: a file that
 * was cut off has none and is refused.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "workload/trace_bin.h"
#include "workload/trace_reader.h"
#include "workload/trace_writer.h"

bool trace_bin_begin(struct trace_writer *w, struct err *err)
{
	u8 nothing[TRACE_BIN_HEADER] = {0};

	return trace_writer_put(w, nothing, sizeof(nothing), err);
}

static void put_record(struct trace_writer *w, u64 first, u64 second)
{
	bin_put((u8 *)w->buf + w->used, first);
	bin_put((u8 *)w->buf + w->used + 8, second);
	w->used += TRACE_BIN_RECORD;
	w->sum = bin_sum(bin_sum(w->sum, first), second);
	w->records++;
}

/* The low 16 bits of the second word: what they hold depends on the op. */
static u64 low_bits(const struct trace_event *ev)
{
	switch (ev->op) {
	case TRACE_ALLOC:
		return ev->gfp_name;
	case TRACE_FREE_PART:
	case TRACE_MOVE_PART:
	case TRACE_FORK:
		return ev->offset;
	case TRACE_FREE_BOOT:
	case TRACE_COMPACT:
		return ev->pfn == TRACE_NO_PFN ? 0 : ev->pfn >> 28;
	default:
		return 0;
	}
}

bool trace_bin_write(struct trace_writer *w, const struct trace_event *ev, struct err *err)
{
	u64 dt = ev->t - w->last_t, high = dt >> 32;
	bool with_pfn = ev->op == TRACE_FREE_BOOT || ev->op == TRACE_COMPACT;
	bool hinted = with_pfn && ev->pfn != TRACE_NO_PFN;
	bool unhinted = with_pfn && !hinted;
	u32 wide = hinted ? ev->pfn : ev->id == TRACE_NO_ID ? 0 : ev->id;
	u64 flags = ev->flags | (unhinted ? TRACE_BIN_NO_PFN : 0);
	u64 node = ev->op == TRACE_ALLOC ? ev->node : 0;

	if (!trace_writer_room(w, err))
		return false;
	if (high)
		put_record(w, (u64)TRACE_BIN_GAP << 60 | (high & (TRACE_IDS - 1)) << 32,
			   high >> 28);
	put_record(w, (u64)ev->op << 60 | (u64)(wide & (TRACE_IDS - 1)) << 32 | (u32)dt,
		   low_bits(ev) | (u64)ev->cpu << 16 | (u64)ev->order << 26 |
			   (u64)ev->task << 32 | node << 48 | flags << 56);
	return true;
}

static u8 *put_text(u8 *at, const char *text, size_t len)
{
	*at++ = (u8)len;
	*at++ = (u8)(len >> 8);
	memcpy(at, text, len);
	return at + len;
}

static size_t names_bytes(const struct trace_writer *w)
{
	size_t n = 2 + strlen(w->source);

	for (u32 i = 0; i < w->names->nr_gfp; i++)
		n += 2 + w->names->gfp[i].len;
	for (u32 i = 0; i < w->names->nr_task; i++)
		n += 6 + strlen(w->names->task[i].comm);
	return n;
}

/* Source, GFP texts and tasks, made in one piece for their checksum. */
static bool write_names(struct trace_writer *w, size_t bytes, u64 *sum, struct err *err)
{
	u8 *all = malloc(bytes), *at = all;
	bool ok;

	if (!all)
		return err_set(err, ERR_HOST_RES, "%s: no memory for its names", w->name);
	at = put_text(at, w->source, strlen(w->source));
	for (u32 i = 0; i < w->names->nr_gfp; i++)
		at = put_text(at, w->names->gfp[i].text, w->names->gfp[i].len);
	for (u32 i = 0; i < w->names->nr_task; i++) {
		u32 pid = GUINT32_TO_LE(w->names->task[i].pid);

		memcpy(at, &pid, sizeof(pid));
		at = put_text(at + sizeof(pid), w->names->task[i].comm,
			      strlen(w->names->task[i].comm));
	}
	assert(at == all + bytes);
	*sum = bin_sum_bytes(all, bytes);
	ok = trace_writer_put(w, all, bytes, err);
	free(all);
	return ok;
}

bool trace_bin_finish(struct trace_writer *w, struct err *err)
{
	size_t names = names_bytes(w);
	u8 header[TRACE_BIN_HEADER] = {0};
	u64 names_sum = 0;

	if (!trace_writer_flush(w, true, err) || !write_names(w, names, &names_sum, err))
		return false;
	memcpy(header + BIN_MAGIC, TRACE_BIN_MAGIC, sizeof(TRACE_BIN_MAGIC) - 1);
	bin_put(header + BIN_VERSION, TRACE_BIN_VERSION);
	bin_put(header + BIN_RECORDS, w->records);
	bin_put(header + BIN_EVENTS, w->events);
	bin_put(header + BIN_IDS, w->ids);
	bin_put(header + BIN_CPUS, w->cpus);
	bin_put(header + BIN_ZERO_NS, w->header.zero_ns);
	bin_put(header + BIN_NAMES_BYTES, names);
	bin_put(header + BIN_GFPS, w->names->nr_gfp);
	bin_put(header + BIN_TASKS, w->names->nr_task);
	bin_put(header + BIN_RECORDS_SUM, w->sum);
	bin_put(header + BIN_NAMES_SUM, names_sum);
	bin_put(header + BIN_HEADER_SUM, bin_sum_bytes(header, BIN_HEADER_SUM));
	if (fseek(w->file, 0, SEEK_SET))
		return err_set(err, ERR_HOST_FILE, "%s: %s", w->name, strerror(errno));
	return trace_writer_put(w, header, sizeof(header), err) &&
	       (!fseek(w->file, 0, SEEK_END) ||
		err_set(err, ERR_HOST_FILE, "%s: %s", w->name, strerror(errno)));
}
