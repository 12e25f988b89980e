/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines and bytes from text and zstd, whole and damaged; bombs; files, fifos and memory agree. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "base/stream.h"
#include "random.h"

/* Reads all lines of data; returns them each ended by '|', or "!KIND" at an error. */
static char *all_lines(struct stream *s, struct err *err)
{
	GString *out = g_string_new(NULL);
	u64 n = 0;
	size_t len;
	char *line;

	while ((line = stream_line(s, &len, err))) {
		g_assert_cmpuint(strlen(line), ==, len);
		g_assert_cmpuint(stream_line_number(s), ==, ++n);
		g_string_append(out, line);
		g_string_append_c(out, '|');
	}
	if (err->count)
		g_string_append_printf(out, "!%d", err->kind);
	return g_string_free(out, FALSE);
}

static void check_mem(const void *data, size_t len, const char *expect)
{
	struct err err = {0};
	struct stream *s = stream_open_mem("m", data, len, 0, &err);
	char *got;

	g_assert_nonnull(s);
	got = all_lines(s, &err);
	g_assert_cmpstr(got, ==, expect);
	g_free(got);
	err_clear(&err);
	stream_close(s);
}

static GByteArray *compressed(const void *data, size_t len, int level)
{
	GByteArray *out = g_byte_array_new();
	size_t got;

	g_byte_array_set_size(out, (guint)ZSTD_compressBound(len));
	got = ZSTD_compress(out->data, out->len, data, len, level);
	g_assert_false(ZSTD_isError(got));
	g_byte_array_set_size(out, (guint)got);
	return out;
}

static void test_lines(void)
{
	check_mem("", 0, "");
	check_mem("\n", 1, "|");
	check_mem("a", 1, "a|");
	check_mem("a\n", 2, "a|");
	check_mem("a\n\nb", 4, "a||b|");
	check_mem("a\r\nb\n", 5, "a\r|b|");
	check_mem("a\n\0\n", 4, "a|!3");
	check_mem("a\0", 2, "!3");
	check_mem("\x28\xb5\x2f", 3, "\x28\xb5\x2f|");
}

static void test_long_lines(void)
{
	static const size_t sizes[] = {STREAM_LINE_MAX - 1, STREAM_LINE_MAX, STREAM_LINE_MAX + 1,
				       3 * STREAM_LINE_MAX};

	for (gsize i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int newline = 0; newline < 2; newline++) {
			char *text = g_strnfill(sizes[i], 'x'), *data, *expect;

			data = g_strconcat("a\n", text, newline ? "\nb" : "", NULL);
			expect = sizes[i] <= STREAM_LINE_MAX
				     ? g_strconcat("a|", text, newline ? "|b|" : "|", NULL)
				     : g_strdup("a|!3");
			check_mem(data, strlen(data), expect);
			g_free(expect);
			g_free(data);
			g_free(text);
		}
	}
}

static void test_error_words(void)
{
	struct err err = {0};
	struct stream *s = stream_open_mem("m", "ab\nc\0d\n", 7, 0, &err);
	char byte;
	size_t len;

	g_assert_nonnull(stream_line(s, &len, &err));
	g_assert_null(stream_line(s, &len, &err));
	g_assert_cmpstr(err.text, ==, "m:2:2: NUL byte in a line");
	err_clear(&err);
	/* Once wrong, always wrong, in the same words. */
	g_assert_null(stream_line(s, &len, &err));
	g_assert_cmpstr(err.text, ==, "m:2:2: NUL byte in a line");
	err_clear(&err);
	g_assert_cmpuint(stream_read(s, &byte, 1, &err), ==, 0);
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	err_clear(&err);
	stream_close(s);
	stream_close(NULL);
}

/* Random text with lines of random length, some near the buffers' sizes. */
static GString *random_text(struct random *random, u32 lines)
{
	GString *text = g_string_new(NULL);

	for (u32 i = 0; i < lines; i++) {
		u32 n = random_below(random, random_below(random, 20) ? 60 : STREAM_LINE_MAX);

		for (u32 j = 0; j < n; j++)
			g_string_append_c(text, (char)('a' + random_below(random, 26)));
		g_string_append_c(text, '\n');
	}
	return text;
}

static void test_zstd_agrees(void)
{
	struct random random = {7};

	for (int round = 0; round < 6; round++) {
		GString *text = random_text(&random, 60);
		GByteArray *zst = compressed(text->str, text->len, 1);
		struct err err = {0};
		struct stream *plain = stream_open_mem("p", text->str, text->len, 0, &err);
		struct stream *packed = stream_open_mem("z", zst->data, zst->len, 0, &err);
		char *a = all_lines(plain, &err), *b = all_lines(packed, &err);
		u64 done, total;

		g_assert_cmpuint(err.count, ==, 0);
		g_assert_cmpstr(a, ==, b);
		g_strdelimit(a, "|", '\n');
		g_assert_cmpstr(a, ==, text->str);
		stream_progress(packed, &done, &total);
		g_assert_cmpuint(done, ==, zst->len);
		g_assert_cmpuint(total, ==, zst->len);
		stream_close(plain);
		stream_close(packed);
		g_free(a);
		g_free(b);
		g_byte_array_free(zst, TRUE);
		g_string_free(text, TRUE);
	}
}

/* Reading bytes, in pieces of any size and mixed with lines, gives the same bytes. */
static void test_read(void)
{
	struct random random = {11};
	GString *text = random_text(&random, 100), *got = g_string_new(NULL);
	GByteArray *zst = compressed(text->str, text->len, 3);
	struct err err = {0};
	struct stream *s = stream_open_mem("z", zst->data, zst->len, 0, &err);
	char *buf = g_malloc(300000);

	for (;;) {
		size_t n;

		if (random_below(&random, 2)) {
			const char *line = stream_line(s, &n, &err);

			if (!line)
				break;
			g_string_append_len(got, line, (gssize)n);
			g_string_append_c(got, '\n');
		} else {
			size_t want = random_below(&random, 1000);

			n = stream_read(s, buf, want, &err);
			g_assert_cmpuint(n, <=, want);
			g_string_append_len(got, buf, (gssize)n);
			/* Stop at a line's end, or the next line would be a piece. */
			while (n && buf[n - 1] != '\n') {
				n = stream_read(s, buf, 1, &err);
				g_string_append_len(got, buf, (gssize)n);
			}
		}
	}
	g_assert_cmpuint(err.count, ==, 0);
	g_assert_true(g_string_equal(got, text));
	stream_close(s);
	s = stream_open_mem("p", text->str, text->len, 0, &err);
	g_assert_cmpuint(stream_read(s, buf, 300000, &err), ==, MIN(text->len, 300000));
	stream_close(s);
	g_free(buf);
	g_byte_array_free(zst, TRUE);
	g_string_free(text, TRUE);
	g_string_free(got, TRUE);
}

static void append_skippable(GByteArray *out, u8 variant, u32 len)
{
	const u8 head[8] = {(u8)(0x50 + variant), 0x2a, 0x4d, 0x18, (u8)len, (u8)(len >> 8), 0, 0};

	g_byte_array_append(out, head, 8);
	for (u32 i = 0; i < len; i++)
		g_byte_array_append(out, (const guint8 *)"S", 1);
}

static void test_frames(void)
{
	GByteArray *one = compressed("a\nb", 3, 1), *two = compressed("c\nd\n", 4, 1);
	GByteArray *empty = compressed("", 0, 1), *all = g_byte_array_new();
	guint whole;

	append_skippable(all, 3, 1000);
	g_byte_array_append(all, one->data, one->len);
	g_byte_array_append(all, empty->data, empty->len);
	append_skippable(all, 0, 0);
	g_byte_array_append(all, two->data, two->len);
	whole = all->len;
	append_skippable(all, 15, 300);
	check_mem(all->data, all->len, "a|bc|d|");
	check_mem(all->data, all->len - 1, "a|bc|d|!3");
	check_mem(all->data, whole, "a|bc|d|");
	/* What follows the last frame must be a frame. */
	g_byte_array_append(all, (const guint8 *)"text\n", 5);
	check_mem(all->data, all->len, "a|bc|d|!3");
	check_mem(empty->data, empty->len, "");
	g_byte_array_free(one, TRUE);
	g_byte_array_free(two, TRUE);
	g_byte_array_free(empty, TRUE);
	g_byte_array_free(all, TRUE);
}

/* Every cut but the whole must be an error, and give no byte that the text does not begin with. */
static void test_truncated(void)
{
	struct random random = {3};
	GString *text = g_string_new(NULL);
	GByteArray *zst;

	for (int i = 0; i < 400; i++)
		g_string_append_printf(text, "line %d %u\n", i, random_below(&random, 1000));
	zst = compressed(text->str, text->len, 1);
	for (size_t n = 4; n < zst->len; n++) {
		struct err err = {0};
		struct stream *s = stream_open_mem("z", zst->data, n, 0, &err);
		char *got = g_malloc(text->len + 1);
		size_t len = 0, more;

		while ((more = stream_read(s, got + len, 1, &err)) == 1)
			len++;
		g_assert_cmpint(err.kind, ==, ERR_INPUT);
		g_assert_cmpuint(len, <=, text->len);
		g_assert_cmpint(memcmp(got, text->str, len), ==, 0);
		g_assert_true(g_str_has_prefix(err.text, "z: corrupt or unsupported zstd"));
		g_free(got);
		err_clear(&err);
		stream_close(s);
	}
	g_byte_array_free(zst, TRUE);
	g_string_free(text, TRUE);
}

static void test_dictionary(void)
{
	ZSTD_CCtx *cctx = ZSTD_createCCtx();
	struct err err = {0};
	struct stream *s;
	char out[256], byte;
	char dict[300];
	size_t n;

	/* Data that refers back to a prefix which the reader does not have. */
	for (size_t i = 0; i < sizeof(dict); i++)
		dict[i] = (char)('a' + i * 7 % 26);
	ZSTD_CCtx_refPrefix(cctx, dict, sizeof(dict));
	n = ZSTD_compress2(cctx, out, sizeof(out), dict, 200);
	g_assert_false(ZSTD_isError(n));
	s = stream_open_mem("d", out, n, 0, &err);
	while (stream_read(s, &byte, 1, &err))
		continue;
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	err_clear(&err);
	stream_close(s);
	ZSTD_freeCCtx(cctx);
}

static GByteArray *zeros(u64 len)
{
	GByteArray *out = g_byte_array_new();
	ZSTD_CCtx *cctx = ZSTD_createCCtx();
	char *block = g_malloc0(1 << 20), *buf = g_malloc(1 << 20);

	for (u64 done = 0; done < len; done += 1 << 20) {
		ZSTD_inBuffer in = {block, 1 << 20, 0};
		bool last = done + (1 << 20) >= len;
		size_t left;

		do {
			ZSTD_outBuffer to = {buf, 1 << 20, 0};

			left = ZSTD_compressStream2(cctx, &to, &in,
						    last ? ZSTD_e_end : ZSTD_e_continue);
			g_assert_false(ZSTD_isError(left));
			g_byte_array_append(out, (guint8 *)buf, (guint)to.pos);
		} while (last ? left : in.pos < in.size);
	}
	ZSTD_freeCCtx(cctx);
	g_free(block);
	g_free(buf);
	return out;
}

static void check_bomb(const GByteArray *zst, u64 max_bytes, enum err_kind kind, const char *words,
		       u64 most)
{
	struct err err = {0};
	struct stream *s = stream_open_mem("b", zst->data, zst->len, max_bytes, &err);
	char buf[4096];
	u64 total = 0;
	size_t n;

	while ((n = stream_read(s, buf, sizeof(buf), &err)))
		total += n;
	g_assert_cmpint(err.kind, ==, kind);
	if (words && !strstr(err.text, words))
		g_error("%s: no \"%s\"", err.text, words);
	g_assert_cmpuint(total, <=, most);
	g_assert_cmpuint(total + (1 << 20), >=, most);
	err_clear(&err);
	stream_close(s);
}

static void test_bombs(void)
{
	GByteArray *small = zeros(8 << 20), *bomb = zeros(64 << 20);

	/* Below 16 MiB any ratio passes; beyond, not 1000 times the input. */
	check_bomb(small, 0, ERR_NONE, NULL, 8 << 20);
	check_bomb(bomb, 0, ERR_INPUT, "more than 1000 times", 17 << 20);
	check_bomb(small, 1 << 20, ERR_HOST_RES, "limit of 1048576 bytes", 1 << 20);
	check_bomb(small, 8 << 20, ERR_NONE, NULL, 8 << 20);
	/* Zeros as lines: the first line is too long long before. */
	check_mem(bomb->data, bomb->len, "!3");
	g_byte_array_free(small, TRUE);
	g_byte_array_free(bomb, TRUE);
}

/* A frame of one raw block "a" that asks for a window: 128 MiB is the last one it gets. */
static void test_window(void)
{
	u8 frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0, (27 - 10) << 3, 9, 0, 0, 'a'};

	check_mem(frame, sizeof(frame), "a|");
	frame[5]++;
	check_mem(frame, sizeof(frame), "!3");
	frame[5] = 0xff;
	check_mem(frame, sizeof(frame), "!3");
}

static void test_files(void)
{
	char *dir = g_dir_make_tmp("stream-XXXXXX", NULL);
	char *path = g_build_filename(dir, "f", NULL), *got;
	GByteArray *zst = compressed("a\nb\n", 4, 1);
	struct err err = {0};
	struct stream *s;
	u64 done, total;

	g_assert_null(stream_open(path, 0, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	g_assert_true(g_str_has_prefix(err.text, path));
	err_clear(&err);
	g_assert_null(stream_open(dir, 0, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	err_clear(&err);
	g_assert_true(g_file_set_contents(path, (char *)zst->data, zst->len, NULL));
	s = stream_open(path, 0, &err);
	g_assert_cmpstr(stream_name(s), ==, path);
	got = all_lines(s, &err);
	g_assert_cmpstr(got, ==, "a|b|");
	stream_progress(s, &done, &total);
	g_assert_cmpuint(done, ==, zst->len);
	g_assert_cmpuint(total, ==, zst->len);
	stream_close(s);
	s = stream_open("/dev/null", 0, &err);
	g_assert_null(stream_line(s, &total, &err));
	g_assert_cmpuint(err.count, ==, 0);
	stream_close(s);
	g_free(got);
	g_byte_array_free(zst, TRUE);
	g_unlink(path);
	g_rmdir(dir);
	g_free(path);
	g_free(dir);
}

/* A pipe that gives single bytes: the magic comes in pieces. */
static void check_pipe(const u8 *data, size_t len, const char *expect)
{
	int fds[2], saved = dup(STDIN_FILENO), status;
	struct err err = {0};
	struct stream *s;
	char *got;
	pid_t pid;

	g_assert_cmpint(pipe(fds), ==, 0);
	pid = fork();
	if (!pid) {
		for (size_t i = 0; i < len; i++) {
			if (write(fds[1], data + i, 1) != 1)
				_exit(1);
			if (i < 8)
				g_usleep(1000);
		}
		_exit(0);
	}
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	s = stream_open("-", 0, &err);
	g_assert_cmpstr(stream_name(s), ==, "<stdin>");
	got = all_lines(s, &err);
	g_assert_cmpstr(got, ==, expect);
	stream_close(s);
	/* Standard input stays open. */
	g_assert_cmpint(fcntl(STDIN_FILENO, F_GETFD), >=, 0);
	dup2(saved, STDIN_FILENO);
	close(saved);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	g_free(got);
}

static void test_pipe(void)
{
	GByteArray *zst = compressed("a\nb", 3, 1);

	check_pipe((const u8 *)"a\nlonger line\n\nz", 17 - 1, "a|longer line||z|");
	check_pipe((const u8 *)"a", 1, "a|");
	check_pipe(NULL, 0, "");
	check_pipe(zst->data, zst->len, "a|b|");
	g_byte_array_free(zst, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stream/lines", test_lines);
	g_test_add_func("/stream/long-lines", test_long_lines);
	g_test_add_func("/stream/error-words", test_error_words);
	g_test_add_func("/stream/zstd-agrees", test_zstd_agrees);
	g_test_add_func("/stream/read", test_read);
	g_test_add_func("/stream/frames", test_frames);
	g_test_add_func("/stream/truncated", test_truncated);
	g_test_add_func("/stream/dictionary", test_dictionary);
	g_test_add_func("/stream/bombs", test_bombs);
	g_test_add_func("/stream/window", test_window);
	g_test_add_func("/stream/files", test_files);
	g_test_add_func("/stream/pipe", test_pipe);
	return g_test_run();
}
