/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A results folder, whole or not at all. NAME.lock beside it is held by flock() while a run
 * writes; the lock dies with the process, the file may stay behind and does no harm. A stale
 * NAME.partial of a killed run carries a mark of ours: only then is it removed.
 */
#include "base/outdir.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK	 ".incomplete"
#define MANIFEST "manifest.json"

static bool host_error(struct err *err, const char *path, const char *what)
{
	return err_at(err, ERR_HOST_FILE, path, 0, 0, NULL, "%s: %s", what, g_strerror(errno));
}

static bool refuse(struct err *err, const char *path, const char *why)
{
	return err_at(err, ERR_HOST_FILE, path, 0, 0, NULL, "%s", why);
}

/* a and b joined in fresh memory. */
static char *join(const char *a, const char *b)
{
	char *s;

	return asprintf(&s, "%s%s", a, b) < 0 ? NULL : s;
}

static bool has_file(const char *folder, const char *name)
{
	char *path = NULL;
	struct stat st;
	bool found;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return false;
	found = !lstat(path, &st) && S_ISREG(st.st_mode);
	free(path);
	return found;
}

static bool is_empty(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	bool empty = dir && !g_dir_read_name(dir);

	if (dir)
		g_dir_close(dir);
	return empty;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* A folder and what is in it; symbolic links are removed, not followed, nor other mounts. */
static bool remove_tree(const char *path)
{
	return !nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Writes the folder's own entries to the disk. File systems that cannot say EINVAL. */
static bool sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = !fsync(fd) || errno == EINVAL;
	close(fd);
	return ok;
}

static int sync_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	return type == FTW_D && !sync_folder(path) ? -1 : 0;
}

/* "results/a//" -> "results/a"; NULL for what names no folder of its own. */
static char *clean_name(const char *name)
{
	size_t len = strlen(name);
	const char *last;

	while (len > 1 && name[len - 1] == '/')
		len--;
	if (!len || (len == 1 && (*name == '/' || *name == '.')))
		return NULL;
	last = memrchr(name, '/', len);
	last = last ? last + 1 : name;
	len -= (size_t)(last - name);
	if ((len == 1 && *last == '.') || (len == 2 && !strncmp(last, "..", 2)))
		return NULL;
	return strndup(name, (size_t)(last - name) + len);
}

/* 0 as a plain folder, 1 if it is not there, -1 refused. */
static int look_at(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st)) {
		if (errno == ENOENT)
			return 1;
		host_error(err, path, "cannot look at it");
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return 0;
	refuse(err, path,
	       S_ISLNK(st.st_mode) ? "is a symbolic link, not replaced"
				   : "is not a folder, not replaced");
	return -1;
}

/* Whether the results may go to dir->name, as things are now. */
static bool check_target(const struct outdir *dir, struct err *err)
{
	int state = look_at(dir->name, err);

	if (state < 0)
		return false;
	if (state == 1)
		return true;
	if (!dir->force)
		return refuse(err, dir->name, "exists already (--force replaces it)");
	if (!has_file(dir->name, MANIFEST) && !is_empty(dir->name))
		return refuse(err, dir->name,
			      "is no results folder (no manifest.json), not replaced");
	return true;
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !lstat(path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Takes NAME.lock. A lock file that its owner removes meanwhile is tried anew. */
static bool take_lock(struct outdir *dir, const char *path, struct err *err)
{
	for (int tries = 0; tries < 100; tries++) {
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);

		if (fd < 0)
			return host_error(err, path, "cannot create the lock file");
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			if (errno == EWOULDBLOCK)
				refuse(err, dir->name, "another run is writing these results");
			else
				host_error(err, path, "cannot lock");
			close(fd);
			return false;
		}
		if (same_file(fd, path)) {
			dir->lock_fd = fd;
			return true;
		}
		close(fd);
	}
	return refuse(err, dir->name, "other runs keep taking the lock of these results");
}

static void release_lock(struct outdir *dir)
{
	char *path = join(dir->name, ".lock");

	if (dir->lock_fd >= 0) {
		if (path)
			unlink(path);
		close(dir->lock_fd);
	}
	dir->lock_fd = -1;
	free(path);
}

/* Makes an empty, marked NAME.partial; the lock is ours. */
static bool make_partial(const struct outdir *dir, struct err *err)
{
	int state = look_at(dir->partial, err), fd;
	char *mark;

	if (state < 0)
		return false;
	/* Between the end of the mark and that of a rename only the manifest tells it is ours. */
	if (state == 0 && !has_file(dir->partial, MARK) && !has_file(dir->partial, MANIFEST) &&
	    !is_empty(dir->partial))
		return refuse(err, dir->partial, "is in the way and was not left by a run");
	if (state == 0 && !remove_tree(dir->partial))
		return host_error(err, dir->partial, "cannot remove what a killed run left");
	if (mkdir(dir->partial, 0777))
		return host_error(err, dir->partial, "cannot create the folder");
	mark = join(dir->partial, "/" MARK);
	fd = mark ? open(mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
	if (fd < 0)
		host_error(err, dir->partial, "cannot create a file in it");
	else
		close(fd);
	free(mark);
	return fd >= 0;
}

static bool make_parents(const char *name, struct err *err)
{
	const char *slash = strrchr(name, '/');
	char *parent;
	bool ok;

	if (!slash || slash == name)
		return true;
	parent = strndup(name, (size_t)(slash - name));
	ok = parent && !g_mkdir_with_parents(parent, 0777);
	if (!ok)
		host_error(err, parent ? parent : name, "cannot create the folder");
	free(parent);
	return ok;
}

bool outdir_begin(struct outdir *dir, const char *name, bool force, struct err *err)
{
	char *lock = NULL;
	bool ok = false;

	*dir = (struct outdir){.name = clean_name(name), .lock_fd = -1, .force = force};
	if (!dir->name)
		return refuse(err, name, "does not name a folder that can be created");
	lock = join(dir->name, ".lock");
	if (!lock)
		err_set(err, ERR_HOST_RES, "%s: no memory", name);
	else if (make_parents(dir->name, err) && take_lock(dir, lock, err) &&
		 check_target(dir, err)) {
		dir->partial = join(dir->name, ".partial");
		ok = dir->partial && make_partial(dir, err);
	}
	free(lock);
	if (!ok) {
		/* What could not be made ours is not ours to remove. */
		free(dir->partial);
		dir->partial = NULL;
		outdir_abort(dir);
	}
	return ok;
}

/* "a.csv" or "plots/a.gp": no empty, "." or ".." part, no third level. */
static bool is_inner_name(const char *file)
{
	unsigned int parts = 0;

	for (;;) {
		size_t n = strcspn(file, "/");

		if (!n || ++parts > 2 || (*file == '.' && (n == 1 || (n == 2 && file[1] == '.'))))
			return false;
		if (!file[n])
			return true;
		file += n + 1;
	}
}

FILE *outdir_open(struct outdir *dir, const char *file, struct err *err)
{
	const char *slash = strchr(file, '/');
	char *path = NULL;
	FILE *out = NULL;
	int fd = -1;

	assert(dir->partial && is_inner_name(file));
	if (asprintf(&path, "%s/%s", dir->partial, file) < 0) {
		err_set(err, ERR_HOST_RES, "%s: no memory", file);
		return NULL;
	}
	if (slash) {
		char *inner = path + strlen(dir->partial) + 1 + (slash - file);

		*inner = '\0';
		if (mkdir(path, 0777) && errno != EEXIST) {
			host_error(err, path, "cannot create the folder");
			free(path);
			return NULL;
		}
		*inner = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd >= 0)
		out = fdopen(fd, "w");
	if (!out) {
		host_error(err, path, "cannot create");
		if (fd >= 0)
			close(fd);
	}
	free(path);
	return out;
}

bool outdir_close(struct outdir *dir, FILE *file, const char *name, struct err *err)
{
	int error = 0;
	struct stat st = {0};

	/* stdio reports a full disk only when it hands its buffer on: each step can fail. */
	errno = 0;
	if (ferror(file) | fflush(file) || fsync(fileno(file)))
		error = errno ? errno : EIO;
	fstat(fileno(file), &st);
	if (fclose(file) && !error)
		error = errno;
	if (error)
		err_at(err, ERR_HOST_FILE, dir->partial ? dir->partial : dir->name, 0, 0, NULL,
		       "cannot write %s (%lld bytes written): %s", name, (long long)st.st_size,
		       g_strerror(error));
	return !error;
}

static bool move(const struct outdir *dir, unsigned int flags)
{
	return !renameat2(AT_FDCWD, dir->partial, AT_FDCWD, dir->name, flags);
}

/* For file systems that cannot exchange two names: the old folder steps aside first. */
static bool replace_in_steps(const struct outdir *dir)
{
	char *aside = join(dir->name, ".replaced");
	bool ok = false;

	if (aside && !rename(dir->name, aside)) {
		ok = move(dir, 0);
		if (!ok) {
			int error = errno;

			rename(aside, dir->name);
			errno = error;
		} else {
			remove_tree(aside);
		}
	}
	free(aside);
	return ok;
}

/* The moment of truth. Returns false with errno set. */
static bool put_in_place(const struct outdir *dir)
{
	bool exchanged;

	if (move(dir, RENAME_NOREPLACE))
		return true;
	if (errno == EINVAL)
		return dir->force && !access(dir->name, F_OK) ? replace_in_steps(dir)
							      : move(dir, 0);
	if (errno != EEXIST || !dir->force)
		return false;
	exchanged = move(dir, RENAME_EXCHANGE);
	if (!exchanged)
		return errno == EINVAL && replace_in_steps(dir);
	remove_tree(dir->partial);
	return true;
}

bool outdir_commit(struct outdir *dir, struct err *err)
{
	char *mark = join(dir->partial, "/" MARK), *slash;
	bool ok = mark && !unlink(mark) && !nftw(dir->partial, sync_one, 16, FTW_PHYS | FTW_MOUNT);

	free(mark);
	if (!ok)
		return host_error(err, dir->partial, "cannot write to the disk");
	/* Another program may have made the folder meanwhile. */
	if (!check_target(dir, err))
		return false;
	if (!put_in_place(dir))
		return host_error(err, dir->name, "cannot rename the finished results");
	free(dir->partial);
	dir->partial = NULL;
	release_lock(dir);
	slash = strrchr(dir->name, '/');
	if (!slash)
		return sync_folder(".") || host_error(err, ".", "cannot write to the disk");
	*slash = '\0';
	ok = sync_folder(slash == dir->name ? "/" : dir->name);
	*slash = '/';
	return ok || host_error(err, dir->name, "cannot write its folder to the disk");
}

void outdir_abort(struct outdir *dir)
{
	if (dir->partial)
		remove_tree(dir->partial);
	if (dir->name)
		release_lock(dir);
	free(dir->partial);
	free(dir->name);
	*dir = (struct outdir){.lock_fd = -1};
}
