/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of a recording's lines: words, numbers, key=value pairs by table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/recording_internal.h"

char *rec_token(struct rec_parser *p)
{
	char *s = p->next, *end;

	if (!s || !*s)
		return NULL;
	end = strchr(s, ' ');
	if (end)
		*end++ = '\0';
	p->next = end;
	return s;
}

bool rec_line_end(struct rec_parser *p)
{
	return !p->next || !*p->next ||
	       rec_bad(p, "more fields than the line should have: \"%.40s\"", p->next);
}

/* Value of a digit, 16 if it is none. */
static u64 digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (u64)(c - '0');
	return c >= 'a' && c <= 'f' ? (u64)(c - 'a') + 10 : 16;
}

bool rec_number(struct rec_parser *p, const char *word, const char *what, s64 min, s64 max,
		s64 *out)
{
	bool negative = *word == '-';
	const char *s = word + negative;
	u64 x = 0, base = 10;

	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	if (!*s)
		return rec_bad(p, "%s: expected a number, got \"%.40s\"", what, word);
	for (; *s; s++) {
		u64 digit = digit_value(*s);

		if (digit >= base || x > ((u64)INT64_MAX - digit) / base)
			return rec_bad(p, "%s: expected a number, got \"%.40s\"", what, word);
		x = x * base + digit;
	}
	*out = negative ? -(s64)x : (s64)x;
	if (*out < min || *out > max)
		return rec_bad(p, "%s: %lld is outside %lld..%lld", what, (long long)*out,
			       (long long)min, (long long)max);
	return true;
}

bool rec_u64(struct rec_parser *p, const char *what, u64 max, u64 *out)
{
	char *word = rec_token(p);
	s64 x = 0;

	if (!word)
		return rec_bad(p, "%s is missing", what);
	if (!rec_number(p, word, what, 0, (s64)max, &x))
		return false;
	*out = (u64)x;
	return true;
}

bool rec_u32(struct rec_parser *p, const char *what, u64 max, u32 *out)
{
	u64 x = 0;

	if (!rec_u64(p, what, max, &x))
		return false;
	*out = (u32)x;
	return true;
}

bool rec_number_list(struct rec_parser *p, const char *key, char *value, u32 cap, s64 max, s64 *out,
		     u32 *n)
{
	char *save = NULL;

	*n = 0;
	for (char *w = strtok_r(value, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (*n == cap)
			return rec_bad(p, "%s has more than %u values", key, cap);
		if (!rec_number(p, w, key, 0, max, &out[(*n)++]))
			return false;
	}
	return true;
}

static bool store(struct rec_parser *p, const struct rec_kv *kv, const char *value, void *out)
{
	char *field = (char *)out + kv->offset;
	s64 x = 0;
	s32 small;

	if (!rec_number(p, value, kv->key, kv->min, kv->max, &x))
		return false;
	small = (s32)x;
	if (kv->size == sizeof(s64))
		memcpy(field, &x, sizeof(x));
	else
		memcpy(field, &small, sizeof(small));
	return true;
}

static bool needed(const struct rec_parser *p, const struct rec_kv *kv)
{
	return kv->need == KV_NEEDED ||
	       kv->need == (p->profile->pcp_autotune ? KV_NEEDED_AUTO : KV_NEEDED_FIXED);
}

bool rec_fields(struct rec_parser *p, const struct rec_kv *table, u32 n, void *out,
		bool (*other)(struct rec_parser *p, char *key, char *value, void *out))
{
	u32 seen = 0, i;
	char *key;

	while ((key = rec_token(p))) {
		char *value = strchr(key, '=');

		if (!value)
			return rec_bad(p, "expected key=value, got \"%.40s\"", key);
		*value++ = '\0';
		for (i = 0; i < n && strcmp(table[i].key, key); i++)
			;
		if (i == n) {
			if (other && !other(p, key, value, out))
				return false;
			continue;
		}
		if (seen & BIT(i))
			return rec_bad(p, "%s is given twice", key);
		seen |= BIT(i);
		if (!store(p, &table[i], value, out))
			return false;
	}
	for (i = 0; i < n; i++)
		if (needed(p, &table[i]) && !(seen & BIT(i)))
			return rec_bad(p, "%s is missing", table[i].key);
	return true;
}
