/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of compiled traces: the file is mapped, so events come at memory speed and the pages of
 * a long trace need not stay. Nothing in the file is believed: sizes, every record's ranges and
 * three checksums are looked at.
 */
#include "workload/trace_bin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workload/trace_reader.h"

struct bin {
	struct trace_reader reader;
	const u8 *map;
	size_t bytes;
	const u8 *records;
	u64 next, nr_records;
	u64 t, sum;
	struct arena arena; /* source text */
};

static bool corrupt(const struct bin *in, struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "%s: damaged: %s", in->reader.path, what);
}

static bool map_file(struct bin *in, struct err *err)
{
	int fd = open(in->reader.path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st)) {
		err_set(err, ERR_HOST_FILE, "%s: %s", in->reader.path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (st.st_size < TRACE_BIN_HEADER) {
		close(fd);
		return corrupt(in, err, "shorter than its header");
	}
	in->bytes = (size_t)st.st_size;
	map = mmap(NULL, in->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return err_set(err, ERR_HOST_RES, "%s: cannot be mapped: %s", in->reader.path,
			       strerror(errno));
	in->map = map;
	madvise(map, in->bytes, MADV_SEQUENTIAL);
	return true;
}

static bool check_header(struct bin *in, struct err *err)
{
	struct trace_header *header = &in->reader.header;
	u64 records = bin_get(in->map + BIN_RECORDS), names = bin_get(in->map + BIN_NAMES_BYTES);
	u64 body = in->bytes - TRACE_BIN_HEADER;

	if (bin_get(in->map + BIN_VERSION) != TRACE_BIN_VERSION)
		return err_set(err, ERR_INPUT,
			       "%s: version %llu of the binary trace, this program reads %u",
			       in->reader.path, (unsigned long long)bin_get(in->map + BIN_VERSION),
			       TRACE_BIN_VERSION);
	if (bin_get(in->map + BIN_HEADER_SUM) != bin_sum_bytes(in->map, BIN_HEADER_SUM) ||
	    bin_get(in->map + BIN_HEADER_SUM + 8) != 0)
		return corrupt(in, err, "the header's checksum differs");
	if (names > body || records > body / TRACE_BIN_RECORD ||
	    records * TRACE_BIN_RECORD + names != body)
		return corrupt(in, err, "its size is not what the header says (cut off?)");
	header->events = bin_get(in->map + BIN_EVENTS);
	header->ids = bin_get(in->map + BIN_IDS);
	header->cpus = bin_get(in->map + BIN_CPUS);
	header->zero_ns = bin_get(in->map + BIN_ZERO_NS);
	if (header->events > records || header->ids > TRACE_IDS ||
	    header->cpus > MACHINE_MAX_CPUS || header->zero_ns > TRACE_MAX_TIME ||
	    bin_get(in->map + BIN_GFPS) > TRACE_GFPS_MAX ||
	    bin_get(in->map + BIN_TASKS) > TRACE_TASKS_MAX)
		return corrupt(in, err, "a number of the header is out of range");
	in->records = in->map + TRACE_BIN_HEADER;
	in->nr_records = records;
	return true;
}

/* A text of the names section: 16-bit length, then the bytes. */
static bool take_text(const u8 **at, const u8 *end, const char **text, size_t *len)
{
	if (end - *at < 2)
		return false;
	*len = (size_t)((*at)[0] | (*at)[1] << 8);
	*at += 2;
	if ((size_t)(end - *at) < *len)
		return false;
	*text = (const char *)*at;
	*at += *len;
	return true;
}

static bool take_gfps(struct bin *in, const u8 **at, const u8 *end, struct err *err)
{
	u64 n = bin_get(in->map + BIN_GFPS);
	const char *text, *bad;
	size_t len;
	u16 index;

	for (u64 i = 0; i < n; i++) {
		if (!take_text(at, end, &text, &len))
			return corrupt(in, err, "the names are cut off");
		switch (trace_names_gfp(&in->reader.names, text, len, &index, &bad)) {
		case TRACE_NAME_OK:
			break;
		case TRACE_NAME_NO_MEMORY:
			return err_set(err, ERR_HOST_RES, "%s: no memory for its names",
				       in->reader.path);
		default:
			return err_set(err, ERR_INPUT,
				       "%s: GFP text %llu: unknown GFP flag in \"%.*s\"",
				       in->reader.path, (unsigned long long)i, (int)len, text);
		}
		if (index != i)
			return corrupt(in, err, "a GFP text is there twice");
	}
	return true;
}

static bool take_tasks(struct bin *in, const u8 **at, const u8 *end, struct err *err)
{
	u64 n = bin_get(in->map + BIN_TASKS);
	enum trace_name_result result;
	const char *text;
	size_t len;
	u16 index;
	u32 pid;

	for (u64 i = 0; i < n; i++) {
		if (end - *at < 4)
			return corrupt(in, err, "the names are cut off");
		memcpy(&pid, *at, sizeof(pid));
		*at += sizeof(pid);
		if (!take_text(at, end, &text, &len) || memchr(text, 0, len))
			return corrupt(in, err, "a task's name is not right");
		result = trace_names_task(&in->reader.names, GUINT32_FROM_LE(pid), text, len,
					  &index);
		if (result == TRACE_NAME_NO_MEMORY)
			return err_set(err, ERR_HOST_RES, "%s: no memory for its names",
				       in->reader.path);
		if (result != TRACE_NAME_OK)
			return corrupt(in, err, "a task's name is not right");
	}
	return true;
}

static bool check_names(struct bin *in, struct err *err)
{
	const u8 *at = in->records + in->nr_records * TRACE_BIN_RECORD;
	const u8 *end = in->map + in->bytes;
	const char *text;
	char *source;
	size_t len;

	if (bin_sum_bytes(at, (size_t)(end - at)) != bin_get(in->map + BIN_NAMES_SUM))
		return corrupt(in, err, "the checksum of the names differs");
	if (!take_text(&at, end, &text, &len))
		return corrupt(in, err, "the names are cut off");
	source = arena_alloc(&in->arena, len + 1);
	if (!source)
		return err_set(err, ERR_HOST_RES, "%s: no memory for its names", in->reader.path);
	memcpy(source, text, len);
	in->reader.header.source = len ? source : NULL;
	if (!take_gfps(in, &at, end, err) || !take_tasks(in, &at, end, err))
		return false;
	return at == end || corrupt(in, err, "there is more behind the names");
}

static bool record_error(const struct bin *in, struct trace_event *event, struct err *err)
{
	return trace_error(&in->reader, event, err, "damaged: a value is out of range");
}

/* All that the record says, before it is known to make sense. */
static void unpack(u64 first, u64 second, struct trace_event *event)
{
	u32 wide = (u32)(first >> 32 & (TRACE_IDS - 1));

	event->id = wide;
	event->pfn = wide | (u32)second << 28;
	event->gfp_name = (u16)second;
	event->offset = (u16)second;
	event->cpu = second >> 16 & (MACHINE_MAX_CPUS - 1);
	event->order = second >> 26 & 15;
	event->task = (u16)(second >> 32);
	event->node = (u8)(second >> 48);
	event->flags = (u8)(second >> 56);
	event->op = (u8)(first >> 60);
}

static bool who_ok(const struct bin *in, const struct trace_event *event)
{
	return event->task == TRACE_NO_TASK || event->task < in->reader.names.nr_task;
}

/* A record with a page frame in place of an id; low: its 16 bits beside the id's. */
static bool settle_pfn(struct trace_event *event, u32 low)
{
	u8 flags = event->flags & (u8)~(TRACE_F_SOFTIRQ | TRACE_F_HARDIRQ | TRACE_F_MEMALLOC);

	event->id = TRACE_NO_ID;
	if (flags == TRACE_BIN_NO_PFN) {
		bool clean = event->pfn == 0 && !low;

		event->pfn = TRACE_NO_PFN;
		event->flags &= (u8)~TRACE_BIN_NO_PFN;
		return clean;
	}
	return !flags && low < 16 && event->pfn != TRACE_NO_PFN;
}

/* A record about a task; low: of a fork the child. */
static bool settle_task(const struct bin *in, u32 low, struct trace_event *event)
{
	bool clean = !event->id && !event->order && event->task != TRACE_NO_TASK;

	event->id = TRACE_NO_ID;
	return clean && (event->op == TRACE_FORK ? low < in->reader.names.nr_task : !low);
}

/* Looks at the fields that the op has and blanks those that it has not; these must be zero. */
static bool settle(const struct bin *in, u64 second, struct trace_event *event)
{
	u32 low = (u16)second;
	u8 flags = event->flags;

	if (second >> 30 & 3 || event->order > TRACE_MAX_ORDER || !who_ok(in, event))
		return false;
	if (event->op != TRACE_ALLOC && event->node != 0)
		return false;
	if ((flags & TRACE_F_SOFTIRQ) && (flags & TRACE_F_HARDIRQ))
		return false;
	flags &= (u8)~(TRACE_F_SOFTIRQ | TRACE_F_HARDIRQ | TRACE_F_MEMALLOC);
	if (event->op != TRACE_FREE_BOOT && event->op != TRACE_COMPACT)
		event->pfn = TRACE_NO_PFN;
	if (event->op != TRACE_FREE_PART && event->op != TRACE_MOVE_PART &&
	    event->op != TRACE_FORK)
		event->offset = 0;
	switch (event->op) {
	case TRACE_ALLOC:
		if (flags & TRACE_F_FAILED) {
			if (event->id)
				return false;
			event->id = TRACE_NO_ID;
		}
		return low < in->reader.names.nr_gfp &&
		       !(flags & ~TRACE_F_FAILED) &&
		       (event->node < MACHINE_MAX_NODES || event->node == TRACE_NO_NODE);
	case TRACE_FREE:
	case TRACE_MOVE:
		return !flags && !low && !event->order;
	case TRACE_FREE_PART:
	case TRACE_MOVE_PART:
		return !flags && low < BIT(TRACE_MAX_ORDER) && !(low & (BIT(event->order) - 1));
	case TRACE_FREE_BOOT:
		return settle_pfn(event, low);
	case TRACE_COMPACT:
		return !event->order && settle_pfn(event, low);
	case TRACE_FORK:
	case TRACE_EXIT:
	case TRACE_STALL:
	case TRACE_RESUME:
		return !flags && settle_task(in, low, event);
	default:
		return false;
	}
}

static bool at_end(struct bin *in, struct err *err)
{
	if (in->sum != bin_get(in->map + BIN_RECORDS_SUM))
		return corrupt(in, err, "the checksum of the records differs");
	if (in->reader.header.events != in->reader.events)
		return corrupt(in, err, "the number of events is not what the header says");
	return false;
}

/* The high half of a time step of 2^32 ns or more. */
static bool take_gap(struct bin *in, u64 first, u64 second)
{
	u64 high = (first >> 32 & (TRACE_IDS - 1)) | (second & 15) << 28;

	if (second >> 4 || !high || high > TRACE_MAX_TIME >> 32)
		return false;
	in->t += (high << 32) + (u32)first;
	return in->t <= TRACE_MAX_TIME;
}

static bool bin_next(struct trace_reader *reader, struct trace_event *event, struct err *err)
{
	struct bin *in = container_of(reader, struct bin, reader);
	u64 first, second;

	for (;;) {
		if (in->next == in->nr_records)
			return at_end(in, err);
		first = bin_get(in->records + in->next * TRACE_BIN_RECORD);
		second = bin_get(in->records + in->next * TRACE_BIN_RECORD + 8);
		in->sum = bin_sum(bin_sum(in->sum, first), second);
		event->where = in->next++;
		if (likely(first >> 60 != TRACE_BIN_GAP))
			break;
		if (!take_gap(in, first, second))
			return record_error(in, event, err);
	}
	in->t += (u32)first;
	event->t = in->t;
	unpack(first, second, event);
	if (unlikely(in->t > TRACE_MAX_TIME || !settle(in, second, event)))
		return record_error(in, event, err);
	if (event->op == TRACE_ALLOC) {
		event->gfp = in->reader.names.gfp[event->gfp_name].value;
	} else {
		event->gfp = 0;
		event->gfp_name = 0;
		event->node = TRACE_NO_NODE;
	}
	return trace_reader_admit(reader, event, err);
}

static void bin_close(struct trace_reader *reader)
{
	struct bin *in = container_of(reader, struct bin, reader);

	if (in->map)
		munmap((void *)in->map, in->bytes);
	arena_finish(&in->arena);
	free(in);
}

static const struct trace_reader_ops bin_ops = {
	.place = "record ",
	.next = bin_next,
	.close = bin_close,
};

struct trace_reader *trace_bin_open(const char *path, const struct mm_profile *profile,
				    struct err *err)
{
	struct bin *in = calloc(1, sizeof(*in));

	if (!in) {
		err_set(err, ERR_HOST_RES, "no memory to open %s", path);
		return NULL;
	}
	if (trace_reader_init(&in->reader, &bin_ops, path, profile, err) && map_file(in, err) &&
	    check_header(in, err) && check_names(in, err))
		return &in->reader;
	trace_close(&in->reader);
	return NULL;
}
