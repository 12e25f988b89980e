/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place where another program is started. gnuplot can run shell commands from a script
 * (backticks, "< command"), so scripts are ours and fixed, and whatever comes from input is an
 * argument. Wall-clock time is used here only, to end a program that hangs; no result depends on
 * it.
 */
#include "report/gnuplot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/safe_text.h"

#define OUTPUT_KEPT 2048 /* bytes of what gnuplot prints */

char *gnuplot_find(void)
{
	const char *path = getenv("PATH");
	char *copy = path ? strdup(path) : NULL, *rest = copy, *dir, *found = NULL;

	while (copy && !found && (dir = strsep(&rest, ":"))) {
		char *candidate;

		/* relative entries would change their meaning with the folder we run in */
		if (dir[0] != '/' || asprintf(&candidate, "%s/gnuplot", dir) < 0)
			continue;
		if (!access(candidate, X_OK))
			found = candidate;
		else
			free(candidate);
	}
	free(copy);
	return found;
}

#define LIMIT(resource, value) setrlimit(resource, &(struct rlimit){(value), (value)})

/* In the child: never returns. */
static void become_gnuplot(const struct gnuplot *gp, const char *dir, char *const *argv, int output)
{
	static char *const env[] = {"LC_ALL=C", "PATH=/usr/bin:/bin", "HOME=/nonexistent",
				    "GDFONTPATH=", NULL};
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
	    chdir(dir))
		_exit(126);
	closefrom(3);
	LIMIT(RLIMIT_CPU, gp->timeout_s);
	LIMIT(RLIMIT_FSIZE, 256u << 20);
	LIMIT(RLIMIT_CORE, 0);
	execve(gp->program, argv, env);
	_exit(127);
}

static u64 monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

/* Reads what the child prints until it closes its end; keeps the first bytes. False: too late. */
static bool read_output(int fd, char *kept, size_t *len, u64 deadline)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		u64 now = monotonic_ms();
		char buf[1024];
		ssize_t n;

		if (now >= deadline)
			return false;
		if (poll(&p, 1, (int)(deadline - now)) < 0 && errno != EINTR)
			return false;
		if (!p.revents)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		n = (ssize_t)min_u64((u64)n, OUTPUT_KEPT - *len);
		memcpy(kept + *len, buf, (size_t)n);
		*len += (size_t)n;
	}
}

/* Waits for the end of the child until the deadline, then ends it and its group. */
static int reap(pid_t pid, bool hung, u64 deadline)
{
	const struct timespec pause = {.tv_nsec = 2 * 1000000};
	int status = 0;
	pid_t got;

	while (!hung && (got = waitpid(pid, &status, WNOHANG)) != pid) {
		if (got < 0 && errno != EINTR)
			return -1;
		hung = monotonic_ms() >= deadline;
		nanosleep(&pause, NULL);
	}
	if (!hung)
		return status;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return -1;
}

static bool tell(const struct gnuplot *gp, const char *script, bool hung, int status,
		 const char *output, size_t len, struct err *err)
{
	char *safe;

	if (!hung && status == 0)
		return true;
	if (hung)
		return err_set(err, ERR_HOST_FILE, "gnuplot %s: not done after %d s, ended", script,
			       (int)gp->timeout_s);
	safe = safe_text_dup(output, len, OUTPUT_KEPT);
	err_set(err, ERR_HOST_FILE, "gnuplot %s failed (%s %d)%s%s", script,
		WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), len ? ": " : "",
		safe ? safe : "");
	free(safe);
	return false;
}

bool gnuplot_run(const struct gnuplot *gp, const char *dir, const char *script,
		 const char *const *args, struct err *err)
{
	char *argv[4 + GNUPLOT_MAX_ARGS + 1] = {"gnuplot", "-d", "-c", (char *)script};
	u64 deadline = monotonic_ms() + gp->timeout_s * 1000ull;
	char output[OUTPUT_KEPT];
	size_t len = 0;
	int pipe_fd[2], status;
	bool hung;
	pid_t pid;

	for (u32 i = 0; args[i]; i++) {
		assert(i < GNUPLOT_MAX_ARGS);
		argv[4 + i] = (char *)args[i];
	}
	if (pipe2(pipe_fd, O_CLOEXEC))
		return err_set(err, ERR_HOST_RES, "no pipe for gnuplot: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		become_gnuplot(gp, dir, argv, pipe_fd[1]);
	close(pipe_fd[1]);
	if (pid < 0) {
		close(pipe_fd[0]);
		return err_set(err, ERR_HOST_RES, "gnuplot cannot be started: %s", strerror(errno));
	}
	hung = !read_output(pipe_fd[0], output, &len, deadline);
	close(pipe_fd[0]);
	status = reap(pid, hung, deadline);
	return tell(gp, script, hung || status == -1, status, output, len, err);
}
