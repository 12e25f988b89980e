/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one event line means. Allocations and frees go to import_pages.c; the begin and end of
 * reclaim and compaction tell in whose context they happen; mm_page_alloc_extfrag is counted over
 * time to be compared with; all else is counted by name.
 */
#include <stdlib.h>
#include <string.h>

#include "workload/import_internal.h"

/* im->busy */
#define BUSY_RECLAIM	BIT(0)
#define BUSY_COMPACTION BIT(1)

static bool refuse(struct import *im, const char *what)
{
	return err_at(im->err, ERR_INPUT, stream_name(im->in), stream_line_number(im->in), 0, NULL,
		      "%s", what);
}

static bool no_memory(struct import *im)
{
	return err_set(im->err, ERR_HOST_RES, "no memory to import %s", stream_name(im->in));
}

/* *changed: the thread was in none of these before, or is in none any more. */
static bool set_busy(struct import *im, u32 pid, u32 bit, bool on, bool *changed)
{
	u32 old = umap_get(&im->busy, pid), bits = old == UMAP_NONE ? 0 : old;

	*changed = !bits;
	bits = on ? bits | bit : bits & ~bit;
	*changed ^= !bits;
	if (bits)
		return umap_put(&im->busy, pid, bits) || no_memory(im);
	umap_remove(&im->busy, pid);
	return true;
}

/* The number of a task, a definition made at its first event; none once the table is full. */
static bool find_task(struct import *im, u32 pid, const char *comm, size_t len, u16 *task)
{
	u64 key = 0xcbf29ce484222325ull ^ pid;
	enum trace_name_result result;
	u32 known;

	for (size_t i = 0; i < len; i++)
		key = (key ^ (u8)comm[i]) * 0x100000001b3ull;
	known = umap_get(&im->task_index, key);
	if (known != UMAP_NONE && im->names.task[known].pid == pid &&
	    !strncmp(im->names.task[known].comm, comm, len) &&
	    !im->names.task[known].comm[len]) {
		*task = (u16)known;
		return true;
	}
	result = trace_names_task(&im->names, pid, comm, len, task);
	if (result == TRACE_NAME_FULL) {
		*task = TRACE_NO_TASK;
		im->stats->tasks_unnamed++;
		return true;
	}
	if (result != TRACE_NAME_OK || !umap_put(&im->task_index, key, *task))
		return no_memory(im);
	im->stats->tasks++;
	return true;
}

static bool find_own_task(struct import *im, const struct import_line *line)
{
	return find_task(im, line->pid > TRACE_PID_MAX ? 0 : line->pid, line->comm,
			 line->comm_len > TRACE_COMM_MAX ? TRACE_COMM_MAX : line->comm_len,
			 &im->now.task);
}

/* Is it a kernel thread of that kind, of some node? */
static bool is_named(const struct import_line *line, const char *name)
{
	size_t len = strlen(name);

	return line->comm_len > len && !memcmp(line->comm, name, len);
}

/* Who, when and where; the request's own fields come later. */
static bool take_who(struct import *im, const struct import_line *line, struct import_request *rq)
{
	u32 busy = umap_get(&im->busy, line->pid);
	bool kswapd = is_named(line, "kswapd");

	if (line->cpu >= MACHINE_MAX_CPUS)
		return refuse(im, "the CPU's number is beyond 1023");
	im->stats->cpus = (u32)max_u64(im->stats->cpus, line->cpu + 1);
	im->now.cpu = (u16)line->cpu;
	im->now.flags = line->hardirq ? TRACE_F_HARDIRQ : line->softirq ? TRACE_F_SOFTIRQ : 0;
	/* an interrupt borrows the task it came upon */
	if (busy == UMAP_NONE || im->now.flags)
		busy = 0;
	rq->owner = line->tgid;
	rq->thread = line->pid;
	rq->compaction = busy & BUSY_COMPACTION;
	if (busy || (kswapd && !im->now.flags))
		im->now.flags |= TRACE_F_MEMALLOC;
	return im->cut || find_own_task(im, line);
}

/* Frame number or page pointer; has_pfn and key stay clear for a failed request. */
static bool take_page(struct import *im, const struct import_line *line, bool alloc,
		      struct import_request *rq)
{
	size_t len;
	u64 pfn = 0, page = 0;
	const char *pfn_text = import_field(line->fields, "pfn", &len), *page_text;

	if (pfn_text && !import_number(pfn_text, len, &pfn))
		return refuse(im, "pfn is no number");
	page_text = import_field(line->fields, "page", &len);
	if (page_text && !import_pointer(page_text, len, &page)) {
		if (!pfn_text)
			return refuse(im, "page is no pointer");
		page_text = NULL; /* "(____ptrval____)" */
	}
	if (!pfn_text && !page_text)
		return refuse(im, "neither pfn nor page is given");
	/* a failed allocation prints page 0, and frame 0 or all ones */
	rq->failed = alloc && (page_text ? !page : !pfn);
	rq->failed |= alloc && pfn_text && pfn == UINT64_MAX;
	if (rq->failed)
		return true;
	rq->has_pfn = pfn_text != NULL;
	im->pfns |= rq->has_pfn;
	if (rq->has_pfn && pfn >= MACHINE_MAX_PFN - (1u << rq->order))
		return refuse(im, "the page frame is beyond 2^32");
	rq->pfn = pfn;
	rq->key = rq->has_pfn ? pfn * KEY_PAGE : page;
	if (rq->has_pfn && (pfn & ((1u << rq->order) - 1)))
		return refuse(im, "the page frame is not aligned to its order");
	return true;
}

static bool take_order(struct import *im, const struct import_line *line, bool required,
		       struct import_request *rq)
{
	size_t len;
	const char *text = import_field(line->fields, "order", &len);
	u64 order = 0;

	if (!text && required)
		return refuse(im, "order is missing");
	if (text && (!import_number(text, len, &order) || order > TRACE_MAX_ORDER))
		return refuse(im, "order is no number from 0 to 13");
	rq->order = (u32)order;
	return true;
}

/* Adds "|NAME" to the text; what does not fit is left out like an unknown name. */
static bool add_flag(char *out, size_t *n, const char *prefix, const char *name, size_t len)
{
	size_t more = (*n ? 1 : 0) + strlen(prefix) + len;

	if (*n + more > TRACE_GFP_TEXT_MAX)
		return false;
	if (*n)
		out[(*n)++] = '|';
	memcpy(out + *n, prefix, strlen(prefix));
	memcpy(out + *n + strlen(prefix), name, len);
	*n += strlen(prefix) + len;
	out[*n] = '\0';
	return true;
}

static bool flag_known(struct import *im, const char *prefix, const char *name, size_t len)
{
	char word[80];
	const char *bad;
	size_t n = 0;
	gfp_t gfp;

	if (len + strlen(prefix) >= sizeof(word) || !len)
		return false;
	if (!add_flag(word, &n, prefix, name, len))
		return false;
	return gfp_parse(im->names.profile, word, &gfp, &bad);
}

/*
 * The names that the profile knows, joined anew. Kernels before 4.6 print "GFP_ZERO" for
 * __GFP_ZERO; bits without a name (hexadecimal) mean something else in each version.
 */
static void clean_gfp(struct import *im, const char *text, size_t len, char *out, size_t *n)
{
	const char *end = text + len;

	*n = 0;
	out[0] = '\0';
	while (text < end) {
		const char *bar = memchr(text, '|', (size_t)(end - text));
		size_t one = (size_t)((bar ? bar : end) - text);
		bool hex = one > 1 && text[0] == '0' && text[1] == 'x', ok = false;

		if (!hex && flag_known(im, "", text, one))
			ok = add_flag(out, n, "", text, one);
		else if (!hex && flag_known(im, "__", text, one))
			ok = add_flag(out, n, "__", text, one);
		im->stats->gfp_bits_dropped += !ok;
		text += one + 1;
	}
	if (!*n)
		add_flag(out, n, "", "none", 4);
}

static bool take_gfp(struct import *im, const struct import_line *line, struct import_request *rq)
{
	size_t len, n;
	const char *text = import_field(line->fields, "gfp_flags", &len), *mt;
	char clean[TRACE_GFP_TEXT_MAX + 1];
	u64 value;

	if (!text || !len)
		return refuse(im, "gfp_flags is missing");
	if (import_number(text, len, &value))
		return refuse(im, "gfp_flags is a number: its bits differ from kernel to kernel, "
				  "record it with names");
	clean_gfp(im, text, len, clean, &n);
	switch (trace_names_gfp(&im->names, clean, n, &rq->gfp_name, NULL)) {
	case TRACE_NAME_OK:
		break;
	case TRACE_NAME_NO_MEMORY:
		return no_memory(im);
	default:
		return refuse(im, "gfp_flags is no list of names, or one too many of them");
	}
	mt = import_field(line->fields, "migratetype", &len);
	rq->migratetype = mt && import_number(mt, len, &value) && value < 3 ? (u32)value : 3;
	return true;
}

/* Behind the stretch to keep only the first sight of each page counts: it tells of the start. */
static bool only_look(struct import *im, const struct import_request *rq, bool alloc)
{
	bool seen;

	if (rq->failed)
		return true;
	return import_seen_note(im, rq,
				alloc		 ? import_first_of(rq)
				: rq->compaction ? FIRST_UNKNOWN
						 : FIRST_USED,
				&seen);
}

static bool page_alloc(struct import *im, const struct import_line *line)
{
	struct import_request rq = {0};

	if (!take_who(im, line, &rq) || !take_order(im, line, true, &rq) ||
	    !take_page(im, line, true, &rq) || !take_gfp(im, line, &rq))
		return false;
	return im->cut ? only_look(im, &rq, true) : import_alloc(im, &rq);
}

static bool page_free(struct import *im, const struct import_line *line, bool batched)
{
	struct import_request rq = {0};

	if (!take_who(im, line, &rq) || !take_order(im, line, !batched, &rq) ||
	    !take_page(im, line, false, &rq))
		return false;
	/* the kernel announces these pages by mm_page_free too, unless only this event was on */
	if (batched && !import_is_live(im, rq.key)) {
		im->stats->batched++;
		return true;
	}
	return im->cut ? only_look(im, &rq, false) : import_free(im, &rq);
}

static bool compaction_begins(struct import *im, const struct import_line *line)
{
	struct import_request rq = {0};

	const char *text;
	size_t len;
	u64 pfn;

	if (!take_who(im, line, &rq))
		return false;
	text = import_field(line->fields, "migrate_pfn", &len);
	if (!text || !import_number(text, len, &pfn) || pfn >= TRACE_NO_PFN)
		pfn = TRACE_NO_PFN;
	return import_compaction_begins(im, (u32)pfn);
}

/* The task of the line forks, exits, stalls or resumes. */
static bool about_task(struct import *im, const struct import_line *line, enum trace_op op)
{
	struct import_request rq = {0};
	const char *pid, *comm;
	u16 child = 0;
	size_t pid_len, len;
	u64 number;

	if (!take_who(im, line, &rq))
		return false;
	im->now.flags = 0;
	if (op == TRACE_FORK) {
		pid = import_field(line->fields, "child_pid", &pid_len);
		comm = import_field(line->fields, "child_comm", &len);
		if (!pid || !comm || !import_number(pid, pid_len, &number) ||
		    number > TRACE_PID_MAX)
			return refuse(im, "the fork does not tell who is made");
		if (!find_task(im, (u32)number, comm, min_u64(len, TRACE_COMM_MAX), &child))
			return false;
	}
	return im->now.task == TRACE_NO_TASK || child == TRACE_NO_TASK ||
	       import_task_event(im, op, child);
}

static void count_other(struct import *im, const struct import_line *line)
{
	struct import_stats *stats = im->stats;
	char name[sizeof(stats->other[0].name)];
	size_t len = line->event_len < sizeof(name) ? line->event_len : sizeof(name) - 1;

	memcpy(name, line->event, len);
	name[len] = '\0';
	for (u32 i = 0; i < stats->nr_other; i++) {
		if (!strcmp(stats->other[i].name, name)) {
			stats->other[i].n++;
			return;
		}
	}
	if (stats->nr_other == IMPORT_OTHER_MAX) {
		stats->other_rest++;
		return;
	}
	stats->other[stats->nr_other].n = 1;
	memcpy(stats->other[stats->nr_other++].name, name, len + 1);
}

/* Kernels since 6.16 tell whether others of the process go on; before, its leader stands for it. */
static bool is_last_thread(const struct import_line *line)
{
	size_t len;
	const char *dead = import_field(line->fields, "group_dead", &len);

	return dead ? len == 4 && !memcmp(dead, "true", 4) : line->pid == line->tgid;
}

bool import_event(struct import *im, const struct import_line *line)
{
	static const struct {
		const char *event;
		u32 bit;
		bool on;
	} marks[] = {
		{"mm_compaction_begin", BUSY_COMPACTION, true},
		{"mm_compaction_end", BUSY_COMPACTION, false},
		{"mm_vmscan_direct_reclaim_begin", BUSY_RECLAIM, true},
		{"mm_vmscan_direct_reclaim_end", BUSY_RECLAIM, false},
		{"mm_vmscan_memcg_reclaim_begin", BUSY_RECLAIM, true},
		{"mm_vmscan_memcg_reclaim_end", BUSY_RECLAIM, false},
	};

	if (import_line_is(line, "mm_page_alloc"))
		return page_alloc(im, line);
	if (import_line_is(line, "mm_page_free"))
		return page_free(im, line, false);
	if (import_line_is(line, "mm_page_free_batched"))
		return page_free(im, line, true);
	for (u32 i = 0; i < ARRAY_SIZE(marks); i++) {
		bool changed;

		if (!import_line_is(line, marks[i].event))
			continue;
		if (!set_busy(im, line->pid, marks[i].bit, marks[i].on, &changed))
			return false;
		if (changed && !im->cut && !is_named(line, "kcompactd") &&
		    !about_task(im, line, marks[i].on ? TRACE_STALL : TRACE_RESUME))
			return false;
	}
	if (im->cut)
		return true;
	if (import_line_is(line, "sched_process_fork") && !about_task(im, line, TRACE_FORK))
		return false;
	if (import_line_is(line, "sched_process_exit") && is_last_thread(line) &&
	    !about_task(im, line, TRACE_EXIT))
		return false;
	if (import_line_is(line, "mm_compaction_end"))
		import_compaction_ends(im, line->pid);
	if (import_line_is(line, "mm_compaction_begin") && !compaction_begins(im, line))
		return false;
	if (import_line_is(line, "mm_page_alloc_extfrag")) {
		im->stats->extfrag++;
		import_observed_extfrag(im, line->t);
	} else {
		count_other(im, line);
	}
	return true;
}
