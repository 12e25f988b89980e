/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The figures of one run, recorded or simulated: a list of names with numbers. A few hundred at
 * most, looked up a few hundred times: a list will do.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/pressure.h"

static struct pressure_value *find(const struct pressure_run *run, const char *name, size_t len)
{
	for (u32 i = 0; i < run->nr_values; i++) {
		struct pressure_value *value = &run->value[i];

		if (!strncmp(value->name, name, len) && !value->name[len])
			return value;
	}
	return NULL;
}

static struct pressure_value *add_value(struct pressure_run *run, const char *name)
{
	size_t len = strlen(name);

	if (len >= PRESSURE_NAME_LEN)
		return NULL;
	if (run->nr_values == run->cap_values) {
		u32 cap = run->cap_values ? run->cap_values * 2 : 256;
		struct pressure_value *more = realloc(run->value, cap * sizeof(*more));

		if (!more)
			return NULL;
		run->value = more;
		run->cap_values = cap;
	}
	run->value[run->nr_values] = (struct pressure_value){.v = 0};
	memcpy(run->value[run->nr_values].name, name, len + 1);
	return &run->value[run->nr_values++];
}

bool pressure_set(struct pressure_run *run, const char *name, double v)
{
	struct pressure_value *value;

	if (strlen(name) >= PRESSURE_NAME_LEN)
		return true; /* nothing asks for a name that long */
	value = find(run, name, strlen(name));
	if (!value)
		value = add_value(run, name);
	if (value)
		value->v = v;
	return value != NULL;
}

bool pressure_add(struct pressure_run *run, const char *name, double v)
{
	double old = pressure_get(run, name);

	return pressure_set(run, name, isnan(old) ? v : old + v);
}

double pressure_get(const struct pressure_run *run, const char *name)
{
	const struct pressure_value *value =
		strlen(name) < PRESSURE_NAME_LEN ? find(run, name, strlen(name)) : NULL;

	return value ? value->v : NAN;
}

s32 pressure_next(const struct pressure_run *run, const char *prefix, s32 from)
{
	for (s32 i = from; i < (s32)run->nr_values; i++)
		if (!strncmp(run->value[i].name, prefix, strlen(prefix)))
			return i;
	return -1;
}

void pressure_run_finish(struct pressure_run *run)
{
	free(run->value);
	pressure_series_finish(&run->series);
	*run = (struct pressure_run){0};
}

static bool ends_with(const char *name, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && !strncmp(name + len - n, end, n);
}

/* A counter that did not move is left out of a recording; a time that is missing never was. */
static double missing(const char *name, size_t len)
{
	bool time = ends_with(name, len, "_ms") || ends_with(name, len, "_p50");

	return time || !strncmp(name, "first.", 6) ? NAN : 0;
}

static double sum_of(const struct pressure_run *run, const char *words)
{
	double sum = 0;

	while (*words) {
		size_t len = strcspn(words, " ");
		bool minus = *words == '-';
		const char *name = words + minus;
		const struct pressure_value *value;
		double v;

		if (len - minus < PRESSURE_NAME_LEN) {
			value = find(run, name, len - minus);
			v = value ? value->v : missing(name, len - minus);
			sum += minus ? -v : v;
		}
		words += len;
		words += strspn(words, " ");
	}
	return sum;
}

double pressure_eval(const struct pressure_run *run, const char *sum, const char *by)
{
	double divisor = by ? sum_of(run, by) : 1;

	return divisor > 0 ? sum_of(run, sum) / divisor : NAN;
}
