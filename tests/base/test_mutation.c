/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Damaged input, without end but the same on each host: valid documents and streams cut at every
 * byte, with bits flipped and pieces moved. Nothing may crash; what is refused names its place;
 * the scan and jansson must agree on what JSON is; what reads must write and read the same.
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/json_scan.h"
#include "base/stream.h"
#include "random.h"
#include "sample.h"

static const char document[] =
    "{\"comment\":\"all\",\"swap\":true,\"order\":3,\"offset\":-12,\"memory\":\"1.5GiB\",\n"
    " \"duration\":\"20ms\",\"title\":\"T\\u00fc\\ud83d\\udc27\\n\xc3\xbc\",\"host\":\"h.1\",\n"
    " \"arch\":\"x86_64\",\"gfp\":\"abc\",\"trace\":{\"path\":\"p\",\"from\":5},\n"
    " \"zones\":[{\"pages\":2},{\"pages\":4,\"label\":\"dma\"}],\"sizes\":[1,\"2k\"],\n"
    " \"words\":[\"a\",\"b\"],\"arches\":[\"riscv64\",\"aarch64\"],\n"
    " \"tasks\":{\"a.b\":{\"nice\":-5,\"after\":\"1s\",\"program\":[{\"op\":\"loop\",\"count\":7,\n"
    "  \"program\":[{\"op\":\"map\",\"size\":\"4k\"},{\"op\":\"loop\",\"program\":[]}]}]},\n"
    "  \"c\":{}},\"optional\":9223372036854775807}\n";

/* Pieces that parsers trip over. */
static const char *const pieces[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    "\\u0000",
    "null",
    "true",
    "NaN",
    "-",
    "-0.0",
    "1e999",
    "1E400",
    "0.1e-999",
    "9223372036854775808",
    "[[[[[[[",
    "\"op\":",
    "\"comment\":1,",
    "\xff",
    "\xc3",
    "\xed\xa0\x80",
    "\n",
    "\r",
    "\"a\":1,\"a\":1,",
    "\xef\xbb\xbf",
    "..",
    "/*",
    "1.5",
    "1e1",
    "\"18446744073709551615\"",
};

static void mutate(GString *text, struct random *random)
{
	u32 at = random_below(random, (u32)text->len), n = random_below(random, 20);
	const char *piece = pieces[random_below(random, ARRAY_SIZE(pieces))];
	char *copy;

	n = MIN(n, (u32)text->len - at);
	switch (random_below(random, 7)) {
	case 0:
		text->str[at] = (char)(text->str[at] ^ 1 << random_below(random, 8));
		break;
	case 1:
		if (n < text->len)
			g_string_erase(text, at, n);
		break;
	case 2:
		copy = g_strndup(text->str + at, n);
		g_string_insert_len(text, random_below(random, (u32)text->len), copy, n);
		g_free(copy);
		break;
	case 3:
		text->str[at] = (char)random_below(random, 256);
		break;
	case 4:
		copy = g_strndup(text->str + at, n);
		g_string_overwrite_len(text, random_below(random, (u32)text->len), copy,
				       (gssize)strlen(copy));
		g_free(copy);
		break;
	default:
		g_string_insert(text, at, piece);
		break;
	}
}

/* Reads; if that works, what is written must read and be written the same. */
static char *read_written(const char *text, size_t len, struct err *err)
{
	struct arena arena = {0};
	struct json_doc doc;
	struct sample s;
	char *out = NULL;

	if (!json_doc_parse(&doc, "m", text, len, err))
		return NULL;
	if (fields_read(&sample_table, &doc, doc.root, "", &s, &arena, NULL, err)) {
		json_t *json = fields_write(&sample_table, &s);

		g_assert_nonnull(json);
		out = json_dumps(json, JSON_COMPACT);
		json_decref(json);
	}
	json_doc_finish(&doc);
	arena_finish(&arena);
	return out;
}

static bool check_fields(const char *text, size_t len)
{
	struct err err = {0};
	char *first = read_written(text, len, &err), *second;
	bool ok = first != NULL;

	if (ok) {
		g_assert_cmpuint(err.count, ==, 0);
		second = read_written(first, strlen(first), &err);
		g_assert_cmpstr(second, ==, first);
		free(second);
	} else {
		g_assert_cmpint(err.kind, ==, ERR_INPUT);
		g_assert_true(g_str_has_prefix(err.text, "m:"));
		/* Line and column: all these errors are in the text. */
		g_assert_true(g_ascii_isdigit(err.text[2]));
		g_assert_true(g_utf8_validate(err.text, -1, NULL));
	}
	err_clear(&err);
	free(first);
	return ok;
}

/* Jansson is the oracle of the scan: they differ only in the limits and on huge reals. */
static void check_scan(const char *text, size_t len)
{
	struct json_problem problem = {0};
	bool ok = json_scan(text, len, &problem);
	json_error_t error;
	json_t *json = json_loadb(text, len, JSON_DECODE_ANY, &error);

	if (!ok) {
		g_assert_cmpuint(problem.offset, <=, len);
		g_assert_cmpuint(strlen(problem.what), >, 0);
	}
	if (ok && !json)
		g_assert_cmpint(json_error_code(&error), ==, json_error_numeric_overflow);
	if (!ok && json)
		g_error("jansson takes what the scan refuses (%s at %zu): %.*s", problem.what,
			problem.offset, (int)len, text);
	json_decref(json);
}

static void test_json_cuts(void)
{
	size_t len = strlen(document);

	g_assert_true(check_fields(document, len));
	for (size_t n = 0; n < len - 1; n++) {
		check_scan(document, n);
		g_assert_false(check_fields(document, n));
	}
}

static void test_json_bits(void)
{
	char *text = g_strdup(document);
	size_t len = strlen(text);

	for (size_t i = 0; i < len * 8; i++) {
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		check_scan(text, len);
		check_fields(text, len);
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
	}
	g_free(text);
}

static void test_json_mutations(void)
{
	struct random random = {20240607};
	unsigned int accepted = 0;

	for (int i = 0; i < 10000; i++) {
		GString *text = g_string_new(document);
		u32 n = 1 + random_below(&random, 4);

		while (n--)
			mutate(text, &random);
		check_scan(text->str, text->len);
		accepted += check_fields(text->str, text->len);
		g_string_free(text, TRUE);
	}
	/* Else the mutations would be too rough to reach the fields. */
	g_assert_cmpuint(accepted, >, 100);
}

static void test_set_mutations(void)
{
	struct random random = {99};
	unsigned int accepted = 0;

	for (int i = 0; i < 10000; i++) {
		GString *text = g_string_new("tasks[\"a.b\"].program[0].count=[1,\"2k\"]");
		json_t *root = json_loads(document, 0, NULL);
		u32 n = 1 + random_below(&random, 3);
		struct err err = {0};
		bool ok;

		while (n--)
			mutate(text, &random);
		ok = json_set_path(root, text->str, &err);
		g_assert_true(ok == (err.count == 0));
		accepted += ok;
		err_clear(&err);
		json_decref(root);
		g_string_free(text, TRUE);
	}
	g_assert_cmpuint(accepted, >, 100);
}

/* Reads to the end as lines or bytes; at most limit bytes may come out. */
static void drain(const void *data, size_t len, u64 limit, bool lines)
{
	struct err err = {0};
	struct stream *s = stream_open_mem("z", data, len, limit, &err);
	u64 total = 0;
	size_t n = 1;
	char buf[1000];

	g_assert_nonnull(s);
	while (lines ? stream_line(s, &n, &err) != NULL
		     : (n = stream_read(s, buf, sizeof(buf), &err)) != 0)
		total += n;
	g_assert_cmpuint(total, <=, limit);
	g_assert_true(err.kind == ERR_NONE || err.kind == ERR_INPUT || err.kind == ERR_HOST_RES);
	err_clear(&err);
	stream_close(s);
}

static void test_stream_mutations(void)
{
	struct random random = {5};
	GString *text = g_string_new(NULL);
	char packed[4096];
	size_t len;

	for (int i = 0; i < 200; i++)
		g_string_append_printf(text, "{\"t\":%d,\"op\":\"alloc\",\"order\":%u}\n", i * 7,
				       random_below(&random, 11));
	len = ZSTD_compress(packed, sizeof(packed), text->str, text->len, 3);
	g_assert_false(ZSTD_isError(len));
	for (size_t n = 0; n <= len; n++)
		drain(packed, n, 1 << 20, n & 1);
	for (size_t i = 0; i < len * 8; i++) {
		packed[i / 8] = (char)(packed[i / 8] ^ 1 << i % 8);
		drain(packed, len, 1 << 20, i & 1);
		packed[i / 8] = (char)(packed[i / 8] ^ 1 << i % 8);
	}
	for (int i = 0; i < 4000; i++) {
		GString *damaged = g_string_new_len(packed, (gssize)len);
		u32 n = 1 + random_below(&random, 3);

		while (n--)
			mutate(damaged, &random);
		drain(damaged->str, damaged->len, 1 << 20, i & 1);
		g_string_free(damaged, TRUE);
	}
	g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mutation/json-cuts", test_json_cuts);
	g_test_add_func("/mutation/json-bits", test_json_bits);
	g_test_add_func("/mutation/json-mutations", test_json_mutations);
	g_test_add_func("/mutation/set-mutations", test_set_mutations);
	g_test_add_func("/mutation/stream-mutations", test_stream_mutations);
	return g_test_run();
}
