/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event lines are found by their middle: "[CPU]", perhaps flags, then "SECONDS:" and "EVENT:".
 * A task may have called itself "[0] 1.0:", so brackets are tried until all of that follows.
 */
#include "workload/import_line.h"

#include <string.h>

#include <glib.h>

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static bool is_name_char(char c)
{
	return g_ascii_isalnum(c) || c == '_';
}

/* Digits at *p, moved past; false if there are none or too many. */
static bool take_digits(const char **p, u64 max, u64 *value)
{
	const char *start = *p;
	u64 n = 0;

	for (; g_ascii_isdigit(**p); (*p)++) {
		u64 digit = (u64)(**p - '0');

		if (n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*value = n;
	return *p != start;
}

/* "331.075711:" to ns. Up to nine decimals. */
static bool take_time(const char **p, u64 *ns)
{
	u64 seconds, fraction = 0, unit = 100000000;
	const char *at = *p;

	if (!take_digits(&at, INT64_MAX / 1000000000 - 1, &seconds) || *at != '.' ||
	    !g_ascii_isdigit(at[1]))
		return false;
	for (at++; g_ascii_isdigit(*at); at++) {
		if (!unit)
			return false;
		fraction += (u64)(*at - '0') * unit;
		unit /= 10;
	}
	if (*at != ':')
		return false;
	*ns = seconds * 1000000000 + fraction;
	*p = at + 1;
	return true;
}

/* The third column of the flags tells the context; 'H' is a hard interrupt within a soft one. */
static void take_flags(const char *flags, size_t len, struct import_line *line)
{
	char context = len >= 4 ? flags[2] : '.';

	line->hardirq = context == 'h' || context == 'H' || context == 'z' || context == 'Z';
	line->softirq = context == 's';
}

/* "EVENT: FIELDS" or "SYSTEM:EVENT: FIELDS". */
static bool take_event(const char *p, struct import_line *line)
{
	const char *start = skip_blanks(p), *end = start;

	for (int part = 0; part < 2; part++) {
		while (is_name_char(*end))
			end++;
		if (end == start || *end != ':')
			return false;
		if (end[1] == ' ' || end[1] == '\t' || end[1] == '\0') {
			line->event = start;
			line->event_len = (size_t)(end - start);
			line->fields = end + 1;
			return true;
		}
		start = ++end;
	}
	return false;
}

/* All from "[CPU]" on; false if this bracket is not it. */
static bool take_right(const char *bracket, struct import_line *line)
{
	const char *p = bracket + 1, *flags;
	u64 cpu;

	if (!take_digits(&p, UINT32_MAX, &cpu) || *p != ']')
		return false;
	line->cpu = (u32)cpu;
	line->softirq = line->hardirq = false;
	p = skip_blanks(p + 1);
	if (take_time(&p, &line->t))
		return take_event(p, line);
	flags = p;
	while (*p && *p != ' ' && *p != '\t')
		p++;
	take_flags(flags, (size_t)(p - flags), line);
	p = skip_blanks(p);
	return take_time(&p, &line->t) && take_event(p, line);
}

/* Digits that end at *end (exclusive), moved before them. */
static bool take_digits_back(const char *text, const char **end, u32 *value)
{
	const char *start = *end, *p;
	u64 n;

	while (start > text && g_ascii_isdigit(start[-1]))
		start--;
	p = start;
	if (!take_digits(&p, UINT32_MAX, &n) || p != *end)
		return false;
	*value = (u32)n;
	*end = start;
	return true;
}

static const char *trim_back(const char *text, const char *end)
{
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return end;
}

/* "(  1234)" or "(-------)" before the bracket; *tgid stays as it was if there is none. */
static const char *take_tgid(const char *text, const char *end, bool *known, u32 *tgid)
{
	const char *p;

	*known = false;
	if (end == text || end[-1] != ')')
		return end;
	p = end - 1;
	if (take_digits_back(text, &p, tgid))
		*known = true;
	while (p > text && (p[-1] == ' ' || p[-1] == '-'))
		p--;
	return p > text && p[-1] == '(' ? trim_back(text, p - 1) : end;
}

/* "TASK-PID (TGID)" or "TASK PID/TID": from the back, as the name may hold anything. */
static bool take_left(const char *text, const char *bracket, struct import_line *line)
{
	const char *end = trim_back(text, bracket);
	bool tgid_known;
	u32 number;

	end = take_tgid(text, end, &tgid_known, &line->tgid);
	if (!take_digits_back(text, &end, &line->pid) || end == text)
		return false;
	if (!tgid_known)
		line->tgid = line->pid;
	if (end[-1] == '/') { /* perf: process/thread */
		end--;
		if (!take_digits_back(text, &end, &number) || end == text)
			return false;
		line->tgid = number;
	}
	if (end[-1] != '-' && end[-1] != ' ' && end[-1] != '\t')
		return false;
	end = end[-1] == '-' ? end - 1 : trim_back(text, end);
	line->comm = skip_blanks(text);
	if (end < line->comm)
		end = line->comm;
	line->comm_len = (size_t)(end - line->comm);
	return true;
}

bool import_line_parse(const char *text, struct import_line *line)
{
	for (const char *p = strchr(text, '['); p; p = strchr(p + 1, '['))
		if (take_right(p, line) && take_left(text, p, line))
			return true;
	return false;
}

const char *import_field(const char *fields, const char *name, size_t *len)
{
	size_t n = strlen(name);

	for (const char *p = skip_blanks(fields); *p; p = skip_blanks(p)) {
		const char *end = p + strcspn(p, " \t");

		if (!strncmp(p, name, n) && p[n] == '=') {
			*len = (size_t)(end - p) - n - 1;
			return p + n + 1;
		}
		p = end;
	}
	return NULL;
}

static bool hex_number(const char *text, size_t len, u64 *value)
{
	if (len < 1 || len > 16)
		return false;
	*value = 0;
	for (size_t i = 0; i < len; i++) {
		int digit = g_ascii_xdigit_value(text[i]);

		if (digit < 0)
			return false;
		*value = *value << 4 | (u64)digit;
	}
	return true;
}

bool import_number(const char *text, size_t len, u64 *value)
{
	const char *p = text;

	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return hex_number(text + 2, len - 2, value);
	return take_digits(&p, UINT64_MAX, value) && p == text + len;
}

bool import_pointer(const char *text, size_t len, u64 *value)
{
	if (len == 6 && !memcmp(text, "(null)", 6)) {
		*value = 0;
		return true;
	}
	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return hex_number(text + 2, len - 2, value);
	return hex_number(text, len, value);
}
