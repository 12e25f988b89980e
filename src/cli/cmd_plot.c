/* SPDX-License-Identifier: GPL-2.0-only */
/* `mempress plot`: draws results folders. */
#include "cli/cli.h"
#include "report/plot.h"

static const char description[] =
	"Draws results folders: scripts, data and pictures (SVG, PNG) go to DIR/plots.\n"
	"Needs gnuplot for the pictures; without it scripts and data are written all the same.\n"
	"Example: mempress plot results/pc-512m-hello";

int cmd_plot(int argc, char **argv)
{
	gboolean require = FALSE;
	char *gnuplot = NULL;
	const GOptionEntry entries[] = {
		{"require-pictures", 0, 0, G_OPTION_ARG_NONE, &require,
		 "Missing or failing gnuplot is an error (status 4)", NULL},
		{"gnuplot", 0, 0, G_OPTION_ARG_FILENAME, &gnuplot, "Program to use", "FILE"},
		{NULL},
	};
	struct err warnings = {0}, err = {0};
	struct plot_options opt = {.warnings = &warnings};
	int status = 0;

	if (cli_parse(&argc, &argv, entries, "DIR...", description, &status)) {
		opt.gnuplot = gnuplot;
		opt.require_pictures = require;
		if (argc < 2)
			status = cli_usage("plot", "no results folder is given");
		for (int i = 1; i < argc && !status; i++) {
			if (plot_results(argv[i], &opt, &err))
				printf("%s/plots\n", argv[i]);
			if (warnings.count)
				cli_warn(&warnings);
			if (err.count)
				status = cli_fail(&err);
		}
	}
	g_free(gnuplot);
	return cli_finish(status);
}
