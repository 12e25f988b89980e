/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long requests took and what the time went into: a histogram for each order, class of GFP
 * flags and path, and beside each bucket the time by cause. The parts of one request sum to its
 * latency, so the parts of a bucket sum to the bucket's time: a percentile can be taken apart
 * exactly, without keeping requests.
 */
#include "record/latency.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const gfp_class_names[NR_GFP_CLASSES] = {
    [GFP_CLASS_ATOMIC] = "atomic",   [GFP_CLASS_NOWAIT] = "nowait",
    [GFP_CLASS_MOVABLE] = "movable", [GFP_CLASS_RECLAIMABLE] = "reclaimable",
    [GFP_CLASS_NOFS] = "nofs",	     [GFP_CLASS_USER] = "user",
    [GFP_CLASS_KERNEL] = "kernel",
};

const struct latency_mark latency_marks[NR_LATENCY_MARKS] = {
    {50, 100, "p50"}, {90, 100, "p90"}, {99, 100, "p99"}, {999, 1000, "p99.9"}, {1, 1, "max"},
};

enum gfp_class gfp_class(gfp_t gfp)
{
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return gfp & __GFP_HIGH ? GFP_CLASS_ATOMIC : GFP_CLASS_NOWAIT;
	if (gfp & __GFP_MOVABLE)
		return GFP_CLASS_MOVABLE;
	if (gfp & __GFP_RECLAIMABLE)
		return GFP_CLASS_RECLAIMABLE;
	if ((gfp & (__GFP_IO | __GFP_FS)) != (__GFP_IO | __GFP_FS))
		return GFP_CLASS_NOFS;
	return gfp & __GFP_HARDWALL ? GFP_CLASS_USER : GFP_CLASS_KERNEL;
}

static u64 sum_causes(const u64 *cause_ns)
{
	u64 sum = 0;

	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		sum += cause_ns[c];
	return sum;
}

/* The causes of one bucket; NULL if none are kept there. */
static u64 *key_cell(const struct latency_key *key, u32 bucket)
{
	u64(*group)[NR_STALL_CAUSES] = key->cell[bucket / HIST_SUB];

	return group ? group[bucket % HIST_SUB] : NULL;
}

static void add_cell(struct latency *lat, struct latency_key *key, u32 bucket, const u64 *cause_ns)
{
	u32 group = bucket / HIST_SUB;
	u64 *cell;

	if (!key->cell[group]) {
		if (lat->groups < LATENCY_MAX_GROUPS)
			key->cell[group] = calloc(HIST_SUB, sizeof(*key->cell[group]));
		if (!key->cell[group]) {
			lat->without_cells++;
			return;
		}
		lat->groups++;
	}
	cell = key_cell(key, bucket);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		cell[c] += cause_ns[c];
}

void latency_add(struct latency *lat, u32 order, gfp_t gfp, enum alloc_path path,
		 const u64 *cause_ns)
{
	struct latency_key **slot, *key;
	u64 ns = sum_causes(cause_ns);

	assert(order < NR_PAGE_ORDERS_LIMIT && path < NR_ALLOC_PATHS);
	slot = &lat->key[order][gfp_class(gfp)][path];
	if (!*slot)
		*slot = calloc(1, sizeof(**slot));
	if (!*slot) {
		lat->no_memory = true;
		return;
	}
	key = *slot;
	if (!key->hist.count || ns > key->hist.max)
		memcpy(key->max_cause_ns, cause_ns, sizeof(key->max_cause_ns));
	hist_add(&key->hist, ns);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		key->cause_ns[c] += cause_ns[c];
	add_cell(lat, key, hist_bucket(ns), cause_ns);
}

void latency_key_free(struct latency_key *key)
{
	if (!key)
		return;
	for (u32 g = 0; g < HIST_GROUPS; g++)
		free(key->cell[g]);
	free(key);
}

void latency_finish(struct latency *lat)
{
	struct latency_key **keys = &lat->key[0][0][0];

	for (size_t i = 0; i < sizeof(lat->key) / sizeof(*keys); i++)
		latency_key_free(keys[i]);
	memset(lat, 0, sizeof(*lat));
}

static bool key_merge(struct latency_key *key, const struct latency_key *from)
{
	if (!from->hist.count)
		return true;
	if (!key->hist.count || from->hist.max > key->hist.max)
		memcpy(key->max_cause_ns, from->max_cause_ns, sizeof(key->max_cause_ns));
	hist_merge(&key->hist, &from->hist);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		key->cause_ns[c] += from->cause_ns[c];
	for (u32 g = 0; g < HIST_GROUPS; g++) {
		if (!from->cell[g])
			continue;
		if (!key->cell[g])
			key->cell[g] = calloc(HIST_SUB, sizeof(*key->cell[g]));
		if (!key->cell[g])
			return false;
		for (u32 i = 0; i < HIST_SUB; i++)
			for (u32 c = 0; c < NR_STALL_CAUSES; c++)
				key->cell[g][i][c] += from->cell[g][i][c];
	}
	return true;
}

struct latency_key *latency_select(const struct latency *lat, u32 class, u32 order)
{
	struct latency_key *sum = calloc(1, sizeof(*sum));
	bool ok = sum != NULL;

	for (u32 o = 0; ok && o < NR_PAGE_ORDERS_LIMIT; o++) {
		if (order != UINT32_MAX && order != o)
			continue;
		for (u32 c = 0; ok && c < NR_GFP_CLASSES; c++) {
			if (class != NR_GFP_CLASSES && class != c)
				continue;
			for (u32 p = 0; ok && p < NR_ALLOC_PATHS; p++)
				if (lat->key[o][c][p])
					ok = key_merge(sum, lat->key[o][c][p]);
		}
	}
	if (ok)
		return sum;
	latency_key_free(sum);
	return NULL;
}

void latency_percentile(const struct latency_key *key, u64 num, u64 den,
			struct latency_point *point)
{
	u32 bucket = hist_percentile_bucket(&key->hist, num, den);
	const u64 *cell = key_cell(key, bucket);

	memset(point, 0, sizeof(*point));
	point->ns = hist_percentile(&key->hist, num, den);
	point->requests = key->hist.bucket[bucket];
	if (num == den && key->hist.count) {
		point->requests = 1;
		memcpy(point->cause_ns, key->max_cause_ns, sizeof(point->cause_ns));
	} else if (cell && point->requests) {
		/* all requests of the bucket are here: their mean is nearer than its end */
		point->ns = sum_causes(cell) / point->requests;
		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			point->cause_ns[c] = cell[c] / point->requests;
	}
}

static void write_key(const struct latency_key *key, const char *label, FILE *out)
{
	static const u64 none[NR_STALL_CAUSES];

	for (u32 b = 0; b < HIST_BUCKETS; b++) {
		const u64 *cell = key_cell(key, b);

		if (!key->hist.bucket[b])
			continue;
		fprintf(out, "%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64, label, hist_bucket_low(b),
			hist_bucket_high(b), key->hist.bucket[b]);
		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			fprintf(out, ",%" PRIu64, (cell ? cell : none)[c]);
		fputc('\n', out);
	}
}

void latency_write_csv(const struct latency *lat, FILE *out)
{
	char label[64];

	fputs("order,class,path,from_ns,to_ns,requests", out);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		fprintf(out, ",%s_ns", stall_cause_names[c]);
	fputc('\n', out);
	for (u32 o = 0; o < NR_PAGE_ORDERS_LIMIT; o++) {
		for (u32 c = 0; c < NR_GFP_CLASSES; c++) {
			for (u32 p = 0; p < NR_ALLOC_PATHS; p++) {
				if (!lat->key[o][c][p])
					continue;
				snprintf(label, sizeof(label), "%u,%s,%s", o, gfp_class_names[c],
					 alloc_path_names[p]);
				write_key(lat->key[o][c][p], label, out);
			}
		}
	}
}
