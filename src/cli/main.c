/* SPDX-License-Identifier: GPL-2.0-only */
/* Dispatch to the verbs, nothing else. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *doc;
} verbs[] = {
	{"run", cmd_run, "simulate a machine under a workload, write results/NAME"},
	{"plot", cmd_plot, "draw a results folder"},
	{"check", cmd_check, "validate configs, workloads and traces"},
	{"import", cmd_import, "turn a recording of a real machine into a config and a trace"},
	{"list", cmd_list, "configs, workloads, profiles, knobs, limits"},
	{"schema", cmd_schema, "JSON Schema or reference of an input format"},
	{"verify", cmd_verify, "replay a kernel's recording page frame by page frame"},
	{"compare", cmd_compare, "run one workload under several policies and compare"},
	{"bench", cmd_bench, "measure the simulator on this host"},
};

static int print_help(void)
{
	puts("mempress simulates a machine under memory pressure: the page allocator of Linux,\n"
	     "page frame by page frame, under a workload, over simulated time.\n\n"
	     "Usage: mempress VERB [OPTION...]\n");
	for (u32 i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-8s %s\n", verbs[i].name, verbs[i].doc);
	puts("\nExample: mempress run pc-512m hello && mempress plot results/pc-512m-hello\n\n"
	     "mempress VERB --help tells more; mempress run without arguments runs a demo.");
	return cli_finish(CLI_DONE);
}

static int print_version(void)
{
	puts("mempress " MEMPRESS_VERSION);
	return cli_finish(CLI_DONE);
}

static int unknown_verb(const char *word)
{
	const char *names[ARRAY_SIZE(verbs) + 1] = {NULL};
	char hint[128];

	for (u32 i = 0; i < ARRAY_SIZE(verbs); i++)
		names[i] = verbs[i].name;
	return cli_usage("", "no verb \"%s\"%s", word, cli_near(word, names, hint, sizeof(hint)));
}

/* So that no file of ours is opened as one of the standard streams. */
static void fill_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	fill_standard_streams();
	signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of write() */
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help"))
		return print_help();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version"))
		return print_version();
	for (u32 i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	return unknown_verb(argv[1]);
}
