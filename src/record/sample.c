/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time series of the zones. The numbers are those a real machine would show at that moment in
 * /proc/zoneinfo, buddyinfo and pagetypeinfo, so that both can be laid over each other; the
 * fragmentation indices are made from them when the file is written.
 */
#include "record/sample.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/index.h"
#include "mm/vmstat.h"
#include "record/decimal.h"
#include "record/mobility.h"

struct sample_head {
	u64 t_ns;
	struct sample_counts counts;
	struct machine_sample machine;
};

static const char *const type_columns[MIGRATE_TYPES] = {
    [MIGRATE_UNMOVABLE] = "unmovable",
    [MIGRATE_MOVABLE] = "movable",
    [MIGRATE_RECLAIMABLE] = "reclaimable",
    [MIGRATE_HIGHATOMIC] = "highatomic",
    [MIGRATE_CMA] = "cma",
    [MIGRATE_ISOLATE] = "isolate",
};

bool samples_init(struct samples *s, const struct mm *mm, u64 interval_ns, u32 cap, struct err *err)
{
	*s = (struct samples){
	    .mm = mm,
	    .orders = mm->max_order + 1,
	    .interval_ns = interval_ns ? interval_ns : SAMPLES_MIN_INTERVAL,
	};
	s->start_interval_ns = s->interval_ns;
	s->zone = calloc(mm->nr_zones + 1, sizeof(*s->zone));
	if (!s->zone)
		return err_set(err, ERR_HOST_RES, "no memory for samples");
	for_each_populated_zone (mm, zone)
		s->zone[s->nr_zones++] = zone->idx;
	s->zone_bytes =
	    sizeof(struct sample_zone) + (size_t)MIGRATE_TYPES * s->orders * sizeof(u32);
	s->zone_bytes = (s->zone_bytes + 7) / 8 * 8;
	s->sample_bytes = sizeof(struct sample_head) + s->nr_zones * s->zone_bytes;
	s->cap = cap ? cap : SAMPLES_DEFAULT;
	s->cap = (u32)min_u64(s->cap, SAMPLES_MAX_BYTES / s->sample_bytes);
	s->cap = (u32)max_u64(s->cap, 16);
	return true;
}

void samples_finish(struct samples *s)
{
	free(s->zone);
	free(s->store);
	*s = (struct samples){0};
}

u64 samples_next(const struct samples *s, u64 now)
{
	u64 next;

	if (__builtin_mul_overflow(now / s->interval_ns + 1, s->interval_ns, &next))
		return UINT64_MAX;
	return next;
}

static struct sample_head *head_at(const struct samples *s, u32 i)
{
	return (struct sample_head *)(s->store + i * s->sample_bytes);
}

static struct sample_zone *zone_at(const struct samples *s, u32 i, u32 z)
{
	return (struct sample_zone *)((char *)(head_at(s, i) + 1) + z * s->zone_bytes);
}

u64 samples_time(const struct samples *s, u32 i)
{
	assert(i < s->n);
	return head_at(s, i)->t_ns;
}

const struct sample_counts *samples_counts(const struct samples *s, u32 i)
{
	assert(i < s->n);
	return &head_at(s, i)->counts;
}

const struct machine_sample *samples_machine(const struct samples *s, u32 i)
{
	assert(i < s->n);
	return &head_at(s, i)->machine;
}

const struct sample_zone *samples_zone(const struct samples *s, u32 i, u32 z)
{
	assert(i < s->n && z < s->nr_zones);
	return zone_at(s, i, z);
}

/* Doubles the interval and keeps the samples that lie on it. */
static void thin(struct samples *s)
{
	u32 kept = 0;

	s->interval_ns *= 2;
	for (u32 i = 0; i < s->n; i++) {
		if (head_at(s, i)->t_ns % s->interval_ns && i)
			continue;
		if (kept != i)
			memcpy(head_at(s, kept), head_at(s, i), s->sample_bytes);
		kept++;
	}
	s->n = kept;
}

static bool make_room(struct samples *s)
{
	u32 room = s->room ? s->room * 2 : 64;
	char *store;

	while (s->n >= s->cap && s->interval_ns < UINT64_MAX / 4)
		thin(s);
	if (s->n < s->room)
		return true;
	room = (u32)min_u64(room, s->cap);
	store = realloc(s->store, room * s->sample_bytes);
	if (!store)
		return false;
	s->store = store;
	s->room = room;
	return true;
}

void sample_zone_read(const struct mm *mm, const struct zone *zone, bool by_type,
		      struct sample_zone *out)
{
	u32 orders = mm->max_order + 1;

	memset(out, 0, sizeof(*out));
	out->free = zone_page_state(zone, NR_FREE_PAGES);
	out->boost = zone->watermark_boost;
	out->min = zone->_watermark[WMARK_MIN] + zone->watermark_boost;
	out->low = zone->_watermark[WMARK_LOW] + zone->watermark_boost;
	out->high = zone->_watermark[WMARK_HIGH] + zone->watermark_boost;
	for (u32 cpu = 0; cpu < mm->nr_cpus; cpu++)
		out->pcp += zone->pageset[cpu].count;
	out->kswapd_awake = !mm->nodes[zone->nid].kswapd_waiting;
	for (u32 o = 0; o < orders; o++) {
		out->nr_free[o] = zone->free_area[o].nr_free;
		for (u32 mt = 0; by_type && mt < MIGRATE_TYPES; mt++)
			out->by_type[mt * orders + o] = zone->free_area[o].nr_list[mt];
	}
}

void samples_take(struct samples *s, u64 now, const struct sample_counts *counts,
		  const struct sample_zone_counts *zone_counts, const u32 *unmovable)
{
	struct sample_head *head;

	if (s->n && head_at(s, s->n - 1)->t_ns == now)
		s->n--; /* the later state of the same instant */
	if (!make_room(s)) {
		s->no_memory = true;
		return;
	}
	head = head_at(s, s->n);
	head->t_ns = now;
	head->counts = *counts;
	sample_machine_read(s->mm, &s->stalls, &head->machine);
	for (u32 z = 0; z < s->nr_zones; z++) {
		struct sample_zone *out = zone_at(s, s->n, z);

		sample_zone_read(s->mm, &s->mm->zones[s->zone[z]], true, out);
		out->counts = zone_counts[s->zone[z]];
		out->unmovable_blocks = unmovable[s->zone[z]];
	}
	s->n++;
}

static void write_header(const struct samples *s, FILE *out)
{
	static const char *const blocks[] = {"order", "unusable", "extfrag"};

	fputs("t_ns,node,zone,free,boost,min,low,high,pcp,extfrag_events,fragmenting_events,"
	      "kswapd_awake,unmovable_blocks,unmovable_share,requests,failed,slowpath,pgalloc,"
	      "pgfree",
	      out);
	for (u32 b = 0; b < ARRAY_SIZE(blocks); b++)
		for (u32 o = 0; o < s->orders; o++)
			fprintf(out, ",%s%u", blocks[b], o);
	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
		for (u32 o = 0; o < s->orders; o++)
			fprintf(out, ",%s%u", type_columns[mt], o);
	fputc('\n', out);
}

static void write_zone(const struct samples *s, u32 i, u32 z, FILE *out)
{
	const struct sample_head *head = head_at(s, i);
	const struct sample_zone *sz = zone_at(s, i, z);
	const struct zone *zone = &s->mm->zones[s->zone[z]];
	char buf[DECIMAL_LEN];

	fprintf(out,
		"%" PRIu64 ",%u,%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
		",%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%u",
		head->t_ns, (unsigned int)zone->nid, zone_name(zone->type), sz->free, sz->boost,
		sz->min, sz->low, sz->high, sz->pcp, sz->counts.extfrag, sz->counts.fragmenting,
		sz->kswapd_awake);
	fprintf(out, ",%u,%s", sz->unmovable_blocks,
		decimal_ratio(sz->unmovable_blocks, max_u64(mobility_pageblocks(zone), 1), 3, buf));
	fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
		head->counts.requests, head->counts.failed, head->counts.slowpath,
		head->counts.pgalloc, head->counts.pgfree);
	for (u32 o = 0; o < s->orders; o++)
		fprintf(out, ",%" PRIu64, sz->nr_free[o]);
	for (u32 o = 0; o < s->orders; o++)
		fprintf(out, ",%s",
			decimal_fixed(index_unusable(sz->nr_free, s->orders, o), 3, buf));
	for (u32 o = 0; o < s->orders; o++)
		fprintf(out, ",%s",
			decimal_fixed(index_extfrag(sz->nr_free, s->orders, o), 3, buf));
	for (u32 j = 0; j < MIGRATE_TYPES * s->orders; j++)
		fprintf(out, ",%u", sz->by_type[j]);
	fputc('\n', out);
}

void samples_write_csv(const struct samples *s, FILE *out)
{
	write_header(s, out);
	for (u32 i = 0; i < s->n; i++)
		for (u32 z = 0; z < s->nr_zones; z++)
			write_zone(s, i, z, out);
}

void samples_write_vmstat(const struct samples *s, const u64 *start, FILE *out)
{
	sample_machine_header(out);
	for (u32 i = 0; i < s->n; i++)
		sample_machine_row(samples_time(s, i), samples_machine(s, i), start, out);
}
