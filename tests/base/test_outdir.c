/* SPDX-License-Identifier: GPL-2.0-only */
/* Results folders: whole or not at all, under existing names, full disks, two runs and kills. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/outdir.h"
#include "folder.h"

struct place {
	char *root, *name, *partial, *lock;
};

static struct place place_new(void)
{
	struct place p = {.root = folder_new()};

	p.name = g_build_filename(p.root, "run", NULL);
	p.partial = g_strconcat(p.name, ".partial", NULL);
	p.lock = g_strconcat(p.name, ".lock", NULL);
	return p;
}

static void place_free(struct place *p)
{
	folder_remove(p->root);
	g_free(p->name);
	g_free(p->partial);
	g_free(p->lock);
}

static bool exists(const char *path)
{
	return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static void must(bool ok, struct err *err)
{
	if (!ok)
		g_error("%s", err_text(err));
}

static void write_one(struct outdir *dir, const char *name, const char *text)
{
	struct err err = {0};
	FILE *file = outdir_open(dir, name, &err);

	must(file, &err);
	fputs(text, file);
	must(outdir_close(dir, file, name, &err), &err);
}

/* A whole run whose manifest holds text. */
static void full_run(const char *name, bool force, const char *text)
{
	struct err err = {0};
	struct outdir dir;

	must(outdir_begin(&dir, name, force, &err), &err);
	write_one(&dir, "manifest.json", text);
	write_one(&dir, "plots/a.gp", "plot");
	must(outdir_commit(&dir, &err), &err);
	outdir_abort(&dir);
	outdir_abort(&dir);
}

static void manifest_holds(const struct place *p, const char *text)
{
	char *path = g_build_filename(p->name, "manifest.json", NULL);

	file_holds(path, text);
	g_free(path);
}

static void refused(const char *name, bool force, const char *words)
{
	struct err err = {0};
	struct outdir dir;

	g_assert_false(outdir_begin(&dir, name, force, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	if (!strstr(err.text, words))
		g_error("got \"%s\", expected \"%s\"", err.text, words);
	err_clear(&err);
	outdir_abort(&dir);
}

static void test_whole(void)
{
	struct place p = place_new();
	struct err err = {0};
	struct outdir dir;
	char *slashes = g_strconcat(p.name, "//", NULL);

	must(outdir_begin(&dir, slashes, false, &err), &err);
	g_assert_cmpstr(dir.name, ==, p.name);
	write_one(&dir, "manifest.json", "m");
	write_one(&dir, "plots/a.gp", "x");
	write_one(&dir, "plots/b.gp", "y");
	g_assert_false(exists(p.name));
	must(outdir_commit(&dir, &err), &err);
	outdir_abort(&dir);
	manifest_holds(&p, "m");
	/* Nothing of ours is left beside or inside. */
	g_assert_cmpuint(folder_count(p.root), ==, 1);
	g_assert_cmpuint(folder_count(p.name), ==, 2);
	g_free(slashes);
	place_free(&p);
}

static void test_abort(void)
{
	struct place p = place_new();
	struct err err = {0};
	struct outdir dir;

	must(outdir_begin(&dir, p.name, false, &err), &err);
	write_one(&dir, "plots/a.gp", "x");
	outdir_abort(&dir);
	g_assert_cmpuint(folder_count(p.root), ==, 0);
	dir = (struct outdir){0};
	outdir_abort(&dir);
	g_assert_cmpint(fcntl(STDIN_FILENO, F_GETFD), >=, 0);
	place_free(&p);
}

static void test_existing(void)
{
	struct place p = place_new();
	char *other = g_build_filename(p.name, "thesis.tex", NULL);

	full_run(p.name, false, "old");
	refused(p.name, false, "exists already");
	manifest_holds(&p, "old");
	full_run(p.name, true, "new");
	manifest_holds(&p, "new");
	g_assert_cmpuint(folder_count(p.root), ==, 1);
	/* A folder of something else is never replaced. */
	folder_remove(g_strdup(p.name));
	g_assert_cmpint(g_mkdir(p.name, 0777), ==, 0);
	g_assert_true(g_file_set_contents(other, "years of work", -1, NULL));
	refused(p.name, true, "is no results folder");
	file_holds(other, "years of work");
	g_assert_cmpuint(folder_count(p.root), ==, 1);
	/* An empty one is. */
	g_unlink(other);
	refused(p.name, false, "exists already");
	full_run(p.name, true, "third");
	manifest_holds(&p, "third");
	g_free(other);
	place_free(&p);
}

/* Until the commit the old results stay, whatever happens. */
static void test_force_keeps_old(void)
{
	struct place p = place_new();
	struct err err = {0};
	struct outdir dir;

	full_run(p.name, false, "old");
	must(outdir_begin(&dir, p.name, true, &err), &err);
	write_one(&dir, "manifest.json", "new");
	manifest_holds(&p, "old");
	outdir_abort(&dir);
	manifest_holds(&p, "old");
	/* And one that appears meanwhile is kept without force. */
	folder_remove(g_strdup(p.name));
	must(outdir_begin(&dir, p.name, false, &err), &err);
	write_one(&dir, "manifest.json", "new");
	g_assert_cmpint(g_mkdir(p.name, 0777), ==, 0);
	g_assert_false(outdir_commit(&dir, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	err_clear(&err);
	outdir_abort(&dir);
	g_assert_cmpuint(folder_count(p.name), ==, 0);
	g_assert_cmpuint(folder_count(p.root), ==, 1);
	place_free(&p);
}

static void test_not_a_folder(void)
{
	struct place p = place_new();
	char *real = g_build_filename(p.root, "real", NULL);

	g_assert_true(g_file_set_contents(p.name, "file", -1, NULL));
	refused(p.name, true, "is not a folder");
	file_holds(p.name, "file");
	g_unlink(p.name);
	full_run(real, false, "behind the link");
	g_assert_cmpint(symlink(real, p.name), ==, 0);
	refused(p.name, true, "is a symbolic link");
	manifest_holds(&p, "behind the link");
	g_unlink(p.name);
	g_assert_cmpint(mkfifo(p.name, 0666), ==, 0);
	refused(p.name, true, "is not a folder");
	refused("/dev/null", true, "is not a folder");
	refused("", false, "does not name");
	refused("/", true, "does not name");
	refused(".", true, "does not name");
	refused("..", true, "does not name");
	refused("a/..", true, "does not name");
	refused("./", true, "does not name");
	g_free(real);
	place_free(&p);
}

static void test_parents(void)
{
	struct place p = place_new();
	char *deep = g_build_filename(p.root, "a", "b", "c", NULL);
	char *below = g_build_filename(p.root, "f", "x", NULL), *file;

	full_run(deep, false, "m");
	file = g_build_filename(p.root, "f", NULL);
	g_assert_true(g_file_set_contents(file, "", 0, NULL));
	refused(below, false, "cannot create the folder");
	g_free(deep);
	g_free(below);
	g_free(file);
	place_free(&p);
}

static void test_two_runs(void)
{
	struct place p = place_new();
	struct err err = {0};
	struct outdir dir;

	must(outdir_begin(&dir, p.name, false, &err), &err);
	write_one(&dir, "manifest.json", "first");
	refused(p.name, false, "another run is writing");
	refused(p.name, true, "another run is writing");
	must(outdir_commit(&dir, &err), &err);
	outdir_abort(&dir);
	manifest_holds(&p, "first");
	full_run(p.name, true, "second");
	manifest_holds(&p, "second");
	place_free(&p);
}

/* A run that is killed leaves a partial folder and a lock; the next one takes both over. */
static void test_killed(void)
{
	struct place p = place_new();
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct err err = {0};
		struct outdir dir;

		if (outdir_begin(&dir, p.name, false, &err)) {
			FILE *file = outdir_open(&dir, "plots/half", &err);

			if (file && fputs("half", file) > 0)
				raise(SIGKILL);
		}
		_exit(1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFSIGNALED(status));
	g_assert_false(exists(p.name));
	g_assert_true(exists(p.partial));
	g_assert_true(exists(p.lock));
	full_run(p.name, false, "m");
	g_assert_cmpuint(folder_count(p.root), ==, 1);
	g_assert_cmpuint(folder_count(p.name), ==, 2);
	place_free(&p);
}

/* NAME.partial that no run has left is somebody's. */
static void test_foreign_partial(void)
{
	struct place p = place_new();
	char *file = g_build_filename(p.partial, "mine", NULL);
	char *target = g_build_filename(p.root, "target", NULL);

	g_assert_cmpint(g_mkdir(p.partial, 0777), ==, 0);
	g_assert_true(g_file_set_contents(file, "x", 1, NULL));
	refused(p.name, true, "was not left by a run");
	file_holds(file, "x");
	g_unlink(file);
	g_rmdir(p.partial);
	g_assert_cmpint(symlink(p.root, p.partial), ==, 0);
	refused(p.name, true, "is a symbolic link");
	g_unlink(p.partial);
	/* Nor is a lock written through a link. */
	g_assert_cmpint(symlink(target, p.lock), ==, 0);
	refused(p.name, true, "cannot create the lock file");
	g_assert_false(exists(target));
	g_free(file);
	g_free(target);
	place_free(&p);
}

/* Runs writer in a child that may write files of at most 10000 bytes. */
static void in_full_disk(const struct place *p, void (*writer)(const struct place *))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct rlimit limit = {10000, 10000};

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		writer(p);
		_exit(42);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 42);
}

#define CHILD_MUST(cond)                                                                           \
	do {                                                                                       \
		if (!(cond))                                                                       \
			_exit(__LINE__ % 40 + 1);                                                  \
	} while (0)

static void write_too_much(const struct place *p, size_t bytes)
{
	struct err err = {0};
	struct outdir dir;
	FILE *file;

	CHILD_MUST(outdir_begin(&dir, p->name, true, &err));
	file = outdir_open(&dir, "manifest.json", &err);
	CHILD_MUST(file);
	for (size_t i = 0; i < bytes; i++)
		fputc('x', file);
	CHILD_MUST(!outdir_close(&dir, file, "manifest.json", &err));
	CHILD_MUST(err.kind == ERR_HOST_FILE);
	CHILD_MUST(strstr(err.text, "manifest.json (10000 bytes written): "));
	outdir_abort(&dir);
}

/* The failure comes early, from a full buffer, or only with the last flush. */
static void write_much(const struct place *p)
{
	write_too_much(p, 100000);
}

static void write_little_too_much(const struct place *p)
{
	write_too_much(p, 10001);
}

static void test_full_disk(void)
{
	struct place p = place_new();

	full_run(p.name, false, "old");
	in_full_disk(&p, write_much);
	in_full_disk(&p, write_little_too_much);
	manifest_holds(&p, "old");
	g_assert_cmpuint(folder_count(p.root), ==, 1);
	place_free(&p);
}

/* Closing reports what stdio swallowed, on a device that is always full. */
static void test_dev_full(void)
{
	struct outdir dir = {.name = (char *)"results", .partial = (char *)"results.partial"};
	struct err err = {0};
	FILE *file = fopen("/dev/full", "w");

	if (!file) {
		g_test_skip("no /dev/full");
		return;
	}
	g_assert_cmpint(fputs("lost", file), >, 0);
	g_assert_false(outdir_close(&dir, file, "f", &err));
	g_assert_cmpstr(
	    err.text, ==,
	    "results.partial: cannot write f (0 bytes written): No space left on device");
	err_clear(&err);
}

static void test_bad_inner_name(void)
{
	if (g_test_subprocess()) {
		struct outdir dir = {.name = (char *)"/tmp/x", .partial = (char *)"/tmp/x.partial"};
		struct err err = {0};

		outdir_open(&dir, "../../etc/passwd", &err);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_failed();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/outdir/whole", test_whole);
	g_test_add_func("/outdir/abort", test_abort);
	g_test_add_func("/outdir/existing", test_existing);
	g_test_add_func("/outdir/force-keeps-old", test_force_keeps_old);
	g_test_add_func("/outdir/not-a-folder", test_not_a_folder);
	g_test_add_func("/outdir/parents", test_parents);
	g_test_add_func("/outdir/two-runs", test_two_runs);
	g_test_add_func("/outdir/killed", test_killed);
	g_test_add_func("/outdir/foreign-partial", test_foreign_partial);
	g_test_add_func("/outdir/full-disk", test_full_disk);
	g_test_add_func("/outdir/dev-full", test_dev_full);
	g_test_add_func("/outdir/bad-inner-name", test_bad_inner_name);
	return g_test_run();
}
