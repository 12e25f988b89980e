/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a results folder to pictures: reads what the recorder wrote, lets each figure write its
 * data, puts the scripts beside them and runs gnuplot.
 */
#include "report/plot.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outdir.h"
#include "base/safe_text.h"
#include "record/decimal.h"
#include "report/figure.h"

static const struct time_unit time_units[] = {
    {"ns", 1, 0},
    {"µs", NSEC_PER_USEC, 3},
    {"ms", NSEC_PER_MSEC, 3},
    {"s", NSEC_PER_SEC, 3},
    {"min", 60 * NSEC_PER_SEC, 20},
    {"h", 3600 * NSEC_PER_SEC, 5},
    {"days", 86400 * NSEC_PER_SEC, 5},
};

FILE *plot_data_begin(struct plot *p, struct err *err)
{
	assert(!p->out);
	p->out = open_memstream(&p->text, &p->len);
	if (!p->out)
		err_set(err, ERR_HOST_RES, "no memory for plot data");
	return p->out;
}

static bool write_plot_file(const struct plot *p, const char *name, const void *data, size_t len,
			    struct err *err)
{
	char *path;
	bool ok;

	if (asprintf(&path, "%s/%s", p->plots, name) < 0)
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	ok = file_write_whole(path, data, len, true, err);
	free(path);
	return ok;
}

bool plot_data_end(struct plot *p, const char *name, struct err *err)
{
	bool ok = !ferror(p->out);

	ok = fclose(p->out) == 0 && ok;
	p->out = NULL;
	ok = ok ? write_plot_file(p, name, p->text, p->len, err)
		: err_set(err, ERR_HOST_RES, "no memory for plot data");
	free(p->text);
	p->text = NULL;
	return ok;
}

struct figure *plot_figure(struct plot *p, const char *name, const char *script)
{
	struct figure *f = &p->figure[p->nr_figures++];

	assert(p->nr_figures <= PLOT_MAX_FIGURES);
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->script = script;
	return f;
}

bool figure_arg(struct figure *f, struct err *err, const char *fmt, ...)
{
	va_list args;
	int len;

	assert(f->nr_args < FIGURE_ARGS);
	va_start(args, fmt);
	len = vasprintf(&f->arg[f->nr_args], fmt, args);
	va_end(args);
	if (len < 0) {
		f->arg[f->nr_args] = NULL;
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	}
	f->nr_args++;
	return true;
}

void plot_zone_label(const struct plot *p, u32 z, char *buf, size_t len)
{
	const struct series_zone *zone = &p->sim->zone[z];
	bool many_nodes = false;

	for (u32 i = 0; i < p->sim->nr_zones; i++)
		many_nodes = many_nodes || p->sim->zone[i].node != p->sim->zone[0].node;
	if (many_nodes)
		snprintf(buf, len, "node%u/%s", zone->node, zone_name(zone->type));
	else
		snprintf(buf, len, "%s", zone_name(zone->type));
}

bool figure_arg_zones(const struct plot *p, struct figure *f, struct err *err)
{
	char labels[PLOT_MAX_PANELS * 32] = "", label[32];
	size_t used = 0;

	for (u32 i = 0; i < p->nr_panels; i++) {
		plot_zone_label(p, p->panel[i], label, sizeof(label));
		used += (size_t)snprintf(labels + used, sizeof(labels) - used, "%s%s", i ? " " : "",
					 label);
	}
	return figure_arg(f, err, "%s", labels);
}

void plot_put_time(const struct plot *p, s64 t_ns)
{
	char buf[DECIMAL_LEN];

	/* six digits after the point hold a nanosecond of a millisecond */
	fputs(decimal_ratio((u64)max_s64(0, t_ns), p->unit.ns, 6, buf), p->out);
}

void plot_put_fixed(const struct plot *p, s64 value, u32 digits)
{
	char buf[DECIMAL_LEN];

	fputs(value == SERIES_NONE ? "NaN" : decimal_fixed(value, digits, buf), p->out);
}

/* Pages of a zone, for choosing which to show. */
static u64 zone_size(const struct plot *p, const struct series_zone *zone)
{
	json_t *zones = json_object_get(p->summary.root, "zones"), *entry;
	size_t i;

	json_array_foreach(zones, i, entry)
	{
		const char *name = json_string_value(json_object_get(entry, "zone"));
		json_int_t node = json_integer_value(json_object_get(entry, "node"));

		if (name && node == zone->node && !strcmp(name, zone_name(zone->type)))
			return (u64)json_integer_value(json_object_get(entry, "managed_pages"));
	}
	return 0;
}

/* The largest zones, in the order of the machine. */
static void choose_panels(struct plot *p)
{
	bool chosen[SERIES_MAX_ZONES] = {false};

	for (u32 i = 0; i < PLOT_MAX_PANELS && i < p->sim->nr_zones; i++) {
		s32 best = -1;

		for (u32 z = 0; z < p->sim->nr_zones; z++)
			if (!chosen[z] && (best < 0 || zone_size(p, &p->sim->zone[z]) >
							   zone_size(p, &p->sim->zone[best])))
				best = (s32)z;
		chosen[best] = true;
	}
	for (u32 z = 0; z < p->sim->nr_zones; z++)
		if (chosen[z])
			p->panel[p->nr_panels++] = z;
}

static struct series *load_series(const char *dir, const char *name, bool optional, struct err *err)
{
	struct series *s;
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		err_set(err, ERR_HOST_RES, "no memory for plots");
		return NULL;
	}
	s = optional && access(path, F_OK) ? NULL : series_load(path, err);
	free(path);
	return s;
}

/* An integer of summary.json that must lie in a range. */
static bool summary_count(const struct plot *p, const char *name, u64 min, u64 max, u64 *value,
			  struct err *err)
{
	json_t *member = json_object_get(p->summary.root, name);

	*value = (u64)json_integer_value(member);
	if (json_is_integer(member) && *value >= min && *value <= max)
		return true;
	return json_doc_error(&p->summary, member ? name : "", err,
			      "expected %s, an integer %" PRIu64 "..%" PRIu64, name, min, max);
}

static bool load_summary(struct plot *p, struct err *err)
{
	const char *title;
	u64 order;
	char *path;
	bool ok;

	if (asprintf(&path, "%s/summary.json", p->dir) < 0)
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	ok = json_doc_load(&p->summary, path, err);
	free(path);
	if (!ok || !summary_count(p, "page_bytes", 4096, 65536, &p->page_bytes, err) ||
	    !summary_count(p, "pageblock_order", 0, MAX_PAGE_ORDER_LIMIT, &order, err))
		return false;
	p->pageblock_order = (u32)order;
	title = json_string_value(json_object_get(p->summary.root, "title"));
	safe_text_title(title ? title : "", p->title, sizeof(p->title));
	return true;
}

static bool load(struct plot *p, struct err *err)
{
	if (!load_summary(p, err))
		return false;
	p->sim = load_series(p->dir, "samples.csv", false, err);
	if (!p->sim)
		return false;
	p->obs = load_series(p->dir, "observed.csv", true, err);
	if (err->kind)
		return false;
	p->end_ns = p->sim->t_ns[p->sim->n - 1];
	for (u32 i = 0; i < ARRAY_SIZE(time_units); i++)
		if ((u64)max_s64(p->end_ns, 0) / time_units[i].ns >= time_units[i].from)
			p->unit = time_units[i];
	choose_panels(p);
	if (asprintf(&p->plots, "%s/plots", p->dir) < 0) {
		p->plots = NULL;
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	}
	if (mkdir(p->plots, 0777) && errno != EEXIST)
		return err_set(err, ERR_HOST_FILE, "%s: cannot be made: %s", p->plots,
			       strerror(errno));
	return true;
}

static void unload(struct plot *p)
{
	for (u32 i = 0; i < p->nr_figures; i++)
		for (u32 a = 0; a < p->figure[i].nr_args; a++)
			free(p->figure[i].arg[a]);
	if (p->out)
		fclose(p->out);
	free(p->text);
	free(p->plots);
	series_free(p->sim);
	series_free(p->obs);
	json_doc_finish(&p->summary);
}

/* Lets gnuplot draw into a temporary file and gives it its name when it is whole. */
static bool draw(const struct plot *p, const struct figure *f, const char *type,
		 const struct gnuplot *gp, struct err *err)
{
	const char *args[GNUPLOT_MAX_ARGS + 1] = {type, NULL, p->title};
	char file[96], temporary[112];
	char *from = NULL, *to = NULL;
	struct stat st;
	bool ok;

	snprintf(file, sizeof(file), "%s.%s", f->name, type);
	snprintf(temporary, sizeof(temporary), ".%s.partial", file);
	args[1] = temporary;
	for (u32 a = 0; a < f->nr_args; a++)
		args[3 + a] = f->arg[a];
	if (asprintf(&from, "%s/%s", p->plots, temporary) < 0)
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	if (asprintf(&to, "%s/%s", p->plots, file) < 0) {
		free(from);
		return err_set(err, ERR_HOST_RES, "no memory for plots");
	}
	unlink(from); /* a link left there must not be written through */
	ok = gnuplot_run(gp, p->plots, f->script, args, err);
	if (ok && (lstat(from, &st) || !S_ISREG(st.st_mode) || !st.st_size))
		ok = err_set(err, ERR_HOST_FILE, "gnuplot %s drew no picture", f->script);
	if (ok && rename(from, to))
		ok = err_set(err, ERR_HOST_FILE, "%s: %s", to, strerror(errno));
	if (!ok)
		unlink(from);
	free(from);
	free(to);
	return ok;
}

static bool draw_all(const struct plot *p, const struct plot_options *opt, struct err *err)
{
	static const char *const types[] = {"svg", "png"};
	char *found = opt->gnuplot ? NULL : gnuplot_find();
	const struct gnuplot gp = {
	    .program = opt->gnuplot ? opt->gnuplot : found,
	    .timeout_s = opt->timeout_s ? opt->timeout_s : GNUPLOT_TIMEOUT_S,
	};
	bool ok = true;

	if (!gp.program)
		return err_set(err, ERR_HOST_FILE,
			       "gnuplot is not installed: scripts and data are in %s, no pictures",
			       p->plots);
	for (u32 i = 0; i < p->nr_figures; i++)
		for (u32 t = 0; ok && t < ARRAY_SIZE(types); t++)
			ok = draw(p, &p->figure[i], types[t], &gp, err);
	free(found);
	return ok;
}

/* The commands that draw the figures again by hand. */
static bool write_readme(struct plot *p, struct err *err)
{
	FILE *out = plot_data_begin(p, err);

	if (!out)
		return false;
	fputs("The scripts draw the .dat files beside them. To draw a figure again, in this "
	      "folder:\n\n",
	      out);
	for (u32 i = 0; i < p->nr_figures; i++) {
		const struct figure *f = &p->figure[i];

		fprintf(out, "gnuplot -d -c %s png %s.png 'TITLE'", f->script, f->name);
		for (u32 a = 0; a < f->nr_args; a++)
			fprintf(out, " '%s'", f->arg[a]);
		fputc('\n', out);
	}
	return plot_data_end(p, "README.txt", err);
}

static bool write_all(struct plot *p, struct err *err)
{
	if (!figure_free(p, err) || !figure_orders(p, err) || !figure_indices(p, err) ||
	    !figure_map(p, err) || !figure_latency(p, err) || !figure_machine(p, err) ||
	    !figure_mobility(p, err) ||
	    !write_readme(p, err))
		return false;
	for (u32 i = 0; i < nr_plot_scripts; i++)
		if (!write_plot_file(p, plot_scripts[i].name, plot_scripts[i].text,
				     plot_scripts[i].len, err))
			return false;
	return true;
}

bool plot_results(const char *dir, const struct plot_options *opt, struct err *err)
{
	struct plot p = {.dir = dir};
	struct err ignored = {0};
	bool ok = load(&p, err) && write_all(&p, err);

	if (ok && opt->require_pictures)
		ok = draw_all(&p, opt, err);
	else if (ok)
		draw_all(&p, opt, opt->warnings ? opt->warnings : &ignored);
	err_clear(&ignored);
	unload(&p);
	return ok;
}
