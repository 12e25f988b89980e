/* SPDX-License-Identifier: GPL-2.0-only */
/* Free memory of each zone over time, with the watermarks it is measured against. */
#include "record/decimal.h"
#include "report/figure.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static void put_pages(const struct plot *p, s64 pages, u64 unit)
{
	char buf[DECIMAL_LEN];

	fputc(' ', p->out);
	if (pages == SERIES_NONE)
		fputs("NaN", p->out);
	else
		fputs(decimal_ratio((u64)max_s64(pages, 0) * p->page_bytes, unit, 4, buf), p->out);
}

/* One block of rows a zone, two blank lines between: gnuplot's `index`. */
static void put_zone(const struct plot *p, const struct series *s, s32 z, bool marks, u64 unit)
{
	u32 stride = plot_stride(s);

	fputs(marks ? "time free min low high\n" : "time free\n", p->out);
	for (u32 i = 0; z >= 0 && i < s->n; i++) {
		if (s->t_ns[i] < 0 || s->t_ns[i] > p->end_ns || (i % stride && i + 1 < s->n))
			continue;
		plot_put_time(p, s->t_ns[i]);
		put_pages(p, series_get(s, i, (u32)z, SERIES_FREE), unit);
		for (u32 v = SERIES_MIN; marks && v <= SERIES_HIGH; v++)
			put_pages(p, series_get(s, i, (u32)z, v), unit);
		fputc('\n', p->out);
	}
	fputs("\n\n", p->out);
}

bool figure_free(struct plot *p, struct err *err)
{
	struct figure *f;
	u64 unit = MIB;

	for (u32 i = 0; i < p->sim->n; i++)
		for (u32 k = 0; k < p->nr_panels; k++)
			if (series_get(p->sim, i, p->panel[k], SERIES_FREE) >
			    (s64)(8 * GIB / p->page_bytes))
				unit = GIB;
	if (!plot_data_begin(p, err))
		return false;
	for (u32 k = 0; k < p->nr_panels; k++)
		put_zone(p, p->sim, (s32)p->panel[k], true, unit);
	if (!plot_data_end(p, "free.dat", err))
		return false;
	if (p->obs) {
		if (!plot_data_begin(p, err))
			return false;
		for (u32 k = 0; k < p->nr_panels; k++)
			put_zone(p, p->obs, series_find(p->obs, &p->sim->zone[p->panel[k]]), false,
				 unit);
		if (!plot_data_end(p, "free-observed.dat", err))
			return false;
	}
	f = plot_figure(p, "free", "free.gp");
	return figure_arg(f, err, "%s", p->unit.name) && figure_arg_zones(p, f, err) &&
	       figure_arg(f, err, "%s", unit == GIB ? "GiB" : "MiB") &&
	       figure_arg(f, err, "%d", p->obs != NULL);
}
