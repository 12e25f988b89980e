/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals and the status line. The flags below are the only mutable globals of the program: a
 * signal handler can reach nothing else.
 */
#include "cli/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/units.h"
#include "cli/cli.h"

#define PERIOD_US 100000

static volatile int wake; /* the run is to return: a stop or a line is due */
static volatile sig_atomic_t stop_signal;
static volatile u64 stop_ns; /* host time of the first; only the handler uses it */

static struct {
	bool on_terminal, shown;
	u64 start_ns; /* host time */
} line;

const volatile int *const progress_interrupt = &wake;

static void on_timer(int sig)
{
	(void)sig;
	wake = 1;
}

static u64 host_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

/* timeout(1) sends the same signal to the process and to its group: that is one request. */
#define SAME_REQUEST_NS (250 * NSEC_PER_MSEC)

static void on_stop(int sig)
{
	u64 now = host_ns();

	if (stop_signal && !(sig == stop_signal && now - stop_ns < SAME_REQUEST_NS))
		_exit(128 + sig);
	if (!stop_signal)
		stop_ns = now;
	stop_signal = sig;
	wake = 1;
}

static void catch_signal(int sig, void (*fn)(int))
{
	struct sigaction action = {.sa_handler = fn, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

static void set_timer(long us)
{
	struct itimerval timer = {.it_interval.tv_usec = us, .it_value.tv_usec = us};

	setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_start(void)
{
	line.on_terminal = cli_is_terminal(stderr);
	line.start_ns = host_ns();
	catch_signal(SIGINT, on_stop);
	catch_signal(SIGTERM, on_stop);
	if (line.on_terminal) {
		catch_signal(SIGALRM, on_timer);
		set_timer(PERIOD_US);
	}
}

void progress_stop(void)
{
	/* Once asked to stop, a second signal ends the process while results are written. */
	if (!stop_signal) {
		catch_signal(SIGINT, SIG_DFL);
		catch_signal(SIGTERM, SIG_DFL);
	}
	if (!line.on_terminal)
		return;
	set_timer(0);
	if (line.shown)
		fputs("\r\033[K", stderr);
	line.shown = false;
}

int progress_signal(void)
{
	return stop_signal;
}

/* Events of the trace replayed so far, and in all (0: not known). */
static void trace_progress(const struct sim *sim, u64 *done, u64 *total)
{
	struct replay *replay = workload_replay(sim->run);
	struct replay_stats stats;
	struct err err = {0};

	*done = *total = 0;
	if (replay && replay_result(replay, &stats, &err)) {
		*done = stats.events;
		*total = trace_reader_header(replay_trace(replay))->events;
	}
	err_clear(&err);
}

static double share(u64 done, u64 total)
{
	return total ? (double)done / (double)total : 0;
}

void progress_print(const struct sim *sim)
{
	u64 host = max_u64(1, host_ns() - line.start_ns), events, all_events;
	char now[32], end[32], eta[32];
	struct workload_progress p;
	double done;

	wake = stop_signal != 0;
	if (!line.on_terminal)
		return;
	workload_progress(sim->run, &p);
	trace_progress(sim, &events, &all_events);
	done = MAX(share(p.now_ns, p.duration_ns), share(events, all_events));
	fprintf(stderr, "\r\033[Ksimulated %s", format_time(p.now_ns, now, sizeof(now)));
	if (p.duration_ns)
		fprintf(stderr, " of %s", format_time(p.duration_ns, end, sizeof(end)));
	fprintf(stderr, " | %.2f M events/s",
		(double)(engine_events(sim->engine) + p.operations + events) * 1e3 / (double)host);
	if (done > 0)
		fprintf(stderr, " | ETA %s",
			format_time((u64)((double)host * (1 / done - 1)), eta, sizeof(eta)));
	fflush(stderr);
	line.shown = true;
}

bool progress_run(struct sim *sim, enum sim_stop *stop, struct err *err)
{
	bool ok;

	progress_start();
	do {
		ok = sim_run(sim, stop, err);
		if (ok && *stop == SIM_INTERRUPTED)
			progress_print(sim);
	} while (ok && *stop == SIM_INTERRUPTED && !progress_signal());
	progress_stop();
	return ok;
}
