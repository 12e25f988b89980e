/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text and zstd files, read forward once. Memory is two fixed buffers and, for zstd, a window that
 * the decoder is told to refuse beyond 128 MiB (`zstd --ultra -22` uses as much). Frames may follow
 * each other, skippable frames are passed over; a file that ends inside a frame, or a frame that
 * needs a dictionary, is refused.
 */
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define IN_BYTES	  (128u << 10)
#define OUT_BYTES	  (2u * STREAM_LINE_MAX)
#define WINDOW_LOG_MAX	  27
#define MAX_BYTES_DEFAULT (64ull << 30)
#define RATIO_FROM	  (16ull << 20)
#define RATIO_MAX	  1000u

struct stream {
	char *name;
	int fd; /* -1: from memory */
	u64 total;
	/* Raw input: [in_at, in_len) of in is not yet used. From memory, in is the caller's. */
	const u8 *in;
	u8 *in_buf;
	size_t in_at, in_len;
	u64 in_before; /* bytes of input in earlier fillings of the buffer */
	bool in_end;
	/* Decoded text: [out_at, out_len) of out is not yet handed over; one byte is spare. */
	char out[OUT_BYTES + 1];
	size_t out_at, out_len;
	u64 out_total;
	ZSTD_DCtx *zstd; /* NULL: plain text */
	bool in_frame;
	u64 max_bytes;
	u64 line;
	struct err failed; /* once wrong, always wrong */
};

/* Reports what went wrong, now and at every later call. */
static bool fail(struct stream *s, struct err *err)
{
	return err_set(err, s->failed.kind, "%s", err_text(&s->failed));
}

static u64 input_used(const struct stream *s)
{
	return s->in_before + s->in_at;
}

/* Makes unused input available unless the input is at its end. False: failed. */
static bool fill_input(struct stream *s)
{
	ssize_t got;

	if (s->in_at < s->in_len || s->in_end)
		return true;
	if (s->fd < 0) {
		s->in_end = true;
		return true;
	}
	s->in_before += s->in_len;
	s->in_at = s->in_len = 0;
	do {
		got = read(s->fd, s->in_buf, IN_BYTES);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_at(&s->failed, ERR_HOST_FILE, s->name, 0, 0, NULL,
			      "cannot read at byte %llu: %s", (unsigned long long)s->in_before,
			      g_strerror(errno));
	s->in_len = (size_t)got;
	s->in_end = got == 0;
	return true;
}

/* Is it worth going on after n more bytes came out of the decoder? */
static bool check_bomb(struct stream *s, size_t n)
{
	u64 in = input_used(s);

	s->out_total += n;
	if (s->out_total > s->max_bytes)
		return err_at(&s->failed, ERR_HOST_RES, s->name, 0, 0, NULL,
			      "decompresses to more than the limit of %llu bytes",
			      (unsigned long long)s->max_bytes);
	if (s->out_total > RATIO_FROM && s->out_total / RATIO_MAX > in)
		return err_at(&s->failed, ERR_INPUT, s->name, 0, 0, NULL,
			      "%llu bytes decompress to more than %u times as many: refused",
			      (unsigned long long)in, RATIO_MAX);
	return true;
}

static bool bad_zstd(struct stream *s, const char *why)
{
	return err_at(&s->failed, ERR_INPUT, s->name, 0, 0, NULL,
		      "corrupt or unsupported zstd data near byte %llu: %s",
		      (unsigned long long)input_used(s), why);
}

/* Decodes up to n bytes into buf. *got 0: end. False: failed. */
static bool decode(struct stream *s, char *buf, size_t n, size_t *got)
{
	ZSTD_outBuffer out = {.dst = buf, .size = n};

	while (!out.pos) {
		ZSTD_inBuffer in;
		size_t hint;

		if (!fill_input(s))
			return false;
		if (s->in_end && !s->in_frame)
			break;
		/* At the end a call without input still gets what the decoder holds back. */
		in = (ZSTD_inBuffer){.src = s->in, .size = s->in_len, .pos = s->in_at};
		hint = ZSTD_decompressStream(s->zstd, &out, &in);
		s->in_at = in.pos;
		if (ZSTD_isError(hint))
			return bad_zstd(s, ZSTD_getErrorName(hint));
		s->in_frame = hint != 0;
		if (s->in_end && s->in_frame && !out.pos)
			return bad_zstd(s, "the file ends inside a frame");
	}
	*got = out.pos;
	return check_bomb(s, out.pos);
}

static bool produce(struct stream *s, char *buf, size_t n, size_t *got)
{
	if (s->failed.count)
		return false;
	if (s->zstd)
		return decode(s, buf, n, got);
	if (!fill_input(s))
		return false;
	*got = s->in_len - s->in_at < n ? s->in_len - s->in_at : n;
	if (*got)
		memcpy(buf, s->in + s->in_at, *got);
	s->in_at += *got;
	return true;
}

/* zstd frames begin with one magic, skippable ones with sixteen others. */
static bool is_zstd(const u8 *in, size_t len)
{
	u32 magic;

	if (len < 4)
		return false;
	magic = (u32)in[0] | (u32)in[1] << 8 | (u32)in[2] << 16 | (u32)in[3] << 24;
	return magic == ZSTD_MAGICNUMBER ||
	       (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

static bool no_memory(struct stream *s)
{
	return err_at(&s->failed, ERR_HOST_RES, s->name ? s->name : "stream", 0, 0, NULL,
		      "no memory for its buffers");
}

/* Gets the first bytes, a short pipe read included, and picks the decoder. */
static bool start(struct stream *s)
{
	while (s->fd >= 0 && s->in_len < 4 && !s->in_end) {
		ssize_t got = read(s->fd, s->in_buf + s->in_len, IN_BYTES - s->in_len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_at(&s->failed, ERR_HOST_FILE, s->name, 0, 0, NULL,
				      "cannot read: %s", g_strerror(errno));
		s->in_len += (size_t)got;
		s->in_end = got == 0;
	}
	/* The end counts only when the buffer is used up. */
	s->in_end = false;
	if (!is_zstd(s->in, s->in_len))
		return true;
	s->zstd = ZSTD_createDCtx();
	if (!s->zstd)
		return no_memory(s);
	ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return true;
}

static struct stream *stream_new(const char *name, u64 max_bytes)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = -1;
	s->max_bytes = max_bytes ? max_bytes : MAX_BYTES_DEFAULT;
	s->name = strdup(name);
	return s;
}

static bool open_file(struct stream *s, const char *path)
{
	struct stat st;

	s->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	if (s->fd < 0 || fstat(s->fd, &st))
		return err_at(&s->failed, ERR_HOST_FILE, s->name, 0, 0, NULL, "cannot open: %s",
			      g_strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_at(&s->failed, ERR_HOST_FILE, s->name, 0, 0, NULL,
			      "cannot read: it is a directory");
	s->total = S_ISREG(st.st_mode) ? (u64)st.st_size : 0;
	s->in_buf = malloc(IN_BYTES);
	s->in = s->in_buf;
	return s->in_buf || no_memory(s);
}

static struct stream *started(struct stream *s, bool ok, struct err *err)
{
	if (!s) {
		err_set(err, ERR_HOST_RES, "no memory to open a stream");
		return NULL;
	}
	if (ok && start(s))
		return s;
	fail(s, err);
	stream_close(s);
	return NULL;
}

struct stream *stream_open(const char *path, u64 max_bytes, struct err *err)
{
	struct stream *s = stream_new(strcmp(path, "-") ? path : "<stdin>", max_bytes);
	bool ok = s && (s->name ? open_file(s, path) : no_memory(s));

	return started(s, ok, err);
}

struct stream *stream_open_mem(const char *name, const void *data, size_t len, u64 max_bytes,
			       struct err *err)
{
	struct stream *s = stream_new(name, max_bytes);
	bool ok = s && (s->name || no_memory(s));

	if (s) {
		s->in = data;
		s->in_len = len;
		s->total = len;
	}
	return started(s, ok, err);
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	ZSTD_freeDCtx(s->zstd);
	err_clear(&s->failed);
	free(s->in_buf);
	free(s->name);
	free(s);
}

/* Hands over n bytes of out as a line; skip is 1 for the newline behind it. */
static char *take_line(struct stream *s, size_t n, size_t skip, size_t *len)
{
	char *text = s->out + s->out_at;

	s->out_at += n + skip;
	text[n] = '\0';
	s->line++;
	if (n > STREAM_LINE_MAX)
		err_at(&s->failed, ERR_INPUT, s->name, s->line, 0, NULL,
		       "line longer than %u bytes", STREAM_LINE_MAX);
	else if (memchr(text, '\0', n))
		err_at(&s->failed, ERR_INPUT, s->name, s->line,
		       (u64)((char *)memchr(text, '\0', n) - text) + 1, NULL, "NUL byte in a line");
	*len = n;
	return s->failed.count ? NULL : text;
}

/* A line of unknown length in out, perhaps incomplete. False: failed; *text NULL: the end. */
static bool next_line(struct stream *s, char **text, size_t *len)
{
	size_t seen = 0, got = 1;

	*text = NULL;
	for (;;) {
		size_t have = s->out_len - s->out_at;
		char *newline = NULL;

		if (have > seen)
			newline = memchr(s->out + s->out_at + seen, '\n', have - seen);
		if (newline)
			*text = take_line(s, (size_t)(newline - s->out) - s->out_at, 1, len);
		else if (have > STREAM_LINE_MAX || (!got && have))
			*text = take_line(s, have, 0, len);
		if (*text || s->failed.count || !got)
			return !s->failed.count;
		seen = have;
		if (s->out_at)
			memmove(s->out, s->out + s->out_at, have);
		s->out_at = 0;
		s->out_len = have;
		if (!produce(s, s->out + have, OUT_BYTES - have, &got))
			return false;
		s->out_len += got;
	}
}

char *stream_line(struct stream *s, size_t *len, struct err *err)
{
	char *text = NULL;

	*len = 0;
	if (s->failed.count || !next_line(s, &text, len)) {
		fail(s, err);
		return NULL;
	}
	return text;
}

size_t stream_read(struct stream *s, void *buf, size_t n, struct err *err)
{
	size_t done = s->out_len - s->out_at, got = 1;

	if (s->failed.count) {
		fail(s, err);
		return 0;
	}
	done = done < n ? done : n;
	memcpy(buf, s->out + s->out_at, done);
	s->out_at += done;
	while (done < n && got) {
		if (!produce(s, (char *)buf + done, n - done, &got)) {
			fail(s, err);
			return 0;
		}
		done += got;
	}
	return done;
}

u64 stream_line_number(const struct stream *s)
{
	return s->line;
}

const char *stream_name(const struct stream *s)
{
	return s->name;
}

void stream_progress(const struct stream *s, u64 *done, u64 *total)
{
	*done = input_used(s);
	*total = s->total;
}
