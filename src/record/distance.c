/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a simulated machine is from the real one that ran the same requests. Distances are
 * integers in thousandths; what they mean and how close two runs of a real kernel come to each
 * other is told in docs/results.md.
 */
#include "record/distance.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/index.h"
#include "record/decimal.h"
#include "record/sample.h"

/* How near is near: the spread of real runs of one workload. docs/results.md */
#define BLOCKS_NEAR   "0.25"
#define UNUSABLE_NEAR "0.10"

bool distance_init(struct distance *d, const struct observed *obs, const struct mm *mm,
		   struct err *err)
{
	u32 known = 0;

	*d = (struct distance){.obs = obs, .mm = mm, .extfrag_start = -1};
	d->sim_zone = calloc(obs->nr_zones, sizeof(*d->sim_zone));
	d->zone = calloc(obs->nr_zones, sizeof(*d->zone));
	if (!d->sim_zone || !d->zone) {
		distance_finish(d);
		return err_set(err, ERR_HOST_RES, "no memory for observed data");
	}
	for (u32 z = 0; z < obs->nr_zones; z++) {
		d->sim_zone[z] = UINT16_MAX;
		d->zone[z].min_free_sim = d->zone[z].min_free_obs = UINT64_MAX;
		for_each_populated_zone (mm, zone) {
			if (zone->nid == obs->zone[z].node && zone->type == obs->zone[z].type) {
				d->sim_zone[z] = zone->idx;
				known++;
			}
		}
	}
	while (d->next < obs->n && obs->t_ns[d->next] < 0) {
		d->extfrag_start = obs->extfrag[d->next]; /* before the workload began */
		d->next++;
	}
	if (known)
		return true;
	distance_finish(d);
	return err_set(err, ERR_INPUT, "no zone of the observed data is one of this machine");
}

void distance_finish(struct distance *d)
{
	free(d->sim_zone);
	free(d->zone);
	*d = (struct distance){0};
}

u64 distance_next(const struct distance *d)
{
	return d->obs && d->next < d->obs->n ? (u64)d->obs->t_ns[d->next] : UINT64_MAX;
}

static void add_free(struct distance_zone *dz, u64 sim, s64 observed)
{
	u64 obs = (u64)observed;

	if (observed < 0)
		return;
	dz->free_diff += sim > obs ? sim - obs : obs - sim;
	dz->free_sim += sim;
	dz->free_obs += obs;
	dz->min_free_sim = min_u64(dz->min_free_sim, sim);
	dz->min_free_obs = min_u64(dz->min_free_obs, obs);
}

static void add_orders(struct distance_zone *dz, const u64 *sim, const u64 *obs, u32 orders)
{
	u64 pages = 0, diff = 0;

	assert(orders <= NR_PAGE_ORDERS_LIMIT);
	for (u32 o = 0; o < orders; o++) {
		s32 us = index_unusable(sim, orders, o);
		s32 uo = index_unusable(obs, orders, o);

		pages += obs[o] << o;
		diff += (sim[o] > obs[o] ? sim[o] - obs[o] : obs[o] - sim[o]) << o;
		dz->unusable_diff[o] += (u64)abs(us - uo);
		dz->unusable_sim[o] += (u64)us;
		dz->unusable_obs[o] += (u64)uo;
	}
	dz->blocks_milli_last = decimal_scaled(diff, max_u64(pages, 1), 3);
	dz->blocks_milli += dz->blocks_milli_last;
}

void distance_take(struct distance *d, u64 extfrag)
{
	const struct observed *obs = d->obs;
	struct sample_zone now;
	u32 row = d->next++;

	assert(row < obs->n);
	if (d->extfrag_start < 0)
		d->extfrag_start = obs->extfrag[row];
	d->extfrag_obs = obs->extfrag[row];
	d->extfrag_sim = extfrag;
	d->rows++;
	for (u32 z = 0; z < obs->nr_zones; z++) {
		size_t at = (size_t)row * obs->nr_zones + z;
		struct distance_zone *dz = &d->zone[z];
		u32 orders = (u32)min_u64(obs->zone[z].orders, d->mm->max_order + 1);

		if (d->sim_zone[z] == UINT16_MAX)
			continue;
		sample_zone_read(d->mm, &d->mm->zones[d->sim_zone[z]], false, &now);
		dz->rows++;
		add_free(dz, (u64)now.free, obs->free[at]);
		add_orders(dz, now.nr_free, obs->nr_free + at * obs->orders, orders);
	}
}

static s64 mean(u64 sum, u64 n)
{
	return (s64)decimal_scaled(sum, n, 0);
}

static void write_unusable(const struct distance_zone *dz, u32 orders, struct jsonw *w)
{
	jsonw_array_inline(w, "unusable_index_difference");
	for (u32 o = 0; o < orders; o++)
		jsonw_fixed(w, NULL, mean(dz->unusable_diff[o], dz->rows), 3);
	jsonw_end(w);
	jsonw_array_inline(w, "unusable_index_mean_simulated");
	for (u32 o = 0; o < orders; o++)
		jsonw_fixed(w, NULL, mean(dz->unusable_sim[o], dz->rows), 3);
	jsonw_end(w);
	jsonw_array_inline(w, "unusable_index_mean_observed");
	for (u32 o = 0; o < orders; o++)
		jsonw_fixed(w, NULL, mean(dz->unusable_obs[o], dz->rows), 3);
	jsonw_end(w);
}

static void write_zone(const struct distance *d, u32 z, struct jsonw *w)
{
	const struct observed_zone *oz = &d->obs->zone[z];
	const struct distance_zone *dz = &d->zone[z];

	jsonw_object(w, NULL);
	jsonw_u64(w, "node", oz->node);
	jsonw_string(w, "zone", zone_name(oz->type));
	if (oz->free_column >= 0) {
		jsonw_s64(w, "free_pages_difference_mean", mean(dz->free_diff, dz->rows));
		jsonw_s64(w, "free_pages_mean_simulated", mean(dz->free_sim, dz->rows));
		jsonw_s64(w, "free_pages_mean_observed", mean(dz->free_obs, dz->rows));
		jsonw_u64(w, "free_pages_min_simulated", dz->min_free_sim);
		jsonw_u64(w, "free_pages_min_observed", dz->min_free_obs);
	}
	if (oz->orders) {
		jsonw_fixed(w, "free_blocks_distance_at_end", (s64)dz->blocks_milli_last, 3);
		jsonw_fixed(w, "free_blocks_distance_mean", mean(dz->blocks_milli, dz->rows), 3);
		write_unusable(dz, oz->orders, w);
	}
	jsonw_end(w);
}

void distance_write_json(const struct distance *d, struct jsonw *w)
{
	jsonw_object(w, "observed");
	jsonw_u64(w, "rows_compared", d->rows);
	if (d->obs->have_extfrag && d->rows) {
		jsonw_u64(w, "extfrag_events_simulated", d->extfrag_sim);
		jsonw_s64(w, "extfrag_events_observed", d->extfrag_obs - d->extfrag_start);
	}
	jsonw_array(w, "zones");
	for (u32 z = 0; z < d->obs->nr_zones; z++)
		if (d->zone[z].rows)
			write_zone(d, z, w);
	jsonw_end(w);
	jsonw_end(w);
}

/* The order whose mean index is farthest off. */
static u32 worst_order(const struct distance_zone *dz, u32 orders)
{
	u32 worst = 0;

	for (u32 o = 1; o < orders; o++)
		if (dz->unusable_diff[o] > dz->unusable_diff[worst])
			worst = o;
	return worst;
}

static void print_zone(const struct distance *d, u32 z, FILE *out)
{
	const struct observed_zone *oz = &d->obs->zone[z];
	const struct distance_zone *dz = &d->zone[z];
	u32 worst = worst_order(dz, oz->orders);
	char a[DECIMAL_LEN], b[DECIMAL_LEN], c[DECIMAL_LEN];

	fprintf(out, "    %-9s", zone_name(oz->type));
	if (oz->free_column >= 0)
		fprintf(out, " free pages off by %s of %s%s",
			decimal_grouped((u64)mean(dz->free_diff, dz->rows), a),
			decimal_grouped((u64)mean(dz->free_obs, dz->rows), b),
			oz->orders ? ";" : "");
	if (oz->orders)
		fprintf(out,
			" blocks by order %s, %s at the end (near: " BLOCKS_NEAR
			"); unusable index %s at order %u (near: " UNUSABLE_NEAR ")",
			decimal_fixed(mean(dz->blocks_milli, dz->rows), 3, a),
			decimal_fixed((s64)dz->blocks_milli_last, 3, b),
			decimal_fixed(mean(dz->unusable_diff[worst], dz->rows), 3, c), worst);
	fputc('\n', out);
}

void distance_print(const struct distance *d, FILE *out)
{
	char a[DECIMAL_LEN], b[DECIMAL_LEN];

	if (!d->rows)
		return;
	fprintf(out, "  observed    %u samples of the real machine compared", d->rows);
	if (d->obs->have_extfrag)
		fprintf(out, "; fallbacks %s, real %s", decimal_grouped(d->extfrag_sim, a),
			decimal_grouped((u64)max_s64(0, d->extfrag_obs - d->extfrag_start), b));
	fputc('\n', out);
	for (u32 z = 0; z < d->obs->nr_zones; z++)
		if (d->zone[z].rows)
			print_zone(d, z, out);
}
