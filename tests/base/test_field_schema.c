/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing values back, the JSON Schema and the reference page of the sample table. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_path.h"
#include "base/units.h"
#include "sample.h"

static json_t *read_and_write(const char *text)
{
	struct arena arena = {0};
	struct err err = {0};
	struct json_doc doc;
	struct sample s;
	json_t *json;

	g_assert_true(json_doc_parse(&doc, "t", text, strlen(text), &err));
	if (!fields_read(&sample_table, &doc, doc.root, "", &s, &arena, NULL, &err))
		g_error("%s: %s", text, err_text(&err));
	json = fields_write(&sample_table, &s);
	g_assert_nonnull(json);
	json_doc_finish(&doc);
	arena_finish(&arena);
	return json;
}

/* What is written must read back and be written the same. */
static void check_written(const char *text, const char *expect)
{
	json_t *json = read_and_write(text);
	char *first = json_dumps(json, JSON_COMPACT), *second;

	g_assert_cmpstr(first, ==, expect);
	json_decref(json);
	json = read_and_write(first);
	second = json_dumps(json, JSON_COMPACT);
	g_assert_cmpstr(second, ==, first);
	json_decref(json);
	free(first);
	free(second);
}

static void test_write(void)
{
	check_written("{}",
		      "{\"swap\":true,\"order\":0,\"offset\":0,\"memory\":536870912,"
		      "\"duration\":10000000000,\"host\":\"localhost\",\"arch\":\"aarch64\","
		      "\"gfp\":\"\",\"zones\":[],\"sizes\":[4096,0],\"arches\":[],\"tasks\":{}}");
	check_written(
	    "{\"swap\":0,\"order\":3,\"offset\":-5,\"memory\":\"1k\",\"duration\":\"2us\","
	    "\"title\":\"\\u001bt\",\"host\":\"h\",\"arch\":\"x86_64\",\"gfp\":\"zab\","
	    "\"trace\":{\"path\":\"\"},\"zones\":[{\"pages\":4}],\"sizes\":[],"
	    "\"words\":[\"a\",\"b\"],\"arches\":[\"riscv64\"],\"optional\":1,"
	    "\"tasks\":{\"x\":{\"program\":[{\"op\":\"loop\",\"program\":"
	    "[{\"op\":\"map\",\"size\":4096}]}]},\"y\":{}}}",
	    "{\"swap\":false,\"order\":3,\"offset\":-5,\"memory\":1024,\"duration\":2000,"
	    "\"title\":\"\\u001Bt\",\"host\":\"h\",\"arch\":\"x86_64\",\"gfp\":\"abz\","
	    "\"trace\":{\"path\":\"\",\"from\":1000000000},"
	    "\"zones\":[{\"pages\":4,\"label\":\"none\"}],\"sizes\":[],"
	    "\"words\":[\"a\",\"b\"],\"arches\":[\"riscv64\"],"
	    "\"tasks\":{\"x\":{\"nice\":0,\"after\":1500000,\"program\":[{\"op\":\"loop\","
	    "\"count\":2,\"program\":[{\"op\":\"map\",\"size\":4096}]}]},"
	    "\"y\":{\"nice\":0,\"after\":1500000}},\"optional\":1}");
	/* Beyond what a JSON integer holds. */
	check_written(
	    "{\"memory\":\"16383P\"}",
	    "{\"swap\":true,\"order\":0,\"offset\":0,\"memory\":\"18445618173802708992B\","
	    "\"duration\":10000000000,\"host\":\"localhost\",\"arch\":\"aarch64\","
	    "\"gfp\":\"\",\"zones\":[],\"sizes\":[4096,0],\"arches\":[],"
	    "\"tasks\":{}}");
}

static void check_at(json_t *schema, const char *path, const char *expect)
{
	char *text = json_dumps(json_path_get(schema, path), JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text || strcmp(text, expect))
		g_error("%s: got %s, expected %s", path, text ? text : "nothing", expect);
	free(text);
}

static void test_schema(void)
{
	json_t *s = fields_schema(&sample_table);

	g_assert_nonnull(s);
	check_at(s, "$schema", "\"https://json-schema.org/draft/2020-12/schema\"");
	check_at(s, "type", "\"object\"");
	check_at(s, "additionalProperties", "false");
	g_assert_null(json_object_get(s, "required"));
	check_at(s, "properties.comment", "true");
	check_at(s, "properties.swap",
		 "{\"enum\":[true,false,0,1],\"description\":\"a switch\",\"default\":true}");
	check_at(s, "properties.order",
		 "{\"type\":\"integer\",\"minimum\":0,\"maximum\":10,"
		 "\"description\":\"(log2 pages)\"}");
	check_at(s, "properties.offset", "{\"type\":\"integer\"}");
	check_at(s, "properties.duration.type", "[\"integer\",\"string\"]");
	check_at(s, "properties.duration.minimum", "1000");
	check_at(s, "properties.duration.maximum", "3600000000000");
	check_at(s, "properties.duration.default", "\"10s\"");
	check_at(s, "properties.title", "{\"type\":\"string\",\"maxLength\":4096}");
	check_at(s, "properties.arch.enum", "[\"x86_64\",\"aarch64\",\"riscv64\"]");
	check_at(s, "properties.gfp", "{\"type\":\"string\",\"pattern\":\"^[a-z]*$\"}");
	check_at(s, "properties.trace.required", "[\"path\"]");
	check_at(s, "properties.zones.maxItems", "4");
	check_at(s, "properties.zones.items.additionalProperties", "false");
	check_at(s, "properties.words.minItems", "2");
	check_at(s, "properties.words.items.type", "\"string\"");
	g_assert_null(json_path_get(s, "properties.tasks.additionalProperties.properties.name"));
	check_at(s, "properties.tasks.maxProperties", "1001");
	/* The program that can hold itself is written once. */
	check_at(s, "properties.tasks.additionalProperties.properties.program",
		 "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/program\"},\"minItems\":1}");
	check_at(s, "$defs.program.oneOf[0].properties.op", "{\"const\":\"map\"}");
	check_at(s, "$defs.program.oneOf[0].required", "[\"op\",\"size\"]");
	check_at(s, "$defs.program.oneOf[1].properties.program.items",
		 "{\"$ref\":\"#/$defs/program\"}");
	json_decref(s);
}

/* The patterns of the schema and the parsers must accept the same texts. */
static void check_pattern(json_t *schema, const char *path, bool (*parse)(const char *, u64 *))
{
	static const char *const numbers[] = {"0", "7", "1.5", "1.0", "007", "", "-1", ".5", "1."};
	static const char *const units[] = {
	    "",	   "B", "k",   "K", "kiB", "KiB", "kB", "KB", "M", "MiB", "MB", "G", "GiB", "T",
	    "TiB", "P", "PiB", "E", "ns",  "us",  "ms", "s",  "m", "h",	  "d",	"w", " s"};
	const char *pattern = json_string_value(json_path_get(schema, path));

	g_assert_nonnull(pattern);
	for (gsize i = 0; i < ARRAY_SIZE(numbers); i++) {
		for (gsize j = 0; j < ARRAY_SIZE(units); j++) {
			char *text = g_strconcat(numbers[i], units[j], NULL);
			bool matches = g_regex_match_simple(pattern, text, 0, 0);
			u64 value;

			/* The schema cannot tell whether a fraction comes out whole. */
			if (!parse(text, &value) && matches)
				g_assert_cmpstr(numbers[i], ==, "1.5");
			else if (parse(text, &value) != matches)
				g_error("%s: pattern and parser differ", text);
			g_free(text);
		}
	}
}

static void test_patterns(void)
{
	json_t *s = fields_schema(&sample_table);

	check_pattern(s, "properties.memory.pattern", parse_size);
	check_pattern(s, "properties.duration.pattern", parse_time);
	json_decref(s);
}

static char *reference(bool markdown)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	g_assert_nonnull(out);
	fields_reference(&sample_table, markdown, out);
	fclose(out);
	return text;
}

static void must_hold(const char *text, const char *part)
{
	if (!strstr(text, part))
		g_error("\"%s\" is not in:\n%s", part, text);
}

static void test_reference(void)
{
	char *text = reference(true);

	must_hold(text, "## sample\n\nEverything there is.\n");
	must_hold(text, "| `swap` | true or false | true | a switch |\n");
	must_hold(text, "| `order` | integer 0..10 (log2 pages) | - |  |\n");
	must_hold(text, "| `zones` | array of at most 4 entries: zone | - |  |\n");
	must_hold(text, "| `path` | string of at most 4096 bytes | required |  |\n");
	must_hold(text, "## `op: map`\n\nMaps memory.\n");
	must_hold(text, "Each entry's key is its name.\n");
	g_assert_null(strstr(text, "`name`"));
	/* Each table once, though loops hold programs. */
	g_assert_nonnull(strstr(text, "## `op: loop`"));
	g_assert_true(strstr(text, "## `op: loop`") == g_strrstr(text, "## `op: loop`"));
	free(text);
	text = reference(false);
	must_hold(text, "sample\n  Everything there is.\n");
	must_hold(text, "swap                         true or false; default true\n");
	g_assert_null(strchr(text, '|'));
	free(text);
}

static void test_table_is_sound(void)
{
	fields_assert_table(&sample_table);
}

static void check_unsound(const struct field *field)
{
	if (g_test_subprocess()) {
		const struct field fields[] = {*field, {0}};
		struct field_table table = {.name = "t", .size = 64, .fields = fields};

		fields_assert_table(&table);
		exit(0);
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_failed();
}

static void test_unsound_default(void)
{
	check_unsound(&(struct field){.name = "a", .type = FIELD_U64, .max = 3, .def = "4"});
}

static void test_unsound_offset(void)
{
	check_unsound(&(struct field){.name = "a", .type = FIELD_U64, .offset = 64});
}

static void test_unsound_required(void)
{
	check_unsound(
	    &(struct field){.name = "a", .type = FIELD_U64, .required = true, .def = "1"});
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/field-schema/write", test_write);
	g_test_add_func("/field-schema/schema", test_schema);
	g_test_add_func("/field-schema/patterns", test_patterns);
	g_test_add_func("/field-schema/reference", test_reference);
	g_test_add_func("/field-schema/sound", test_table_is_sound);
	g_test_add_func("/field-schema/unsound-default", test_unsound_default);
	g_test_add_func("/field-schema/unsound-offset", test_unsound_offset);
	g_test_add_func("/field-schema/unsound-required", test_unsound_required);
	return g_test_run();
}
