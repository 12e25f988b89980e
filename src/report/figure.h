/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/json.h"
#include "report/gnuplot.h"
#include "report/series.h"

/* What the figures share, and what a figure is. Inside of report/. */

struct time_unit {
	const char *name;
	u64 ns;
	u64 from; /* used for runs of at least so many */
};

#define PLOT_MAX_FIGURES 16
#define PLOT_MAX_POINTS	 1500u /* a curve: samples beyond are thinned */
#define PLOT_MAX_PANELS	 3u    /* zones in one figure */

/* ARG1 is "svg" or "png", ARG2 the file to write, ARG3 the title; the rest is the figure's. */
#define FIGURE_ARGS (GNUPLOT_MAX_ARGS - 3)

struct figure {
	char name[64];	    /* of the pictures, without extension */
	const char *script; /* "free.gp" */
	char *arg[FIGURE_ARGS];
	u32 nr_args;
};

struct plot {
	const char *dir;
	char *plots;	 /* dir/plots */
	char title[256]; /* made safe */
	struct json_doc summary;
	struct series *sim, *obs; /* obs may be NULL */
	s64 end_ns;		  /* of the simulated series */
	struct time_unit unit;
	u64 page_bytes;
	u32 pageblock_order;
	u32 panel[PLOT_MAX_PANELS]; /* zones of sim that are shown, by their place */
	u32 nr_panels;

	struct figure figure[PLOT_MAX_FIGURES];
	u32 nr_figures;

	FILE *out; /* data file being written */
	char *text;
	size_t len;
};

/* Writes one data file into plots/: begin, fprintf to the stream, end. */
FILE *plot_data_begin(struct plot *p, struct err *err);
bool plot_data_end(struct plot *p, const char *name, struct err *err);

/* A new figure; its arguments are added as text. */
struct figure *plot_figure(struct plot *p, const char *name, const char *script);
bool figure_arg(struct figure *f, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The zones shown as one argument: "DMA32 Normal", or "node0/Normal node1/Normal". */
bool figure_arg_zones(const struct plot *p, struct figure *f, struct err *err);
/* "DMA32", "node1/Normal" */
void plot_zone_label(const struct plot *p, u32 z, char *buf, size_t len);

/* Time in the plot's unit. */
void plot_put_time(const struct plot *p, s64 t_ns);
/* value / 10^digits, or gnuplot's word for a hole. */
void plot_put_fixed(const struct plot *p, s64 value, u32 digits);

/* The folder's vmstat.csv, for the caller to free; it has t_ns, swap_used, psi_memory_some_ns. */
struct table;
bool plot_load_machine(const struct plot *p, struct table **t, struct err *err);

/* Every how manieth sample is drawn. */
static inline u32 plot_stride(const struct series *s)
{
	return s->n / PLOT_MAX_POINTS + 1;
}

/* The figures: each writes its data and describes itself, or does nothing if it has no data. */
bool figure_free(struct plot *p, struct err *err);
bool figure_orders(struct plot *p, struct err *err);
bool figure_indices(struct plot *p, struct err *err);
bool figure_map(struct plot *p, struct err *err);
bool figure_machine(struct plot *p, struct err *err);
bool figure_mobility(struct plot *p, struct err *err);
bool figure_latency(struct plot *p, struct err *err);

/* The scripts, as they lie in src/report/gnuplot/. */
struct plot_script {
	const char *name;
	const char *text;
	size_t len;
};
extern const struct plot_script plot_scripts[];
extern const u32 nr_plot_scripts;
