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

/*
 * Draws n results folders over each other into dir/plots/: compare (series over time) and
 * compare-latency (share of requests that took longer). labels[i] names runs[i]. Without gnuplot
 * data and scripts are written and an error tells so.
 */
bool plot_compare(const char *dir, const char *const *runs, const char *const *labels, u32 n,
		  struct err *err);
