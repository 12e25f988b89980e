/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The OOM killer: badness by hand, who is chosen and who is passed over, constraints, panic, memory
 * groups, the report, and the victim's end by itself or by the reaper.
 */
#include <glib.h>
#include <string.h>

#include "mm/memcontrol.h"
#include "mm/oom.h"
#include "mm/vmstat.h"
#include "small_world.h"

#define NR_PROCS 4

struct proc {
	struct task_struct task;
	struct mm_struct *mm;
};

struct scene {
	struct small_world w;
	struct proc p[NR_PROCS];
	struct oom_control oc;
	struct probe_listener on_report, on_victim;
	GString *log;
	u32 victims;
	struct trace_mark_victim victim;
	struct oom_choice choice;
};

static void saw_report(void *data, const void *args)
{
	struct scene *s = data;

	g_string_append(s->log, ((const struct trace_oom_report *)args)->text);
}

static void saw_victim(void *data, const void *args)
{
	struct scene *s = data;

	s->victims++;
	s->victim = *(const struct trace_mark_victim *)args;
	s->choice = s->victim.choice ? *s->victim.choice : (struct oom_choice){0};
}

/* Four processes of 1000 pages, called p0 to p3. */
static void scene_start(struct scene *s, const char *machine, const struct mm_profile *profile)
{
	static const char *const names[NR_PROCS] = {"p0", "p1", "p2", "p3"};

	*s = (struct scene){.log = g_string_new(NULL)};
	small_world_create(&s->w, machine, profile);
	s->on_report = (struct probe_listener){.fn = saw_report, .data = s};
	s->on_victim = (struct probe_listener){.fn = saw_victim, .data = s};
	mm_listen(s->w.mm, PROBE_oom_report, &s->on_report);
	mm_listen(s->w.mm, PROBE_mark_victim, &s->on_victim);
	for (u32 i = 0; i < NR_PROCS; i++) {
		struct proc *p = &s->p[i];

		p->task = (struct task_struct){.comm = names[i], .pid = 100 + i};
		p->mm = mm_alloc(s->w.vm, &p->task);
		p->mm->owner = &p->task;
		p->mm->rss_stat[MM_ANONPAGES] = 1000;
		p->mm->total_vm = 5000 + i;
	}
	s->oc = (struct oom_control){.gfp = GFP_KERNEL};
}

static void scene_end(struct scene *s)
{
	g_string_free(s->log, TRUE);
	small_world_destroy(&s->w);
}

static bool oom(struct scene *s)
{
	struct oom_control oc = s->oc;

	return out_of_memory(s->w.vm, &s->w.current, &oc);
}

/* Kills once; expects p[i] (NR_PROCS: nobody). */
static void expect_kill(struct scene *s, u32 i)
{
	u32 before = s->victims;

	oom(s);
	if (i == NR_PROCS) {
		g_assert_cmpuint(s->victims, ==, before);
		return;
	}
	g_assert_cmpuint(s->victims, ==, before + 1);
	g_assert_cmpstr(s->victim.victim->comm, ==, s->p[i].task.comm);
	g_assert_true(s->p[i].task.sigkill);
	g_assert_true(s->p[i].task.flags & PF_OOM_VICTIM);
	g_assert_true(s->p[i].mm->oom_victim);
}

static void test_badness(void)
{
	struct mm_struct mm = {
		.rss_stat = {[MM_FILEPAGES] = 1, [MM_ANONPAGES] = 20, [MM_SHMEMPAGES] = 300,
			     [MM_SWAPENTS] = 4000},
		.nr_pgtables = 50000,
		.total_vm = 999999,
	};

	g_assert_cmpint(oom_badness(&mm, 1000000), ==, 54321);
	mm.oom_score_adj = 7;
	g_assert_cmpint(oom_badness(&mm, 1999), ==, 54328); /* 1999 / 1000 first, then times 7 */
	mm.oom_score_adj = -999;
	g_assert_cmpint(oom_badness(&mm, 1000000), ==, 54321 - 999000);
	mm.oom_score_adj = OOM_SCORE_ADJ_MIN;
	g_assert_cmpint(oom_badness(&mm, 0), ==, INT64_MIN);
	mm.oom_score_adj = 0;
	mm.oom_skip = true;
	g_assert_cmpint(oom_badness(&mm, 0), ==, INT64_MIN);
}

/* The largest; of equals the youngest; those that may not be killed never. */
static void test_choice(void)
{
	struct scene s;

	scene_start(&s, NULL, &profile_linux_7_2);
	s.p[0].mm->rss_stat[MM_ANONPAGES] = 5000;
	s.p[0].mm->oom_unkillable = true;
	s.p[1].mm->rss_stat[MM_ANONPAGES] = 4000;
	s.p[1].mm->oom_score_adj = OOM_SCORE_ADJ_MIN;
	s.p[2].mm->oom_score_adj = -10;
	expect_kill(&s, 3);
	g_assert_cmpuint(s.choice.nr_candidates, ==, 2);
	g_assert_cmpuint(s.choice.best[0].pid, ==, 103);
	g_assert_cmpint(s.choice.best[0].points, ==, oom_badness(s.p[3].mm, s.choice.totalpages));
	g_assert_cmpstr(s.choice.best[1].comm, ==, "p2");
	g_assert_cmpint(s.choice.best[1].points, ==,
			s.choice.best[0].points - 10 * (s64)(s.choice.totalpages / 1000));
	g_assert_true(s.choice.gfp == GFP_KERNEL);
	g_assert_cmpuint(s.w.mm->vm_event[OOM_KILL], ==, 1);
	g_assert_cmpuint(s.w.vm->memcgs[0]->nr_oom_kills, ==, 1);
	/* As long as it is on its way nobody else has to go. */
	g_assert_true(oom(&s));
	expect_kill(&s, NR_PROCS);
	g_assert_cmpuint(s.w.mm->vm_event[SIM_OOM_DEFERRED], ==, 2);
	/* Its memory is as good as gone: the next one. */
	s.p[3].mm->oom_skip = true;
	expect_kill(&s, 2);
	s.p[2].mm->oom_skip = true;
	s.p[1].mm->owner = NULL;
	g_assert_false(oom_panicked(s.w.vm));
	g_assert_false(oom(&s));
	g_assert_true(oom_panicked(s.w.vm));
	g_assert_cmpuint(s.victims, ==, 2);
	g_assert_nonnull(strstr(s.log->str, "Out of memory and no killable processes...\n"
					    "Kernel panic - not syncing: System is deadlocked on "
					    "memory\n"));
	scene_end(&s);
}

/* Who exits by itself is no candidate; kernel threads neither. */
static void test_exiting(void)
{
	struct scene s;

	scene_start(&s, NULL, &profile_linux_7_2);
	s.p[3].task.flags = PF_EXITING;
	s.p[2].task.flags = PF_KTHREAD;
	s.p[1].mm->rss_stat[MM_ANONPAGES] = 999;
	expect_kill(&s, 0);
	scene_end(&s);
}

/* 64 MiB less what the machine keeps: oom_score_adj counts in thousandths of it. */
static void test_score_adj(void)
{
	struct scene s;
	u64 managed = 0;
	s64 unit;

	scene_start(&s, NULL, &profile_linux_7_2);
	for_each_populated_zone(s.w.mm, zone)
		managed += zone->managed_pages;
	unit = (s64)(managed / 1000);
	g_assert_cmpint(unit, >, 10);
	s.p[0].mm->oom_score_adj = 2;
	s.p[1].mm->rss_stat[MM_ANONPAGES] = (u64)(1000 + 2 * unit - 1);
	expect_kill(&s, 0);
	s.p[0].mm->oom_skip = true;
	expect_kill(&s, 1);
	scene_end(&s);
}

static void test_no_fs(void)
{
	struct scene s;

	scene_start(&s, NULL, &profile_linux_7_2);
	s.oc.gfp = GFP_NOFS;
	g_assert_true(oom(&s));
	g_assert_cmpuint(s.victims, ==, 0);
	g_assert_cmpuint(s.log->len, ==, 0);
	scene_end(&s);
}

/* Who asks and is dying gets the reserves, without another kill. */
static void test_current_dies(void)
{
	struct scene s;
	struct oom_control oc;

	scene_start(&s, NULL, &profile_linux_7_2);
	oc = s.oc;
	s.p[1].task.sigkill = true;
	g_assert_true(out_of_memory(s.w.vm, &s.p[1].task, &oc));
	g_assert_cmpuint(s.victims, ==, 1);
	g_assert_true(s.p[1].task.flags & PF_OOM_VICTIM);
	g_assert_cmpuint(s.w.mm->vm_event[OOM_KILL], ==, 0);
	g_assert_cmpuint(s.log->len, ==, 0);
	/* The same if it is chosen by another: marked, not killed once more. */
	s.p[1].mm->oom_skip = true;
	s.p[2].task.sigkill = true;
	s.p[2].mm->rss_stat[MM_ANONPAGES] = 2000;
	g_assert_true(oom(&s));
	g_assert_cmpuint(s.victims, ==, 2);
	g_assert_true(s.p[2].mm->oom_victim);
	g_assert_cmpuint(s.w.mm->vm_event[OOM_KILL], ==, 0);
	scene_end(&s);
}

static void test_allocating_task(void)
{
	struct scene s;
	struct oom_control oc;

	scene_start(&s, NULL, &profile_linux_7_2);
	s.w.mm->sysctl.oom_kill_allocating_task = 1;
	oc = s.oc;
	g_assert_true(out_of_memory(s.w.vm, &s.p[1].task, &oc));
	g_assert_true(s.p[1].mm->oom_victim);
	g_assert_nonnull(strstr(s.log->str, "Out of memory (oom_kill_allocating_task): Killed "
					    "process 101 (p1)"));
	/* Not if it must not be killed. */
	s.p[1].mm->oom_skip = true;
	s.p[0].mm->oom_score_adj = OOM_SCORE_ADJ_MIN;
	oc = s.oc;
	g_assert_true(out_of_memory(s.w.vm, &s.p[0].task, &oc));
	g_assert_true(s.p[3].mm->oom_victim);
	scene_end(&s);
}

#define TWO_NODES                                                                                 \
	"{\"name\":\"two\",\"arch\":\"x86-64\",\"nodes\":["                                        \
	"{\"cpus\":1,\"memory\":[{\"start\":\"0\",\"end\":\"64MiB\"}]},"                           \
	"{\"cpus\":1,\"memory\":[{\"start\":\"64MiB\",\"end\":\"128MiB\"}]}]}"

/* Bound to node 1: only who may use it counts, and its size is what adj is a part of. */
static void test_memory_policy(void)
{
	struct alloc_context ac = {.nodemask = 2};
	struct scene s;

	scene_start(&s, TWO_NODES, &profile_linux_7_2);
	s.oc.ac = &ac;
	s.p[3].task.mempolicy = (struct mempolicy){.mode = MPOL_BIND, .nodes = 1};
	s.p[2].task.mempolicy = (struct mempolicy){.mode = MPOL_BIND, .nodes = 3};
	s.p[1].mm->oom_score_adj = 1;
	/* 16384 pages on node 1: a thousandth is 16; of the whole it would be more. */
	s.p[2].mm->rss_stat[MM_ANONPAGES] = 1016;
	expect_kill(&s, 2);
	g_assert_nonnull(strstr(s.log->str, "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,"
					    "nodemask=1,cpuset=/,mems_allowed=0-1,global_oom,"
					    "task_memcg=/,task=p2,pid=102,uid=0\n"));
	g_assert_null(strstr(s.log->str, "Node 0 "));
	g_assert_nonnull(strstr(s.log->str, "Node 1 "));
	g_assert_null(strstr(s.log->str, " p3\n"));
	/* A mask of all nodes is no constraint. */
	s.p[2].mm->oom_skip = true;
	ac.nodemask = 3;
	expect_kill(&s, 1);
	g_assert_nonnull(strstr(s.log->str, "CONSTRAINT_NONE,nodemask=0-1,"));
	scene_end(&s);
}

static void test_panic(void)
{
	struct alloc_context ac = {.nodemask = 2};
	struct scene s;

	/* 1: not for the sake of a policy */
	scene_start(&s, TWO_NODES, &profile_linux_7_2);
	s.w.mm->sysctl.panic_on_oom = 1;
	s.oc.ac = &ac;
	expect_kill(&s, 3);
	g_assert_false(oom_panicked(s.w.vm));
	s.oc.ac = NULL;
	g_assert_false(oom(&s));
	g_assert_true(oom_panicked(s.w.vm));
	g_assert_true(g_str_has_suffix(s.log->str,
				       "Kernel panic - not syncing: Out of memory: system-wide "
				       "panic_on_oom is enabled\n"));
	scene_end(&s);

	scene_start(&s, TWO_NODES, &profile_linux_7_2);
	s.w.mm->sysctl.panic_on_oom = 2;
	s.oc.ac = &ac;
	g_assert_false(oom(&s));
	g_assert_true(oom_panicked(s.w.vm));
	g_assert_cmpuint(s.victims, ==, 0);
	scene_end(&s);
}

/* Within its group, which need not be the machine's largest; then all of a group. */
static void test_group(void)
{
	struct scene s;
	struct mem_cgroup *box, *crew;

	scene_start(&s, NULL, &profile_linux_7_2);
	box = mem_cgroup_create(s.w.vm, "box", 3000, UINT64_MAX);
	crew = mem_cgroup_create(s.w.vm, "crew", 3000, UINT64_MAX);
	s.p[0].mm->memcg = s.p[1].mm->memcg = box;
	s.p[1].mm->rss_stat[MM_ANONPAGES] = 900;
	s.p[1].mm->oom_score_adj = 34; /* thousandths of 3000: 102 */
	s.oc.memcg = box;
	s.oc.gfp = GFP_NOFS; /* no matter here */
	expect_kill(&s, 1);
	g_assert_cmpuint(box->nr_oom_kills, ==, 1);
	g_assert_nonnull(strstr(s.log->str, "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),"
					    "cpuset=/,mems_allowed=0,oom_memcg=/box,"
					    "task_memcg=/box,task=p1,pid=101,uid=0\n"
					    "Memory cgroup out of memory: Killed process 101 "));
	s.p[1].mm->oom_skip = s.p[0].mm->oom_skip = true;
	g_assert_false(oom(&s));
	g_assert_false(oom_panicked(s.w.vm));
	/* Chosen for the machine's sake, it takes its group along, but for who is exempt. */
	s.oc = (struct oom_control){.gfp = GFP_KERNEL};
	crew->oom_group = true;
	s.p[0].mm->oom_skip = false;
	s.p[0].mm->memcg = s.p[2].mm->memcg = s.p[3].mm->memcg = crew;
	s.p[0].mm->oom_score_adj = OOM_SCORE_ADJ_MIN;
	g_assert_true(oom(&s));
	g_assert_true(s.p[2].mm->oom_victim && s.p[3].mm->oom_victim);
	g_assert_false(s.p[0].mm->oom_victim);
	g_assert_cmpuint(s.w.mm->vm_event[OOM_KILL], ==, 3);
	g_assert_nonnull(strstr(s.log->str, "Tasks in /crew are going to be killed due to "
					    "memory.oom.group set\n"
					    "Out of memory: Killed process "));
	scene_end(&s);
}

static u32 count(const char *text, const char *what)
{
	u32 n = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

/* Ten reports in five seconds; the line of the kill comes each time. */
static void test_rate_limit(void)
{
	struct scene s;

	scene_start(&s, NULL, &profile_linux_7_2);
	for (u32 i = 0; i < 12; i++) {
		struct mm_struct *mm = s.p[3].mm;

		mm->oom_victim = mm->oom_skip = s.p[3].task.sigkill = false;
		g_assert_true(oom(&s));
	}
	g_assert_cmpuint(count(s.log->str, "p3 invoked"), ==, 0);
	g_assert_cmpuint(count(s.log->str, "test invoked oom-killer"), ==, 10);
	g_assert_cmpuint(count(s.log->str, "Killed process 103"), ==, 12);
	g_assert_cmpuint(s.w.current.total_ns[CAUSE_OOM], >=,
			 10 * s.w.mm->costs.oom_dump + 12 * 4 * s.w.mm->costs.oom_task);
	scene_end(&s);
}

/* Without the lines of zones and blocks, which other tests of other numbers would break. */
static const char report_7_2[] =
	"test invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP), "
	"order=0, oom_score_adj=0\n"
	"Mem-Info:\n";
static const char table_7_2[] =
	"Tasks state (memory values in pages):\n"
	"[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes "
	"swapents oom_score_adj name\n"
	"[    100]     0   100     5000     1000     1000        0         0        0        0"
	"             0 p0\n"
	"[    101]     0   101     5001     1015     1000       10         5        0        0"
	"          -500 p1\n";
static const char table_6_1[] =
	"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
	"[    100]     0   100     5000     1000        0        0             0 p0\n";
static const char kill_line[] =
	"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
	"task_memcg=/,task=p3,pid=103,uid=0\n"
	"Out of memory: Killed process 103 (p3) total-vm:20012kB, anon-rss:4000kB, file-rss:0kB, "
	"shmem-rss:0kB, UID:0 pgtables:0kB oom_score_adj:0\n";

static void expect_text(const struct scene *s, const char *text)
{
	if (!strstr(s->log->str, text))
		g_error("not found:\n%s\nin:\n%s", text, s->log->str);
}

static void test_report(void)
{
	struct scene s;

	scene_start(&s, NULL, &profile_linux_7_2);
	s.oc.gfp = 0x140dca;
	s.p[1].mm->rss_stat[MM_FILEPAGES] = 10;
	s.p[1].mm->rss_stat[MM_SHMEMPAGES] = 5;
	s.p[1].mm->oom_score_adj = -500;
	expect_kill(&s, 3);
	g_assert_true(g_str_has_prefix(s.log->str, report_7_2));
	g_assert_true(g_str_has_suffix(s.log->str, kill_line));
	expect_text(&s, table_7_2);
	expect_text(&s, "\nNode 0 active_anon:0kB inactive_anon:0kB active_file:0kB ");
	expect_text(&s, " all_unreclaimable? no Balloon:0kB gpu_active:0kB gpu_reclaim:0kB\n");
	expect_text(&s, "\nlowmem_reserve[]: 0 ");
	expect_text(&s, "\nNode 0 DMA: ");
	expect_text(&s, "*4096kB (M) = ");
	expect_text(&s, "\nFree swap  = 0kB\nTotal swap = 0kB\n");
	scene_end(&s);

	scene_start(&s, NULL, &profile_linux_6_1);
	expect_kill(&s, 3);
	expect_text(&s, table_6_1);
	expect_text(&s, " writeback_tmp:0kB kernel_stack:");
	scene_end(&s);

	scene_start(&s, NULL, &profile_linux_7_2);
	s.w.mm->sysctl.oom_dump_tasks = 0;
	expect_kill(&s, 3);
	g_assert_null(strstr(s.log->str, "Tasks state"));
	scene_end(&s);
}

static void test_mutex(void)
{
	struct scene s;

	scene_start(&s, NULL, &profile_linux_7_2);
	g_assert_true(oom_mutex_trylock(s.w.vm));
	g_assert_false(oom_mutex_trylock(s.w.vm));
	s.p[0].task.sigkill = true;
	g_assert_false(oom_mutex_lock_killable(s.w.vm, &s.p[0].task));
	oom_mutex_unlock(s.w.vm);
	g_assert_true(oom_mutex_lock_killable(s.w.vm, &s.p[0].task));
	oom_mutex_unlock(s.w.vm);
	scene_end(&s);
}

/* Over time: a victim with memory of its own that sleeps, and somebody who is out of memory. */

#define PAGES 600u

enum sleep { SLEEP_KILLABLE, SLEEP_DEAF, SLEEP_LOCKED };

struct play {
	struct scene s;
	enum sleep sleep;
	u64 woken, gone, freed_at_3s;
	bool skipped_early;
};

static void victim_run(void *arg)
{
	struct play *play = arg;
	struct proc *p = &play->s.p[3];
	struct vm_area_struct *vma = vm_mmap(p->mm, &p->task, PAGES);

	for (u64 i = 0; i < PAGES; i++)
		g_assert_cmpint(handle_mm_fault(vma, &p->task, i, true), ==, VM_FAULT_MINOR);
	p->mm->rss_stat[MM_ANONPAGES] += 1000;
	if (play->sleep == SLEEP_LOCKED)
		mmap_write_lock(p->mm, &p->task);
	if (play->sleep == SLEEP_KILLABLE)
		g_assert_false(sleep_killable(&p->task, 100 * NSEC_PER_SEC));
	else
		cpu_sleep(p->task.sched, 10 * NSEC_PER_SEC);
	play->woken = engine_now(play->s.w.engine);
	g_assert_true(fatal_signal_pending(&p->task));
	g_assert_false(sleep_killable(&p->task, NSEC_PER_SEC));
	p->task.flags |= PF_EXITING;
	p->mm->rss_stat[MM_ANONPAGES] -= 1000;
	exit_mmap(p->mm, &p->task);
	play->gone = engine_now(play->s.w.engine);
}

static u64 resident(const struct play *play)
{
	return (u64)global_node_page_state(play->s.w.vm, NR_ANON_MAPPED);
}

static void killer_run(void *arg)
{
	struct play *play = arg;
	struct task_struct *task = &play->s.w.current;

	task->sched = cpu_current(play->s.w.cpus);
	cpu_sleep(task->sched, NSEC_PER_SEC);
	g_assert_cmpuint(resident(play), ==, PAGES);
	expect_kill(&play->s, 3);
	cpu_sleep(task->sched, 2 * NSEC_PER_SEC - NSEC_PER_SEC / 10);
	play->skipped_early = !play->gone && play->s.p[3].mm->oom_skip;
	cpu_sleep(task->sched, NSEC_PER_SEC / 5);
	play->freed_at_3s = PAGES - resident(play);
	task->sched = NULL;
}

static void play(struct play *play, enum sleep sleep)
{
	struct small_world *w = &play->s.w;

	memset(play, 0, sizeof(*play));
	scene_start(&play->s, NULL, &profile_linux_7_2);
	play->sleep = sleep;
	play->s.p[3].task.sched = cpu_ctx_create(w->cpus, "p3", 1, CPU_CLASS_TASK, 0, victim_run,
						 play);
	cpu_ctx_create(w->cpus, "killer", 0, CPU_CLASS_TASK, 0, killer_run, play);
	engine_run(w->engine, 3200 * NSEC_PER_MSEC);
}

/* It leaves its sleep at once and frees its memory itself; nothing is left for the reaper. */
static void test_victim_exits(void)
{
	struct play p;

	play(&p, SLEEP_KILLABLE);
	g_assert_cmpuint(p.woken, >=, NSEC_PER_SEC);
	g_assert_cmpuint(p.woken, <, NSEC_PER_SEC + 10 * NSEC_PER_MSEC);
	g_assert_cmpuint(p.gone, <, p.woken + 10 * NSEC_PER_MSEC);
	g_assert_cmpuint(p.freed_at_3s, ==, PAGES);
	g_assert_null(strstr(p.s.log->str, "oom_reaper"));
	scene_end(&p.s);
}

/* It cannot be woken: two seconds later the reaper does it. */
static void test_reaper(void)
{
	struct play p;

	play(&p, SLEEP_DEAF);
	g_assert_cmpuint(p.woken, ==, 0);
	g_assert_false(p.skipped_early);
	g_assert_cmpuint(p.freed_at_3s, ==, PAGES);
	g_assert_true(p.s.p[3].mm->oom_skip);
	g_assert_cmpuint(count(p.s.log->str, "oom_reaper: reaped process 103 (p3), now "
					     "anon-rss:8000kB, file-rss:0kB, shmem-rss:0kB\n"),
			 ==, 1);
	/* At last it wakes and ends. */
	engine_run(p.s.w.engine, 11 * NSEC_PER_SEC);
	g_assert_cmpuint(p.gone, >, 10 * NSEC_PER_SEC);
	scene_end(&p.s);
}

/* Its regions are in its own hands: ten attempts, a tenth of a second apart, then it is forgotten. */
static void test_reaper_gives_up(void)
{
	struct play p;

	play(&p, SLEEP_LOCKED);
	engine_run(p.s.w.engine, 3850 * NSEC_PER_MSEC);
	g_assert_false(p.s.p[3].mm->oom_skip);
	g_assert_cmpuint(resident(&p), ==, PAGES);
	engine_run(p.s.w.engine, 3950 * NSEC_PER_MSEC);
	g_assert_true(p.s.p[3].mm->oom_skip);
	g_assert_cmpuint(resident(&p), ==, PAGES);
	expect_kill(&p.s, 2);
	scene_end(&p.s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/oom/badness", test_badness);
	g_test_add_func("/oom/choice", test_choice);
	g_test_add_func("/oom/exiting", test_exiting);
	g_test_add_func("/oom/score-adj", test_score_adj);
	g_test_add_func("/oom/no-fs", test_no_fs);
	g_test_add_func("/oom/current-dies", test_current_dies);
	g_test_add_func("/oom/allocating-task", test_allocating_task);
	g_test_add_func("/oom/memory-policy", test_memory_policy);
	g_test_add_func("/oom/panic", test_panic);
	g_test_add_func("/oom/group", test_group);
	g_test_add_func("/oom/rate-limit", test_rate_limit);
	g_test_add_func("/oom/report", test_report);
	g_test_add_func("/oom/mutex", test_mutex);
	g_test_add_func("/oom/victim-exits", test_victim_exits);
	g_test_add_func("/oom/reaper", test_reaper);
	g_test_add_func("/oom/reaper-gives-up", test_reaper_gives_up);
	return g_test_run();
}
