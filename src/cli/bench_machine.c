/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine that the benchmarks run on, and how time and memory are read. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/bench.h"
#include "machine/machine_fields.h"
#include "mm/boot.h"
#include "policy/profiles.h"

u64 bench_now(void)
{
	struct timespec t;

	/* Of this process: what others do on the host meanwhile does not count. */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (u64)t.tv_sec * NSEC_PER_SEC + (u64)t.tv_nsec;
}

double bench_median(double *parts)
{
	for (u32 i = 1; i < BENCH_PARTS; i++)
		for (u32 j = i; j > 0 && parts[j] < parts[j - 1]; j--) {
			double swap = parts[j];

			parts[j] = parts[j - 1];
			parts[j - 1] = swap;
		}
	return parts[BENCH_PARTS / 2];
}

double bench_rss_mib(void)
{
	unsigned long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f)
		return 0;
	if (fscanf(f, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static bool build_machine(struct bench_machine *bm, u64 memory, struct err *err)
{
	struct machine_config config;
	struct json_doc doc;
	struct costs costs;
	char text[256];
	bool ok;

	snprintf(text, sizeof(text),
		 "{\"arch\": \"x86-64\", \"nodes\": [{\"cpus\": 4, \"memory\": "
		 "[{\"start\": \"1MiB\", \"end\": %llu}]}]}",
		 (unsigned long long)(memory + (1u << 20)));
	if (!json_doc_parse(&doc, "bench machine", text, strlen(text), err))
		return false;
	costs_default(&costs);
	ok = fields_read(&machine_table, &doc, doc.root, "", &config, &bm->arena, NULL, err);
	if (ok) {
		struct field_ctx ctx = {&doc, &bm->arena, err, "", NULL};

		ok = machine_build(&bm->machine, &config, &costs, &ctx);
	}
	json_doc_finish(&doc);
	return ok;
}

bool bench_machine_create(struct bench_machine *bm, u64 memory, struct err *err)
{
	struct mm_sysctl sysctl;

	memset(bm, 0, sizeof(*bm));
	mm_sysctl_default(&sysctl);
	if (!build_machine(bm, memory, err))
		return false;
	bm->engine = engine_create();
	if (!bm->engine)
		return err_set(err, ERR_HOST_RES, "no memory for the engine");
	bm->mm = mm_create(&bm->machine, mm_profiles[0], &sysctl, bm->engine, NULL, err);
	if (!bm->mm || !mm_boot_cold(bm->mm, err)) {
		bench_machine_destroy(bm);
		return false;
	}
	bm->task = (struct task_struct){.comm = "bench"};
	return true;
}

void bench_machine_destroy(struct bench_machine *bm)
{
	mm_destroy(bm->mm);
	engine_destroy(bm->engine);
	arena_finish(&bm->arena);
	memset(bm, 0, sizeof(*bm));
}
