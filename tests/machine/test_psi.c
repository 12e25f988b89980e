/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pressure stall information on timelines computed by hand. Times in ms; switches and wake-ups
 * cost nothing, a slice is 3 ms, HZ 250, windows 200 ms unless a test says otherwise.
 */
#include <glib.h>

#include "engine/device.h"
#include "machine/cpu.h"
#include "machine/psi.h"

#define MS NSEC_PER_MSEC

static const struct cpu_sched_params params = {.slice_ns = 3 * MS};

struct scene {
	struct engine *eng;
	struct cpus *cpus;
	struct device *dev;
	struct wait_queue wq;
};

enum act { ACT_END, ACT_SPEND, ACT_SLEEP, ACT_IO, ACT_WAIT_IO, ACT_STALL, ACT_GO, ACT_MIGRATE };

struct deed {
	enum act act;
	u64 n; /* ms, or a CPU */
};

struct actor {
	struct scene *scene;
	const struct deed *deeds;
	struct cpu_ctx *ctx;
};

static void scene_start(struct scene *s, u32 cpus, const struct cpu_sched_params *p)
{
	const struct device_params disk = {.read_latency_ns = 20 * MS, .depth = 1};

	*s = (struct scene){.eng = engine_create()};
	s->cpus = cpus_create(s->eng, cpus, p);
	s->dev = device_create(s->eng, "disk", &disk);
}

static void scene_end(struct scene *s)
{
	cpus_destroy(s->cpus);
	device_destroy(s->dev);
	engine_destroy(s->eng);
}

static void actor_run(void *arg)
{
	struct actor *a = arg;
	struct cpu_ctx *ctx = cpu_current(a->scene->cpus);

	for (const struct deed *d = a->deeds; d->act; d++) {
		switch (d->act) {
		case ACT_SPEND:
			cpu_spend(ctx, d->n * MS);
			break;
		case ACT_SLEEP:
			cpu_sleep(ctx, d->n * MS);
			break;
		case ACT_IO:
			cpu_io(ctx, a->scene->dev, false, 0);
			break;
		case ACT_WAIT_IO:
			cpu_wait_io(ctx, &a->scene->wq, d->n * MS);
			break;
		case ACT_STALL:
			psi_memstall_enter(ctx);
			break;
		case ACT_GO:
			psi_memstall_leave(ctx);
			break;
		case ACT_MIGRATE:
			cpu_migrate(ctx, (u32)d->n);
			break;
		case ACT_END:
			break;
		}
	}
}

static void act(struct scene *s, struct actor *a, u32 cpu, const struct deed *deeds)
{
	*a = (struct actor){.scene = s, .deeds = deeds};
	a->ctx = cpu_ctx_create(s->cpus, "actor", cpu, CPU_CLASS_TASK, 0, actor_run, a);
}

static void expect(struct scene *s, u64 mem_some, u64 mem_full, u64 io_some, u64 io_full,
		   u64 cpu_some)
{
	g_assert_cmpuint(psi_total(s->cpus, PSI_MEM_SOME), ==, mem_some * MS);
	g_assert_cmpuint(psi_total(s->cpus, PSI_MEM_FULL), ==, mem_full * MS);
	g_assert_cmpuint(psi_total(s->cpus, PSI_IO_SOME), ==, io_some * MS);
	g_assert_cmpuint(psi_total(s->cpus, PSI_IO_FULL), ==, io_full * MS);
	g_assert_cmpuint(psi_total(s->cpus, PSI_CPU_SOME), ==, cpu_some * MS);
}

static void nothing(struct engine *eng, struct event *ev)
{
	(void)eng;
	(void)ev;
}

/* Until then, even if all have ended. */
static void to(struct scene *s, u64 ms)
{
	struct event tick = {.fire = nothing};

	engine_at(s->eng, &tick, ms * MS);
	engine_run(s->eng, ms * MS);
	g_assert_cmpuint(engine_now(s->eng), ==, ms * MS);
}

/* One task: 30 at work, 50 reclaiming, of which 20 asleep, then 40 at work. */
static void test_one_task(void)
{
	static const struct deed deeds[] = {
		{ACT_SPEND, 30}, {ACT_STALL}, {ACT_SPEND, 30}, {ACT_SLEEP, 20},
		{ACT_GO},	 {ACT_SPEND, 40}, {ACT_END},
	};
	struct actor a;
	struct scene s;

	scene_start(&s, 1, &params);
	act(&s, &a, 0, deeds);
	to(&s, 30);
	expect(&s, 0, 0, 0, 0, 0);
	/* On the CPU in reclaim: full, for nobody does anything else. */
	to(&s, 50);
	expect(&s, 20, 20, 0, 0, 0);
	to(&s, 70);
	expect(&s, 40, 40, 0, 0, 0);
	to(&s, 500);
	expect(&s, 50, 50, 0, 0, 0);
	scene_end(&s);
}

/* One sleeps in a stall from 0 to 100, another works from 0 to 60: some 100, full 40. */
static void test_full_only_without_work(void)
{
	static const struct deed stalled[] = {
		{ACT_STALL}, {ACT_SLEEP, 100}, {ACT_GO}, {ACT_END}};
	static const struct deed works[] = {{ACT_SPEND, 60}, {ACT_END}};
	struct actor a, b;
	struct scene s;

	scene_start(&s, 1, &params);
	act(&s, &a, 0, stalled);
	act(&s, &b, 0, works);
	to(&s, 190);
	expect(&s, 100, 40, 0, 0, 0);
	scene_end(&s);
}

/*
 * Two share a CPU in slices of 3 from 0 on, 12 each: somebody waits for it until 21 (the second to
 * last slice ends, the other has 3 left). One is in a stall all the time: full while it runs.
 */
static void test_waiting_for_cpu(void)
{
	static const struct deed stalled[] = {{ACT_STALL}, {ACT_SPEND, 12}, {ACT_GO}, {ACT_END}};
	static const struct deed works[] = {{ACT_SPEND, 12}, {ACT_END}};
	struct actor a, b;
	struct scene s;

	scene_start(&s, 1, &params);
	act(&s, &a, 0, stalled);
	act(&s, &b, 0, works);
	to(&s, 100);
	expect(&s, 21, 12, 0, 0, 21);
	scene_end(&s);
}

/* Sections nest: the inner end changes nothing. */
static void test_nested(void)
{
	static const struct deed deeds[] = {
		{ACT_STALL}, {ACT_SLEEP, 10}, {ACT_STALL}, {ACT_SLEEP, 10}, {ACT_GO},
		{ACT_SLEEP, 10}, {ACT_GO}, {ACT_SLEEP, 10}, {ACT_END},
	};
	struct actor a;
	struct scene s;

	scene_start(&s, 1, &params);
	act(&s, &a, 0, deeds);
	to(&s, 100);
	expect(&s, 30, 30, 0, 0, 0);
	psi_memstall_enter(NULL);
	psi_memstall_leave(NULL);
	scene_end(&s);
}

/* I/O of 20 twice, the second waited for by name: some all the time, full but for 8 of work. */
static void test_io(void)
{
	static const struct deed reads[] = {{ACT_IO}, {ACT_WAIT_IO, 20}, {ACT_SLEEP, 20}, {ACT_END}};
	static const struct deed works[] = {{ACT_SPEND, 8}, {ACT_END}};
	struct actor a, b;
	struct scene s;

	scene_start(&s, 1, &params);
	act(&s, &a, 0, reads);
	act(&s, &b, 0, works);
	to(&s, 190);
	expect(&s, 0, 0, 40, 32, 0);
	scene_end(&s);
}

/*
 * Two CPUs, one window of 200: CPU 0 busy for 120, 100 of them stalled; CPU 1 at work for 40.
 * (100 * 30 + 0 * 10 jiffies) / 40 jiffies = 75.
 */
static void test_two_cpus(void)
{
	static const struct deed stalled[] = {
		{ACT_SPEND, 20}, {ACT_STALL}, {ACT_SPEND, 100}, {ACT_GO}, {ACT_END}};
	static const struct deed works[] = {{ACT_SPEND, 40}, {ACT_END}};
	struct actor a, b;
	struct scene s;

	scene_start(&s, 2, &params);
	act(&s, &a, 0, stalled);
	act(&s, &b, 1, works);
	to(&s, 200);
	expect(&s, 75, 75, 0, 0, 0);
	to(&s, 1000);
	expect(&s, 75, 75, 0, 0, 0);
	scene_end(&s);
}

/* The same stall cut by windows of 40: until 40 both are busy, half weighs; then CPU 0 alone. */
static void test_window(void)
{
	static const struct deed stalled[] = {{ACT_STALL}, {ACT_SPEND, 120}, {ACT_GO}, {ACT_END}};
	static const struct deed works[] = {{ACT_SPEND, 40}, {ACT_END}};
	const struct cpu_sched_params narrow = {.slice_ns = 3 * MS, .psi_window_ns = 40 * MS};
	struct actor a, b;
	struct scene s;

	scene_start(&s, 2, &narrow);
	act(&s, &a, 0, stalled);
	act(&s, &b, 1, works);
	to(&s, 200);
	expect(&s, 20 + 80, 20 + 80, 0, 0, 0);
	scene_end(&s);
}

/* A stalled context that moves counts where it goes: from 40 on half, beside the other's work. */
static void test_migration(void)
{
	static const struct deed stalled[] = {{ACT_STALL},     {ACT_SLEEP, 40}, {ACT_MIGRATE, 1},
					      {ACT_SPEND, 40}, {ACT_GO},	{ACT_END}};
	static const struct deed works[] = {{ACT_SLEEP, 40}, {ACT_SPEND, 40}, {ACT_END}};
	const struct cpu_sched_params narrow = {.slice_ns = 1000 * MS, .psi_window_ns = 40 * MS};
	struct actor a, b;
	struct scene s;

	scene_start(&s, 2, &narrow);
	act(&s, &a, 0, stalled);
	act(&s, &b, 0, works);
	to(&s, 200);
	expect(&s, 40 + 20, 40 + 20, 0, 0, 0);
	scene_end(&s);
}

/* Reading does not change what later readings find. */
static void test_reading_is_free(void)
{
	static const struct deed stalled[] = {
		{ACT_STALL}, {ACT_SPEND, 77}, {ACT_GO}, {ACT_SPEND, 50}, {ACT_END}};
	static const struct deed works[] = {{ACT_SPEND, 33}, {ACT_END}};
	u64 totals[2];

	for (u32 often = 0; often < 2; often++) {
		struct actor a, b;
		struct scene s;

		scene_start(&s, 2, &params);
		act(&s, &a, 0, stalled);
		act(&s, &b, 1, works);
		for (u64 t = 1; often && t < 200; t++) {
			to(&s, t);
			psi_total(s.cpus, PSI_MEM_SOME);
		}
		to(&s, 5000);
		totals[often] = psi_total(s.cpus, PSI_MEM_SOME);
		scene_end(&s);
	}
	g_assert_cmpuint(totals[0], ==, totals[1]);
	g_assert_cmpuint(totals[0], >, 40 * MS);
}

static void expect_avg(struct scene *s, u32 a, u32 b, u32 c)
{
	u32 avg[3];

	psi_averages(s->cpus, PSI_MEM_SOME, avg);
	g_assert_cmpuint(avg[0], ==, a);
	g_assert_cmpuint(avg[1], ==, b);
	g_assert_cmpuint(avg[2], ==, c);
}

/*
 * Stalled from 0 on. A period is 2004 ms. After the first: pct 100, that is 204800 in 1/2048:
 * (204800 * 371 + 2047) / 2048 = 37100, (204800 * 67 + 2047) / 2048 = 6700, 1400 likewise; 37100 is
 * 18.11, 6700 3.27, 1400 0.68. The second: (37100 * 1677 + 204800 * 371 + 2047) / 2048 = 67480,
 * which is 32.94; 13181 6.43; 2791 1.36.
 */
static void test_averages(void)
{
	static const struct deed deeds[] = {{ACT_STALL}, {ACT_SLEEP, 4008}, {ACT_GO}, {ACT_END}};
	struct actor a;
	struct scene s;

	scene_start(&s, 1, &params);
	act(&s, &a, 0, deeds);
	to(&s, 2003);
	expect_avg(&s, 0, 0, 0);
	to(&s, 2004);
	expect_avg(&s, 1811, 327, 68);
	to(&s, 4008);
	expect_avg(&s, 3294, 643, 136);
	/* Falling: 67480 * 1677 / 2048 = 55255, which is 26.97. */
	to(&s, 6012);
	expect_avg(&s, 2697, 622, 135);
	to(&s, 3600 * 1000);
	expect_avg(&s, 0, 0, 0);
	scene_end(&s);
}

/* Years in one state cost nothing, and averages settle at its share. */
static void test_years(void)
{
	static const struct deed deeds[] = {{ACT_STALL}, {ACT_SLEEP, 1ull << 40}, {ACT_GO}, {ACT_END}};
	u64 year = 365ull * 86400 * 1000;
	struct actor a;
	struct scene s;

	scene_start(&s, 2, &params);
	act(&s, &a, 0, deeds);
	to(&s, year);
	expect_avg(&s, 10000, 10000, 10000);
	expect(&s, year, year, 0, 0, 0);
	to(&s, 30 * year);
	expect(&s, 30 * year, 30 * year, 0, 0, 0);
	scene_end(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/psi/one-task", test_one_task);
	g_test_add_func("/psi/full-only-without-work", test_full_only_without_work);
	g_test_add_func("/psi/waiting-for-cpu", test_waiting_for_cpu);
	g_test_add_func("/psi/nested", test_nested);
	g_test_add_func("/psi/io", test_io);
	g_test_add_func("/psi/two-cpus", test_two_cpus);
	g_test_add_func("/psi/window", test_window);
	g_test_add_func("/psi/migration", test_migration);
	g_test_add_func("/psi/reading-is-free", test_reading_is_free);
	g_test_add_func("/psi/averages", test_averages);
	g_test_add_func("/psi/years", test_years);
	return g_test_run();
}
