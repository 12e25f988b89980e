/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading documents: what is refused, in which words and where; the limits on both sides. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "base/json_path.h"

static bool parses(const char *text, size_t len, struct err *err)
{
	struct json_doc doc;
	bool ok = json_doc_parse(&doc, "t", text, len, err);

	g_assert_true(ok == (doc.root != NULL));
	g_assert_true(ok == (err->count == 0));
	if (!ok) {
		g_assert_null(doc.text);
		g_assert_cmpint(err->kind, ==, ERR_INPUT);
	}
	json_doc_finish(&doc);
	return ok;
}

static void check_accepted(const char *text)
{
	struct err err = {0};

	if (!parses(text, strlen(text), &err))
		g_error("%s refused: %s", text, err_text(&err));
}

/* The message must begin with "t:LINE:COL: " and go on with what. */
static void check_refused(const char *text, size_t len, const char *start)
{
	struct err err = {0};

	g_assert_false(parses(text, len, &err));
	if (!g_str_has_prefix(err.text, start))
		g_error("got \"%s\", expected \"%s...\"", err.text, start);
	g_assert_cmpuint(err.count, ==, 1);
	err_clear(&err);
}

static void test_accepted(void)
{
	check_accepted("{}");
	check_accepted(" [ ] \r\n\t");
	check_accepted("{\"a\":{\"a\":1},\"b\":[true,false,null,-0,0.5,1e3,-1.5E-7,1E+2]}");
	check_accepted("[9223372036854775807,-9223372036854775808]");
	check_accepted(
	    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\udc27\",\"\xf0\x9f\x90\xa7\"]");
	check_accepted("{\"\":0}");
}

static void test_refused(void)
{
	static const struct {
		const char *text, *start;
	} rows[] = {
	    {"", "t:1:1: expected a value, found the end"},
	    {"  \n ", "t:2:2: expected a value, found the end"},
	    {"{", "t:1:2: expected a quoted field name or '}', found the end"},
	    {"[1,", "t:1:4: expected a value, found the end"},
	    {"{\"a\"", "t:1:5: expected ':', found the end"},
	    {"[1 2]", "t:1:4: expected ',' or the end"},
	    {"{\"a\":1 \"b\":2}", "t:1:8: expected ',' or the end"},
	    {"[1,]", "t:1:4: expected a value"},
	    {"{\"a\":1,}", "t:1:8: expected a quoted field name"},
	    {"{a:1}", "t:1:2: unknown word"},
	    {"{1:1}", "t:1:2: expected a quoted field name or '}'"},
	    {"[1}", "t:1:3: expected ',' or the end"},
	    {"{\"a\":1]", "t:1:7: expected ',' or the end"},
	    {"]", "t:1:1: expected a value"},
	    {"{} {}", "t:1:4: text behind the end"},
	    {"[tru]", "t:1:2: unknown word"},
	    {"[NaN]", "t:1:2: unknown word"},
	    {"[Infinity]", "t:1:2: unknown word"},
	    {"[-Infinity]", "t:1:2: '-' without a number"},
	    {"[01]", "t:1:2: number with a leading zero"},
	    {"[-01]", "t:1:2: number with a leading zero"},
	    {"[+1]", "t:1:2: not a JSON character"},
	    {"[.5]", "t:1:2: not a JSON character"},
	    {"[1.]", "t:1:2: '.' without digits"},
	    {"[1e]", "t:1:2: exponent without digits"},
	    {"[0x10]", "t:1:3: unknown word"},
	    {"[9223372036854775808]", "t:1:2: integer outside 64 bits"},
	    {"[-9223372036854775809]", "t:1:2: integer outside 64 bits"},
	    {"[0, 1e999]", "t:1:"},
	    {"// c\n{}", "t:1:1: not a JSON character"},
	    {"\xef\xbb\xbf{}", "t:1:1: byte-order mark"},
	    {"[\"a", "t:1:2: string without its closing quote"},
	    {"[\"a\nb\"]", "t:1:4: control character"},
	    {"[\"\\x\"]", "t:1:3: unknown escape"},
	    {"[\"\\", "t:1:3: unknown escape"},
	    {"[\"\\u12g4\"]", "t:1:3: \\u needs four"},
	    {"[\"\\u12", "t:1:3: \\u needs four"},
	    {"[\"\\u0000\"]", "t:1:3: \\u0000 is not allowed"},
	    {"[\"\\ud800\"]", "t:1:3: half of a surrogate"},
	    {"[\"\\udc00\"]", "t:1:3: half of a surrogate"},
	    {"[\"\\udc00\\udc00\"]", "t:1:3: half of a surrogate"},
	    {"[\"\\ud800\\u0041\"]", "t:1:3: half of a surrogate"},
	    {"[\"\xc3\xbc\xff\"]", "t:1:4: not UTF-8"},
	    {"[\"\xed\xa0\x80\"]", "t:1:3: not UTF-8"},
	    {"[\"\xc0\xaf\"]", "t:1:3: not UTF-8"},
	    {"{\"a\":1,\n \"b\":{\"c\":1, \"c\":2}}", "t:2:14: field \"c\" appears twice"},
	    {"{\"a\":1,\"\\u0061\":2}", "t:1:8: field \"\\u0061\" appears twice"},
	    {"{\"a\":\"b\",\"x\":[\"a\"],\"a\":\"b\"}", "t:1:20: field \"a\" appears twice"},
	};

	for (gsize i = 0; i < ARRAY_SIZE(rows); i++)
		check_refused(rows[i].text, strlen(rows[i].text), rows[i].start);
	check_refused("[\0]", 3, "t:1:2: NUL byte");
	check_refused("[\"a\0\"]", 6, "t:1:4: control character");
	check_refused("{}\0", 3, "t:1:3: NUL byte");
}

static char *nested(unsigned int depth, const char *open, const char *close, size_t *len)
{
	GString *s = g_string_new(NULL);

	for (unsigned int i = 0; i < depth; i++)
		g_string_append(s, open);
	g_string_append(s, "1");
	for (unsigned int i = 0; i < depth; i++)
		g_string_append(s, close);
	*len = s->len;
	return g_string_free(s, FALSE);
}

static void test_depth(void)
{
	static const unsigned int depths[] = {1, 63, 64, 65, 2048, 1000000};

	for (gsize i = 0; i < ARRAY_SIZE(depths); i++) {
		struct err err = {0};
		size_t len;
		char *text = nested(depths[i], "[", "]", &len);

		g_assert_true(parses(text, len, &err) == (depths[i] <= JSON_LIMIT_DEPTH));
		g_free(text);
		err_clear(&err);
		text = nested(depths[i], "{\"a\":", "}", &len);
		g_assert_true(parses(text, len, &err) == (depths[i] <= JSON_LIMIT_DEPTH));
		g_free(text);
		err_clear(&err);
	}
}

/* n times item, between begin and end, commas between. */
static char *repeated(const char *begin, const char *item, size_t n, const char *end, size_t *len)
{
	GString *s = g_string_new(begin);

	for (size_t i = 0; i < n; i++) {
		g_string_append(s, i ? "," : "");
		g_string_append(s, item);
	}
	g_string_append(s, end);
	*len = s->len;
	return g_string_free(s, FALSE);
}

static void test_values(void)
{
	struct err err = {0};
	size_t len;
	char *text = repeated("[", "0", JSON_LIMIT_VALUES - 1, "]", &len);

	g_assert_true(parses(text, len, &err));
	g_free(text);
	text = repeated("[", "0", JSON_LIMIT_VALUES, "]", &len);
	check_refused(text, len, "t:1:400000: more than 200000 values");
	g_free(text);
}

/* The document that costs jansson 449 MiB must be refused in a fraction of it. */
static void test_amplification(void)
{
	struct rusage before, after;
	struct err err = {0};
	size_t len;
	char *text = repeated("[", "{}", 1900000, "]", &len);

	getrusage(RUSAGE_SELF, &before);
	g_assert_false(parses(text, len, &err));
	getrusage(RUSAGE_SELF, &after);
	g_assert_cmpint(after.ru_maxrss - before.ru_maxrss, <, 64 << 10);
	err_clear(&err);
	g_free(text);
}

static void check_string(size_t n, bool key, bool ok)
{
	char *fill = g_strnfill(n, 'k'), *text;
	struct err err = {0};

	text = g_strdup_printf(key ? "{\"%s\":1}" : "[\"%s\"]", fill);
	g_assert_true(parses(text, strlen(text), &err) == ok);
	err_clear(&err);
	g_free(text);
	g_free(fill);
}

static void test_strings(void)
{
	check_string(JSON_LIMIT_STRING, false, true);
	check_string(JSON_LIMIT_STRING + 1, false, false);
	check_string(JSON_LIMIT_KEY, true, true);
	check_string(JSON_LIMIT_KEY + 1, true, false);
}

static void test_bytes(void)
{
	char *text = g_strnfill(JSON_LIMIT_BYTES + 1, ' ');
	struct err err = {0};

	memcpy(text, "{}", 2);
	g_assert_true(parses(text, JSON_LIMIT_BYTES, &err));
	check_refused(text, JSON_LIMIT_BYTES + 1, "t: JSON larger than 8388608 bytes");
	g_free(text);
}

static void test_load(void)
{
	char *dir = g_dir_make_tmp("json-XXXXXX", NULL), *path = g_build_filename(dir, "f", NULL);
	struct err err = {0};
	struct json_doc doc;
	int saved, fd;

	g_assert_false(json_doc_load(&doc, path, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	err_clear(&err);
	g_assert_false(json_doc_load(&doc, dir, &err));
	g_assert_cmpint(err.kind, ==, ERR_HOST_FILE);
	err_clear(&err);
	/* Endless input ends at the limit. */
	g_assert_false(json_doc_load(&doc, "/dev/zero", &err));
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	err_clear(&err);
	g_assert_true(g_file_set_contents(path, "{\"a\":\n [7]}", -1, NULL));
	g_assert_true(json_doc_load(&doc, path, &err));
	g_assert_cmpstr(doc.name, ==, path);
	g_assert_cmpint(json_integer_value(json_path_get(doc.root, "a[0]")), ==, 7);
	json_doc_finish(&doc);
	json_doc_finish(&doc);
	saved = dup(STDIN_FILENO);
	fd = open(path, O_RDONLY);
	g_assert_cmpint(dup2(fd, STDIN_FILENO), ==, STDIN_FILENO);
	g_assert_true(json_doc_load(&doc, "-", &err));
	g_assert_cmpstr(doc.name, ==, "<stdin>");
	json_doc_finish(&doc);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fd);
	g_unlink(path);
	g_rmdir(dir);
	g_free(path);
	g_free(dir);
}

static void check_error(struct json_doc *doc, const char *path, const char *text)
{
	struct err err = {0};

	g_assert_false(json_doc_error(doc, path, &err, "m%d", 1));
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	g_assert_cmpstr(err.text, ==, text);
	err_clear(&err);
}

static void test_error_place(void)
{
	static const char text[] = "{\n \"a\": [1, {\"x.y\": \"z\"}],\n \"b\": 2\n}";
	struct err err = {0};
	struct json_doc doc;

	g_assert_true(json_doc_parse(&doc, "f", text, strlen(text), &err));
	check_error(&doc, "", "f:1:1: m1");
	check_error(&doc, "a", "f:2:7: a: m1");
	check_error(&doc, "a[1][\"x.y\"]", "f:2:19: a[1][\"x.y\"]: m1");
	/* A missing field is reported at its parent. */
	check_error(&doc, "a[1].q", "f:2:11: a[1].q: m1");
	check_error(&doc, "a[9]", "f:2:7: a[9]: m1");
	json_doc_error_key(&doc, "b", &err, "m");
	g_assert_cmpstr(err.text, ==, "f:3:2: b: m");
	err_clear(&err);
	/* A value that is no longer the text's has no line. */
	json_object_set_new(doc.root, "b", json_integer(3));
	check_error(&doc, "b", "f: b: m1");
	json_object_set_new(doc.root, "c", json_integer(3));
	check_error(&doc, "c", "f: c: m1");
	json_object_set_new(doc.root, "a", json_object());
	check_error(&doc, "a", "f: a: m1");
	json_doc_finish(&doc);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/accepted", test_accepted);
	g_test_add_func("/json/refused", test_refused);
	g_test_add_func("/json/depth", test_depth);
	g_test_add_func("/json/values", test_values);
	g_test_add_func("/json/amplification", test_amplification);
	g_test_add_func("/json/strings", test_strings);
	g_test_add_func("/json/bytes", test_bytes);
	g_test_add_func("/json/load", test_load);
	g_test_add_func("/json/error-place", test_error_place);
	return g_test_run();
}
