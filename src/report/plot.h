/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/err.h"

struct plot_options {	       /* zeroed = defaults */
	const char *gnuplot;   /* program to run; NULL: found in PATH */
	bool require_pictures; /* without gnuplot, or if it fails: an error, not a warning */
	u32 timeout_s;	       /* of one picture; 0: GNUPLOT_TIMEOUT_S */
	struct err *warnings;  /* receives what went wrong short of an error; may be NULL */
};

/*
 * Draws a results folder: dir/plots/ gets the scripts (fixed text), the data they read and, if
 * gnuplot is there, an SVG and a PNG of each figure:
 *
 *   free            free memory of each zone with its watermarks
 *   orders-N-ZONE   free blocks by order
 *   indices         unusable free space index and fragmentation index
 *   map             physical memory over time by migratetype and use
 *   latency         allocation latency percentiles and their causes
 *
 * Figures whose data the folder lacks are left out. Where the folder holds observed.csv the real
 * machine's curves lie over the simulated ones. Files appear whole or not at all; others in plots/
 * are left alone. The same folder gives the same bytes.
 */
bool plot_results(const char *dir, const struct plot_options *opt, struct err *err);

/* Where a figure of a comparison is found over time. */
struct plot_source {
	const char *const *columns; /* of vmstat.csv, NULL-terminated: their values are added */
	u32 value;		    /* without columns: of samples.csv, an enum series_value */
	enum { PLOT_NOWHERE, PLOT_COLUMNS, PLOT_ZONES, PLOT_MACHINE } kind; /* ZONES: added */
};

struct plot_metric {
	const char *label;
	struct plot_source source;
	u32 divisor; /* of the values */
};

/* Results folders to be drawn over each other. */
struct plot_runs {
	const char *const *dirs, *const *labels;
	u32 n; /* the first 16 are drawn */
	const struct plot_metric *metrics;
	u32 nr_metrics;
};

/*
 * Draws results folders over each other into dir/plots/: compare (series over time),
 * compare-metrics-1 and so on (every metric over time, twelve a picture) and compare-latency (share
 * of requests that took longer). Without gnuplot data and scripts are written and an error tells
 * so.
 */
bool plot_compare(const char *dir, const struct plot_runs *runs, struct err *err);
