/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation latency by class of request: percentiles above, what each is made of below. Read from
 * summary.json; bars are laid out here so that the script only draws boxes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "record/decimal.h"
#include "record/latency.h"
#include "report/figure.h"

#define MAX_CLASSES 4u

struct class_bars {
	const char *name;
	json_t *data;
	u64 requests;
};

struct bars {
	struct class_bars class[MAX_CLASSES]; /* most requests first */
	u32 nr_classes;
	bool cause_used[NR_STALL_CAUSES];
};

static u64 count_of(json_t *object, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(object, name));

	return value > 0 ? (u64)value : 0;
}

static json_t *point_of(const struct class_bars *class, u32 percentile)
{
	return json_object_get(class->data, latency_marks[percentile].name);
}

static void find_classes(const struct plot *p, struct bars *bars)
{
	json_t *latency = json_object_get(p->summary.root, "latency");
	json_t *classes = json_object_get(latency, "by_class");

	for (u32 c = 0; c < NR_GFP_CLASSES; c++) {
		struct class_bars found = {.name = gfp_class_names[c]};
		u32 at = bars->nr_classes;

		found.data = json_object_get(classes, found.name);
		found.requests = count_of(found.data, "requests");
		if (!found.requests)
			continue;
		while (at && bars->class[at - 1].requests < found.requests)
			at--;
		if (at == MAX_CLASSES)
			continue;
		if (bars->nr_classes < MAX_CLASSES)
			bars->nr_classes++;
		memmove(&bars->class[at + 1], &bars -> class[at],
			(bars->nr_classes - at - 1) * sizeof(found));
		bars->class[at] = found;
	}
	for (u32 i = 0; i < bars->nr_classes; i++) {
		for (u32 k = 0; k < NR_LATENCY_MARKS; k++) {
			json_t *causes = json_object_get(point_of(&bars->class[i], k), "causes_ns");

			for (u32 c = 0; c < NR_STALL_CAUSES; c++)
				if (count_of(causes, stall_cause_names[c]))
					bars->cause_used[c] = true;
		}
	}
}

static u32 bar_place(u32 class, u32 percentile)
{
	return class * (NR_LATENCY_MARKS + 1) + percentile;
}

/* Block 0: a row a bar: place, µs, text of the time. */
static void put_totals(const struct bars *bars, FILE *out)
{
	char number[DECIMAL_LEN], text[32];

	for (u32 i = 0; i < bars->nr_classes; i++) {
		for (u32 k = 0; k < NR_LATENCY_MARKS; k++) {
			u64 ns = count_of(point_of(&bars->class[i], k), "ns");

			fprintf(out, "%u %s \"%s\"\n", bar_place(i, k),
				decimal_ratio(max_u64(ns, 1), NSEC_PER_USEC, 3, number),
				format_time(ns, text, sizeof(text)));
		}
	}
	fputs("\n\n", out);
}

/* Block 1: a row a class: middle of its bars, name, number of requests. */
static void put_classes(const struct bars *bars, FILE *out)
{
	char number[DECIMAL_LEN];

	for (u32 i = 0; i < bars->nr_classes; i++)
		fprintf(out, "%u \"%s\" \"%s requests\"\n", bar_place(i, NR_LATENCY_MARKS / 2),
			bars->class[i].name, decimal_grouped(bars->class[i].requests, number));
	fputs("\n\n", out);
}

/* A block a cause: a row a bar: place, lower and upper end in percent. */
static void put_shares(const struct bars *bars, u32 cause, FILE *out)
{
	char low[DECIMAL_LEN], high[DECIMAL_LEN];

	for (u32 i = 0; i < bars->nr_classes; i++) {
		for (u32 k = 0; k < NR_LATENCY_MARKS; k++) {
			json_t *causes = json_object_get(point_of(&bars->class[i], k), "causes_ns");
			u64 below = 0, sum = 0;

			for (u32 c = 0; c < NR_STALL_CAUSES; c++) {
				u64 ns = min_u64(count_of(causes, stall_cause_names[c]),
						 UINT64_MAX / 2 / NR_STALL_CAUSES / 100);

				sum += ns;
				if (c < cause)
					below += ns;
			}
			fprintf(out, "%u %s %s\n", bar_place(i, k),
				decimal_ratio(below * 100, sum, 3, low),
				decimal_ratio(
				    (below + min_u64(count_of(causes, stall_cause_names[cause]),
						     sum - below)) *
					100,
				    sum, 3, high));
		}
	}
	fputs("\n\n", out);
}

bool figure_latency(struct plot *p, struct err *err)
{
	struct bars bars = {0};
	char causes[512] = "";
	struct figure *f;
	FILE *out;

	find_classes(p, &bars);
	if (!bars.nr_classes)
		return true;
	out = plot_data_begin(p, err);
	if (!out)
		return false;
	put_totals(&bars, out);
	put_classes(&bars, out);
	for (u32 c = 0; c < NR_STALL_CAUSES; c++) {
		if (!bars.cause_used[c])
			continue;
		put_shares(&bars, c, out);
		strncat(causes, causes[0] ? " " : "", sizeof(causes) - strlen(causes) - 1);
		strncat(causes, stall_cause_names[c], sizeof(causes) - strlen(causes) - 1);
	}
	if (!plot_data_end(p, "latency.dat", err))
		return false;
	f = plot_figure(p, "latency", "latency.gp");
	return figure_arg(f, err, "%u", bars.nr_classes) && figure_arg(f, err, "%s", causes);
}
