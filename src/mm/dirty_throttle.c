/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pauses of tasks that dirty pages faster than the disk takes them, modelled after
 * mm/page-writeback.c: each task may dirty at a rate that follows the disk's bandwidth, scaled by
 * how far the dirty pages are from their set point. One disk: its share of all completions is 1 as
 * soon as it completed anything. Left out: strict limits (FUSE), what exited tasks leave to others.
 */
#include "mm/oom.h"
#include "mm/vm_internal.h"
#include "mm/writeback_internal.h"

#define CALC_SHIFT	  10 /* fixed point of the position ratio */
#define DIRTY_POLL_THRESH 32u
#define INIT_DIRTY_PAUSE  32u /* kernel/fork.c: task->nr_dirtied_pause */
#define EXCEEDED_PAUSE	  8u  /* pages between checks above the limit */

/* What one check knows. mm/page-writeback.c:struct dirty_throttle_control */
struct throttle {
	struct writeback *wb;
	u64 dirty, thresh, bg_thresh;
	u64 wb_dirty, wb_thresh;
	u64 pos_ratio;
};

static u64 log2_floor(u64 x)
{
	return x ? 63 - (u64)__builtin_clzll(x) : 0;
}

static u64 pow2_ceil(u64 x)
{
	return x <= 1 ? 1 : 1ull << (64 - __builtin_clzll(x - 1));
}

static u64 nr_dirty(const struct vm *vm)
{
	return (u64)global_node_page_state(vm, NR_FILE_DIRTY);
}

static void balance_limits(struct throttle *t, const struct task_struct *current)
{
	const struct vm *vm = t->wb->vm;
	struct dirty_limits limits = domain_dirty_limits(vm, current);

	t->dirty = nr_dirty(vm) + (u64)global_node_page_state(vm, NR_WRITEBACK);
	t->thresh = limits.thresh;
	t->bg_thresh = limits.bg_thresh;
}

static u64 freerun_ceiling(const struct throttle *t)
{
	return (t->thresh + t->bg_thresh) / 2;
}

static u64 hard_limit(const struct throttle *t)
{
	return max_u64(t->thresh, t->wb->dirty_limit);
}

u64 wb_calc_thresh(const struct writeback *wb, u64 thresh, u64 dirty)
{
	u64 share = wb->nr_written ? thresh : 0;

	/* A disk that was idle may ramp up. */
	return max_u64(share, thresh > dirty ? (thresh - dirty) / 8 : 0);
}

bool wb_over_bg_thresh(struct writeback *wb)
{
	struct dirty_limits limits = domain_dirty_limits(wb->vm, NULL);
	u64 dirty = nr_dirty(wb->vm);

	return dirty > limits.bg_thresh || dirty > wb_calc_thresh(wb, limits.bg_thresh, dirty);
}

void writeback_set_ratelimit(struct writeback *wb)
{
	u64 thresh = global_dirty_limits(wb->vm).thresh;

	wb->dirty_limit = thresh;
	wb->ratelimit_pages = max_u64(16, thresh / (wb->vm->mm->nr_cpus * 32));
}

/* 1 at the set point, 0 at the limit, at most 2. */
static u64 pos_ratio_polynom(u64 setpoint, u64 dirty, u64 limit)
{
	s64 x = (((s64)setpoint - (s64)dirty) * (1 << CALC_SHIFT)) / (s64)((limit - setpoint) | 1);
	s64 ratio = x * x / (1 << CALC_SHIFT) * x / (1 << CALC_SHIFT) + (1 << CALC_SHIFT);

	return (u64)max_s64(0, min_s64(ratio, 2 << CALC_SHIFT));
}

/* mm/page-writeback.c:wb_position_ratio */
static u64 position_ratio(const struct throttle *t)
{
	u64 limit = hard_limit(t), setpoint = (freerun_ceiling(t) + limit) / 2;
	u64 wb_thresh = min_u64(t->wb_thresh, t->thresh), wb_setpoint, span, x0, ratio, x;

	if (t->dirty >= limit)
		return 0;
	ratio = pos_ratio_polynom(setpoint, t->dirty, limit);
	wb_thresh = max_u64(wb_thresh, (limit - t->dirty) / 8);
	x = (wb_thresh << 16) / (t->thresh | 1);
	wb_setpoint = setpoint * x >> 16;
	span = (t->thresh - min_u64(t->thresh, wb_thresh) + 8 * t->wb->avg_write_bandwidth) * x >>
	       16;
	x0 = wb_setpoint + span;
	if (t->wb_dirty < x0 - span / 4)
		ratio = ratio * (x0 - t->wb_dirty) / ((x0 - wb_setpoint) | 1);
	else
		ratio /= 4;
	/* A reserve keeps the disk busy. */
	x0 = wb_thresh / 2;
	if (t->wb_dirty >= x0)
		return ratio;
	return t->wb_dirty > x0 / 8 ? ratio * x0 / t->wb_dirty : ratio * 8;
}

/* mm/page-writeback.c:wb_update_write_bandwidth */
static void update_write_bandwidth(struct writeback *wb, u64 elapsed, u64 written)
{
	u64 period = pow2_ceil(3 * wb->hz), avg = wb->avg_write_bandwidth;
	u64 old = wb->write_bandwidth, bw = (written - wb->written_stamp) * wb->hz;

	if (elapsed > period) {
		bw /= elapsed;
		avg = bw;
	} else {
		bw = (bw + old * (period - elapsed)) >> log2_floor(period);
		/* Follows only what goes one way, so that spikes are smoothed. */
		if (avg > old && old >= bw)
			avg -= (avg - old) >> 3;
		if (avg < old && old <= bw)
			avg += (old - avg) >> 3;
	}
	wb->write_bandwidth = bw;
	wb->avg_write_bandwidth = max_u64(avg, 1);
}

/* mm/page-writeback.c:domain_update_dirty_limit */
static void update_dirty_limit(const struct throttle *t, u64 now)
{
	struct writeback *wb = t->wb;
	u64 floor = max_u64(t->thresh, t->dirty);

	if (now < wb->dirty_limit_stamp + max_u64(wb->hz / 5, 1))
		return;
	wb->dirty_limit_stamp = now;
	if (wb->dirty_limit < t->thresh)
		wb->dirty_limit = t->thresh;
	else if (wb->dirty_limit > floor)
		wb->dirty_limit -= (wb->dirty_limit - floor) >> 5;
}

/* How far the rate moves, and no further than all three estimates agree on. */
static u64 ratelimit_step(const struct throttle *t, u64 balanced, u64 task_rate)
{
	const struct writeback *wb = t->wb;
	u64 rate = wb->dirty_ratelimit, setpoint = (freerun_ceiling(t) + hard_limit(t)) / 2;
	u64 step = 0, shift, x;

	if (t->dirty < setpoint) {
		x = min_u64(wb->balanced_dirty_ratelimit, min_u64(balanced, task_rate));
		step = rate < x ? x - rate : 0;
	} else {
		x = max_u64(wb->balanced_dirty_ratelimit, max_u64(balanced, task_rate));
		step = rate > x ? rate - x : 0;
	}
	shift = rate / (2 * step + 1);
	return shift < 64 ? ((step >> shift) + 7) / 8 : 0;
}

/* mm/page-writeback.c:wb_update_dirty_ratelimit */
static void update_dirty_ratelimit(const struct throttle *t, u64 elapsed)
{
	struct writeback *wb = t->wb;
	u64 rate = wb->dirty_ratelimit, step, balanced;
	u64 dirty_rate = (wb->nr_dirtied - wb->dirtied_stamp) * wb->hz / elapsed;
	u64 task_rate = (rate * t->pos_ratio >> CALC_SHIFT) + 1;

	balanced = task_rate * wb->avg_write_bandwidth / (dirty_rate | 1);
	balanced = min_u64(balanced, wb->avg_write_bandwidth);
	step = ratelimit_step(t, balanced, task_rate);
	if (rate < balanced)
		rate += step;
	else
		rate -= min_u64(rate, step);
	wb->dirty_ratelimit = max_u64(rate, 1);
	wb->balanced_dirty_ratelimit = balanced;
}

/* t NULL: the bandwidth alone. mm/page-writeback.c:__wb_update_bandwidth */
static void update_bandwidth(struct writeback *wb, const struct throttle *t)
{
	u64 now = wb_jiffies(wb), elapsed = max_u64(now - wb->bw_stamp, 1);

	if (t) {
		update_dirty_limit(t, now);
		update_dirty_ratelimit(t, elapsed);
	}
	update_write_bandwidth(wb, elapsed, wb->nr_written);
	wb->dirtied_stamp = wb->nr_dirtied;
	wb->written_stamp = wb->nr_written;
	wb->bw_stamp = now;
}

void wb_update_bandwidth(struct writeback *wb)
{
	if (wb_jiffies(wb) >= wb->bw_stamp + max_u64(wb->hz / 5, 1))
		update_bandwidth(wb, NULL);
}

void wb_bandwidth_estimate_start(struct writeback *wb)
{
	if (wb_jiffies(wb) - wb->bw_stamp <= wb->hz || wb->nr_writeback)
		return;
	wb->dirtied_stamp = wb->nr_dirtied;
	wb->written_stamp = wb->nr_written;
	wb->bw_stamp = wb_jiffies(wb);
}

static u64 max_pause(const struct throttle *t)
{
	u64 per_jiffy = 1 + t->wb->avg_write_bandwidth / pow2_ceil(1 + t->wb->hz / 8);

	return min_u64(t->wb_dirty / per_jiffy + 1, max_u64(t->wb->hz / 5, 1));
}

/* The shortest pause worth a sleep; *pages: how many to dirty until the next check.
   mm/page-writeback.c:wb_min_pause */
static u64 min_pause(const struct throttle *t, u64 longest, u64 task_rate, u32 *pages)
{
	u64 hz = t->wb->hz, rate = t->wb->dirty_ratelimit, n;
	u64 high = log2_floor(t->wb->avg_write_bandwidth), low = log2_floor(rate);
	u64 target = max_u64(1, hz / 100);

	/* The more tasks share the disk, the longer each sleeps. */
	if (high > low)
		target += (high - low) * (10 * hz) / 1024;
	target = min_u64(target, 1 + longest / 2);
	n = rate * target / pow2_ceil(hz);
	if (n < DIRTY_POLL_THRESH) {
		target = longest;
		n = rate * target / pow2_ceil(hz);
		if (n > DIRTY_POLL_THRESH) {
			n = DIRTY_POLL_THRESH;
			target = hz * DIRTY_POLL_THRESH / rate;
		}
	}
	if (hz * n / (task_rate + 1) > longest) {
		target = longest;
		n = task_rate * target / pow2_ceil(hz);
	}
	*pages = (u32)n;
	return n >= DIRTY_POLL_THRESH ? 1 + target / 2 : target;
}

/* Few enough are dirty: no pause, and the next check when they may no longer be. */
static void run_free(const struct throttle *t, struct task_struct *current)
{
	u32 interval = 1;

	if (t->thresh > t->dirty)
		interval = 1u << (log2_floor(t->thresh - t->dirty) / 2);
	current->dirty_paused_when = engine_now(t->wb->vm->mm->engine);
	current->nr_dirtied = 0;
	current->nr_dirtied_pause = interval;
}

/* The task dirtied little for its time: it goes on. mm/page-writeback.c:balance_dirty_pages */
static void go_on(const struct throttle *t, struct task_struct *current, s64 pause, u64 period)
{
	u64 pages = current->nr_dirtied, jiffy = NSEC_PER_SEC / t->wb->hz;

	if (pause < -(s64)t->wb->hz) {
		current->dirty_paused_when = engine_now(t->wb->vm->mm->engine);
		current->nr_dirtied = 0;
	} else if (period) {
		current->dirty_paused_when += period * jiffy;
		current->nr_dirtied = 0;
	} else if (current->nr_dirtied_pause <= pages) {
		current->nr_dirtied_pause += (u32)pages;
	}
}

static void sleep_for(const struct throttle *t, struct task_struct *current, u64 pause,
		      u64 reference_ns, u32 next_pages)
{
	struct mm *mm = t->wb->vm->mm;
	u64 ns = pause * (NSEC_PER_SEC / t->wb->hz), from;

	task_spend(mm, current);
	from = engine_now(mm->engine);
	sleep_killable(current, ns);
	current->total_ns[CAUSE_THROTTLE] += engine_now(mm->engine) - from;
	current->dirty_paused_when = reference_ns + ns;
	current->nr_dirtied = 0;
	current->nr_dirtied_pause = next_pages;
}

/* One round above the free running range. True: the task must look again. */
static bool throttle(struct throttle *t, struct task_struct *current)
{
	struct writeback *wb = t->wb;
	u64 now_ns = engine_now(wb->vm->mm->engine), jiffy = NSEC_PER_SEC / wb->hz;
	u64 rate, longest, shortest, period;
	s64 pause;
	u32 pages;

	t->wb_thresh = wb_calc_thresh(wb, t->thresh, t->dirty);
	t->wb_dirty = nr_dirty(wb->vm) + wb->nr_writeback;
	wb->dirty_exceeded = t->wb_dirty > t->wb_thresh && t->dirty > t->thresh;
	t->pos_ratio = position_ratio(t);
	if (wb_jiffies(wb) > wb->bw_stamp + max_u64(wb->hz / 5, 1))
		update_bandwidth(wb, t);
	rate = wb->dirty_ratelimit * t->pos_ratio >> CALC_SHIFT;
	longest = max_pause(t);
	shortest = min_pause(t, longest, rate, &pages);
	period = rate ? wb->hz * current->nr_dirtied / rate : longest;
	pause = (s64)period;
	if (rate && current->dirty_paused_when)
		pause -= (s64)(now_ns / jiffy) - (s64)(current->dirty_paused_when / jiffy);
	if (rate && pause < (s64)shortest) {
		go_on(t, current, pause, period);
		return false;
	}
	if (pause > (s64)longest) {
		now_ns += min_u64((u64)pause - longest, longest) * jiffy;
		pause = (s64)longest;
	}
	sleep_for(t, current, (u64)pause, now_ns, pages);
	return !rate && t->wb_dirty > 2 * wb->vm->mm->nr_cpus && !fatal_signal_pending(current);
}

static void balance_dirty_pages(struct writeback *wb, struct task_struct *current)
{
	struct throttle t = {.wb = wb};

	do {
		balance_limits(&t, current);
		if (nr_dirty(wb->vm) > t.bg_thresh && !wb->running)
			wb_wakeup(wb);
		if (t.dirty <= freerun_ceiling(&t)) {
			run_free(&t, current);
			return;
		}
		if (!wb->running)
			wb_wakeup(wb);
	} while (throttle(&t, current));
}

void balance_dirty_pages_ratelimited(struct vm *vm, struct task_struct *current)
{
	struct writeback *wb = vm->writeback;
	u32 limit, *cpu;

	if (!wb || !current->sched)
		return;
	if (!current->nr_dirtied_pause)
		current->nr_dirtied_pause = INIT_DIRTY_PAUSE;
	limit = current->nr_dirtied_pause;
	if (wb->dirty_exceeded && limit > EXCEEDED_PAUSE)
		limit = EXCEEDED_PAUSE;
	cpu = &wb->ratelimits[current->cpu];
	if (current->nr_dirtied >= limit) {
		*cpu = 0;
	} else if (*cpu >= wb->ratelimit_pages) {
		*cpu = 0;
		limit = 0;
	}
	if (current->nr_dirtied >= limit)
		balance_dirty_pages(wb, current);
}
