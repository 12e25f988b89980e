/* SPDX-License-Identifier: GPL-2.0-only */
#include "sample.h"

#include <string.h>

static const char *const arches[] = {"x86_64", "aarch64", "riscv64", NULL};

static const struct field_table op_map, op_loop;
static const struct field_table *const ops[] = {&op_map, &op_loop, NULL};

static const struct field_table op_map = {
    .name = "map",
    .doc = "Maps memory.",
    .size = sizeof(struct sample_op),
    .fields = (const struct field[]){{.name = "size",
				      .type = FIELD_SIZE,
				      .offset = offsetof(struct sample_op, size),
				      .required = true,
				      .min = 4096,
				      .max = 1ull << 40,
				      .doc = "how much"},
				     {0}},
};

static const struct field_table op_loop = {
    .name = "loop",
    .size = sizeof(struct sample_op),
    .fields = (const struct field[]){{.name = "count",
				      .type = FIELD_U64,
				      .offset = offsetof(struct sample_op, count),
				      .min = 1,
				      .def = "2"},
				     {.name = "program",
				      .type = FIELD_VARIANT,
				      .required = true,
				      .max = 100,
				      .offset = offsetof(struct sample_op, program),
				      .variants = ops,
				      .variant_key = "op",
				      .variant_tag = offsetof(struct sample_op, which)},
				     {0}},
};

static const struct field_table task = {
    .name = "task",
    .doc = "A process.",
    .size = sizeof(struct sample_task),
    .fields =
	(const struct field[]){
	    {.name = "name", .type = FIELD_NAME, .offset = offsetof(struct sample_task, name)},
	    {.name = "nice",
	     .type = FIELD_S64,
	     .offset = offsetof(struct sample_task, nice),
	     .min = -20,
	     .max = 19},
	    {.name = "after",
	     .type = FIELD_TIME,
	     .offset = offsetof(struct sample_task, after),
	     .def = "\"1.5ms\""},
	    {.name = "program",
	     .type = FIELD_VARIANT,
	     .min = 1,
	     .offset = offsetof(struct sample_task, program),
	     .variants = ops,
	     .variant_key = "op",
	     .variant_tag = offsetof(struct sample_op, which)},
	    {0}},
};

static bool zone_check(struct field_ctx *ctx, void *object)
{
	struct sample_zone *zone = object;

	if (zone->pages % 2)
		return field_error(ctx, "pages", "expected an even number, got %llu",
				   (unsigned long long)zone->pages);
	return true;
}

static const struct field_table zone = {
    .name = "zone",
    .size = sizeof(struct sample_zone),
    .fields = (const struct field[]){{.name = "pages",
				      .type = FIELD_U64,
				      .required = true,
				      .unit = "pages",
				      .offset = offsetof(struct sample_zone, pages)},
				     {.name = "label",
				      .type = FIELD_STRING,
				      .max = 8,
				      .def = "\"none\"",
				      .offset = offsetof(struct sample_zone, label)},
				     {0}},
    .check = zone_check,
};

static const struct field_table trace = {
    .name = "trace",
    .size = sizeof(struct sample_trace),
    .fields = (const struct field[]){{.name = "path",
				      .type = FIELD_STRING,
				      .required = true,
				      .offset = offsetof(struct sample_trace, path)},
				     {.name = "from",
				      .type = FIELD_TIME,
				      .def = "\"1s\"",
				      .offset = offsetof(struct sample_trace, from)},
				     {0}},
};

/* "abc" sets the bits of its letters. */
static bool gfp_parse(struct field_ctx *ctx, json_t *value, void *out, const struct field *field)
{
	const char *s = json_string_value(value);
	u64 bits = 0;

	(void)field;
	for (; s && *s >= 'a' && *s <= 'z'; s++)
		bits |= 1ull << (*s - 'a');
	if (!s || *s)
		return field_error(ctx, NULL, "expected letters a-z");
	memcpy(out, &bits, sizeof(bits));
	return true;
}

static json_t *gfp_write(const void *in, const struct field *field)
{
	char text[27], *p = text;
	u64 bits;

	(void)field;
	memcpy(&bits, in, sizeof(bits));
	for (int i = 0; i < 26; i++) {
		if (bits >> i & 1)
			*p++ = (char)('a' + i);
	}
	*p = '\0';
	return json_string(text);
}

#define AT(member) .offset = offsetof(struct sample, member)

const struct field_table sample_table = {
    .name = "sample",
    .doc = "Everything there is.",
    .size = sizeof(struct sample),
    .fields =
	(const struct field[]){
	    {.name = "swap", .type = FIELD_BOOL, AT(swap), .def = "true", .doc = "a switch"},
	    {.name = "order", .type = FIELD_U64, AT(order), .max = 10, .unit = "log2 pages"},
	    {.name = "offset", .type = FIELD_S64, AT(offset)},
	    {.name = "memory",
	     .type = FIELD_SIZE,
	     AT(memory),
	     .max = UINT64_MAX,
	     .def = "\"512MiB\""},
	    {.name = "duration",
	     .type = FIELD_TIME,
	     AT(duration),
	     .min = 1000,
	     .max = 3600 * NSEC_PER_SEC,
	     .def = "\"10s\""},
	    {.name = "title", .type = FIELD_STRING, AT(title)},
	    {.name = "host", .type = FIELD_NAME, AT(host), .def = "\"localhost\""},
	    {.name = "arch", .type = FIELD_ENUM, AT(arch), .allowed = arches, .def = "\"aarch64\""},
	    {.name = "gfp",
	     .type = FIELD_CUSTOM,
	     AT(gfp),
	     .parse = gfp_parse,
	     .write = gfp_write,
	     .schema = "{\"type\":\"string\",\"pattern\":\"^[a-z]*$\"}"},
	    {.name = "trace", .type = FIELD_OBJECT, AT(trace), .sub = &trace},
	    {.name = "zones", .type = FIELD_ARRAY, AT(zones), .sub = &zone, .max = 4},
	    {.name = "sizes",
	     .type = FIELD_ARRAY,
	     AT(sizes),
	     .item = FIELD_SIZE,
	     .def = "[\"4k\", 0]"},
	    {.name = "words", .type = FIELD_ARRAY, AT(words), .item = FIELD_STRING, .min = 2},
	    {.name = "arches",
	     .type = FIELD_ARRAY,
	     AT(arches),
	     .item = FIELD_ENUM,
	     .allowed = arches},
	    {.name = "tasks", .type = FIELD_MAP, AT(tasks), .sub = &task, .max = 1000},
	    {.name = "optional", .type = FIELD_U64, AT(optional), .min = 1},
	    {0}},
};
