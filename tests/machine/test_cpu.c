/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU scheduler, computed by hand. Parameters for easy sums: slice 100, switch 10, wake-up 5.
 * Logs read "who@when", written by each context as it gets on.
 */
#include <glib.h>

#include "engine/device.h"
#include "machine/cpu.h"

static const struct cpu_sched_params params = {100, 10, 5};

struct scene {
	struct engine *eng;
	struct cpus *cpus;
	struct wait_queue wq;
	GString *log;
};

struct actor {
	struct scene *scene;
	char letter;
	u64 spend, sleep;
	u32 times;
	u64 waited; /* sum of what cpu_spend() returned */
	u64 runtime;
	struct cpu_ctx *ctx;
};

struct happening {
	struct event event;
	struct scene *scene;
	u32 cpu;
	u64 irq_ns;
	struct cpu_ctx *migrate;
};

static void scene_start(struct scene *s, u32 cpus)
{
	*s = (struct scene){.eng = engine_create(), .log = g_string_new(NULL)};
	s->cpus = cpus_create(s->eng, cpus, &params);
}

static void scene_end(struct scene *s)
{
	cpus_destroy(s->cpus);
	engine_destroy(s->eng);
	g_string_free(s->log, TRUE);
}

static void run(struct scene *s, const char *expect)
{
	g_assert_cmpint(engine_run(s->eng, UINT64_MAX), ==, ENGINE_IDLE);
	g_assert_cmpstr(s->log->str, ==, expect);
}

static void note(struct actor *a)
{
	g_string_append_printf(a->scene->log, "%c@%" G_GUINT64_FORMAT " ", a->letter,
			       engine_now(a->scene->eng));
}

/* Says when it starts, spends (and sleeps) some times, says when each is over. */
static void actor_run(void *arg)
{
	struct actor *a = arg;
	struct cpu_ctx *ctx = cpu_current(a->scene->cpus);

	g_assert_true(ctx == a->ctx);
	note(a);
	for (u32 i = 0; i < a->times; i++) {
		a->waited += cpu_spend(ctx, a->spend);
		note(a);
		if (a->sleep) {
			cpu_sleep(ctx, a->sleep);
			note(a);
		}
	}
	a->runtime = cpu_ctx_runtime(ctx);
}

static void act(struct scene *s, struct actor *a, u32 cpu, enum cpu_class cls, u64 start)
{
	char name[2] = {a->letter, 0};

	a->scene = s;
	a->ctx = cpu_ctx_create(s->cpus, name, cpu, cls, start, actor_run, a);
	g_assert_nonnull(a->ctx);
	g_assert_cmpstr(cpu_ctx_name(a->ctx), ==, name);
	g_assert_cmpuint(cpu_ctx_cpu(a->ctx), ==, cpu);
}

static void check_stats(struct scene *s, u32 cpu, struct cpu_stats expect)
{
	struct cpu_stats st;

	cpu_stats(s->cpus, cpu, &st);
	g_assert_cmpuint(st.task_ns, ==, expect.task_ns);
	g_assert_cmpuint(st.kthread_ns, ==, expect.kthread_ns);
	g_assert_cmpuint(st.irq_ns, ==, expect.irq_ns);
	g_assert_cmpuint(st.idle_ns, ==, expect.idle_ns);
	g_assert_cmpuint(st.switches, ==, expect.switches);
	g_assert_cmpuint(st.task_ns + st.kthread_ns + st.irq_ns + st.idle_ns, ==,
			 engine_now(s->eng));
}

static void test_alone(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 1000, .sleep = 300, .times = 2};

	scene_start(&s, 1);
	g_assert_cmpuint(cpus_count(s.cpus), ==, 1);
	g_assert_null(cpu_current(s.cpus));
	act(&s, &a, 0, CPU_CLASS_TASK, 20);
	run(&s, "a@25 a@1025 a@1330 a@2330 a@2635 ");
	g_assert_cmpuint(a.waited, ==, 0);
	g_assert_cmpuint(a.runtime, ==, 2000);
	check_stats(&s, 0, (struct cpu_stats){.task_ns = 2000, .idle_ns = 635, .switches = 1});
	scene_end(&s);
}

static void lonely_run(void *arg)
{
	struct scene *s = arg;
	struct cpu_ctx *ctx = cpu_current(s->cpus);

	for (u32 i = 0; i < 1000000; i++)
		g_assert_cmpuint(cpu_spend(ctx, 7), ==, 0);
}

/* Nobody else wants anything: the clock moves without events. */
static void test_fast_path(void)
{
	struct scene s;

	scene_start(&s, 1);
	cpu_ctx_create(s.cpus, "lonely", 0, CPU_CLASS_TASK, 0, lonely_run, &s);
	run(&s, "");
	g_assert_cmpuint(engine_now(s.eng), ==, 7000005);
	g_assert_cmpuint(engine_events(s.eng), <, 5);
	scene_end(&s);
}

/*
 * a runs 5-105; b is switched to 105-115 and runs to 205 (its slice counts the switch); a
 * 205-215-305, b 305-315-405, a 405-415 and its last 60 to 475, b 475-485 and its last 70.
 */
static void test_slices(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 250, .times = 1};
	struct actor b = {.letter = 'b', .spend = 250, .times = 1};

	scene_start(&s, 1);
	act(&s, &a, 0, CPU_CLASS_TASK, 0);
	act(&s, &b, 0, CPU_CLASS_KTHREAD, 0);
	run(&s, "a@5 b@115 a@475 b@555 ");
	g_assert_cmpuint(a.waited, ==, 470 - 250);
	g_assert_cmpuint(b.waited, ==, 440 - 250);
	g_assert_cmpuint(a.runtime, ==, 270);
	g_assert_cmpuint(b.runtime, ==, 280);
	check_stats(
	    &s, 0,
	    (struct cpu_stats){.task_ns = 270, .kthread_ns = 280, .idle_ns = 5, .switches = 6});
	scene_end(&s);
}

/*
 * While a is alone its slices renew themselves: 5-105-205-305. b, waking at 250, waits for 305
 * and runs 315-345; a, whose slice starts anew, has 55 left, from 355.
 */
static void test_slice_renewed(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 355, .times = 1};
	struct actor b = {.letter = 'b', .spend = 30, .times = 1};

	scene_start(&s, 1);
	act(&s, &a, 0, CPU_CLASS_TASK, 0);
	act(&s, &b, 0, CPU_CLASS_TASK, 250);
	run(&s, "a@5 b@315 b@345 a@410 ");
	scene_end(&s);
}

static void happening_fire(struct engine *eng, struct event *ev)
{
	struct happening *h = container_of(ev, struct happening, event);

	(void)eng;
	if (h->migrate)
		cpu_migrate(h->migrate, h->cpu);
	else
		cpu_interrupt(h->scene->cpus, h->cpu, h->irq_ns);
}

static void happen(struct scene *s, struct happening *h, u64 time)
{
	h->scene = s;
	h->event.fire = happening_fire;
	engine_at(s->eng, &h->event, time);
}

/*
 * a works from 5. Interrupts: 300-350, and one at 320 that queues until 380: a goes on then and
 * is done at 1085. The one at 1090 delays its sleeping fiber's return: due at 1100 + 5, it runs
 * when the interrupt ends at 1190. The other CPU does not care.
 */
static void test_interrupts(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 1000, .sleep = 15, .times = 1};
	struct actor b = {.letter = 'b', .spend = 1000, .times = 1};
	struct happening h[3] = {{.irq_ns = 50}, {.irq_ns = 30}, {.irq_ns = 100}};
	struct cpu_stats st;

	scene_start(&s, 2);
	act(&s, &a, 0, CPU_CLASS_TASK, 0);
	act(&s, &b, 1, CPU_CLASS_TASK, 0);
	happen(&s, &h[0], 300);
	happen(&s, &h[1], 320);
	happen(&s, &h[2], 1090);
	engine_run(s.eng, 360);
	cpu_stats(s.cpus, 0, &st); /* in the middle of it */
	g_assert_cmpuint(st.irq_ns, ==, 60);
	g_assert_cmpuint(st.task_ns, ==, 295);
	g_assert_cmpuint(cpu_ctx_runtime(a.ctx), ==, 295);
	g_assert_cmpuint(cpu_ctx_runtime(b.ctx), ==, 355);
	run(&s, "a@5 b@5 b@1005 a@1085 a@1190 ");
	g_assert_cmpuint(a.waited, ==, 80);
	g_assert_cmpuint(b.waited, ==, 0);
	check_stats(
	    &s, 0,
	    (struct cpu_stats){.task_ns = 1000, .irq_ns = 180, .idle_ns = 10, .switches = 1});
	scene_end(&s);
}

static void raise_run(void *arg)
{
	struct actor *a = arg;
	struct cpu_ctx *ctx = cpu_current(a->scene->cpus);

	cpu_spend(ctx, 10);
	cpu_interrupt(a->scene->cpus, 0, 40);
	cpu_interrupt(a->scene->cpus, 1, 60);
	note(a);
	a->waited = cpu_spend(ctx, 10);
	note(a);
}

/* From a context: its own CPU and another one. */
static void test_interrupt_from_context(void)
{
	struct scene s;
	struct actor a = {.letter = 'a'};
	struct actor b = {.letter = 'b', .spend = 100, .times = 1};

	scene_start(&s, 2);
	a.scene = &s;
	cpu_ctx_create(s.cpus, "a", 0, CPU_CLASS_TASK, 0, raise_run, &a);
	act(&s, &b, 1, CPU_CLASS_TASK, 0);
	run(&s, "b@5 a@15 a@65 b@165 ");
	g_assert_cmpuint(a.waited, ==, 40);
	g_assert_cmpuint(b.waited, ==, 60);
	scene_end(&s);
}

/* r takes the CPU at 200 and runs 210-260; a has done 195 and does its other 805 from 270 on. */
static void test_realtime(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 1000, .times = 1};
	struct actor r = {.letter = 'r', .spend = 50, .times = 1};

	scene_start(&s, 1);
	act(&s, &a, 0, CPU_CLASS_TASK, 0);
	act(&s, &r, 0, CPU_CLASS_RT, 200);
	run(&s, "a@5 r@210 r@260 a@1075 ");
	g_assert_cmpuint(a.waited, ==, 70);
	scene_end(&s);
}

/* Who is pre-empted comes first afterwards, with what is left of its slice. */
static void test_realtime_and_slices(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 150, .times = 1};
	struct actor b = {.letter = 'b', .spend = 150, .times = 1};
	struct actor r = {.letter = 'r', .spend = 50, .times = 1};

	scene_start(&s, 1);
	act(&s, &a, 0, CPU_CLASS_TASK, 0);
	act(&s, &b, 0, CPU_CLASS_TASK, 0);
	act(&s, &r, 0, CPU_CLASS_RT, 185);
	/* a 5-105 (50 left); b 115-185 (80 left); r 195-245; b 255-265 (70 left); a 275-325;
	 * b 335-405 */
	run(&s, "a@5 b@115 r@195 r@245 a@325 b@405 ");
	scene_end(&s);
}

static void waiter_run(void *arg)
{
	struct actor *a = arg;
	struct cpu_ctx *ctx = cpu_current(a->scene->cpus);

	cpu_spend(ctx, a->spend);
	note(a);
	if (cpu_wait(ctx, &a->scene->wq, a->sleep))
		a->times++;
	note(a);
}

static void waker_run(void *arg)
{
	struct actor *a = arg;

	cpu_spend(cpu_current(a->scene->cpus), a->spend);
	note(a);
	wake_up(a->scene->eng, &a->scene->wq, 1);
	cpu_spend(cpu_current(a->scene->cpus), a->spend);
	note(a);
}

/*
 * a 5-15, gives up the CPU; b 25-35 gives it up too; both wait. c on the other CPU wakes one at
 * 55: a runs at 60. b times out at 35 + 40.
 */
static void test_wait(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 10, .sleep = WAIT_FOREVER};
	struct actor b = {.letter = 'b', .spend = 10, .sleep = 40};
	struct actor c = {.letter = 'c', .spend = 50};

	scene_start(&s, 2);
	a.scene = b.scene = c.scene = &s;
	cpu_ctx_create(s.cpus, "a", 0, CPU_CLASS_TASK, 0, waiter_run, &a);
	cpu_ctx_create(s.cpus, "b", 0, CPU_CLASS_TASK, 0, waiter_run, &b);
	cpu_ctx_create(s.cpus, "c", 1, CPU_CLASS_TASK, 0, waker_run, &c);
	run(&s, "a@15 b@35 c@55 a@60 b@80 c@105 ");
	g_assert_cmpuint(a.times, ==, 1);
	g_assert_cmpuint(b.times, ==, 0);
	g_assert_false(waitqueue_active(&s.wq));
	scene_end(&s);
}

/* Woken by somebody on its own CPU: it waits for the end of his slice, or for him to sleep. */
static void test_wait_same_cpu(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 10, .sleep = WAIT_FOREVER};
	struct actor c = {.letter = 'c', .spend = 50};

	scene_start(&s, 1);
	a.scene = c.scene = &s;
	cpu_ctx_create(s.cpus, "a", 0, CPU_CLASS_TASK, 0, waiter_run, &a);
	cpu_ctx_create(s.cpus, "c", 0, CPU_CLASS_TASK, 0, waker_run, &c);
	/* a 5-15; c 25-75, then 75-115 (its slice, from 15), a 125; c 135-145 */
	run(&s, "a@15 c@75 a@125 c@145 ");
	scene_end(&s);
}

/* An RT context woken by a context on its CPU runs at the next cpu_spend() of the waker. */
static void test_wait_realtime(void)
{
	struct scene s;
	struct actor r = {.letter = 'r', .spend = 10, .sleep = WAIT_FOREVER};
	struct actor c = {.letter = 'c', .spend = 50};

	scene_start(&s, 1);
	r.scene = c.scene = &s;
	cpu_ctx_create(s.cpus, "r", 0, CPU_CLASS_RT, 0, waiter_run, &r);
	cpu_ctx_create(s.cpus, "c", 0, CPU_CLASS_TASK, 0, waker_run, &c);
	/* r 5-15; c 25-75; r wakes at 75 and runs at 85; c 95-145 */
	run(&s, "r@15 c@75 r@85 c@145 ");
	scene_end(&s);
}

static void yield_run(void *arg)
{
	struct actor *a = arg;

	for (int i = 0; i < 3; i++) {
		cpu_spend(cpu_current(a->scene->cpus), 20);
		note(a);
		cpu_sleep(cpu_current(a->scene->cpus), 0);
	}
}

static void test_yield(void)
{
	struct scene s;
	struct actor a = {.letter = 'a'}, b = {.letter = 'b'};

	scene_start(&s, 1);
	a.scene = b.scene = &s;
	cpu_ctx_create(s.cpus, "a", 0, CPU_CLASS_TASK, 0, yield_run, &a);
	cpu_ctx_create(s.cpus, "b", 0, CPU_CLASS_TASK, 0, yield_run, &b);
	/* a's last yield finds b waiting: b runs, then a ends */
	run(&s, "a@25 b@55 a@85 b@115 a@145 b@175 ");
	scene_end(&s);
}

static void io_run(void *arg)
{
	struct actor *a = arg;
	struct device_params p = {.read_latency_ns = 50, .depth = 1};
	struct device *dev = device_create(a->scene->eng, "disk", &p);

	note(a);
	g_assert_cmpuint(cpu_io(cpu_current(a->scene->cpus), dev, false, 4096), ==, a->waited);
	note(a);
	device_destroy(dev);
}

/*
 * a reads 5-55 and wakes an idle CPU. c reads 1005-1055 while b, switched to, spends 1015-1075;
 * c is switched to after that.
 */
static void test_io(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .waited = 55};
	struct actor b = {.letter = 'b', .spend = 60, .times = 1};
	struct actor c = {.letter = 'c', .waited = 80};

	scene_start(&s, 1);
	a.scene = c.scene = &s;
	cpu_ctx_create(s.cpus, "a", 0, CPU_CLASS_TASK, 0, io_run, &a);
	cpu_ctx_create(s.cpus, "c", 0, CPU_CLASS_TASK, 1000, io_run, &c);
	act(&s, &b, 0, CPU_CLASS_TASK, 1000);
	run(&s, "a@5 a@60 c@1005 b@1015 b@1075 c@1085 ");
	scene_end(&s);
}

/* Running, queued, asleep. */
static void test_migrate(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 60, .times = 3};
	struct actor b = {.letter = 'b', .spend = 60, .times = 1};
	struct actor c = {.letter = 'c', .spend = 10, .sleep = 500, .times = 1};
	struct happening h[3] = {{.cpu = 1}, {.cpu = 2}, {.cpu = 3}};

	scene_start(&s, 4);
	act(&s, &a, 0, CPU_CLASS_TASK, 0);
	act(&s, &b, 0, CPU_CLASS_TASK, 0);
	act(&s, &c, 3, CPU_CLASS_TASK, 0);
	h[0].migrate = a.ctx;
	h[1].migrate = b.ctx;
	h[2].migrate = c.ctx;
	h[2].cpu = 0;
	happen(&s, &h[0], 30); /* a moves at 65, to run at 70 */
	happen(&s, &h[1], 50); /* b moves at once, to run at 55 */
	happen(&s, &h[2], 100);
	engine_run(s.eng, 200);
	g_assert_cmpuint(cpu_ctx_cpu(c.ctx), ==, 0);
	run(&s, "a@5 c@5 c@15 b@55 a@65 b@115 a@130 a@190 c@520 ");
	g_assert_cmpuint(a.waited, ==, 5);
	check_stats(&s, 0, (struct cpu_stats){.task_ns = 60, .idle_ns = 460, .switches = 2});
	check_stats(&s, 1, (struct cpu_stats){.task_ns = 120, .idle_ns = 400, .switches = 1});
	check_stats(&s, 2, (struct cpu_stats){.task_ns = 60, .idle_ns = 460, .switches = 1});
	check_stats(&s, 3, (struct cpu_stats){.task_ns = 10, .idle_ns = 510, .switches = 1});
	scene_end(&s);
}

static void pull_run(void *arg)
{
	struct actor *a = arg;

	cpu_spend(cpu_current(a->scene->cpus), a->spend);
	cpu_migrate(a->ctx, 0);
	note(a);
	cpu_spend(cpu_current(a->scene->cpus), a->spend);
	note(a);
}

/* a pulls an RT context from another run queue onto its own CPU, and gives way to it. */
static void test_migrate_realtime(void)
{
	struct scene s;
	struct actor q = {.letter = 'q', .spend = 90, .times = 1};
	struct actor r = {.letter = 'r', .spend = 20, .times = 1};
	struct actor a = {.letter = 'a', .spend = 30, .scene = &s};

	scene_start(&s, 2);
	act(&s, &q, 1, CPU_CLASS_RT, 0);
	act(&s, &r, 1, CPU_CLASS_RT, 0);
	a.ctx = r.ctx;
	cpu_ctx_create(s.cpus, "a", 0, CPU_CLASS_TASK, 0, pull_run, &a);
	run(&s, "q@5 a@35 r@45 r@65 q@95 a@105 ");
	scene_end(&s);
}

/* a sleeps after 60 of its slice and wakes with a whole one: its second 60 are not cut. */
static void test_slice_after_sleep(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 60, .sleep = 30, .times = 2};
	struct actor b = {.letter = 'b', .spend = 200, .times = 1};

	scene_start(&s, 1);
	act(&s, &a, 0, CPU_CLASS_TASK, 0);
	act(&s, &b, 0, CPU_CLASS_TASK, 20);
	/*
	 * a 5-65; b 75-165, when its slice from 65 is over; a, awake since 95, 175-235; b 245-335;
	 * a, awake since 265, 345; b's last 20 from 355
	 */
	run(&s, "a@5 a@65 b@75 a@175 a@235 a@345 b@375 ");
	scene_end(&s);
}

/* Two CPUs take turns as their times say. */
static void test_interleaving(void)
{
	struct scene s;
	struct actor a = {.letter = 'a', .spend = 100, .times = 2};
	struct actor b = {.letter = 'b', .spend = 30, .times = 7};

	scene_start(&s, 2);
	act(&s, &a, 0, CPU_CLASS_TASK, 0);
	act(&s, &b, 1, CPU_CLASS_TASK, 0);
	run(&s, "a@5 b@5 b@35 b@65 b@95 a@105 b@125 b@155 b@185 a@205 b@215 ");
	g_assert_cmpuint(a.waited + b.waited, ==, 0);
	scene_end(&s);
}

static void hog_run(void *arg)
{
	struct actor *a = arg;

	for (;;)
		cpu_spend(cpu_current(a->scene->cpus), a->spend);
}

/* Whatever pieces they cut their time into, all get the same, to within a slice. */
static void test_fairness(void)
{
	struct scene s;
	struct actor a[5];
	const u64 spend[5] = {1, 7, 99, 101, 100000};

	scene_start(&s, 1);
	for (u32 i = 0; i < 5; i++) {
		a[i] = (struct actor){.letter = (char)('a' + i), .spend = spend[i], .scene = &s};
		a[i].ctx =
		    cpu_ctx_create(s.cpus, "hog", 0, i % 2 ? CPU_CLASS_KTHREAD : CPU_CLASS_TASK,
				   i * 13, hog_run, &a[i]);
	}
	g_assert_cmpint(engine_run(s.eng, 500000), ==, ENGINE_TIME_LIMIT);
	for (u32 i = 0; i < 5; i++) {
		g_assert_cmpuint(cpu_ctx_runtime(a[i].ctx), >, 100000 - 101);
		g_assert_cmpuint(cpu_ctx_runtime(a[i].ctx), <, 100000 + 101);
	}
	scene_end(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpu/alone", test_alone);
	g_test_add_func("/cpu/fast-path", test_fast_path);
	g_test_add_func("/cpu/slices", test_slices);
	g_test_add_func("/cpu/slice-renewed", test_slice_renewed);
	g_test_add_func("/cpu/interrupts", test_interrupts);
	g_test_add_func("/cpu/interrupt-from-context", test_interrupt_from_context);
	g_test_add_func("/cpu/realtime", test_realtime);
	g_test_add_func("/cpu/realtime-and-slices", test_realtime_and_slices);
	g_test_add_func("/cpu/wait", test_wait);
	g_test_add_func("/cpu/wait-same-cpu", test_wait_same_cpu);
	g_test_add_func("/cpu/wait-realtime", test_wait_realtime);
	g_test_add_func("/cpu/yield", test_yield);
	g_test_add_func("/cpu/io", test_io);
	g_test_add_func("/cpu/migrate", test_migrate);
	g_test_add_func("/cpu/migrate-realtime", test_migrate_realtime);
	g_test_add_func("/cpu/slice-after-sleep", test_slice_after_sleep);
	g_test_add_func("/cpu/interleaving", test_interleaving);
	g_test_add_func("/cpu/fairness", test_fairness);
	return g_test_run();
}
