/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second pass over a workload's programs: names become numbers, uses of names that nothing
 * defines are refused, as are programs that could not mean anything (a kernel thread that maps
 * memory, an endless loop in a run without an end, nesting without measure).
 *
 * Names of regions, of held blocks, objects and buffers are each task's own; the numbers are of the
 * whole workload so that named programs can be shared. Files and caches are the machine's.
 */
#include "workload/workload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_path.h"

enum name_kind { NAME_REGION, NAME_BLOCKS, NAME_OBJECTS, NAME_BUFFERS, NAME_FILE, NAME_DIR,
		 NAME_CACHE, NR_NAME_KINDS };

static const char *const kind_unknown[NR_NAME_KINDS] = {
	[NAME_REGION] = "no step maps a region of this name",
	[NAME_BLOCKS] = "no alloc step holds blocks under this name",
	[NAME_OBJECTS] = "no slab_alloc step holds objects under this name",
	[NAME_BUFFERS] = "no cma_alloc step holds buffers under this name",
	[NAME_FILE] = "no such file",
	[NAME_DIR] = "no mkfiles step makes files there",
	[NAME_CACHE] = "no such cache under \"caches\"",
};

struct name {
	u32 kind;
	const char *text;
};

#define PATH_BYTES 4096u

struct resolver {
	struct workload *wl;
	struct err *err;
	struct name *names; /* first as found, then sorted and unique */
	u32 nr, cap;
	const char **suggest; /* NULL-terminated: names of one kind */
	bool kthread, background;
	bool ok;
	size_t path_len;
	char path[PATH_BYTES];
};

/* Called for each step, outer before inner, with r->path at the step. */
typedef void (*step_fn)(struct resolver *r, struct step *step, u32 depth);

static void fail(struct resolver *r, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fail(struct resolver *r, const char *field, const char *fmt, ...)
{
	size_t back = r->path_len;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (field)
		json_path_key(r->path, sizeof(r->path), back, field);
	r->ok = json_doc_error(&r->wl->doc, r->path, r->err, "%s", text);
	r->path[back] = '\0';
}

static const struct program *inner_program(const struct step *step)
{
	if (step->op == OP_LOOP)
		return &step->u.loop.program;
	return step->op == OP_FORK ? &step->u.fork.program : NULL;
}

static void walk_program(struct resolver *r, const struct program *program, u32 depth, step_fn fn)
{
	size_t back = r->path_len;

	if (depth > PROGRAM_MAX_DEPTH) {
		fail(r, NULL, "programs nest more than %u deep", PROGRAM_MAX_DEPTH);
		return;
	}
	r->path_len = json_path_key(r->path, sizeof(r->path), r->path_len, "program");
	for (u32 i = 0; i < program->n; i++) {
		struct step *step = &program->items[i];
		const struct program *inner = inner_program(step);
		size_t at = r->path_len;

		r->path_len = json_path_index(r->path, sizeof(r->path), at, i);
		fn(r, step, depth);
		if (inner && inner->n)
			walk_program(r, inner, depth + 1, fn);
		r->path_len = at;
		r->path[at] = '\0';
	}
	r->path_len = back;
	r->path[back] = '\0';
}

/* Every step of the workload: tasks first, then named programs. */
static void walk_workload(struct resolver *r, step_fn fn)
{
	struct task_def *tasks = r->wl->tasks.items;
	struct program_def *programs = r->wl->programs.items;
	size_t root;

	r->path_len = 0;
	r->path[0] = '\0';
	root = json_path_key(r->path, sizeof(r->path), 0, "tasks");
	for (u32 i = 0; i < r->wl->tasks.n; i++) {
		r->kthread = tasks[i].kthread;
		r->background = tasks[i].background;
		r->path_len = json_path_index(r->path, sizeof(r->path), root, i);
		walk_program(r, &tasks[i].program, 1, fn);
		r->path[root] = '\0';
	}
	r->kthread = r->background = false;
	root = json_path_key(r->path, sizeof(r->path), 0, "programs");
	for (u32 i = 0; i < r->wl->programs.n; i++) {
		r->path_len = json_path_key(r->path, sizeof(r->path), root, programs[i].name);
		walk_program(r, &programs[i].program, 1, fn);
		r->path[root] = '\0';
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void define(struct resolver *r, enum name_kind kind, const char *text)
{
	if (!text)
		return;
	if (r->nr == r->cap) {
		u32 cap = r->cap ? r->cap * 2 : 64;
		struct name *names = reallocarray(r->names, cap, sizeof(*names));

		if (!names) {
			r->ok = err_set(r->err, ERR_HOST_RES, "no memory for the workload's names");
			return;
		}
		r->names = names;
		r->cap = cap;
	}
	r->names[r->nr++] = (struct name){kind, text};
}

static void define_step(struct resolver *r, struct step *step, u32 depth)
{
	(void)depth;
	switch ((enum step_op)step->op) {
	case OP_MAP:
		define(r, NAME_REGION, step->u.map.region.text);
		define(r, NAME_FILE, step->u.map.file.text);
		break;
	case OP_MKFILES:
		define(r, NAME_DIR, step->u.files.dir.text);
		break;
	case OP_READ:
	case OP_WRITE:
		define(r, NAME_FILE, step->u.io.file.text);
		break;
	case OP_ALLOC:
		define(r, NAME_BLOCKS, step->u.alloc.name.text);
		break;
	case OP_SLAB_ALLOC:
		define(r, NAME_OBJECTS, step->u.slab_alloc.name.text);
		break;
	case OP_CMA_ALLOC:
		define(r, NAME_BUFFERS, step->u.cma_alloc.name.text);
		break;
	default:
		break;
	}
}

static bool sort_names(struct resolver *r)
{
	const struct cache_def *caches = r->wl->caches.items;
	const char **texts;
	u32 nr = 0;

	for (u32 i = 0; i < r->wl->caches.n; i++)
		define(r, NAME_CACHE, caches[i].name);
	if (!r->ok)
		return false;
	if (r->nr)
		qsort(r->names, r->nr, sizeof(*r->names), compare_names);
	for (u32 i = 0; i < r->nr; i++) {
		if (!nr || compare_names(&r->names[nr - 1], &r->names[i]))
			r->names[nr++] = r->names[i];
	}
	r->nr = nr;
	if (nr > PROGRAM_MAX_NAMES)
		return json_doc_error(&r->wl->doc, "", r->err,
				      "%u different names; at most %u are allowed", nr,
				      PROGRAM_MAX_NAMES);
	texts = arena_alloc_array(&r->wl->arena, nr + 1ull, sizeof(*texts));
	r->suggest = calloc(nr + 1ull, sizeof(*r->suggest));
	if (!texts || !r->suggest)
		return err_set(r->err, ERR_HOST_RES, "no memory for the workload's names");
	for (u32 i = 0; i < nr; i++)
		texts[i] = r->names[i].text;
	r->wl->names = texts;
	r->wl->nr_names = nr;
	return true;
}

static void use(struct resolver *r, enum name_kind kind, const char *field, struct step_name *name)
{
	struct name key = {kind, name->text};
	const struct name *found;
	const char *near;
	u32 n = 0;

	name->id = PROGRAM_NO_NAME;
	if (!name->text)
		return;
	found = r->nr ? bsearch(&key, r->names, r->nr, sizeof(key), compare_names) : NULL;
	if (found) {
		name->id = (u32)(found - r->names);
		return;
	}
	for (u32 i = 0; i < r->nr && r->err->count < ERR_MAX; i++) {
		if (r->names[i].kind == kind)
			r->suggest[n++] = r->names[i].text;
	}
	r->suggest[n] = NULL;
	near = nearest_name(name->text, r->suggest);
	if (near)
		fail(r, field, "%s (did you mean \"%s\"?)", kind_unknown[kind], near);
	else
		fail(r, field, "%s", kind_unknown[kind]);
}

static void resolve_loop(struct resolver *r, const struct step *step)
{
	if (!step->u.loop.count && !step->u.loop.for_ns && !r->wl->duration_ns && !r->background)
		fail(r, NULL, "an endless loop: give it a count or a time (\"for\"), or the "
			      "workload a \"duration\"");
}

static void resolve_fork(struct resolver *r, struct step *step)
{
	const struct program_def *programs = r->wl->programs.items;

	step->u.fork.run = &step->u.fork.program;
	if (!step->u.fork.child.text)
		return;
	for (u32 i = 0; i < r->wl->programs.n; i++) {
		if (!strcmp(programs[i].name, step->u.fork.child.text)) {
			step->u.fork.run = &programs[i].program;
			return;
		}
	}
	fail(r, "child", "no such program under \"programs\"");
}

static bool op_needs_user(enum step_op op)
{
	return op == OP_MAP || op == OP_UNMAP || op == OP_TOUCH || op == OP_PUNCH ||
	       op == OP_MLOCK || op == OP_PIN || op == OP_FORK || op == OP_EXEC;
}

/* Steps that take something under a name, or free it. */
static void resolve_held(struct resolver *r, struct step *step)
{
	switch ((enum step_op)step->op) {
	case OP_ALLOC:
		use(r, NAME_BLOCKS, "name", &step->u.alloc.name);
		break;
	case OP_FREE:
		use(r, NAME_BLOCKS, "name", &step->u.free.name);
		break;
	case OP_SLAB_ALLOC:
		use(r, NAME_CACHE, "cache", &step->u.slab_alloc.cache);
		use(r, NAME_OBJECTS, "name", &step->u.slab_alloc.name);
		break;
	case OP_SLAB_FREE:
		use(r, NAME_OBJECTS, "name", &step->u.slab_free.name);
		break;
	case OP_CMA_ALLOC:
		use(r, NAME_BUFFERS, "name", &step->u.cma_alloc.name);
		break;
	case OP_CMA_FREE:
		use(r, NAME_BUFFERS, "name", &step->u.cma_free.name);
		break;
	default:
		break;
	}
}

static void resolve_step(struct resolver *r, struct step *step, u32 depth)
{
	(void)depth;
	if (r->kthread && op_needs_user(step->op))
		fail(r, "op", "a kernel thread has no address space");
	switch ((enum step_op)step->op) {
	case OP_MAP:
		use(r, NAME_REGION, "region", &step->u.map.region);
		use(r, NAME_FILE, "file", &step->u.map.file);
		break;
	case OP_MKFILES:
	case OP_STATFILES:
		use(r, NAME_DIR, "dir", &step->u.files.dir);
		break;
	case OP_UNMAP:
		use(r, NAME_REGION, "region", &step->u.unmap.region);
		break;
	case OP_MLOCK:
		use(r, NAME_REGION, "region", &step->u.mlock.region);
		break;
	case OP_TOUCH:
		use(r, NAME_REGION, "region", &step->u.touch.region);
		break;
	case OP_PUNCH:
		use(r, NAME_REGION, "region", &step->u.punch.region);
		break;
	case OP_PIN:
		use(r, NAME_REGION, "region", &step->u.pin.region);
		break;
	case OP_READ:
	case OP_WRITE:
		use(r, NAME_FILE, "file", &step->u.io.file);
		break;
	case OP_DROP:
		use(r, NAME_FILE, "file", &step->u.drop.file);
		break;
	case OP_LOOP:
		resolve_loop(r, step);
		break;
	case OP_FORK:
		resolve_fork(r, step);
		break;
	default:
		resolve_held(r, step);
		break;
	}
}

bool program_resolve(struct workload *wl, struct err *err)
{
	struct resolver r = {.wl = wl, .err = err, .ok = true};

	walk_workload(&r, define_step);
	if (r.ok && sort_names(&r))
		walk_workload(&r, resolve_step);
	else
		r.ok = false;
	free(r.names);
	free(r.suggest);
	return r.ok;
}

/* The path of `wanted` in program, or false. */
static bool find_step(const struct program *program, const struct step *wanted, char *path,
		      size_t used)
{
	used = json_path_key(path, PATH_BYTES, used, "program");
	for (u32 i = 0; i < program->n; i++) {
		const struct program *inner = inner_program(&program->items[i]);
		size_t at = json_path_index(path, PATH_BYTES, used, i);

		if (&program->items[i] == wanted)
			return true;
		if (inner && inner->n && find_step(inner, wanted, path, at))
			return true;
		path[used] = '\0';
	}
	return false;
}

static void step_path(const struct workload *wl, const struct step *step, char *path)
{
	const struct task_def *tasks = wl->tasks.items;
	const struct program_def *programs = wl->programs.items;
	size_t root;

	path[0] = '\0';
	root = json_path_key(path, PATH_BYTES, 0, "tasks");
	for (u32 i = 0; i < wl->tasks.n; i++) {
		size_t at = json_path_index(path, PATH_BYTES, root, i);

		if (find_step(&tasks[i].program, step, path, at))
			return;
		path[root] = '\0';
	}
	path[0] = '\0';
	root = json_path_key(path, PATH_BYTES, 0, "programs");
	for (u32 i = 0; i < wl->programs.n; i++) {
		size_t at = json_path_key(path, PATH_BYTES, root, programs[i].name);

		if (find_step(&programs[i].program, step, path, at))
			return;
		path[root] = '\0';
	}
	path[0] = '\0';
}

bool workload_step_error(const struct workload *wl, const struct step *step, struct err *err,
			 const char *fmt, ...)
{
	char path[PATH_BYTES] = "", text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (step)
		step_path(wl, step, path);
	return json_doc_error(&wl->doc, path, err, "%s", text);
}
