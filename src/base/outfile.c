/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One output file, whole or not at all. Only a regular file is ever replaced: whoever says
 * `-o /dev/null` as root keeps the device, and a symbolic link is followed to the file it names.
 */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outdir.h"

#define TEMP_TRIES 100

static bool failed(struct err *err, const char *path, const char *what)
{
	return err_at(err, ERR_HOST_FILE, path, 0, 0, NULL, "%s: %s", what, g_strerror(errno));
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

/* The finished file gets its name; unless one is replaced the name must still be free. */
static bool put_in_place(const struct outfile *out)
{
	if (out->replace)
		return !rename(out->temp, out->target);
	if (!renameat2(AT_FDCWD, out->temp, AT_FDCWD, out->target, RENAME_NOREPLACE))
		return true;
	if (errno != EINVAL)
		return false;
	/* The file system cannot: a hard link refuses an existing name too. */
	return !link(out->temp, out->target) && !unlink(out->temp);
}

/* Takes over fd, or -1 with errno. */
static bool use_fd(struct outfile *out, int fd, const char *problem, struct err *err)
{
	bool ok;

	out->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	ok = out->file || failed(err, out->name, problem);
	if (!ok && fd >= 0)
		close(fd);
	return ok;
}

static bool open_regular(struct outfile *out, struct err *err)
{
	return use_fd(out, open_temp(out->target, &out->temp), "cannot create a file beside it",
		      err);
}

/* An existing path: a regular file to replace, or something to write into. */
static bool open_existing(struct outfile *out, const struct stat *st, bool force, struct err *err)
{
	if (S_ISDIR(st->st_mode))
		return err_at(err, ERR_HOST_FILE, out->name, 0, 0, NULL, "is a folder");
	if (!S_ISREG(st->st_mode))
		return use_fd(out, open(out->name, O_WRONLY | O_CLOEXEC | O_NOCTTY), "cannot open",
			      err);
	if (!force)
		return err_at(err, ERR_HOST_FILE, out->name, 0, 0, NULL,
			      "exists already (--force replaces it)");
	out->replace = true;
	out->mode = st->st_mode & 0777;
	out->target = realpath(out->name, NULL);
	return out->target ? open_regular(out, err) : failed(err, out->name, "cannot look at it");
}

static bool open_path(struct outfile *out, bool force, struct err *err)
{
	struct stat st;

	if (!strcmp(out->name, "-")) {
		fflush(stdout);
		return use_fd(out, fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), "cannot open", err);
	}
	if (!stat(out->name, &st))
		return open_existing(out, &st, force, err);
	/* A link to nowhere says ENOENT too: creating what it names would surprise. */
	if (errno != ENOENT || !lstat(out->name, &st))
		return failed(err, out->name, "cannot look at it");
	out->target = strdup(out->name);
	return out->target ? open_regular(out, err) : failed(err, out->name, "cannot create");
}

bool outfile_begin(struct outfile *out, const char *path, bool force, struct err *err)
{
	*out = (struct outfile){.name = strdup(path)};
	if (!out->name)
		return err_set(err, ERR_HOST_RES, "%s: no memory", path);
	if (open_path(out, force, err))
		return true;
	outfile_abort(out);
	return false;
}

/* Everything to the disk; the stream is closed in any case. */
static bool finish_stream(struct outfile *out, struct err *err)
{
	struct stat st = {0};
	int error = 0;

	/* stdio reports a full disk only when it hands its buffer on: each step can fail. */
	errno = 0;
	if (ferror(out->file) | fflush(out->file))
		error = errno ? errno : EIO;
	if (!error && out->temp &&
	    ((out->replace && fchmod(fileno(out->file), out->mode)) || fsync(fileno(out->file))))
		error = errno;
	fstat(fileno(out->file), &st);
	if (fclose(out->file) && !error)
		error = errno;
	out->file = NULL;
	if (!error)
		return true;
	if (!out->temp)
		return err_at(err, ERR_HOST_FILE, out->name, 0, 0, NULL, "cannot write: %s",
			      g_strerror(error));
	return err_at(err, ERR_HOST_FILE, out->name, 0, 0, NULL,
		      "cannot write (%lld bytes written): %s", (long long)st.st_size,
		      g_strerror(error));
}

bool outfile_commit(struct outfile *out, struct err *err)
{
	if (!finish_stream(out, err))
		return false;
	if (!out->temp)
		return true;
	if (!put_in_place(out))
		return failed(err, out->name, "cannot rename the finished file");
	free(out->temp);
	out->temp = NULL;
	return sync_parent(out->target) ||
	       failed(err, out->name, "cannot write its folder to the disk");
}

void outfile_abort(struct outfile *out)
{
	if (out->file)
		fclose(out->file);
	if (out->temp)
		unlink(out->temp);
	free(out->name);
	free(out->target);
	free(out->temp);
	*out = (struct outfile){0};
}

bool file_write_whole(const char *path, const void *data, size_t len, bool force, struct err *err)
{
	struct outfile out;
	bool ok;

	if (!outfile_begin(&out, path, force, err))
		return false;
	fwrite(data, 1, len, out.file); /* a failure shows at the commit */
	ok = outfile_commit(&out, err);
	outfile_abort(&out);
	return ok;
}
