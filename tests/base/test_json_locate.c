/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From path to place, against brute force: a generator writes random documents and notes each
 * value's path and offsets while it writes, knowing nothing of the lexer.
 */
#include <glib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_path.h"
#include "base/json_scan.h"
#include "random.h"

struct note {
	char *path;
	size_t key, value;
};

struct generator {
	struct random random;
	GString *text;
	GArray *notes; /* struct note */
};

static void note_free(gpointer note)
{
	g_free(((struct note *)note)->path);
}

static void space(struct generator *g)
{
	static const char *const spaces[] = {"", "", "", " ", "\n", "\t", "\r\n", " \n  "};

	g_string_append(g->text, spaces[random_below(&g->random, ARRAY_SIZE(spaces))]);
}

/* As it stands in the text, what it means, and as it stands in a path. */
static const char *const keys[][3] = {
    {"a", "a", ".a"},
    {"bc", "bc", ".bc"},
    {"$schema", "$schema", ".$schema"},
    {"x_1-y", "x_1-y", ".x_1-y"},
    {"x.y", "x.y", "[\"x.y\"]"},
    {"\\\"q\\\\", "\"q\\", "[\"\\\"q\\\\\"]"},
    {"\\u0061\\u00fc", "a\xc3\xbc", "[\"a\xc3\xbc\"]"},
    {"\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7", "[\"\xf0\x9f\x90\xa7\"]"},
    {"[0]", "[0]", "[\"[0]\"]"},
    {"", "", "[\"\"]"},
    {"\\n=", "\n=", "[\"\n=\"]"},
};

static void value(struct generator *g, const char *path, size_t key, int depth);

static void object(struct generator *g, const char *path, int depth)
{
	u32 first = random_below(&g->random, ARRAY_SIZE(keys)), n = random_below(&g->random, 5);

	g_string_append(g->text, "{");
	for (u32 i = 0; i < n; i++) {
		const char *const *key = keys[(first + i) % ARRAY_SIZE(keys)];
		const char *step = key[2] + (!*path && *key[2] == '.');
		char *inner = g_strconcat(path, step, NULL);
		size_t at;

		space(g);
		at = g->text->len;
		g_string_append_printf(g->text, "\"%s\"", key[0]);
		space(g);
		g_string_append(g->text, ":");
		space(g);
		value(g, inner, at, depth + 1);
		space(g);
		if (i + 1 < n)
			g_string_append(g->text, ",");
		g_free(inner);
	}
	g_string_append(g->text, "}");
}

static void array(struct generator *g, const char *path, int depth)
{
	u32 n = random_below(&g->random, 5);

	g_string_append(g->text, "[");
	for (u32 i = 0; i < n; i++) {
		char *inner = g_strdup_printf("%s[%u]", path, i);

		space(g);
		value(g, inner, g->text->len, depth + 1);
		space(g);
		if (i + 1 < n)
			g_string_append(g->text, ",");
		g_free(inner);
	}
	g_string_append(g->text, "]");
}

static void value(struct generator *g, const char *path, size_t key, int depth)
{
	static const char *const scalars[] = {"1",    "-0.5",	 "true",      "null",
					      "\"\"", "\"[{,\"", "\"\\\"]}\""};
	struct note note = {g_strdup(path), key, g->text->len};
	u32 kind = random_below(&g->random, 4);

	g_array_append_val(g->notes, note);
	if (kind == 0 && depth < 6)
		object(g, path, depth);
	else if (kind == 1 && depth < 6)
		array(g, path, depth);
	else
		g_string_append(g->text, scalars[random_below(&g->random, ARRAY_SIZE(scalars))]);
}

static void check_note(const struct generator *g, const struct note *note, json_t *root)
{
	u64 line, col, expect_line = 1;
	const char *text = g->text->str, *line_start = text;
	struct json_place place;

	json_locate(text, g->text->len, note->path, &place);
	g_assert_true(place.whole);
	g_assert_cmpuint(place.key, ==, note->key);
	g_assert_cmpuint(place.value, ==, note->value);
	json_position(text, g->text->len, note->value, &line, &col);
	for (const char *p = text; p < text + note->value; p++) {
		if (*p == '\n') {
			expect_line++;
			line_start = p + 1;
		}
	}
	g_assert_cmpuint(line, ==, expect_line);
	g_assert_cmpuint(col, ==,
			 (u64)g_utf8_strlen(line_start, text + note->value - line_start) + 1);
	g_assert_nonnull(json_path_get(root, note->path));
}

static void check_missing(const struct generator *g, const struct note *note)
{
	static const char *const beyond[] = {".nobody", "[99]", "[\"x\\\"\"]"};
	struct json_place place;

	for (gsize i = 0; i < ARRAY_SIZE(beyond); i++) {
		const char *step = beyond[i] + (!*note->path && *beyond[i] == '.');
		char *path = g_strconcat(note->path, step, NULL);

		json_locate(g->text->str, g->text->len, path, &place);
		g_assert_false(place.whole);
		g_assert_cmpuint(place.value, ==, note->value);
		g_free(path);
	}
}

static void test_brute_force(void)
{
	for (u64 seed = 1; seed <= 400; seed++) {
		struct generator g = {.random = {seed * 0x9e3779b97f4a7c15ull}};
		struct err err = {0};
		struct json_doc doc;

		g.text = g_string_new(NULL);
		g.notes = g_array_new(FALSE, FALSE, sizeof(struct note));
		g_array_set_clear_func(g.notes, note_free);
		space(&g);
		value(&g, "", g.text->len, 0);
		space(&g);
		if (!json_doc_parse(&doc, "g", g.text->str, g.text->len, &err))
			g_error("seed %" G_GUINT64_FORMAT ": %s\n%s", seed, err.text, g.text->str);
		for (guint i = 0; i < g.notes->len; i++) {
			check_note(&g, &g_array_index(g.notes, struct note, i), doc.root);
			check_missing(&g, &g_array_index(g.notes, struct note, i));
		}
		json_doc_finish(&doc);
		g_array_free(g.notes, TRUE);
		g_string_free(g.text, TRUE);
	}
}

/* What json_path_key() writes, json_path_next() reads back. */
static void test_path_words(void)
{
	for (gsize i = 0; i < ARRAY_SIZE(keys); i++) {
		char buf[64] = "r";
		size_t used = json_path_key(buf, sizeof(buf), 1, keys[i][1]);
		const char *path = buf, *problem;
		struct json_step step;

		g_assert_cmpuint(used, ==, strlen(buf));
		g_assert_cmpstr(buf + 1, ==, keys[i][2]);
		g_assert_cmpint(json_path_next(&path, true, &step, &problem), ==, 1);
		g_assert_cmpint(json_path_next(&path, false, &step, &problem), ==, 1);
		g_assert_false(step.is_index);
		g_assert_cmpstr(step.key, ==, keys[i][1]);
		g_assert_cmpint(json_path_next(&path, false, &step, &problem), ==, 0);
	}
}

static void test_path_full(void)
{
	char buf[8] = "abc";

	/* What does not fit is left out whole, at every size. */
	g_assert_cmpuint(json_path_key(buf, 8, 3, "def"), ==, 7);
	g_assert_cmpstr(buf, ==, "abc.def");
	buf[3] = '\0';
	g_assert_cmpuint(json_path_key(buf, 8, 3, "defg"), ==, 3);
	g_assert_cmpuint(json_path_key(buf, 8, 3, "."), ==, 3);
	g_assert_cmpstr(buf, ==, "abc");
	g_assert_cmpuint(json_path_index(buf, 8, 3, 10), ==, 7);
	buf[3] = '\0';
	g_assert_cmpuint(json_path_index(buf, 8, 3, 100), ==, 3);
	g_assert_cmpstr(buf, ==, "abc");
}

/* A text that no scan has accepted must still end the walk. */
static void test_bad_text(void)
{
	static const char text[] = "{\"a\":[1,{\"b\":[[2]]},\"c\"],\"d\":0}";
	struct json_place place;

	for (size_t n = 0; n <= strlen(text); n++) {
		json_locate(text, n, "a[1].b[0][0]", &place);
		json_locate(text, n, "d", &place);
		json_locate(text, n, "a[7]", &place);
		json_locate(text + n, strlen(text) - n, "a[1].b", &place);
		g_assert_cmpuint(place.value, <=, strlen(text) - n);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json-locate/brute-force", test_brute_force);
	g_test_add_func("/json-locate/path-words", test_path_words);
	g_test_add_func("/json-locate/path-full", test_path_full);
	g_test_add_func("/json-locate/bad-text", test_bad_text);
	return g_test_run();
}
