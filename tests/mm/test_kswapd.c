/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kswapd over time, with passes made up by the test: who wakes it, how far it goes, when it gives
 * up and what gives it back its hope, boosted runs, and those who wait for it.
 */
#include <glib.h>

#include "mm/kswapd.h"
#include "mm/kthread.h"
#include "mm/page_alloc.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "mm/watermark.h"
#include "small_world.h"

static struct fixture {
	struct small_world w;
	struct kthreads *kthreads;
	u64 passes, gives; /* pages that a pass gives */
	u32 lowest_priority;
	bool may_swap, trim;
	u64 passes_without_trim;
	u32 held[16384], nr_held;
} *fix; /* of the test that runs: passes have no other way to it */

static void pass(struct mm *mm, struct task_struct *current, u32 nid, struct scan_control *sc)
{
	g_assert_cmpuint(nid, ==, 0);
	g_assert_true(sc->is_kswapd && sc->may_unmap && (current->flags & PF_KSWAPD));
	g_assert_true(mm->nodes[0].kswapd_running);
	fix->passes++;
	fix->lowest_priority = sc->priority < fix->lowest_priority ? sc->priority
								   : fix->lowest_priority;
	fix->may_swap = sc->may_swap;
	if (fix->trim && !sc->no_cache_trim_mode) {
		sc->cache_trim_mode_failed = true;
		return;
	}
	fix->passes_without_trim++;
	for (u64 i = 0; i < fix->gives && fix->nr_held; i++) {
		free_pages(mm, current, fix->held[--fix->nr_held], 0);
		sc->nr_reclaimed++;
		sc->nr_scanned++;
	}
	if (sc->nr_reclaimed)
		kswapd_try_clear_hopeless(mm, nid, sc->order, sc->highest_zoneidx);
}

static const struct pressure_ops ops = {.shrink_node = pass};

static void create(struct fixture *f, const struct mm_profile *profile)
{
	*f = (struct fixture){.lowest_priority = DEF_PRIORITY};
	fix = f;
	small_world_create(&f->w, NULL, profile);
	f->w.vm->lru_gen = false;
	f->w.mm->pressure = &ops;
	f->kthreads = kthreads_start(f->w.mm, NULL);
	g_assert_nonnull(f->kthreads);
	engine_run(f->w.engine, NSEC_PER_SEC);
}

static void destroy(struct fixture *f)
{
	kthreads_stop(f->kthreads);
	small_world_destroy(&f->w);
}

static s64 free_now(struct fixture *f)
{
	return zone_page_state(&f->w.mm->zones[ZONE_DMA32], NR_FREE_PAGES);
}

/* Takes memory until requests for it wake kswapd. */
static void exhaust(struct fixture *f)
{
	while (!f->w.mm->vm_event[SIM_KSWAPD_WAKE]) {
		u32 pfn = alloc_pages(f->w.mm, &f->w.current,
				      __GFP_KSWAPD_RECLAIM | __GFP_MOVABLE | __GFP_HIGHMEM, 0);

		g_assert_cmpuint(pfn, !=, PFN_NONE);
		g_assert_cmpuint(f->nr_held, <, G_N_ELEMENTS(f->held));
		f->held[f->nr_held++] = pfn;
	}
}

static u64 now(struct fixture *f)
{
	return engine_now(f->w.engine);
}

static void run_for(struct fixture *f, u64 ms)
{
	engine_run(f->w.engine, now(f) + ms * NSEC_PER_MSEC);
}

static void test_balance(void)
{
	struct fixture f;
	struct zone *zone;

	create(&f, &profile_linux_7_2);
	zone = &f.w.mm->zones[ZONE_DMA32];
	g_assert_true(f.w.mm->nodes[0].kswapd_waiting);
	f.gives = 16;
	exhaust(&f);
	g_assert_false(f.w.mm->nodes[0].kswapd_waiting);
	run_for(&f, 10);
	/* Up to the high mark and not much further; then a nap, after that asleep for good. */
	g_assert_cmpint(free_now(&f) + zone->pageset[0].count + zone->pageset[1].count, >,
			wmark_pages(zone, WMARK_HIGH));
	g_assert_true(pgdat_balanced(f.w.mm, 0, 0, MAX_NR_ZONES - 1));
	g_assert_cmpuint(f.w.mm->vm_event[PAGEOUTRUN], ==, 1);
	g_assert_cmpuint(f.w.mm->nodes[0].kswapd_failures, ==, 0);
	g_assert_false(zone->flags & ZONE_RECLAIM_ACTIVE);
	g_assert_true(f.w.mm->nodes[0].kswapd_waiting);
	g_assert_false(f.w.mm->nodes[0].kswapd_running);
	g_assert_true(f.may_swap);
	/* Woken within the nap. */
	f.w.mm->vm_event[SIM_KSWAPD_WAKE] = 0;
	exhaust(&f);
	run_for(&f, 10);
	g_assert_cmpuint(f.w.mm->vm_event[KSWAPD_LOW_WMARK_HIT_QUICKLY], ==, 1);
	g_assert_cmpuint(f.w.mm->vm_event[PAGEOUTRUN], ==, 2);
	destroy(&f);
}

static void test_hopeless(void)
{
	struct fixture f;

	create(&f, &profile_linux_7_2);
	exhaust(&f);
	run_for(&f, 1000);
	/* 16 runs through all priorities, at once. */
	g_assert_cmpuint(f.w.mm->vm_event[PAGEOUTRUN], ==, MAX_RECLAIM_RETRIES);
	g_assert_cmpuint(f.passes, ==, MAX_RECLAIM_RETRIES * DEF_PRIORITY);
	g_assert_cmpuint(f.lowest_priority, ==, 1);
	g_assert_cmpuint(f.w.mm->nodes[0].kswapd_failures, ==, MAX_RECLAIM_RETRIES);
	g_assert_cmpuint(f.w.mm->vm_event[KSWAPD_HIGH_WMARK_HIT_QUICKLY], ==,
			 MAX_RECLAIM_RETRIES - 1);
	g_assert_true(f.w.mm->nodes[0].kswapd_waiting);
	/* Not woken any more; nobody is made to wait for it either. */
	wakeup_kswapd(&f.w.mm->zones[ZONE_DMA32], &f.w.current, GFP_KERNEL, 0, ZONE_NORMAL);
	g_assert_true(f.w.mm->nodes[0].kswapd_waiting);
	g_assert_true(allow_direct_reclaim(f.w.vm, 0));
	/* Progress alone is not enough in 7.2: the node must be balanced. */
	kswapd_try_clear_hopeless(f.w.mm, 0, 0, MAX_NR_ZONES - 1);
	g_assert_cmpuint(f.w.mm->nodes[0].kswapd_failures, ==, MAX_RECLAIM_RETRIES);
	while (!pgdat_balanced(f.w.mm, 0, 0, MAX_NR_ZONES - 1)) {
		free_pages(f.w.mm, &f.w.current, f.held[--f.nr_held], 0);
		drain_all_pages(f.w.mm, &f.w.current, NULL);
	}
	kswapd_try_clear_hopeless(f.w.mm, 0, 0, MAX_NR_ZONES - 1);
	g_assert_cmpuint(f.w.mm->nodes[0].kswapd_failures, ==, 0);
	destroy(&f);

	create(&f, &profile_linux_6_1);
	exhaust(&f);
	run_for(&f, 1000);
	kswapd_try_clear_hopeless(f.w.mm, 0, 0, MAX_NR_ZONES - 1);
	g_assert_cmpuint(f.w.mm->nodes[0].kswapd_failures, ==, 0);
	destroy(&f);
}

static void test_trim_restart(void)
{
	struct fixture f;

	create(&f, &profile_linux_7_2);
	f.trim = true;
	f.gives = 16;
	exhaust(&f);
	run_for(&f, 10);
	/* All priorities in vain, then once more without it. */
	g_assert_cmpuint(f.passes - f.passes_without_trim, ==, DEF_PRIORITY);
	g_assert_cmpuint(f.passes_without_trim, >, 0);
	g_assert_cmpuint(f.w.mm->nodes[0].kswapd_failures, ==, 0);
	g_assert_true(pgdat_balanced(f.w.mm, 0, 0, MAX_NR_ZONES - 1));
	destroy(&f);

	create(&f, &profile_linux_6_1);
	f.trim = true;
	exhaust(&f);
	run_for(&f, 1000);
	g_assert_cmpuint(f.passes_without_trim, ==, 0);
	g_assert_cmpuint(f.w.mm->nodes[0].kswapd_failures, ==, MAX_RECLAIM_RETRIES);
	destroy(&f);
}

static u64 boosted_failures(const struct mm_profile *profile)
{
	struct fixture f;
	struct zone *zone;
	u64 failures;

	create(&f, profile);
	zone = &f.w.mm->zones[ZONE_DMA32];
	zone->watermark_boost = 100;
	wakeup_kswapd(zone, &f.w.current, 0, 0, ZONE_DMA32);
	run_for(&f, 10);
	/* Nothing came of it: the run ends at once, and the boost with it. */
	g_assert_cmpuint(f.passes, ==, 1);
	g_assert_false(f.may_swap);
	g_assert_cmpint(zone->watermark_boost, ==, 0);
	failures = f.w.mm->nodes[0].kswapd_failures;
	destroy(&f);
	return failures;
}

static void test_boost(void)
{
	g_assert_cmpuint(boosted_failures(&profile_linux_7_2), ==, 0);
	g_assert_cmpuint(boosted_failures(&profile_linux_6_12), ==, 1);
}

struct waiter {
	struct task_struct task;
	struct fixture *f;
	u64 woken_at;
};

static void wait_for_reserves(void *arg)
{
	struct waiter *waiter = arg;
	struct alloc_context ac;

	waiter->task.sched = cpu_current(waiter->f->w.cpus);
	g_assert_true(prepare_alloc_pages(waiter->f->w.mm, GFP_KERNEL, 0, 0, &ac));
	g_assert_false(throttle_direct_reclaim(waiter->f->w.vm, &waiter->task, GFP_KERNEL, &ac));
	waiter->woken_at = engine_now(waiter->f->w.engine);
}

/* Takes all but a little of the reserves. */
static void take_reserves(struct fixture *f)
{
	u32 pfn;

	f->w.current.flags |= PF_MEMALLOC;
	while ((pfn = alloc_pages(f->w.mm, &f->w.current, GFP_KERNEL, 0)) != PFN_NONE) {
		g_assert_cmpuint(f->nr_held, <, G_N_ELEMENTS(f->held));
		f->held[f->nr_held++] = pfn;
	}
	f->w.current.flags = 0;
}

static void test_throttle(void)
{
	struct fixture f;
	struct waiter waiter = {.task = {.comm = "waiter", .pid = 2}, .f = &f};
	u64 from;

	create(&f, &profile_linux_7_2);
	f.gives = 1;
	exhaust(&f);
	take_reserves(&f);
	from = now(&f);
	g_assert_nonnull(cpu_ctx_create(f.w.cpus, "waiter", 1, CPU_CLASS_TASK, from,
					wait_for_reserves, &waiter));
	f.gives = 8;
	run_for(&f, 200);
	/* kswapd let it go when half of the min marks was free again. */
	g_assert_cmpuint(f.w.mm->vm_event[PGSCAN_DIRECT_THROTTLE], ==, 1);
	g_assert_cmpuint(waiter.woken_at, >, from);
	g_assert_cmpuint(waiter.task.total_ns[CAUSE_THROTTLE], >, 0);
	destroy(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kswapd/balance", test_balance);
	g_test_add_func("/kswapd/hopeless", test_hopeless);
	g_test_add_func("/kswapd/trim-restart", test_trim_restart);
	g_test_add_func("/kswapd/boost", test_boost);
	g_test_add_func("/kswapd/throttle", test_throttle);
	return g_test_run();
}
