/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario's folder: what the machine was, what ran on it and what the real kernel showed in each
 * run. expected.json is the authority; what it lacks comes from the runs' own files.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/stream.h"
#include "verify/pressure.h"
#include "verify/pressure_internal.h"

char *pressure_file(const char *folder, const char *file)
{
	static const char *const endings[] = {"", ".zst"};

	for (u32 i = 0; i < ARRAY_SIZE(endings); i++) {
		char *path;

		if (asprintf(&path, "%s/%s%s", folder, file, endings[i]) < 0)
			return NULL;
		if (!access(path, R_OK))
			return path;
		free(path);
	}
	return NULL;
}

/* The whole of a stream; free() it. NULL and err. */
static char *read_whole(struct stream *in, size_t *len, struct err *err)
{
	char *text = NULL;
	size_t cap = 0, got;

	*len = 0;
	do {
		if (cap - *len < 2) {
			char *more = realloc(text, cap = cap ? cap * 2 : 64u << 10);

			if (!more) {
				free(text);
				err_set(err, ERR_HOST_RES, "no memory for %s", stream_name(in));
				return NULL;
			}
			text = more;
		}
		got = stream_read(in, text + *len, cap - *len - 1, err);
		*len += got;
	} while (got);
	text[*len] = '\0';
	return text;
}

bool pressure_json_load(struct json_doc *doc, const char *path, struct err *err)
{
	struct stream *in = stream_open(path, JSON_LIMIT_BYTES + 1, err);
	unsigned int before = err->count;
	size_t len;
	char *text;
	bool ok;

	if (!in)
		return false;
	text = read_whole(in, &len, err);
	stream_close(in);
	ok = text && err->count == before && json_doc_parse(doc, path, text, len, err);
	free(text);
	return ok;
}

static bool load_needed(const struct pressure_scenario *sc, struct json_doc *doc, const char *file,
			struct err *err)
{
	char *path = pressure_file(sc->path, file);
	bool ok;

	if (!path)
		return err_set(err, ERR_HOST_FILE, "%s: there is no %s in this folder", sc->path,
			       file);
	ok = pressure_json_load(doc, path, err);
	free(path);
	if (ok && !json_is_object(doc->root))
		ok = json_doc_error(doc, "", err, "expected an object: { ... }");
	return ok;
}

double pressure_number(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

static bool read_zones(struct pressure_scenario *sc, struct err *err)
{
	json_t *zones = json_object_get(sc->machine.root, "zones"), *zone;
	const char *name;

	json_object_foreach(zones, name, zone)
	{
		const json_t *pcp = json_array_get(json_object_get(zone, "pcp"), 0);
		double managed = pressure_number(zone, "managed", 0);

		if (sc->nr_zones == PRESSURE_MAX_ZONES || !(managed > 0) ||
		    strlen(name) >= sizeof(sc->zone[0].name))
			continue;
		snprintf(sc->zone[sc->nr_zones].name, sizeof(sc->zone[0].name), "%s", name);
		sc->zone[sc->nr_zones].managed = managed;
		sc->zone[sc->nr_zones++].batch = pressure_number(pcp, "batch", 1);
	}
	return sc->nr_zones ||
	       json_doc_error(&sc->machine, "", err, "expected zones with their managed pages");
}

/* Does every step that moves much memory have a rate? */
static void judge_pace(struct pressure_scenario *sc, bool *file_unpaced)
{
	json_t *process, *phase;
	size_t i, j;

	sc->paced = true;
	json_array_foreach(json_object_get(sc->workload.root, "processes"), i, process)
		json_array_foreach(json_object_get(process, "phases"), j, phase)
		{
			const char *op = json_string_value(json_object_get(phase, "op"));
			bool file = op && (!strcmp(op, "fread") || !strcmp(op, "fwrite"));
			bool moves = file || (op && !strcmp(op, "alloc"));

			if (!moves || pressure_number(phase, "rate_mib_s", 0) > 0)
				continue;
			sc->paced = false;
			*file_unpaced = *file_unpaced || file;
		}
}

/*
 * Two CPUs that race, and a kernel that differs from itself by more than the tolerances (METRICS
 * of the recordings: judge those by facts and level C).
 */
static void judge_chaos(struct pressure_scenario *sc, bool file_unpaced)
{
	const json_t *derived = json_object_get(sc->expected.root, "derived");
	const json_t *wakes = json_object_get(derived, "kswapd_wakes");
	double sd = pressure_number(wakes, "sd", 0), mean = pressure_number(wakes, "mean", 0);

	sc->chaotic = sc->cpus > 1 && (file_unpaced || sd > fmax(5, mean / 4));
}

static bool read_machine(struct pressure_scenario *sc, struct err *err)
{
	const json_t *root = sc->machine.root;
	const char *lru = json_string_value(json_object_get(root, "lru"));
	double cpus = pressure_number(root, "cpus", 0);
	bool file_unpaced = false;

	if (!(cpus >= 1) || cpus > MACHINE_MAX_CPUS)
		return json_doc_error(&sc->machine, "cpus", err, "expected the number of CPUs");
	sc->cpus = (u32)cpus;
	sc->classic = lru && !strcmp(lru, "classic");
	judge_pace(sc, &file_unpaced);
	judge_chaos(sc, file_unpaced);
	return read_zones(sc, err);
}

/* The last part of the path, without slashes at its end. */
static char *name_of(const char *path)
{
	size_t len = strlen(path), from;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (from = len; from && path[from - 1] != '/'; from--)
		;
	return strndup(path + from, len - from);
}

static bool load_parts(struct pressure_scenario *sc, struct err *err)
{
	double runs;

	sc->trace_path = pressure_file(sc->path, "kmem.txt");
	if (!load_needed(sc, &sc->machine, "machine.json", err) ||
	    !load_needed(sc, &sc->workload, "workload.json", err) ||
	    !load_needed(sc, &sc->expected, sc->trace_path ? "observed.json" : "expected.json",
			 err))
		return false;
	sc->state_path = pressure_file(sc->path, "state_before.txt");
	if (!sc->state_path)
		return err_set(err, ERR_HOST_FILE,
			       "%s: there is no state_before.txt in this folder", sc->path);
	runs = sc->trace_path ? 1 : pressure_number(sc->expected.root, "runs", 0);
	if (!(runs >= 1) || runs > PRESSURE_MAX_RUNS)
		return json_doc_error(&sc->expected, "runs", err, "expected 1 to %u runs",
				      PRESSURE_MAX_RUNS);
	sc->nr_runs = (u32)runs;
	return read_machine(sc, err);
}

bool pressure_load(struct pressure_scenario *sc, const char *path, struct err *err)
{
	bool ok;

	*sc = (struct pressure_scenario){.path = strdup(path), .name = name_of(path)};
	ok = sc->path && sc->name;
	if (!ok)
		err_set(err, ERR_HOST_RES, "no memory for %s", path);
	ok = ok && load_parts(sc, err) &&
	     (sc->trace_path ? pressure_read_observed(sc, err) : pressure_read_expected(sc, err));
	for (u32 i = 0; ok && i < sc->nr_runs; i++) {
		ok = pressure_read_run(sc, i, err);
		if (ok && !pressure_derive(sc, &sc->run[i]))
			ok = err_set(err, ERR_HOST_RES, "no memory for %s", path);
	}
	if (!ok)
		pressure_finish(sc);
	return ok;
}

void pressure_finish(struct pressure_scenario *sc)
{
	for (u32 i = 0; i < PRESSURE_MAX_RUNS; i++)
		pressure_run_finish(&sc->run[i]);
	json_doc_finish(&sc->expected);
	json_doc_finish(&sc->machine);
	json_doc_finish(&sc->workload);
	free(sc->state_path);
	free(sc->trace_path);
	free(sc->path);
	free(sc->name);
	*sc = (struct pressure_scenario){0};
}
