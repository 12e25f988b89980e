/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line scanner against jansson: over generated lines, mutated ones and chosen corner cases
 * both must accept the same lines with the same values. The schema is written down here a second
 * time, over jansson's tree.
 */
#include <glib.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rng.h"
#include "workload/trace.h"
#include "workload/trace_scan.h"

struct oracle_key {
	const char *name;
	char kind; /* n number, s string, b boolean */
	s64 max;
};

static const struct oracle_key oracle_keys[NR_TRACE_KEYS] = {
	[KEY_T] = {"t", 'n', INT64_MAX},
	[KEY_OP] = {"op", 's', 0},
	[KEY_CPU] = {"cpu", 'n', 1023},
	[KEY_ID] = {"id", 'n', (1 << 28) - 1},
	[KEY_ORDER] = {"order", 'n', 13},
	[KEY_OFFSET] = {"offset", 'n', 8191},
	[KEY_PFN] = {"pfn", 'n', 0xfffffffe},
	[KEY_NODE] = {"node", 'n', 63},
	[KEY_TASK] = {"task", 'n', 65534},
	[KEY_CHILD] = {"child", 'n', 65534},
	[KEY_PID] = {"pid", 'n', 1 << 22},
	[KEY_EVENTS] = {"events", 'n', INT64_MAX},
	[KEY_GFP] = {"gfp", 's', 0},
	[KEY_COMM] = {"comm", 's', 0},
	[KEY_CTX] = {"ctx", 's', 0},
	[KEY_FAILED] = {"failed", 'b', 0},
	[KEY_MEMALLOC] = {"memalloc", 'b', 0},
};

static json_t *member(json_t *obj, enum trace_key key)
{
	return json_object_get(obj, oracle_keys[key].name);
}

static bool oracle_types(json_t *obj)
{
	const char *name;
	json_t *value;

	json_object_foreach(obj, name, value) {
		int k = 0;

		while (k < NR_TRACE_KEYS && strcmp(name, oracle_keys[k].name))
			k++;
		if (k == NR_TRACE_KEYS)
			return false;
		switch (oracle_keys[k].kind) {
		case 'n':
			if (!json_is_integer(value) || json_integer_value(value) < 0 ||
			    json_integer_value(value) > oracle_keys[k].max)
				return false;
			break;
		case 's':
			if (!json_is_string(value))
				return false;
			break;
		default:
			if (!json_is_boolean(value))
				return false;
		}
	}
	return true;
}

/* Exactly these members: "+name" must be there, "name" may. */
static bool oracle_members(json_t *obj, const char *const *list)
{
	size_t known = 0;

	for (; *list; list++) {
		bool must = **list == '+', there = json_object_get(obj, *list + must) != NULL;

		if (must && !there)
			return false;
		known += there;
	}
	return known == json_object_size(obj);
}

static bool oracle_rules(json_t *obj)
{
	static const char *const alloc[] = {"+t", "+op", "+cpu", "+order", "+gfp", "id", "ctx",
					    "task", "node", "failed", "memalloc", NULL};
	static const char *const free_op[] = {"+t", "+op", "+cpu", "+id", "offset", "order", "ctx",
					      "task", "memalloc", NULL};
	static const char *const boot[] = {"+t", "+op", "+cpu", "+order", "pfn", "ctx", "task",
					   "memalloc", NULL};
	static const char *const compact[] = {"+t", "+op", "+cpu", "pfn", "ctx", "task",
					      "memalloc", NULL};
	static const char *const fork[] = {"+t", "+op", "+cpu", "+task", "+child", "ctx",
					   "memalloc", NULL};
	static const char *const about[] = {"+t", "+op", "+cpu", "+task", "ctx", "memalloc",
					    NULL};
	static const char *const task[] = {"+op", "+task", "+comm", "pid", NULL};
	static const char *const end[] = {"+op", "+events", NULL};
	const char *op = json_string_value(member(obj, KEY_OP));
	const char *ctx = json_string_value(member(obj, KEY_CTX));

	if (!op || (ctx && strcmp(ctx, "task") && strcmp(ctx, "softirq") && strcmp(ctx, "hardirq")))
		return false;
	if (!strcmp(op, "alloc"))
		return oracle_members(obj, alloc) &&
		       !member(obj, KEY_ID) == json_is_true(member(obj, KEY_FAILED));
	if (!strcmp(op, "free") || !strcmp(op, "move")) {
		json_t *offset = member(obj, KEY_OFFSET), *order = member(obj, KEY_ORDER);

		return oracle_members(obj, free_op) && !offset == !order &&
		       (!offset ||
			json_integer_value(offset) % (1 << json_integer_value(order)) == 0);
	}
	if (!strcmp(op, "free_boot"))
		return oracle_members(obj, boot);
	if (!strcmp(op, "compact"))
		return oracle_members(obj, compact);
	if (!strcmp(op, "fork"))
		return oracle_members(obj, fork);
	if (!strcmp(op, "exit") || !strcmp(op, "stall") || !strcmp(op, "resume"))
		return oracle_members(obj, about);
	if (!strcmp(op, "task"))
		return oracle_members(obj, task);
	return !strcmp(op, "end") && oracle_members(obj, end);
}

static json_t *oracle(const char *line, size_t len)
{
	json_t *obj = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

	/* json_is_object: a root array is JSON too */
	if (obj && json_is_object(obj) && oracle_types(obj) && oracle_rules(obj))
		return obj;
	json_decref(obj);
	return NULL;
}

static void same_text(json_t *value, const char *text, size_t len)
{
	g_assert_cmpuint(json_string_length(value), ==, len);
	g_assert_true(!memcmp(json_string_value(value), text, len));
}

static void same_values(json_t *obj, const struct trace_line *got)
{
	static const char *const op_names[] = {"alloc", "free",  "free_boot", "move",
					       "compact", "fork", "exit",      "stall",
					       "resume", "task", "end"};
	static const char *const ctx_names[] = {"task", "softirq", "hardirq"};
	const char *ctx = json_string_value(member(obj, KEY_CTX));

	g_assert_cmpstr(json_string_value(member(obj, KEY_OP)), ==, op_names[got->op]);
	g_assert_cmpstr(ctx ? ctx : "task", ==, ctx_names[got->ctx]);
	for (u32 k = 0; k < NR_TRACE_KEYS; k++) {
		json_t *value = member(obj, k);

		g_assert_cmpint(value != NULL, ==, !!(got->have & BIT(k)));
		if (value && oracle_keys[k].kind == 'n')
			g_assert_cmpuint((u64)json_integer_value(value), ==, got->number[k]);
	}
	if (got->have & BIT(KEY_GFP))
		same_text(member(obj, KEY_GFP), got->gfp, got->gfp_len);
	if (got->have & BIT(KEY_COMM))
		same_text(member(obj, KEY_COMM), got->comm, got->comm_len);
	g_assert_cmpint(json_is_true(member(obj, KEY_FAILED)), ==, got->failed);
	g_assert_cmpint(json_is_true(member(obj, KEY_MEMALLOC)), ==, got->memalloc);
}

/* Both on one line; true if they accepted it. The scanner gets a block of just the right size. */
static bool compare(const char *line, size_t len)
{
	json_t *want = oracle(line, len);
	struct trace_scan_error error = {0};
	struct trace_line got;
	char *copy = malloc(len + 1);
	bool ok;

	memcpy(copy, line, len);
	copy[len] = '\0';
	ok = trace_scan_line(copy, len, &got, &error);
	if (ok != (want != NULL))
		g_error("jansson %s, the scanner %s (%s): %.*s", want ? "accepts" : "refuses",
			ok ? "accepts" : "refuses", error.what, (int)len, line);
	if (ok)
		same_values(want, &got);
	else
		g_assert_true(error.at >= copy && error.at <= copy + len && *error.what);
	json_decref(want);
	free(copy);
	return ok;
}

static void test_corners(void)
{
	static const struct {
		bool ok;
		const char *line;
	} cases[] = {
	    {true, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {true, " \t{ \"op\" :\"free\" , \"id\":-0,\"cpu\":1023,\"t\":9223372036854775807 }\r"},
	    {false, "{\"t\":9223372036854775808,\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":99999999999999999999999,\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":-1,\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":1.0,\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":1e3,\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":01,\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":+1,\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":\"1\",\"cpu\":0,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":0,\"cpu\":1024,\"op\":\"free\",\"id\":0}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":268435456}"},
	    {true, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":268435455}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":1,\"id\":1}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":1,\"x\":1}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\"}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"frei\",\"id\":0}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":null,\"id\":0}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":0}}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":0} 1"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":0,}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":0"},
	    {true, "{\"\\u0074\":0,\"cpu\":0,\"\\u006fp\":\"fr\\u0065e\",\"id\":0}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":0,\"offset\":0}"},
	    {true, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":0,\"offset\":4,\"order\":2}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"free\",\"id\":0,\"offset\":2,\"order\":2}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"alloc\",\"id\":0,\"order\":64,\"gfp\":\"x\"}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"alloc\",\"order\":0,\"gfp\":\"x\"}"},
	    {true,
	     "{\"t\":0,\"cpu\":0,\"op\":\"alloc\",\"order\":0,\"gfp\":\"x\",\"failed\":true}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"alloc\",\"id\":1,\"order\":0,\"gfp\":\"x\","
		    "\"failed\":true}"},
	    {true, "{\"t\":0,\"cpu\":0,\"op\":\"alloc\",\"id\":1,\"order\":0,\"gfp\":\"x\","
		   "\"failed\":false,\"ctx\":\"softirq\",\"node\":63,\"memalloc\":true}"},
	    {true, "{\"op\":\"task\",\"task\":0,\"pid\":4194304,\"comm\":\"\\ud83d\\ude00 \\n"
		   "\xc3\xa4\x7f\"}"},
	    {false, "{\"op\":\"task\",\"task\":0,\"comm\":\"\\ud83d\"}"},
	    {false, "{\"op\":\"task\",\"task\":0,\"comm\":\"\\u0000\"}"},
	    {false, "{\"op\":\"task\",\"task\":0,\"comm\":\"\xc0\xaf\"}"},
	    {false, "{\"op\":\"task\",\"task\":0,\"comm\":\"\xed\xa0\x80\"}"},
	    {false, "{\"op\":\"task\",\"task\":0,\"comm\":\"a\tb\"}"},
	    {false, "{\"op\":\"task\",\"task\":0,\"comm\":\"abc"},
	    {true, "{\"t\":0,\"cpu\":0,\"op\":\"fork\",\"task\":0,\"child\":65534}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"fork\",\"task\":0,\"child\":65535}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"fork\",\"child\":1}"},
	    {true, "{\"t\":0,\"cpu\":0,\"op\":\"exit\",\"task\":3}"},
	    {true, "{\"t\":0,\"cpu\":0,\"op\":\"stall\",\"task\":3}"},
	    {true, "{\"t\":0,\"cpu\":0,\"op\":\"resume\",\"task\":3}"},
	    {false, "{\"t\":0,\"cpu\":0,\"op\":\"exit\",\"task\":3,\"id\":1}"},
	    {true, "{\"op\":\"end\",\"events\":12}"},
	    {false, "{\"op\":\"end\",\"events\":12,\"t\":1}"},
	    {false, "{}"},
	    {false, "[]"},
	    {false, "\"op\""},
	    {false, "\xef\xbb\xbf{\"op\":\"end\",\"events\":12}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		g_test_message("%s", cases[i].line);
		g_assert_cmpint(compare(cases[i].line, strlen(cases[i].line)), ==, cases[i].ok);
	}
}

static void blank(GString *s, struct rng *rng)
{
	static const char *const blanks[] = {"", "", "", " ", "\t ", "\r"};

	g_string_append(s, blanks[rng_below(rng, ARRAY_SIZE(blanks))]);
}

static u64 some_number(struct rng *rng, s64 max)
{
	switch (rng_below(rng, 4)) {
	case 0:
		return 0;
	case 1:
		return (u64)max;
	case 2:
		return rng_below(rng, (u64)max + (max < INT64_MAX));
	default:
		return rng_below(rng, 16) < (u64)max ? rng_below(rng, 3) : 0;
	}
}

static void add_value(GString *s, enum trace_key key, const char *op, struct rng *rng)
{
	static const char *const texts[] = {
		"GFP_KERNEL|__GFP_ZERO", "", "\\u0047FP_\\/", "caf\xc3\xa9", "a\\\"b\\\\", "cc1",
		"\\ud800\\udc00",	 "\xf0\x9f\x98\x80"};
	static const char *const ctxs[] = {"task", "softirq", "hardirq", "hard\\u0069rq"};

	if (oracle_keys[key].kind == 'n')
		g_string_append_printf(s, "%" G_GUINT64_FORMAT,
				       some_number(rng, oracle_keys[key].max));
	else if (oracle_keys[key].kind == 'b')
		g_string_append(s, rng_below(rng, 2) ? "true" : "false");
	else if (key == KEY_OP)
		g_string_append_printf(s, "\"%s\"", op);
	else if (key == KEY_CTX)
		g_string_append_printf(s, "\"%s\"", ctxs[rng_below(rng, ARRAY_SIZE(ctxs))]);
	else
		g_string_append_printf(s, "\"%s\"", texts[rng_below(rng, ARRAY_SIZE(texts))]);
}

/* A line of one op with its fields in any order; a field of another op now and then. */
static void make_line(GString *s, struct rng *rng)
{
	static const struct {
		const char *op;
		u32 must, may;
	} shapes[] = {
	    {"alloc", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_ID) | BIT(KEY_ORDER) | BIT(KEY_GFP),
	     BIT(KEY_CTX) | BIT(KEY_NODE) | BIT(KEY_TASK) | BIT(KEY_MEMALLOC)},
	    {"alloc", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_FAILED) | BIT(KEY_ORDER) | BIT(KEY_GFP),
	     BIT(KEY_CTX)},
	    {"free", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_ID),
	     BIT(KEY_CTX) | BIT(KEY_TASK) | BIT(KEY_MEMALLOC)},
	    {"free", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_ID) | BIT(KEY_OFFSET) | BIT(KEY_ORDER),
	     BIT(KEY_TASK)},
	    {"free_boot", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_ORDER), BIT(KEY_PFN)},
	    {"move", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_ID), BIT(KEY_TASK) | BIT(KEY_MEMALLOC)},
	    {"move", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_ID) | BIT(KEY_OFFSET) | BIT(KEY_ORDER),
	     BIT(KEY_CTX)},
	    {"compact", BIT(KEY_T) | BIT(KEY_CPU), BIT(KEY_PFN) | BIT(KEY_TASK)},
	    {"fork", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_TASK) | BIT(KEY_CHILD), BIT(KEY_CTX)},
	    {"exit", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_TASK), BIT(KEY_MEMALLOC)},
	    {"stall", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_TASK), 0},
	    {"resume", BIT(KEY_T) | BIT(KEY_CPU) | BIT(KEY_TASK), 0},
	    {"task", BIT(KEY_TASK) | BIT(KEY_COMM), BIT(KEY_PID)},
	    {"end", BIT(KEY_EVENTS), 0},
	};
	u64 shape = rng_below(rng, ARRAY_SIZE(shapes));
	u32 left = shapes[shape].must | BIT(KEY_OP) | (shapes[shape].may & (u32)rng_u64(rng));
	bool first = true;

	if (rng_below(rng, 16) == 0)
		left ^= BIT(rng_below(rng, NR_TRACE_KEYS));
	g_string_assign(s, "{");
	while (left) {
		enum trace_key key = (enum trace_key)rng_below(rng, NR_TRACE_KEYS);

		if (!(left & BIT(key)))
			continue;
		left &= ~BIT(key);
		if (!first)
			g_string_append_c(s, ',');
		first = false;
		blank(s, rng);
		g_string_append_printf(s, "\"%s\"", oracle_keys[key].name);
		blank(s, rng);
		g_string_append_c(s, ':');
		blank(s, rng);
		add_value(s, key, shapes[shape].op, rng);
		blank(s, rng);
	}
	g_string_append_c(s, '}');
}

static void mutate(GString *s, struct rng *rng)
{
	static const char bytes[] = "\"\\{}[]:,0123456789-+.eEtrufalsn \t\r\x01\x7f\xc3\xff";
	u64 at = rng_below(rng, s->len);

	switch (rng_below(rng, 4)) {
	case 0:
		s->str[at] = bytes[rng_below(rng, sizeof(bytes) - 1)];
		break;
	case 1:
		g_string_insert_c(s, (gssize)at, bytes[rng_below(rng, sizeof(bytes) - 1)]);
		break;
	case 2:
		g_string_erase(s, (gssize)at,
			       (gssize)(1 + rng_below(rng, min_u64(8, s->len - at))));
		break;
	default: /* a piece once more */
		g_string_insert_len(s, (gssize)rng_below(rng, s->len), s->str + at,
				    (gssize)(1 + rng_below(rng, s->len - at)));
	}
}

static void test_generated(void)
{
	GString *s = g_string_new(NULL);
	u32 accepted = 0, mutated_accepted = 0;
	struct rng rng;

	rng_init(&rng, 1, "trace scan");
	for (u32 i = 0; i < 20000; i++) {
		make_line(s, &rng);
		accepted += compare(s->str, s->len);
		for (u32 n = 0; n < 4 && s->len; n++) {
			mutate(s, &rng);
			if (s->len)
				mutated_accepted += compare(s->str, s->len);
		}
	}
	g_string_free(s, TRUE);
	/* both verdicts were put to the test */
	g_assert_cmpuint(accepted, >, 8000);
	g_assert_cmpuint(accepted, <, 19500);
	g_assert_cmpuint(mutated_accepted, >, 1000);
	g_assert_cmpuint(mutated_accepted, <, 40000);
}

/* Timed only when asked for (-m perf): ns a line of the scanner and of jansson. */
static void test_speed(void)
{
	static const char line[] = "{\"t\":123456789012,\"cpu\":1,\"op\":\"alloc\",\"id\":41237,"
				   "\"order\":0,\"gfp\":\"GFP_HIGHUSER_MOVABLE|__GFP_ZERO|"
				   "__GFP_COMP\",\"task\":117}";
	const u32 n = 200000;
	struct trace_scan_error error;
	struct trace_line got;
	char copy[sizeof(line)];
	gint64 t0, t1, t2;

	if (!g_test_perf()) {
		g_test_skip("run with -m perf");
		return;
	}
	memcpy(copy, line, sizeof(line));
	t0 = g_get_monotonic_time();
	for (u32 i = 0; i < n; i++)
		g_assert_true(trace_scan_line(copy, sizeof(line) - 1, &got, &error));
	t1 = g_get_monotonic_time();
	for (u32 i = 0; i < n; i++)
		json_decref(json_loadb(line, sizeof(line) - 1, JSON_REJECT_DUPLICATES, NULL));
	t2 = g_get_monotonic_time();
	g_test_minimized_result((double)(t1 - t0) * 1000 / n, "scanner: %.0f ns a line",
				(double)(t1 - t0) * 1000 / n);
	g_test_message("jansson: %.0f ns a line, %.1f times", (double)(t2 - t1) * 1000 / n,
		       (double)(t2 - t1) / (double)(t1 - t0));
	g_assert_cmpint(t2 - t1, >, 10 * (t1 - t0));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/trace_scan/corners", test_corners);
	g_test_add_func("/workload/trace_scan/generated", test_generated);
	g_test_add_func("/workload/trace_scan/speed", test_speed);
	return g_test_run();
}
