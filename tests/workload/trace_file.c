/* SPDX-License-Identifier: GPL-2.0-only */
/* Folders and random traces for tests of the trace forms, the importer and the replay. */
#include "trace_file.h"

void trace_folder_create(struct trace_folder *f)
{
	GError *error = NULL;

	f->path = g_dir_make_tmp("mempress-test-XXXXXX", &error);
	g_assert_no_error(error);
}

static void remove_tree(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		char *child = g_build_filename(path, name, NULL);

		if (g_file_test(child, G_FILE_TEST_IS_DIR))
			remove_tree(child);
		else
			g_unlink(child);
		g_free(child);
	}
	if (dir)
		g_dir_close(dir);
	g_rmdir(path);
}

void trace_folder_remove(struct trace_folder *f)
{
	remove_tree(f->path);
	g_clear_pointer(&f->path, g_free);
}

char *trace_folder_file(const struct trace_folder *f, const char *name)
{
	return g_build_filename(f->path, name, NULL);
}

char *trace_folder_write(const struct trace_folder *f, const char *name, const void *data,
			 size_t len)
{
	char *path = trace_folder_file(f, name);

	g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
	return path;
}

void trace_maker_init(struct trace_maker *m, u64 seed, u32 cpus, u32 max_order)
{
	static const char *const gfps[] = {
		"GFP_KERNEL", "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP", "GFP_ATOMIC",
		"GFP_NOFS|__GFP_RECLAIMABLE"};
	static const char *const comms[] = {"cc1", "kswapd0", "a \"b\"\\\n\xc3\xa4"};
	u16 index;

	*m = (struct trace_maker){.cpus = cpus, .max_order = max_order};
	rng_init(&m->rng, seed, "trace maker");
	for (u32 i = 0; i < ARRAY_SIZE(gfps); i++)
		g_assert_cmpint(trace_names_gfp(&m->names, gfps[i], strlen(gfps[i]), &index, NULL),
				==, TRACE_NAME_OK);
	for (u32 i = 0; i < ARRAY_SIZE(comms); i++)
		g_assert_cmpint(trace_names_task(&m->names, i * 100, comms[i], strlen(comms[i]),
						 &index),
				==, TRACE_NAME_OK);
}

void trace_maker_finish(struct trace_maker *m)
{
	trace_names_finish(&m->names);
}

static void make_alloc(struct trace_maker *m, struct trace_event *ev)
{
	ev->op = TRACE_ALLOC;
	ev->gfp_name = (u16)rng_below(&m->rng, m->names.nr_gfp);
	if (rng_below(&m->rng, 3) == 0)
		ev->order = (u8)rng_below(&m->rng, m->max_order + 1);
	if (rng_below(&m->rng, 50) == 0) {
		ev->flags |= TRACE_F_FAILED;
		return;
	}
	ev->id = m->nr_unused ? m->unused[--m->nr_unused] : m->nr_ids++;
	m->live[m->nr_live].id = ev->id;
	m->live[m->nr_live].order = ev->order;
	m->live[m->nr_live++].next = 0;
}

static void forget(struct trace_maker *m, u32 at)
{
	m->unused[m->nr_unused++] = m->live[at].id;
	m->live[at] = m->live[--m->nr_live];
}

/* Whole, or the next part of any size that fits. */
static void make_free(struct trace_maker *m, struct trace_event *ev)
{
	u32 at = (u32)rng_below(&m->rng, m->nr_live), order = m->live[at].order;
	u32 next = m->live[at].next, part;

	ev->id = m->live[at].id;
	ev->op = TRACE_FREE;
	if (!next && (!order || rng_below(&m->rng, 2))) {
		forget(m, at);
		return;
	}
	part = next ? (u32)__builtin_ctz(next) : order - 1;
	part = (u32)rng_below(&m->rng, part + 1);
	ev->op = TRACE_FREE_PART;
	ev->order = (u8)part;
	ev->offset = (u16)next;
	m->live[at].next += BIT(part);
	if (m->live[at].next == BIT(order))
		forget(m, at);
}

/* A block that is whole, or a part of what is left of one. */
static void make_move(struct trace_maker *m, struct trace_event *ev)
{
	u32 at = (u32)rng_below(&m->rng, m->nr_live), next = m->live[at].next;

	ev->id = m->live[at].id;
	ev->op = TRACE_MOVE;
	if (!next && (!m->live[at].order || rng_below(&m->rng, 2)))
		return;
	ev->op = TRACE_MOVE_PART;
	ev->order = (u8)rng_below(&m->rng, next ? (u32)__builtin_ctz(next) + 1 : m->live[at].order);
	ev->offset = (u16)next;
}

void trace_maker_next(struct trace_maker *m, struct trace_event *ev)
{
	u64 what = rng_below(&m->rng, 100);

	m->t += rng_below(&m->rng, 100) ? rng_below(&m->rng, 5000) : rng_below(&m->rng, 1ull << 40);
	*ev = (struct trace_event){
		.t = m->t,
		.id = TRACE_NO_ID,
		.pfn = TRACE_NO_PFN,
		.cpu = (u16)rng_below(&m->rng, m->cpus),
		.node = TRACE_NO_NODE,
		.task = rng_below(&m->rng, 4) ? (u16)rng_below(&m->rng, m->names.nr_task)
					      : TRACE_NO_TASK,
	};
	if (rng_below(&m->rng, 8) == 0)
		ev->flags = (u8)(1u << (1 + rng_below(&m->rng, 3))); /* memalloc or an interrupt */
	if (what < 5) {
		ev->op = TRACE_FREE_BOOT;
		ev->order = (u8)rng_below(&m->rng, 3);
		if (m->boot_pfns && rng_below(&m->rng, 4))
			ev->pfn = (u32)rng_below(&m->rng, m->boot_pfns);
	} else if (what < 7) {
		ev->op = TRACE_COMPACT;
		if (m->boot_pfns && rng_below(&m->rng, 4))
			ev->pfn = (u32)rng_below(&m->rng, m->boot_pfns);
	} else if (m->nr_live && what < 13) {
		make_move(m, ev);
	} else if (m->nr_live == ARRAY_SIZE(m->live) || (m->nr_live && what < 56)) {
		make_free(m, ev);
	} else {
		make_alloc(m, ev);
	}
}

void trace_make_file(struct trace_maker *m, const char *path, u32 n)
{
	struct trace_header header = {.source = "made \"for\" a test\t", .zero_ns = 12345};
	struct trace_writer *w;
	struct trace_event ev;
	struct err err = {0};
	enum trace_form form;
	FILE *file = fopen(path, "wb");

	g_assert_nonnull(file);
	g_assert_true(trace_form_of(path, &form));
	w = trace_writer_create(file, path, form, &header, &m->names, &err);
	g_assert_nonnull(w);
	for (u32 i = 0; i < n; i++) {
		trace_maker_next(m, &ev);
		g_assert_true(trace_write(w, &ev, &err));
	}
	g_assert_true(trace_writer_finish(w, &err));
	g_assert_cmpint(fclose(file), ==, 0);
}
