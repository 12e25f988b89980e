/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory map: time to the right, physical memory upwards (holes left out), a colour for the
 * type of a pageblock, darker the more of it is in use. blocks.csv tells only what changed; here it
 * becomes a matrix of one small number a dot: type * MAP_LEVELS + eighths in use.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/blocks.h"
#include "record/csv.h"
#include "record/decimal.h"
#include "report/figure.h"

#define MAP_COLUMNS    400u
#define MAP_ROWS       384u
#define MAP_LEVELS     (BLOCKS_LEVELS + 1)
#define MAP_MAX_RUNS   4096u
#define MAP_MAX_LABELS 26u /* beside each other from bottom to top */

struct map {
	struct plot *p;
	struct csv csv;
	u32 time, start, end, type, used; /* columns of the file */
	s32 moved;			  /* -1: an older file */
	struct map_run {
		u64 start, end, at; /* page frames, and pages of memory below */
	} * run;		    /* the first picture: all memory, ascending */
	u32 nr_runs;
	u64 pages;
	s64 first_ns;
	u8 now[MAP_ROWS];
	u8 (*dot)[MAP_ROWS]; /* [MAP_COLUMNS] */
	u32 columns;	     /* filled so far */
	bool seen[MIGRATE_TYPES];
	u32 nr_moves; /* dots of map-moves.dat */
};

struct map_row {
	s64 t_ns;
	u64 start, end;
	u8 code;
	u64 moved; /* eighths */
};

static bool read_type(const struct map *m, u32 *type, struct err *err)
{
	const char *name = m->csv.cell[m->type];

	for (*type = 0; *type < MIGRATE_TYPES; (*type)++)
		if (!strcmp(name, migratetype_name(*type)))
			return true;
	return csv_error(&m->csv, err, "column type: there is no migratetype \"%.40s\"", name);
}

static bool read_row(const struct map *m, struct map_row *row, struct err *err)
{
	u64 used;
	u32 type;

	row->moved = 0;
	if (m->moved >= 0 &&
	    !csv_count(&m->csv, (u32)m->moved, BLOCKS_LEVELS, &row->moved, err))
		return false;

	if (!csv_number(&m->csv, m->time, 0, &row->t_ns, err) ||
	    !csv_count(&m->csv, m->start, MACHINE_MAX_PFN, &row->start, err) ||
	    !csv_count(&m->csv, m->end, MACHINE_MAX_PFN, &row->end, err) ||
	    !read_type(m, &type, err) || !csv_count(&m->csv, m->used, BLOCKS_LEVELS, &used, err))
		return false;
	if (row->start >= row->end)
		return csv_error(&m->csv, err, "a run of pages ends before it starts");
	row->code = (u8)(type * MAP_LEVELS + used);
	return true;
}

/* Pages of memory below a page frame: its place on the vertical axis. */
static u64 place(const struct map *m, u64 pfn)
{
	u32 lo = 0, hi = m->nr_runs;

	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (m->run[mid].start <= pfn)
			lo = mid;
		else
			hi = mid;
	}
	if (pfn <= m->run[lo].start)
		return m->run[lo].at;
	return m->run[lo].at + min_u64(pfn, m->run[lo].end) - m->run[lo].start;
}

/* First dot whose middle lies at or above a place. */
static u32 dot_above(const struct map *m, u64 at)
{
	u64 twice = at * 2 * MAP_ROWS;

	if (twice <= m->pages)
		return 0;
	return (u32)min_u64((twice - m->pages + 2 * m->pages - 1) / (2 * m->pages), MAP_ROWS);
}

static bool add_run(struct map *m, const struct map_row *row, struct err *err)
{
	struct map_run *last = m->nr_runs ? &m->run[m->nr_runs - 1] : NULL;

	if (last && row->start < last->end)
		return csv_error(&m->csv, err, "runs of the first picture are not ascending");
	if (last && row->start == last->end) {
		last->end = row->end;
	} else {
		if (m->nr_runs == MAP_MAX_RUNS)
			return csv_error(&m->csv, err, "more than %u runs of memory", MAP_MAX_RUNS);
		m->run[m->nr_runs++] = (struct map_run){row->start, row->end, m->pages};
	}
	m->pages += row->end - row->start;
	return true;
}

/* Draws the state up to a time into all columns that end before it. */
static void fill_columns(struct map *m, s64 t_ns)
{
	while (m->columns < MAP_COLUMNS &&
	       (s64)((unsigned __int128)m->p->end_ns * (m->columns + 1) / MAP_COLUMNS) < t_ns)
		memcpy(m->dot[m->columns++], m->now, sizeof(m->now));
}

/* MiB, or GiB for large machines. */
static u64 map_unit(const struct map *m)
{
	return m->pages * m->p->page_bytes > (8ull << 30) ? 1ull << 30 : 1ull << 20;
}

/* A mark where an eighth or more of the memory under a dot has moved away. */
static void mark_move(struct map *m, const struct map_row *row, u32 r)
{
	u64 pages = m->pages * (2 * r + 1) / (2 * MAP_ROWS);
	char buf[DECIMAL_LEN];

	plot_put_time(m->p, row->t_ns);
	fprintf(m->p->out, " %s %" PRIu64 "\n",
		decimal_ratio(pages * m->p->page_bytes, map_unit(m), 4, buf), row->moved);
	m->nr_moves++;
}

static void apply(struct map *m, const struct map_row *row)
{
	u32 end = dot_above(m, place(m, row->end));

	for (u32 r = dot_above(m, place(m, row->start)); r < end; r++) {
		m->now[r] = row->code;
		if (row->moved)
			mark_move(m, row, r);
	}
	m->seen[row->code / MAP_LEVELS] = true;
}

static bool read_map(struct map *m, struct err *err)
{
	struct map_row *first = NULL;
	u32 n = 0, room = 0;
	struct map_row row;
	bool ok = true;

	while (ok && csv_next(&m->csv, err)) {
		ok = read_row(m, &row, err);
		if (ok && !n)
			m->first_ns = row.t_ns;
		if (ok && row.t_ns != m->first_ns) {
			for (u32 i = 0; i < n && first; i++)
				apply(m, &first[i]);
			free(first);
			first = NULL;
			fill_columns(m, row.t_ns);
			apply(m, &row);
			continue;
		}
		if (ok && n == room) {
			struct map_row *grown;

			room = room ? room * 2 : 256;
			grown = realloc(first, room * sizeof(*first));
			ok = grown || err_set(err, ERR_HOST_RES, "no memory for the map");
			first = grown ? grown : first;
		}
		if (ok) {
			first[n++] = row;
			ok = add_run(m, &row, err);
		}
	}
	for (u32 i = 0; ok && first && i < n; i++)
		apply(m, &first[i]);
	free(first);
	fill_columns(m, INT64_MAX);
	return ok && !err->kind;
}

static bool write_matrix(struct map *m, struct err *err)
{
	FILE *out = plot_data_begin(m->p, err);

	if (!out)
		return false;
	for (u32 r = 0; r < MAP_ROWS; r++)
		for (u32 c = 0; c < MAP_COLUMNS; c++)
			fprintf(out, "%u%c", (unsigned int)m->dot[c][r],
				c + 1 < MAP_COLUMNS ? ' ' : '\n');
	return plot_data_end(m->p, "map.dat", err);
}

/* Names of the types that occur, and the legend: two rows a type, a column a level. */
static bool write_legend(struct map *m, struct figure *f, struct err *err)
{
	FILE *out = plot_data_begin(m->p, err);
	char names[128] = "";
	size_t used = 0;

	if (!out)
		return false;
	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++) {
		if (!m->seen[mt])
			continue;
		for (u32 i = 0; i < 2 * MAP_LEVELS; i++) /* twice: an image needs two rows */
			fprintf(out, "%u%c", mt * MAP_LEVELS + i % MAP_LEVELS,
				(i + 1) % MAP_LEVELS ? ' ' : '\n');
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 used ? " " : "", migratetype_name(mt));
	}
	return plot_data_end(m->p, "map-legend.dat", err) && figure_arg(f, err, "%s", names);
}

/* Where zones begin and end, in MiB (or GiB), and the names of those wide enough for a text. */
static bool write_zones(struct map *m, u64 unit, struct err *err)
{
	json_t *zones = json_object_get(m->p->summary.root, "zones");
	FILE *out = plot_data_begin(m->p, err);
	char low[DECIMAL_LEN], high[DECIMAL_LEN], label[32];

	if (!out)
		return false;
	for (u32 z = 0; z < m->p->sim->nr_zones; z++) {
		const struct series_zone *sz = &m->p->sim->zone[z];
		json_t *entry;
		u64 from, to;
		size_t i;

		json_array_foreach(zones, i, entry)
		{
			const char *name = json_string_value(json_object_get(entry, "zone"));
			u64 start = (u64)json_integer_value(json_object_get(entry, "start_pfn"));
			u64 span = (u64)json_integer_value(json_object_get(entry, "spanned_pages"));

			if (!name || strcmp(name, zone_name(sz->type)) ||
			    json_integer_value(json_object_get(entry, "node")) != sz->node ||
			    start > MACHINE_MAX_PFN || span > MACHINE_MAX_PFN)
				continue;
			plot_zone_label(m->p, z, label, sizeof(label));
			from = place(m, start);
			to = place(m, start + span);
			fprintf(out, "%s %s \"%s\"\n",
				decimal_ratio(from * m->p->page_bytes, unit, 4, low),
				decimal_ratio(to * m->p->page_bytes, unit, 4, high),
				to - from >= m->pages / MAP_MAX_LABELS ? label : "");
		}
	}
	return plot_data_end(m->p, "map-zones.dat", err);
}

static bool write_map(struct map *m, struct err *err)
{
	u64 bytes = m->pages * m->p->page_bytes;
	u64 unit = map_unit(m);
	char buf[DECIMAL_LEN];
	struct figure *f;

	if (!write_matrix(m, err) || !write_zones(m, unit, err))
		return false;
	f = plot_figure(m->p, "map", "map.gp");
	return figure_arg(f, err, "%s", m->p->unit.name) &&
	       figure_arg(f, err, "%s",
			  decimal_ratio((u64)max_s64(m->p->end_ns, 1), m->p->unit.ns, 6, buf)) &&
	       figure_arg(f, err, "%s", unit == 1ull << 30 ? "GiB" : "MiB") &&
	       figure_arg(f, err, "%s", decimal_ratio(bytes, unit, 4, buf)) &&
	       write_legend(m, f, err) && figure_arg(f, err, "%u", m->nr_moves);
}

static bool open_map(struct map *m, struct err *err)
{
	char *path;
	bool there, ok;

	if (asprintf(&path, "%s/blocks.csv", m->p->dir) < 0)
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	there = !access(path, F_OK);
	ok = !there || csv_open(&m->csv, path, err);
	free(path);
	return ok;
}

bool figure_map(struct plot *p, struct err *err)
{
	struct map m = {.p = p};
	bool ok = open_map(&m, err);

	if (!m.csv.stream)
		return ok;
	m.run = calloc(MAP_MAX_RUNS, sizeof(*m.run));
	m.dot = calloc(MAP_COLUMNS, sizeof(*m.dot));
	ok = (m.run && m.dot) || err_set(err, ERR_HOST_RES, "no memory for the map");
	ok = ok && csv_need(&m.csv, "t_ns", &m.time, err) &&
	     csv_need(&m.csv, "start_pfn", &m.start, err) &&
	     csv_need(&m.csv, "end_pfn", &m.end, err) && csv_need(&m.csv, "type", &m.type, err) &&
	     csv_need(&m.csv, "used_eighths", &m.used, err) && plot_data_begin(p, err);
	m.moved = csv_column(&m.csv, "moved_eighths");
	ok = ok && read_map(&m, err) && plot_data_end(p, "map-moves.dat", err);
	if (ok && m.nr_runs)
		ok = write_map(&m, err);
	csv_close(&m.csv);
	free(m.run);
	free(m.dot);
	return ok;
}
