/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as a whole over time: what tasks' time went into (stacked by cause, with memory
 * pressure), and what memory was used for (stacked by list, with swap). Sums are laid out here, so
 * that the scripts only fill between curves.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/probes.h"
#include "record/decimal.h"
#include "report/figure.h"
#include "report/table.h"

/* What memory is used for, from below. X(column of vmstat.csv, label) */
#define MEMORY_LAYERS(X)                                                                           \
	X("nr_unevictable", "unevictable")                                                         \
	X("nr_active_anon", "active_anon")                                                         \
	X("nr_inactive_anon", "inactive_anon")                                                     \
	X("nr_active_file", "active_file")                                                         \
	X("nr_inactive_file", "inactive_file")                                                     \
	X("nr_slab_reclaimable", "slab_reclaimable")                                               \
	X("nr_slab_unreclaimable", "slab_unreclaimable")                                           \
	X("nr_page_table_pages", "page_tables")

static const struct layer {
	const char *column, *label;
} layers[] = {
#define X(column, label) {column, label},
	MEMORY_LAYERS(X)
#undef X
};

#define MIB (1ull << 20)
#define MAX_LAYERS 16u
#define MAX_STEPS  160u /* of the stalls: narrower ones cannot be told apart */

/* The columns that are ever above 0, and their labels as one text. */
struct stack {
	u32 column[MAX_LAYERS];
	u32 n;
	char labels[512];
};

static void stack_add(struct stack *stack, const struct table *t, const char *column,
		      const char *label)
{
	s32 c = table_column(t, column);
	bool used = false;

	for (u32 i = 0; c >= 0 && i < t->n; i++)
		used = used || table_get(t, i, (u32)c) > 0;
	if (!used || stack->n == MAX_LAYERS)
		return;
	stack->column[stack->n++] = (u32)c;
	strncat(stack->labels, stack->labels[0] ? " " : "",
		sizeof(stack->labels) - strlen(stack->labels) - 1);
	strncat(stack->labels, label, sizeof(stack->labels) - strlen(stack->labels) - 1);
}

/* Rows of: time, then the sums of the first layer, the first two... in units of 1/1000. */
static void put_memory(const struct plot *p, const struct table *t, const struct stack *stack)
{
	u32 time = (u32)table_column(t, "t_ns"), swap = (u32)table_column(t, "swap_used");
	char buf[DECIMAL_LEN];

	for (u32 i = 0; i < t->n; i++) {
		u64 sum = 0;

		plot_put_time(p, table_get(t, i, time));
		fprintf(p->out, " %s",
			decimal_ratio((u64)table_get(t, i, swap) * p->page_bytes, MIB, 3, buf));
		for (u32 k = 0; k < stack->n; k++) {
			sum += (u64)max_s64(0, table_get(t, i, stack->column[k]));
			fprintf(p->out, " %s",
				decimal_ratio(sum * p->page_bytes, MIB, 3, buf));
		}
		fputc('\n', p->out);
	}
}

/* The increase of a column from a row to a later one. */
static u64 step_of(const struct table *t, u32 row, u32 to, u32 column)
{
	return (u64)max_s64(0, table_get(t, to, column) - table_get(t, row, column));
}

/* Rows of: time, memory pressure in %, then sums by cause in ms a second; a step from each row. */
static void put_stalls(const struct plot *p, const struct table *t, const struct stack *stack)
{
	u32 time = (u32)table_column(t, "t_ns");
	u32 psi = (u32)table_column(t, "psi_memory_some_ns");
	u32 stride = t->n / MAX_STEPS + 1;
	char buf[DECIMAL_LEN];

	for (u32 i = 0, to; i + 1 < t->n; i = to) {
		u64 ns, sum = 0;

		/* The last one takes what is left: a short one would show chance. */
		to = i + 2 * stride < t->n ? i + stride : t->n - 1;
		ns = step_of(t, i, to, time);
		if (!ns)
			continue;
		plot_put_time(p, table_get(t, i, time));
		fprintf(p->out, " %s", decimal_ratio(step_of(t, i, to, psi) * 100, ns, 3, buf));
		for (u32 k = 0; k < stack->n; k++) {
			sum += step_of(t, i, to, stack->column[k]);
			fprintf(p->out, " %s", decimal_ratio(sum * 1000, ns, 4, buf));
		}
		fputc('\n', p->out);
	}
}

bool plot_load_machine(const struct plot *p, struct table **t, struct err *err)
{
	static const char *const needed[] = {"t_ns", "swap_used", "psi_memory_some_ns"};
	char *path;

	*t = NULL;
	if (asprintf(&path, "%s/vmstat.csv", p->dir) < 0)
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	*t = table_load(path, err);
	for (u32 i = 0; *t && i < ARRAY_SIZE(needed); i++) {
		if (table_column(*t, needed[i]) >= 0)
			continue;
		err_set(err, ERR_INPUT, "%s: there is no column %s", path, needed[i]);
		table_free(*t);
		*t = NULL;
	}
	free(path);
	return *t != NULL;
}

static bool draw_stack(struct plot *p, const struct table *t, const struct stack *stack,
		       const char *name,
		       void (*put)(const struct plot *, const struct table *,
				   const struct stack *),
		       struct err *err)
{
	char file[32];
	struct figure *f;

	if (!stack->n || t->n < 2)
		return true;
	snprintf(file, sizeof(file), "%s.dat", name);
	if (!plot_data_begin(p, err))
		return false;
	put(p, t, stack);
	if (!plot_data_end(p, file, err))
		return false;
	f = plot_figure(p, name, !strcmp(name, "stalls") ? "stalls.gp" : "memory.gp");
	return figure_arg(f, err, "%s", p->unit.name) && figure_arg(f, err, "%s", stack->labels);
}

bool figure_machine(struct plot *p, struct err *err)
{
	struct stack stalls = {0}, memory = {0};
	struct table *t;
	char column[48];
	bool ok;

	if (!plot_load_machine(p, &t, err))
		return false;
	for (u32 c = 0; c < NR_STALL_CAUSES; c++) {
		snprintf(column, sizeof(column), "time_%s_ns", stall_cause_names[c]);
		stack_add(&stalls, t, column, stall_cause_names[c]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(layers); i++)
		stack_add(&memory, t, layers[i].column, layers[i].label);
	ok = draw_stack(p, t, &memory, "memory", put_memory, err) &&
	     draw_stack(p, t, &stalls, "stalls", put_stalls, err);
	table_free(t);
	return ok;
}
