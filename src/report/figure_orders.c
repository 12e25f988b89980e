/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free blocks by order over time (one figure a zone, one small panel an order), and the two
 * indices that say what such free memory is worth.
 */
#include <string.h>

#include "record/decimal.h"
#include "report/figure.h"

/* Columns `first`.. of one zone, a column an order. */
static void put_orders(const struct plot *p, const struct series *s, s32 z, u32 first, u32 digits)
{
	u32 stride = plot_stride(s);

	fputs("time", p->out);
	for (u32 o = 0; o < p->sim->orders; o++)
		fprintf(p->out, " order%u", o);
	fputc('\n', p->out);
	for (u32 i = 0; z >= 0 && i < s->n; i++) {
		if (s->t_ns[i] < 0 || s->t_ns[i] > p->end_ns || (i % stride && i + 1 < s->n))
			continue;
		plot_put_time(p, s->t_ns[i]);
		for (u32 o = 0; o < p->sim->orders; o++) {
			s64 v = series_get(s, i, (u32)z, first + o);

			/* -1 of the fragmentation index: a block is there, nothing fails */
			if (first == SERIES_EXTFRAG && v < 0)
				v = SERIES_NONE;
			fputc(' ', p->out);
			plot_put_fixed(p, v, digits);
		}
		fputc('\n', p->out);
	}
	fputs("\n\n", p->out);
}

static s32 observed_zone(const struct plot *p, u32 z)
{
	return p->obs ? series_find(p->obs, &p->sim->zone[z]) : -1;
}

static bool one_zone(struct plot *p, u32 z, struct err *err)
{
	char name[64], data[96], label[32];
	s32 observed = observed_zone(p, z);
	struct figure *f;

	snprintf(name, sizeof(name), "orders-%u-%s", p->sim->zone[z].node,
		 zone_name(p->sim->zone[z].type));
	if (!plot_data_begin(p, err))
		return false;
	put_orders(p, p->sim, (s32)z, SERIES_ORDER, 0);
	if (observed >= 0)
		put_orders(p, p->obs, observed, SERIES_ORDER, 0);
	snprintf(data, sizeof(data), "%s.dat", name);
	if (!plot_data_end(p, data, err))
		return false;
	plot_zone_label(p, z, label, sizeof(label));
	f = plot_figure(p, name, "orders.gp");
	return figure_arg(f, err, "%s", p->unit.name) && figure_arg(f, err, "%s", data) &&
	       figure_arg(f, err, "%s", label) && figure_arg(f, err, "%u", p->sim->orders) &&
	       figure_arg(f, err, "%u", (u32)(p->page_bytes >> 10)) &&
	       figure_arg(f, err, "%d", observed >= 0);
}

bool figure_orders(struct plot *p, struct err *err)
{
	if (!p->sim->orders)
		return true;
	for (u32 k = 0; k < p->nr_panels; k++)
		if (!one_zone(p, p->panel[k], err))
			return false;
	return true;
}

static bool put_index(struct plot *p, u32 first, const char *name, struct err *err)
{
	if (!plot_data_begin(p, err))
		return false;
	for (u32 k = 0; k < p->nr_panels; k++)
		put_orders(p, p->sim, (s32)p->panel[k], first, 3);
	for (u32 k = 0; p->obs && k < p->nr_panels; k++)
		put_orders(p, p->obs, observed_zone(p, p->panel[k]), first, 3);
	return plot_data_end(p, name, err);
}

/*
 * Four orders tell the story: the largest that is never given up on (PAGE_ALLOC_COSTLY_ORDER), a
 * pageblock (a huge page), and two between.
 */
static void choose_orders(const struct plot *p, char *words, size_t len)
{
	u32 top = (u32)min_u64(p->pageblock_order, p->sim->orders - 1);
	u32 low = (u32)min_u64(3, top);
	u32 last = UINT32_MAX;

	words[0] = '\0';
	for (u32 i = 0; i < 4; i++) {
		u32 order = low + (top - low) * i / 3;
		char word[16];

		if (order == last)
			continue;
		snprintf(word, sizeof(word), "%s%u", words[0] ? " " : "", order);
		strncat(words, word, len - strlen(words) - 1);
		last = order;
	}
}

bool figure_indices(struct plot *p, struct err *err)
{
	struct figure *f;
	char orders[64];

	if (!p->sim->orders)
		return true;
	if (!put_index(p, SERIES_UNUSABLE, "unusable.dat", err) ||
	    !put_index(p, SERIES_EXTFRAG, "extfrag.dat", err))
		return false;
	choose_orders(p, orders, sizeof(orders));
	f = plot_figure(p, "indices", "indices.gp");
	return figure_arg(f, err, "%s", p->unit.name) && figure_arg_zones(p, f, err) &&
	       figure_arg(f, err, "%s", orders) && figure_arg(f, err, "%d", p->obs != NULL);
}
