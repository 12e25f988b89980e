/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts the rooms together: engine, CPUs, memory, boot, background threads, recorder, workload, in
 * this order, and takes them apart again.
 */
#include "cli/simulation.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "mm/boot.h"
#include "mm/boot_lru.h"
#include "mm/oom.h"
#include "mm/swap.h"
#include "verify/verify.h"

/* Knobs of the config; those left at their defaults are the recorded kernel's, if there is one. */
static struct mm_sysctl effective_sysctl(const struct config *config)
{
	struct mm_sysctl sysctl = config->sections.policy.sysctl, def, rec;

	if (config->sections.boot.mode != BOOT_RECORDING)
		return sysctl;
	mm_sysctl_default(&def);
	verify_sysctl(&config->recording, &rec);
#define KNOB(field)                                                                                \
	if (!memcmp(&sysctl.field, &def.field, sizeof(def.field)))                                 \
	memcpy(&sysctl.field, &rec.field, sizeof(rec.field))
	KNOB(min_free_kbytes);
	KNOB(watermark_scale_factor);
	KNOB(watermark_boost_factor);
	KNOB(lowmem_reserve_ratio);
	KNOB(percpu_pagelist_high_fraction);
	KNOB(defrag_mode);
#undef KNOB
	return sysctl;
}

/* kernel/sched/fair.c:get_update_sysctl_factor */
static u64 scaled(const struct config *config, u64 ns)
{
	u32 cpus = config->machine.nr_cpus < 8 ? config->machine.nr_cpus : 8;

	return ns * (32 - (u32)__builtin_clz(cpus));
}

/* 0.7 ms on one CPU, more the more CPUs there are. kernel/sched/fair.c:sysctl_sched_base_slice
   (7.2) */
static u64 time_slice(const struct config *config)
{
	u64 tick = NSEC_PER_SEC / config->machine.hz;
	u64 slice = scaled(config, 700 * NSEC_PER_USEC);

	return config->profile.sched_hrtick ? slice : (slice + tick - 1) / tick * tick;
}

static bool create_machine(struct sim *sim, struct err *err)
{
	const struct machine *machine = &sim->config->machine;
	const struct mm_sysctl sysctl = effective_sysctl(sim->config);
	u64 sampled = sim->config->sections.record.sample_interval_ns;
	const struct mm_profile *profile = &sim->config->profile;
	bool ticks_only = profile->sched_eevdf && !profile->sched_hrtick;
	const struct cpu_sched_params params = {
		.slice_ns = time_slice(sim->config),
		.context_switch_ns = machine->costs.context_switch,
		.wakeup_ns = machine->costs.wakeup,
		.turn_ns = machine->cpu_turn_ns,
		.hz = machine->hz,
		/* sysctl_sched_latency, _wakeup_granularity (6.1); _base_slice (6.12) */
		.latency_ns = profile->sched_eevdf ? 0 : scaled(sim->config, 6 * NSEC_PER_MSEC),
		.wakeup_granularity_ns = scaled(sim->config, NSEC_PER_MSEC),
		.base_slice_ns = ticks_only ? scaled(sim->config, 750 * NSEC_PER_USEC) : 0,
		/* As if samples were what reads /proc/pressure. */
		.psi_window_ns = sampled >= NSEC_PER_SEC / 10 ? sampled : 0,
	};

	sim->engine = engine_create();
	if (!sim->engine)
		return err_set(err, ERR_HOST_RES, "no host memory for the event queue");
	engine_set_interrupt(sim->engine, sim->opt.interrupt);
	sim->cpus = cpus_create(sim->engine, machine->nr_cpus, &params);
	if (!sim->cpus)
		return err_set(err, ERR_HOST_RES, "no host memory for %u CPUs", machine->nr_cpus);
	sim->mm = mm_create(machine, &sim->config->profile, &sysctl, sim->engine, sim->cpus, err);
	return sim->mm != NULL;
}

static bool read_proc(struct sim *sim, struct proc_state *state, const char *name, u32 which,
		      struct err *err)
{
	char *path = config_file(sim->config, name);
	struct stream *s = stream_open(path, 0, err);
	bool ok = false;

	if (s && which)
		ok = procfs_read(state, s, which, &sim->arena, err);
	else if (s)
		ok = procfs_read_hints(state, s, &sim->arena, err);
	if (s)
		stream_close(s);
	g_free(path);
	return ok;
}

static bool boot_from_proc(struct sim *sim, struct err *err)
{
	const struct boot_config *boot = &sim->config->sections.boot;
	struct proc_state *state = &sim->proc;

	return read_proc(sim, state, boot->zoneinfo, PROC_ZONEINFO, err) &&
	       read_proc(sim, state, boot->buddyinfo, PROC_BUDDYINFO, err) &&
	       (!boot->pagetypeinfo ||
		read_proc(sim, state, boot->pagetypeinfo, PROC_PAGETYPEINFO, err)) &&
	       (!boot->hints || read_proc(sim, state, boot->hints, 0, err)) &&
	       mm_boot_proc(sim->mm, state, sim->opt.seed, err);
}

static bool boot(struct sim *sim, struct err *err)
{
	switch ((enum boot_mode)sim->config->sections.boot.mode) {
	case BOOT_PROC:
		return boot_from_proc(sim, err);
	case BOOT_RECORDING:
		verify_load_state(sim->mm, &sim->config->recording);
		return true;
	case BOOT_COLD:
		break;
	}
	return mm_boot_cold(sim->mm, err);
}

static bool create_swap(struct sim *sim, const struct machine_device *dev, struct err *err)
{
	u64 pages = dev->size >> sim->config->machine.page_shift;
	struct device *device = device_create(sim->engine, dev->name, &dev->params);

	if (!device)
		return err_set(err, ERR_HOST_RES, "no host memory for device %s", dev->name);
	sim->swaps[sim->nr_swaps++] = device;
	if (pages > SWAP_MAX_PAGES - total_swap_pages(sim->vm))
		return err_set(err, ERR_INPUT, "swap of more than %u pages: device %s",
			       SWAP_MAX_PAGES, dev->name);
	return swapon(sim->vm, device, pages, dev->priority, dev->rotational, dev->synchronous) ||
	       err_set(err, ERR_HOST_RES, "no host memory for swap of %llu pages",
		       (unsigned long long)pages);
}

static bool create_swaps(struct sim *sim, struct err *err)
{
	const struct machine *machine = &sim->config->machine;

	sim->swaps = calloc(machine->nr_devices + 1ull, sizeof(struct device *));
	if (!sim->swaps)
		return err_set(err, ERR_HOST_RES, "no host memory for swap devices");
	for (u32 i = 0; i < machine->nr_devices; i++) {
		const struct machine_device *dev = &machine->devices[i];

		if (machine_device_is_swap(dev) && !create_swap(sim, dev, err))
			return false;
	}
	return true;
}

static bool create_vm(struct sim *sim, struct err *err)
{
	const struct machine *machine = &sim->config->machine;

	for (u32 i = 0; i < machine->nr_devices; i++) {
		const struct machine_device *dev = &machine->devices[i];

		if (strcmp(dev->name, "disk") != 0)
			continue;
		sim->disk = device_create(sim->engine, dev->name, &dev->params);
		if (!sim->disk)
			return err_set(err, ERR_HOST_RES, "no host memory for the disk");
	}
	sim->vm = vm_create(sim->mm, sim->disk);
	if (!sim->vm)
		return err_set(err, ERR_HOST_RES, "no host memory for address spaces");
	return create_swaps(sim, err);
}

/* What the tasks of the workload lost so far, by cause. */
static void read_stalls(void *arg, u64 cause_ns[NR_STALL_CAUSES])
{
	const struct sim *sim = arg;

	for (u32 i = 0; sim->run && i < sim->workload->tasks.n; i++) {
		const struct task_stats *stats = workload_task_stats(sim->run, i);

		for (u32 c = 0; c < NR_STALL_CAUSES; c++)
			cause_ns[c] += stats->cause_ns[c];
	}
}

static bool create_recorder(struct sim *sim, struct err *err)
{
	const char *observed = sim->config->sections.record.observed;
	struct record_options options;

	config_record_options(sim->config, &options);
	if (sim->opt.observed)
		sim->observed_path = g_strdup(sim->opt.observed);
	else if (observed)
		sim->observed_path = config_file(sim->config, observed);
	if (sim->observed_path) {
		sim->observed = observed_load(sim->observed_path, err);
		if (!sim->observed)
			return false;
	}
	options.observed = sim->observed;
	options.stalls = (struct stall_source){.read = read_stalls, .arg = sim};
	sim->recorder = recorder_create(sim->mm, &options, err);
	return sim->recorder != NULL;
}

static bool start(struct sim *sim, struct err *err)
{
	const struct workload_world world = {
		.engine = sim->engine,
		.cpus = sim->cpus,
		.mm = sim->mm,
		.vm = sim->vm,
		.seed = sim->opt.seed,
	};

	if (!mm_check_start(sim->mm, sim->opt.check, 0, err))
		return false;
	if (sim->opt.ftrace) {
		ftrace_begin(&sim->ftrace, sim->mm, sim->opt.ftrace);
		sim->ftrace_on = true;
	}
	sim->kthreads = kthreads_start(sim->mm, err);
	if (!sim->kthreads)
		return false;
	sim->run = workload_start(sim->workload, &world, err);
	return sim->run != NULL;
}

bool sim_create(struct sim *sim, const struct config *config, const struct workload *workload,
		const struct sim_options *opt, struct err *err)
{
	*sim = (struct sim){.config = config, .workload = workload, .opt = *opt};
	if (create_machine(sim, err) && boot(sim, err) && create_vm(sim, err) &&
	    mm_boot_lru(sim->vm, &sim->proc, opt->seed, err) && create_recorder(sim, err) &&
	    start(sim, err))
		return true;
	sim_destroy(sim);
	return false;
}

static bool no_time_passes(const struct sim *sim, struct err *err)
{
	return err_set(err, ERR_HOST_RES,
		       "simulated time stands still at %llu ns: more than %llu events there",
		       (unsigned long long)engine_now(sim->engine), ENGINE_SAME_TIME_MAX);
}

bool sim_run(struct sim *sim, enum sim_stop *stop, struct err *err)
{
	u64 duration = sim->workload->duration_ns ? sim->workload->duration_ns : SIM_MAX_TIME;
	enum engine_stop why = engine_run(sim->engine, duration);

	if (!mm_check_result(sim->mm, err) || !workload_result(sim->run, err))
		return false;
	*stop = SIM_DONE;
	if (why == ENGINE_NO_MEMORY)
		return err_set(err, ERR_HOST_RES, "the host has no memory to go on");
	if (oom_panicked(sim->vm)) {
		*stop = SIM_PANIC;
		return true;
	}
	if (workload_over(sim->run))
		return true;
	switch (why) {
	case ENGINE_TIME_LIMIT:
		*stop = SIM_TIME_LIMIT;
		return true;
	case ENGINE_STOPPED:
		*stop = SIM_INTERRUPTED;
		return true;
	case ENGINE_NO_PROGRESS:
		return no_time_passes(sim, err);
	default:
		return err_set(err, ERR_BUG, "tasks wait for what will never happen");
	}
}

bool sim_finish_ftrace(struct sim *sim, const char *name, struct err *err)
{
	if (!sim->ftrace_on)
		return true;
	sim->ftrace_on = false;
	return ftrace_end(&sim->ftrace, name, err);
}

void sim_destroy(struct sim *sim)
{
	struct err ignored = {0};

	sim_finish_ftrace(sim, "ftrace", &ignored);
	err_clear(&ignored);
	workload_run_destroy(sim->run);
	recorder_destroy(sim->recorder);
	observed_free(sim->observed);
	g_free(sim->observed_path);
	kthreads_stop(sim->kthreads);
	vm_destroy(sim->vm);
	if (sim->mm)
		mm_check_stop(sim->mm);
	mm_destroy(sim->mm);
	cpus_destroy(sim->cpus);
	device_destroy(sim->disk);
	for (u32 i = 0; i < sim->nr_swaps; i++)
		device_destroy(sim->swaps[i]);
	free(sim->swaps);
	engine_destroy(sim->engine);
	arena_finish(&sim->arena);
	*sim = (struct sim){0};
}
