/* SPDX-License-Identifier: GPL-2.0-only */
/* What is common to reading, writing and describing fields: limits, sizes, words for people. */
#include "base/field.h"

#include <assert.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/field_internal.h"

bool field_is_name(const char *s)
{
	size_t len = strlen(s);

	if (!len || len > FIELD_NAME_MAX || !(g_ascii_isalnum(*s) || *s == '_'))
		return false;
	for (; *s; s++) {
		if (!g_ascii_isalnum(*s) && !strchr("._-", *s))
			return false;
	}
	return true;
}

bool field_is_number(enum field_type type)
{
	return type == FIELD_U64 || type == FIELD_S64 || type == FIELD_SIZE || type == FIELD_TIME;
}

s64 field_least(const struct field *field)
{
	if (field->type == FIELD_S64 && !field->min && !field->max)
		return INT64_MIN;
	return field->min;
}

u64 field_most(const struct field *field)
{
	if (field->max && field->type == FIELD_S64)
		return min_u64(field->max, INT64_MAX);
	if (field->max)
		return field->max;
	if (field->type == FIELD_STRING)
		return FIELD_STRING_MAX;
	if (field->type == FIELD_NAME)
		return FIELD_NAME_MAX;
	if (field->type == FIELD_ARRAY || field->type == FIELD_VARIANT || field->type == FIELD_MAP)
		return UINT32_MAX;
	return INT64_MAX;
}

size_t field_item_size(enum field_type type)
{
	switch (type) {
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_U64:
	case FIELD_S64:
	case FIELD_SIZE:
	case FIELD_TIME:
		return sizeof(u64);
	case FIELD_STRING:
	case FIELD_NAME:
		return sizeof(const char *);
	case FIELD_ENUM:
		return sizeof(u32);
	default:
		assert(false && "a scalar type");
		return 0;
	}
}

struct field field_of_item(const struct field *field)
{
	return (struct field){.name = field->name,
			      .type = field->item,
			      .unit = field->unit,
			      .allowed = field->allowed};
}

size_t field_entry_size(const struct field *field)
{
	if (field->type == FIELD_VARIANT)
		return field->variants[0]->size;
	return field->sub ? field->sub->size : field_item_size(field->item);
}

/* 4194304 as "4MiB", 90000 ns as "90us": exact, in the largest unit that divides. */
static void exact_text(u64 value, bool time, char *buf, size_t len)
{
	static const u64 times[] = {NSEC_PER_SEC, NSEC_PER_MSEC, NSEC_PER_USEC};
	static const char *const time_words[] = {"s", "ms", "us"}, *const size_words[] = {
								       "PiB", "TiB", "GiB", "MiB",
								       "KiB"};

	for (unsigned int i = 0; value && i < (time ? 3u : 5u); i++) {
		u64 scale = time ? times[i] : 1ull << (50 - 10 * i);

		if (value % scale == 0) {
			snprintf(buf, len, "%llu%s", (unsigned long long)(value / scale),
				 time ? time_words[i] : size_words[i]);
			return;
		}
	}
	snprintf(buf, len, "%llu%s", (unsigned long long)value, time && value ? "ns" : "");
}

static void range_text(const struct field *field, char *buf, size_t len)
{
	bool units = field->type == FIELD_SIZE || field->type == FIELD_TIME;
	s64 least = field_least(field);
	u64 most = field_most(field);
	char low[32], high[32];

	if (units) {
		exact_text((u64)least, field->type == FIELD_TIME, low, sizeof(low));
		exact_text(most, field->type == FIELD_TIME, high, sizeof(high));
	} else {
		snprintf(low, sizeof(low), "%lld", (long long)least);
		snprintf(high, sizeof(high), field->type == FIELD_S64 ? "%lld" : "%llu",
			 (unsigned long long)most);
	}
	if (most < INT64_MAX)
		snprintf(buf, len, "%s %s..%s", units ? "," : "", low, high);
	else if (least > INT64_MIN && (least || !units))
		snprintf(buf, len, "%s >= %s", units ? "," : "", low);
	else
		buf[0] = '\0';
}

static void words_text(const char *const *words, char *buf, size_t len)
{
	size_t used = (size_t)snprintf(buf, len, "one of");

	for (size_t i = 0; words[i] && used < len; i++) {
		size_t room = len - used, n = strlen(words[i]);

		if (n + 8 > room) {
			snprintf(buf + used, room, ", ...");
			return;
		}
		used += (size_t)snprintf(buf + used, room, "%s\"%s\"", i ? ", " : " ", words[i]);
	}
}

static void entries_text(const struct field *field, const char *what, char *buf, size_t len)
{
	if (field->max && field->min)
		snprintf(buf, len, "%s of %lld..%llu entries", what, (long long)field->min,
			 (unsigned long long)field->max);
	else if (field->max)
		snprintf(buf, len, "%s of at most %llu entries", what,
			 (unsigned long long)field->max);
	else if (field->min)
		snprintf(buf, len, "%s of at least %lld entries", what, (long long)field->min);
	else
		snprintf(buf, len, "%s", what);
}

const char *field_expect(const struct field *field, char *buf, size_t len)
{
	static const char *const words[] = {
	    [FIELD_BOOL] = "true or false",
	    [FIELD_U64] = "integer",
	    [FIELD_S64] = "integer",
	    [FIELD_SIZE] = "size in bytes or such as \"512MiB\"",
	    [FIELD_TIME] = "time in ns or such as \"10ms\"",
	    [FIELD_NAME] = "name of 1..64 letters, digits, '.', '_' or '-'",
	    [FIELD_CUSTOM] = "value",
	    [FIELD_OBJECT] = "object",
	};
	char range[80];

	switch (field->type) {
	case FIELD_U64:
	case FIELD_S64:
	case FIELD_SIZE:
	case FIELD_TIME:
		range_text(field, range, sizeof(range));
		snprintf(buf, len, "%s%s%s%s%s", words[field->type], range, field->unit ? " (" : "",
			 field->unit ? field->unit : "", field->unit ? ")" : "");
		break;
	case FIELD_STRING:
		snprintf(buf, len, "string of at most %llu bytes",
			 (unsigned long long)field_most(field));
		break;
	case FIELD_ENUM:
		words_text(field->allowed, buf, len);
		break;
	case FIELD_ARRAY:
	case FIELD_VARIANT:
		entries_text(field, "array", buf, len);
		break;
	case FIELD_MAP:
		entries_text(field, "object of names", buf, len);
		break;
	default:
		snprintf(buf, len, "%s", words[field->type]);
		break;
	}
	return buf;
}

#define WORD_MAX 64u

static char fold(char c)
{
	return c == '-' ? '_' : g_ascii_tolower(c);
}

/*
 * Insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string
 * alignment). Both at most WORD_MAX long. O(|a| |b|).
 */
static unsigned int edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned int rows[3][WORD_MAX + 1];

	for (unsigned int j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (unsigned int i = 1; i <= na; i++) {
		unsigned int *row = rows[i % 3], *up = rows[(i + 2) % 3];
		const unsigned int *above = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned int j = 1; j <= nb; j++) {
			bool differ = fold(a[i - 1]) != fold(b[j - 1]);
			unsigned int best = up[j - 1] + differ;

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (differ && i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]) && above[j - 2] + 1 < best)
				best = above[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[na % 3][nb];
}

const char *nearest_name(const char *word, const char *const *names)
{
	size_t len = strlen(word);
	/* In a short word two edits may leave nothing of it. */
	unsigned int best = len < 4 ? 2 : 3;
	const char *nearest = NULL;

	if (!len || len > WORD_MAX)
		return NULL;
	for (; *names; names++) {
		size_t n = strlen(*names);
		unsigned int distance;

		if (n > WORD_MAX)
			continue;
		distance = edit_distance(word, len, *names, n);
		if (distance < best && distance < len) {
			best = distance;
			nearest = *names;
		} else if (!nearest && len >= 3 && n > len && !strncmp(word, *names, len)) {
			nearest = *names;
		}
	}
	return nearest;
}
