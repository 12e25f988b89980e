/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scanner of trace lines. A general JSON parser builds a tree of each line at about 2 us; a
 * trace knows its fields beforehand, so here a line is walked once, keys are told apart as
 * 64-bit words and numbers are read in place. What is accepted is exactly what a strict JSON
 * parser with the same schema accepts (the tests hold jansson against it): the rare forms of a
 * string (escapes, bytes beyond ASCII) go to the lexer of base.
 */
#include "workload/trace_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "base/json_scan.h"
#include "workload/trace.h"

#define KEYS(X)                                                                                    \
	X(KEY_T, "t", TRACE_MAX_TIME)                                                              \
	X(KEY_OP, "op", 0)                                                                         \
	X(KEY_CPU, "cpu", MACHINE_MAX_CPUS - 1)                                                    \
	X(KEY_ID, "id", TRACE_IDS - 1)                                                             \
	X(KEY_ORDER, "order", TRACE_MAX_ORDER)                                                     \
	X(KEY_OFFSET, "offset", BIT(TRACE_MAX_ORDER) - 1)                                          \
	X(KEY_PFN, "pfn", TRACE_NO_PFN - 1)                                                        \
	X(KEY_NODE, "node", MACHINE_MAX_NODES - 1)                                                 \
	X(KEY_TASK, "task", TRACE_TASKS_MAX - 1)                                                   \
	X(KEY_CHILD, "child", TRACE_TASKS_MAX - 1)                                                 \
	X(KEY_PID, "pid", TRACE_PID_MAX)                                                           \
	X(KEY_EVENTS, "events", TRACE_MAX_TIME)                                                    \
	X(KEY_GFP, "gfp", 0)                                                                       \
	X(KEY_COMM, "comm", 0)                                                                     \
	X(KEY_CTX, "ctx", 0)                                                                       \
	X(KEY_FAILED, "failed", 0)                                                                 \
	X(KEY_MEMALLOC, "memalloc", 0)

static const struct {
	const char *name;
	u64 max; /* of a number */
} keys[NR_TRACE_KEYS] = {
#define X(key, text, limit) [key] = {text, limit},
	KEYS(X)
#undef X
};

#define OPTIONAL_WHO (BIT(KEY_CTX) | BIT(KEY_TASK) | BIT(KEY_MEMALLOC))
#define OF_TASK	     (BIT(KEY_T) | BIT(KEY_OP) | BIT(KEY_CPU) | BIT(KEY_TASK))

static const struct {
	const char *name;
	u32 required, optional;
} ops[NR_LINE_OPS] = {
	[LINE_ALLOC] = {"alloc",
			BIT(KEY_T) | BIT(KEY_OP) | BIT(KEY_CPU) | BIT(KEY_ORDER) | BIT(KEY_GFP),
			OPTIONAL_WHO | BIT(KEY_ID) | BIT(KEY_NODE) | BIT(KEY_FAILED)},
	[LINE_FREE] = {"free", BIT(KEY_T) | BIT(KEY_OP) | BIT(KEY_CPU) | BIT(KEY_ID),
		       OPTIONAL_WHO | BIT(KEY_OFFSET) | BIT(KEY_ORDER)},
	[LINE_FREE_BOOT] = {"free_boot",
			    BIT(KEY_T) | BIT(KEY_OP) | BIT(KEY_CPU) | BIT(KEY_ORDER),
			    OPTIONAL_WHO | BIT(KEY_PFN)},
	[LINE_MOVE] = {"move", BIT(KEY_T) | BIT(KEY_OP) | BIT(KEY_CPU) | BIT(KEY_ID),
		       OPTIONAL_WHO | BIT(KEY_OFFSET) | BIT(KEY_ORDER)},
	[LINE_COMPACT] = {"compact", BIT(KEY_T) | BIT(KEY_OP) | BIT(KEY_CPU),
			  OPTIONAL_WHO | BIT(KEY_PFN)},
	[LINE_FORK] = {"fork", OF_TASK | BIT(KEY_CHILD), BIT(KEY_CTX) | BIT(KEY_MEMALLOC)},
	[LINE_EXIT] = {"exit", OF_TASK, BIT(KEY_CTX) | BIT(KEY_MEMALLOC)},
	[LINE_STALL] = {"stall", OF_TASK, BIT(KEY_CTX) | BIT(KEY_MEMALLOC)},
	[LINE_RESUME] = {"resume", OF_TASK, BIT(KEY_CTX) | BIT(KEY_MEMALLOC)},
	[LINE_TASK] = {"task", BIT(KEY_OP) | BIT(KEY_TASK) | BIT(KEY_COMM), BIT(KEY_PID)},
	[LINE_END] = {"end", BIT(KEY_OP) | BIT(KEY_EVENTS), 0},
};

static const char *const ctx_names[] = {"task", "softirq", "hardirq"};

struct scan {
	char *line, *p, *end;
	struct trace_scan_error *error;
};

const char *trace_key_name(enum trace_key key)
{
	return keys[key].name;
}

u64 trace_key_max(enum trace_key key)
{
	return keys[key].max;
}

const char *trace_line_op_name(enum trace_line_op op)
{
	return ops[op].name;
}

enum trace_key_use trace_key_use(enum trace_line_op op, enum trace_key key)
{
	if (ops[op].required & BIT(key))
		return KEY_REQUIRED;
	return ops[op].optional & BIT(key) ? KEY_OPTIONAL : KEY_REFUSED;
}

__attribute__((format(printf, 3, 4))) static bool refuse(struct scan *s, const char *at,
							 const char *fmt, ...)
{
	va_list args;

	s->error->at = at;
	va_start(args, fmt);
	vsnprintf(s->error->what, sizeof(s->error->what), fmt, args);
	va_end(args);
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

static u32 hex4(const char *p)
{
	u32 value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 4 | (u32)g_ascii_xdigit_value(p[i]);
	return value;
}

/* Resolves the escape behind the backslash at *p, which the lexer has accepted. */
static char *unescape(char **p, char *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char c = (*p)[1];
	const char *known;
	u32 code;

	*p += 2;
	if (c != 'u') {
		known = strchr(from, c);
		*out++ = known ? to[known - from] : c;
		return out;
	}
	code = hex4(*p);
	*p += 4;
	if (code >= 0xd800 && code < 0xdc00) {
		code = 0x10000 + ((code - 0xd800) << 10) + (hex4(*p + 2) - 0xdc00);
		*p += 6;
	}
	return out + g_unichar_to_utf8(code, out);
}

/* A string that is more than plain ASCII; s->p is at its opening quote. */
static bool scan_rare_string(struct scan *s, const char **text, size_t *len)
{
	struct json_lexer lexer = {
		.text = s->line,
		.len = (size_t)(s->end - s->line),
		.end = (size_t)(s->p - s->line),
	};
	char *out = s->p + 1, *p = s->p + 1, *quote;

	if (json_lexer_next(&lexer) != JSON_TOKEN_STRING)
		return refuse(s, s->line + lexer.bad, "%s",
			      lexer.problem ? lexer.problem : "string expected");
	*text = out;
	quote = s->line + lexer.end - 1;
	while (p < quote) {
		if (*p == '\\')
			out = unescape(&p, out);
		else
			*out++ = *p++;
	}
	*len = (size_t)(out - *text);
	s->p = quote + 1;
	return true;
}

/* What ends the fast walk over a string: the quote, an escape, controls, bytes beyond ASCII. */
static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f && c != '"' && c != '\\';
}

static bool scan_string(struct scan *s, const char **text, size_t *len)
{
	char *p;

	if (*s->p != '"')
		return refuse(s, s->p, "a string is expected");
	p = s->p + 1;
	while (is_plain(*p))
		p++;
	if (*p != '"')
		return scan_rare_string(s, text, len);
	*text = s->p + 1;
	*len = (size_t)(p - *text);
	s->p = p + 1;
	return true;
}

/* A whole number up to the key's limit. "-0" is 0 in JSON too. */
static bool scan_number(struct scan *s, enum trace_key key, u64 *value)
{
	const char *start = s->p;
	bool minus = *s->p == '-';
	char *p = s->p + minus;
	u64 n = 0;

	if (*p < '0' || *p > '9')
		return refuse(s, start, "\"%s\" takes a number", keys[key].name);
	if (*p == '0' && p[1] >= '0' && p[1] <= '9')
		return refuse(s, start, "a number has no leading zeros");
	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > (TRACE_MAX_TIME - 9) / 10 + 1)
			return refuse(s, start, "\"%s\" is beyond %llu", keys[key].name,
				      (unsigned long long)keys[key].max);
		n = n * 10 + (u64)(*p - '0');
	}
	if (*p == '.' || *p == 'e' || *p == 'E')
		return refuse(s, start, "\"%s\" takes a whole number", keys[key].name);
	if (n > keys[key].max || (minus && n))
		return refuse(s, start, "\"%s\" is outside 0..%llu", keys[key].name,
			      (unsigned long long)keys[key].max);
	*value = n;
	s->p = p;
	return true;
}

static bool scan_bool(struct scan *s, enum trace_key key, bool *value)
{
	if (!strncmp(s->p, "true", 4))
		*value = true;
	else if (!strncmp(s->p, "false", 5))
		*value = false;
	else
		return refuse(s, s->p, "\"%s\" takes true or false", keys[key].name);
	s->p += *value ? 4 : 5;
	return true;
}

/* A key as a number: its bytes, first byte highest. None is longer than 8. */
static inline u64 pack_word(const char *text, size_t len)
{
	u64 word = 0;

	for (size_t i = 0; i < len; i++)
		word = word << 8 | (u8)text[i];
	return word;
}

#define K1(a)		     ((u64)(a))
#define K2(a, b)	     (K1(a) << 8 | (u64)(b))
#define K3(a, b, c)	     (K2(a, b) << 8 | (u64)(c))
#define K4(a, b, c, d)	     (K3(a, b, c) << 8 | (u64)(d))
#define K5(a, b, c, d, e)    (K4(a, b, c, d) << 8 | (u64)(e))
#define K6(a, b, c, d, e, f) (K5(a, b, c, d, e) << 8 | (u64)(f))
#define K8(a, b, c, d, e, f, g, h) (K6(a, b, c, d, e, f) << 16 | (u64)(g) << 8 | (u64)(h))

static enum trace_key find_key(const char *text, size_t len)
{
	if (len == 0 || len > 8)
		return NR_TRACE_KEYS;
	switch (pack_word(text, len)) {
	case K1('t'):
		return KEY_T;
	case K2('o', 'p'):
		return KEY_OP;
	case K2('i', 'd'):
		return KEY_ID;
	case K3('c', 'p', 'u'):
		return KEY_CPU;
	case K3('g', 'f', 'p'):
		return KEY_GFP;
	case K3('p', 'f', 'n'):
		return KEY_PFN;
	case K3('c', 't', 'x'):
		return KEY_CTX;
	case K3('p', 'i', 'd'):
		return KEY_PID;
	case K4('n', 'o', 'd', 'e'):
		return KEY_NODE;
	case K4('t', 'a', 's', 'k'):
		return KEY_TASK;
	case K4('c', 'o', 'm', 'm'):
		return KEY_COMM;
	case K5('o', 'r', 'd', 'e', 'r'):
		return KEY_ORDER;
	case K5('c', 'h', 'i', 'l', 'd'):
		return KEY_CHILD;
	case K6('o', 'f', 'f', 's', 'e', 't'):
		return KEY_OFFSET;
	case K6('f', 'a', 'i', 'l', 'e', 'd'):
		return KEY_FAILED;
	case K6('e', 'v', 'e', 'n', 't', 's'):
		return KEY_EVENTS;
	case K8('m', 'e', 'm', 'a', 'l', 'l', 'o', 'c'):
		return KEY_MEMALLOC;
	default:
		return NR_TRACE_KEYS;
	}
}

static bool scan_op(struct scan *s, struct trace_line *out)
{
	const char *text, *start = s->p;
	size_t len;

	if (!scan_string(s, &text, &len))
		return false;
	for (u32 i = 0; i < NR_LINE_OPS; i++) {
		if (strlen(ops[i].name) == len && !memcmp(ops[i].name, text, len)) {
			out->op = (enum trace_line_op)i;
			return true;
		}
	}
	return refuse(s, start,
		      "\"op\" is one of alloc, free, free_boot, move, compact, fork, exit, stall, "
		      "resume, task, end");
}

static bool scan_ctx(struct scan *s, struct trace_line *out)
{
	const char *text, *start = s->p;
	size_t len;

	if (!scan_string(s, &text, &len))
		return false;
	for (u32 i = 0; i < ARRAY_SIZE(ctx_names); i++) {
		if (strlen(ctx_names[i]) == len && !memcmp(ctx_names[i], text, len)) {
			out->ctx = (enum trace_line_ctx)i;
			return true;
		}
	}
	return refuse(s, start, "\"ctx\" is one of task, softirq, hardirq");
}

static bool scan_value(struct scan *s, enum trace_key key, struct trace_line *out)
{
	switch (key) {
	case KEY_OP:
		return scan_op(s, out);
	case KEY_CTX:
		return scan_ctx(s, out);
	case KEY_GFP:
		return scan_string(s, &out->gfp, &out->gfp_len);
	case KEY_COMM:
		return scan_string(s, &out->comm, &out->comm_len);
	case KEY_FAILED:
		return scan_bool(s, key, &out->failed);
	case KEY_MEMALLOC:
		return scan_bool(s, key, &out->memalloc);
	default:
		return scan_number(s, key, &out->number[key]);
	}
}

static bool scan_member(struct scan *s, struct trace_line *out)
{
	const char *text, *start = s->p;
	enum trace_key key;
	size_t len;

	if (*s->p != '"')
		return refuse(s, s->p, "a field name in quotes is expected");
	if (!scan_string(s, &text, &len))
		return false;
	key = find_key(text, len);
	if (key == NR_TRACE_KEYS)
		return refuse(s, start, "unknown field");
	if (out->have & BIT(key))
		return refuse(s, start, "\"%s\" is given twice", keys[key].name);
	out->have |= BIT(key);
	s->p = skip_blanks(s->p);
	if (*s->p != ':')
		return refuse(s, s->p, "':' is expected");
	s->p = skip_blanks(s->p + 1);
	out->at[key] = s->p;
	return scan_value(s, key, out);
}

/* Just the fields that the op takes. */
static bool check_fields(struct scan *s, const struct trace_line *out)
{
	u32 missing, extra;

	if (!(out->have & BIT(KEY_OP)))
		return refuse(s, s->line, "\"op\" is missing");
	missing = ops[out->op].required & ~out->have;
	extra = out->have & ~(ops[out->op].required | ops[out->op].optional);
	if (missing)
		return refuse(s, s->line, "op %s needs \"%s\"", ops[out->op].name,
			      keys[__builtin_ctz(missing)].name);
	if (extra)
		return refuse(s, out->at[__builtin_ctz(extra)], "op %s takes no \"%s\"",
			      ops[out->op].name, keys[__builtin_ctz(extra)].name);
	return true;
}

/* What depends on more than one field. */
static bool check_values(struct scan *s, const struct trace_line *out)
{
	bool id = out->have & BIT(KEY_ID), offset = out->have & BIT(KEY_OFFSET);

	if (out->op == LINE_ALLOC && id == out->failed)
		return refuse(s, s->line, id ? "a failed allocation has no \"id\""
					     : "op alloc needs \"id\"");
	if (out->op == LINE_FREE || out->op == LINE_MOVE) {
		if (offset != !!(out->have & BIT(KEY_ORDER)))
			return refuse(s, s->line, "\"offset\" and \"order\" of a part go together");
		if (offset && out->number[KEY_OFFSET] & ((1ull << out->number[KEY_ORDER]) - 1))
			return refuse(s, out->at[KEY_OFFSET],
				      "\"offset\" is no multiple of 2^order");
	}
	return true;
}

bool trace_scan_line(char *line, size_t len, struct trace_line *out,
		     struct trace_scan_error *error)
{
	struct scan s = {.line = line, .end = line + len, .error = error};

	out->have = 0;
	out->ctx = LINE_CTX_TASK;
	out->failed = out->memalloc = false;
	s.p = skip_blanks(line);
	if (*s.p != '{')
		return refuse(&s, s.p, "an object is expected");
	s.p = skip_blanks(s.p + 1);
	if (*s.p != '}') {
		for (;;) {
			if (!scan_member(&s, out))
				return false;
			s.p = skip_blanks(s.p);
			if (*s.p != ',')
				break;
			s.p = skip_blanks(s.p + 1);
		}
	}
	if (*s.p != '}')
		return refuse(&s, s.p, "',' or '}' is expected");
	s.p = skip_blanks(s.p + 1);
	if (s.p != s.end)
		return refuse(&s, s.p, "nothing may follow the object");
	return check_fields(&s, out) && check_values(&s, out);
}
