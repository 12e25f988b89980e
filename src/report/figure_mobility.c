/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What compaction is up against and what it does: the share of pageblocks that hold a page which
 * cannot move, and how many pages moved.
 */
#include <inttypes.h>
#include <stdio.h>

#include "record/decimal.h"
#include "report/figure.h"
#include "report/table.h"

#define MAX_STEPS 160u

/* One block of rows a zone: time, share in percent. */
static void put_shares(const struct plot *p)
{
	u32 stride = plot_stride(p->sim);

	for (u32 k = 0; k < p->nr_panels; k++) {
		for (u32 i = 0; i < p->sim->n; i++) {
			s64 share = series_get(p->sim, i, p->panel[k], SERIES_UNMOVABLE);

			if (i % stride && i + 1 < p->sim->n)
				continue;
			plot_put_time(p, p->sim->t_ns[i]);
			fputc(' ', p->out);
			plot_put_fixed(p, share, 1);
			fputc('\n', p->out);
		}
		fputs("\n\n", p->out);
	}
}

/* Rows of: time, pages moved a second until the next row. */
static void put_moves(const struct plot *p, const struct table *t, u32 moved)
{
	u32 time = (u32)table_column(t, "t_ns"), stride = t->n / MAX_STEPS + 1;
	char buf[DECIMAL_LEN];

	for (u32 i = 0, to; i + 1 < t->n; i = to) {
		u64 ns, pages;

		to = i + 2 * stride < t->n ? i + stride : t->n - 1;
		ns = (u64)max_s64(0, table_get(t, to, time) - table_get(t, i, time));
		pages = (u64)max_s64(0, table_get(t, to, moved) - table_get(t, i, moved));
		if (!ns)
			continue;
		plot_put_time(p, table_get(t, i, time));
		fprintf(p->out, " %s\n", decimal_ratio(pages * NSEC_PER_SEC, ns, 1, buf));
	}
}

static bool has_shares(const struct plot *p)
{
	return p->nr_panels && p->sim->n > 1 &&
	       series_get(p->sim, 0, p->panel[0], SERIES_UNMOVABLE) != SERIES_NONE;
}

bool figure_mobility(struct plot *p, struct err *err)
{
	struct table *t;
	struct figure *f;
	s32 moved;
	bool ok;

	if (!has_shares(p))
		return true;
	if (!plot_load_machine(p, &t, err))
		return false;
	moved = table_column(t, "pgmigrate_success");
	ok = plot_data_begin(p, err);
	if (ok) {
		put_shares(p);
		ok = plot_data_end(p, "mobility.dat", err);
	}
	ok = ok && plot_data_begin(p, err);
	if (ok && moved >= 0 && t->n > 1)
		put_moves(p, t, (u32)moved);
	else if (ok)
		fputs("0 0\n1 0\n", p->out);
	ok = ok && plot_data_end(p, "moves.dat", err);
	table_free(t);
	if (!ok)
		return false;
	f = plot_figure(p, "mobility", "mobility.gp");
	return figure_arg(f, err, "%s", p->unit.name) && figure_arg_zones(p, f, err);
}
