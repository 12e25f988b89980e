/* SPDX-License-Identifier: GPL-2.0-only */
/* One file, whole or not at all; devices, fifos and links are left what they are. */
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

static void must_write(const char *path, const char *text, bool force)
{
	struct err err = {0};

	if (!file_write_whole(path, text, strlen(text), force, &err))
		g_error("%s", err_text(&err));
}

static void refused(const char *path, bool force, const char *words)
{
	struct err err = {0};

	g_assert_false(file_write_whole(path, "new", 3, force, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	g_assert_cmpuint(err.count, ==, 1);
	if (!strstr(err.text, words))
		g_error("got \"%s\", expected \"%s\"", err.text, words);
	err_clear(&err);
}

static void test_regular(void)
{
	char *root = folder_new(), *path = g_build_filename(root, "f", NULL);
	char *nowhere = g_build_filename(root, "no", "f", NULL);
	struct stat st;

	must_write(path, "one", false);
	file_holds(path, "one");
	refused(path, false, "exists already");
	file_holds(path, "one");
	g_assert_cmpint(g_chmod(path, 0640), ==, 0);
	must_write(path, "", true);
	file_holds(path, "");
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0640);
	g_assert_cmpuint(folder_count(root), ==, 1);
	refused(root, true, "is a folder");
	refused(nowhere, true, "cannot create");
	refused("", true, "cannot");
	g_free(path);
	g_free(nowhere);
	folder_remove(root);
}

static void test_link(void)
{
	char *root = folder_new(), *path = g_build_filename(root, "link", NULL);
	char *target = g_build_filename(root, "target", NULL);

	g_assert_cmpint(symlink("target", path), ==, 0);
	refused(path, true, "cannot look at it");
	g_assert_cmpuint(folder_count(root), ==, 1);
	must_write(target, "old", false);
	refused(path, false, "exists already");
	must_write(path, "new", true);
	file_holds(target, "new");
	g_assert_true(g_file_test(path, G_FILE_TEST_IS_SYMLINK));
	g_assert_cmpuint(folder_count(root), ==, 2);
	g_free(path);
	g_free(target);
	folder_remove(root);
}

static void test_device(void)
{
	struct stat before, after;

	g_assert_cmpint(stat("/dev/null", &before), ==, 0);
	must_write("/dev/null", "x", false);
	must_write("/dev/null", "x", true);
	g_assert_cmpint(stat("/dev/null", &after), ==, 0);
	g_assert_true(S_ISCHR(after.st_mode));
	g_assert_cmpuint(after.st_ino, ==, before.st_ino);
	if (g_file_test("/dev/full", G_FILE_TEST_EXISTS))
		refused("/dev/full", true, "No space left on device");
}

static void test_fifo(void)
{
	char *root = folder_new(), *path = g_build_filename(root, "p", NULL), buf[8] = "";
	struct stat st;
	int fd;

	g_assert_cmpint(mkfifo(path, 0666), ==, 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	must_write(path, "hello", false);
	g_assert_cmpint(read(fd, buf, sizeof(buf)), ==, 5);
	g_assert_cmpstr(buf, ==, "hello");
	g_assert_cmpint(lstat(path, &st), ==, 0);
	g_assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	g_free(path);
	folder_remove(root);
}

static void test_stdout(void)
{
	int fds[2], saved = dup(STDOUT_FILENO);
	char buf[8] = "";

	g_assert_cmpint(pipe(fds), ==, 0);
	fflush(stdout);
	dup2(fds[1], STDOUT_FILENO);
	must_write("-", "out", false);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fds[1]);
	g_assert_cmpint(read(fds[0], buf, sizeof(buf)), ==, 3);
	g_assert_cmpstr(buf, ==, "out");
	close(fds[0]);
	g_assert_false(g_file_test("-", G_FILE_TEST_EXISTS));
}

/* A full disk leaves the old file and no other. */
static void test_full_disk(void)
{
	char *root = folder_new(), *path = g_build_filename(root, "f", NULL);
	char *data = g_strnfill(10001, 'x');
	int status;
	pid_t pid;

	must_write(path, "old", false);
	pid = fork();
	if (!pid) {
		struct rlimit limit = {10000, 10000};
		struct err err = {0};

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		if (!file_write_whole(path, data, 10001, true, &err) && err.kind == ERR_HOST_FILE &&
		    strstr(err.text, "(10000 bytes written)") &&
		    file_write_whole(path, data, 10000, true, &err) == true)
			_exit(42);
		_exit(1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	g_assert_cmpuint(folder_count(root), ==, 1);
	data[10000] = '\0';
	file_holds(path, data);
	g_free(data);
	g_free(path);
	folder_remove(root);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/file-write/regular", test_regular);
	g_test_add_func("/file-write/link", test_link);
	g_test_add_func("/file-write/device", test_device);
	g_test_add_func("/file-write/fifo", test_fifo);
	g_test_add_func("/file-write/stdout", test_stdout);
	g_test_add_func("/file-write/full-disk", test_full_disk);
	return g_test_run();
}
