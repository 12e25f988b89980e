/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One output file, whole or not at all. Only a regular file is ever replaced: whoever says
 * `-o /dev/null` as root keeps the device, and a symbolic link is followed to the file it names.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outdir.h"

#define TEMP_TRIES 100

static bool failed(struct err *err, const char *path, const char *what, size_t done)
{
	int error = errno;

	if (done)
		return err_at(err, ERR_HOST_FILE, path, 0, 0, NULL, "%s (%zu bytes written): %s",
			      what, done, g_strerror(error));
	return err_at(err, ERR_HOST_FILE, path, 0, 0, NULL, "%s: %s", what, g_strerror(error));
}

/* Writes all of data; *done counts what was taken. */
static bool write_all(int fd, const void *data, size_t len, size_t *done)
{
	for (*done = 0; *done < len;) {
		ssize_t n = write(fd, (const char *)data + *done, len - *done);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			*done += (size_t)n;
	}
	return true;
}

/* Devices, fifos and standard output: nothing to replace. */
static bool write_direct(int fd, const char *path, const void *data, size_t len, struct err *err)
{
	size_t done;

	return write_all(fd, data, len, &done) || failed(err, path, "cannot write", done);
}

static bool write_device(const char *path, const void *data, size_t len, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	bool ok;

	if (fd < 0)
		return failed(err, path, "cannot open", 0);
	ok = write_direct(fd, path, data, len, err);
	if (close(fd) && ok)
		ok = failed(err, path, "cannot close", 0);
	return ok;
}

/* A new file beside target; *temp is its name in fresh memory. -1: errno. */
static int open_temp(const char *target, char **temp)
{
	const char *slash = strrchr(target, '/');
	int folder = slash ? (int)(slash + 1 - target) : 0, fd = -1;

	for (int i = 0; i < TEMP_TRIES; i++) {
		if (asprintf(temp, "%.*s.%s.%d-%d.tmp", folder, target, target + folder,
			     (int)getpid(), i) < 0) {
			*temp = NULL;
			return -1;
		}
		fd = open(*temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd >= 0)
			return fd;
		free(*temp);
		*temp = NULL;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static bool sync_parent(const char *target)
{
	const char *slash = strrchr(target, '/');
	char *folder = slash ? strndup(target, (size_t)(slash + 1 - target)) : strdup(".");
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok = fd >= 0 && (!fsync(fd) || errno == EINVAL);

	if (fd >= 0)
		close(fd);
	free(folder);
	return ok;
}

/* old is the file to be replaced, NULL for a new one, whose name must still be free. */
static bool put_in_place(const char *temp, const char *target, const struct stat *old)
{
	if (old)
		return !rename(temp, target);
	if (!renameat2(AT_FDCWD, temp, AT_FDCWD, target, RENAME_NOREPLACE))
		return true;
	if (errno != EINVAL)
		return false;
	/* The file system cannot: a hard link refuses an existing name too. */
	return !link(temp, target) && !unlink(temp);
}

static bool write_regular(const char *target, const struct stat *old, const void *data, size_t len,
			  struct err *err)
{
	char *temp = NULL;
	int fd = open_temp(target, &temp);
	size_t done;
	bool ok;

	if (fd < 0)
		return failed(err, target, "cannot create a file beside it", 0);
	ok = write_all(fd, data, len, &done) && !(old && fchmod(fd, old->st_mode & 0777)) &&
	     !fsync(fd);
	if (!ok)
		failed(err, target, "cannot write", done);
	if (close(fd) && ok)
		ok = failed(err, target, "cannot write", done);
	if (ok && !put_in_place(temp, target, old))
		ok = failed(err, target, "cannot rename the finished file", 0);
	if (!ok)
		unlink(temp);
	else if (!sync_parent(target))
		ok = failed(err, target, "cannot write its folder to the disk", 0);
	free(temp);
	return ok;
}

bool file_write_whole(const char *path, const void *data, size_t len, bool force, struct err *err)
{
	struct stat st;
	char *target;
	bool ok;

	if (!strcmp(path, "-"))
		return write_direct(STDOUT_FILENO, "<stdout>", data, len, err);
	if (stat(path, &st)) {
		/* A link to nowhere says ENOENT too: creating what it names would surprise. */
		if (errno != ENOENT || !lstat(path, &st))
			return failed(err, path, "cannot look at it", 0);
		return write_regular(path, NULL, data, len, err);
	}
	if (S_ISDIR(st.st_mode))
		return err_at(err, ERR_HOST_FILE, path, 0, 0, NULL, "is a folder");
	if (!S_ISREG(st.st_mode))
		return write_device(path, data, len, err);
	if (!force)
		return err_at(err, ERR_HOST_FILE, path, 0, 0, NULL,
			      "exists already (--force replaces it)");
	target = realpath(path, NULL);
	if (!target)
		return failed(err, path, "cannot look at it", 0);
	ok = write_regular(target, &st, data, len, err);
	free(target);
	return ok;
}
