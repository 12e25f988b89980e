/* SPDX-License-Identifier: GPL-2.0-only */
/* --set: what it changes, and that hostile paths are refused in words. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"

static json_t *sample(void)
{
	return json_loads("{\"a\":{\"b\":[{\"c\":1},[2,3]],\"x.y\":4}}", 0, NULL);
}

static void check_set(const char *assignment, const char *expect)
{
	json_t *root = sample();
	struct err err = {0};
	char *text;

	if (!json_set_path(root, assignment, &err))
		g_error("%s: %s", assignment, err_text(&err));
	text = json_dumps(root, JSON_COMPACT);
	g_assert_cmpstr(text, ==, expect);
	free(text);
	json_decref(root);
}

static void check_refused(const char *assignment, enum err_kind kind, const char *what)
{
	json_t *root = sample();
	struct err err = {0};

	if (json_set_path(root, assignment, &err))
		g_error("%s accepted", assignment);
	g_assert_cmpuint(err.count, ==, 1);
	g_assert_cmpint(err.kind, ==, kind);
	g_assert_true(g_str_has_prefix(err.text, "--set:"));
	if (!strstr(err.text, what))
		g_error("got \"%s\", expected \"%s\"", err.text, what);
	err_clear(&err);
	json_decref(root);
}

static void test_values(void)
{
	check_set("a=1", "{\"a\":1}");
	check_set("a=1e3", "{\"a\":1000.0}");
	check_set("a=-5", "{\"a\":-5}");
	check_set("a=true", "{\"a\":true}");
	check_set("a=null", "{\"a\":null}");
	check_set("a=linux-6.1", "{\"a\":\"linux-6.1\"}");
	check_set("a=10ms", "{\"a\":\"10ms\"}");
	check_set("a=9223372036854775808", "{\"a\":\"9223372036854775808\"}");
	check_set("a=two words = x", "{\"a\":\"two words = x\"}");
	check_set("a=\"7\"", "{\"a\":\"7\"}");
	check_set("a=\"\"", "{\"a\":\"\"}");
	check_set("a=[1,{\"q\":2}]", "{\"a\":[1,{\"q\":2}]}");
}

static void test_paths(void)
{
	check_set("a.b[0].c=9", "{\"a\":{\"b\":[{\"c\":9},[2,3]],\"x.y\":4}}");
	check_set("a.b[1][0]=9", "{\"a\":{\"b\":[{\"c\":1},[9,3]],\"x.y\":4}}");
	check_set("a.b[1]=9", "{\"a\":{\"b\":[{\"c\":1},9],\"x.y\":4}}");
	check_set("a[\"x.y\"]=9", "{\"a\":{\"b\":[{\"c\":1},[2,3]],\"x.y\":9}}");
	check_set("a[\"b\"][0][\"c\"]=9", "{\"a\":{\"b\":[{\"c\":9},[2,3]],\"x.y\":4}}");
	check_set("a.b[0].n.m=9", "{\"a\":{\"b\":[{\"c\":1,\"n\":{\"m\":9}},[2,3]],\"x.y\":4}}");
	check_set("n[\"=\"]=9", "{\"a\":{\"b\":[{\"c\":1},[2,3]],\"x.y\":4},\"n\":{\"=\":9}}");
}

static void test_refused(void)
{
	check_refused("", ERR_USAGE, "expected PATH=VALUE");
	check_refused("=1", ERR_USAGE, "expected PATH=VALUE");
	check_refused("a", ERR_USAGE, "expected PATH=VALUE");
	check_refused("a.b", ERR_USAGE, "expected PATH=VALUE");
	check_refused("a=", ERR_USAGE, "no value behind '='");
	check_refused(".a=1", ERR_USAGE, "empty name");
	check_refused("a.=1", ERR_USAGE, "empty name");
	check_refused("a..b=1", ERR_USAGE, "empty name");
	check_refused("a.b[=1", ERR_USAGE, "expected a number");
	check_refused("a.b[]=1", ERR_USAGE, "expected a number");
	check_refused("a.b[-1]=1", ERR_USAGE, "expected a number");
	check_refused("a.b[1=1", ERR_USAGE, "expected ']'");
	check_refused("a.b[0x1]=1", ERR_USAGE, "expected ']'");
	check_refused("a.b[99999999999]=1", ERR_USAGE, "index too large");
	check_refused("a.b[4294967295]=1", ERR_USAGE, "no such entry");
	check_refused("a.b[2]=1", ERR_USAGE, "no such entry");
	check_refused("a.b[2].c=1", ERR_USAGE, "no such entry");
	check_refused("a[0]=1", ERR_USAGE, "not an array");
	check_refused("a.b.c=1", ERR_USAGE, "not an object");
	check_refused("a.b.c.d=1", ERR_USAGE, "not an object");
	check_refused("a.b[0].c.d=1", ERR_USAGE, "not an object");
	check_refused("a.b[0]c=1", ERR_USAGE, "expected '.' or '['");
	check_refused("a]=1", ERR_USAGE, "expected '.' or '['");
	check_refused("a\"b=1", ERR_USAGE, "expected '.' or '['");
	check_refused("a[\"b=1", ERR_USAGE, "expected \"]");
	check_refused("a[\"b\\n\"]=1", ERR_USAGE, "only \\\" and");
	check_refused("a[\"b\\", ERR_USAGE, "only \\\" and");
	check_refused("a=\xff", ERR_USAGE, "not UTF-8");
	check_refused("\xff=1", ERR_USAGE, "not UTF-8");
	check_refused("a.\xff.b=1", ERR_USAGE, "not UTF-8");
	check_refused("a=[1,", ERR_INPUT, "expected a value");
	check_refused("a={\"x\":1,\"x\":2}", ERR_INPUT, "appears twice");
	check_refused("a=\"x", ERR_INPUT, "closing quote");
}

static void test_long(void)
{
	GString *path = g_string_new("a");
	char *fill = g_strnfill(JSON_LIMIT_KEY + 1, 'k'), *text;

	for (int i = 0; i < 64; i++)
		g_string_append(path, ".a");
	g_string_append(path, "=1");
	check_refused(path->str, ERR_USAGE, "more than 64 steps");
	g_string_free(path, TRUE);
	text = g_strdup_printf("%s=1", fill);
	check_refused(text, ERR_USAGE, "longer than 256");
	g_free(text);
	g_free(fill);
	fill = g_strnfill(JSON_LIMIT_STRING + 1, 'v');
	text = g_strdup_printf("a=%s", fill);
	check_refused(text, ERR_USAGE, "longer than 65536");
	g_free(text);
	g_free(fill);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json-set/values", test_values);
	g_test_add_func("/json-set/paths", test_paths);
	g_test_add_func("/json-set/refused", test_refused);
	g_test_add_func("/json-set/long", test_long);
	return g_test_run();
}
