/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LRU lists of machines booted from /proc text: the sizes that the text gives come out, zone by
 * zone, free memory stays as it was, each page has an owner that holds it, and it can be freed.
 */
#include <glib.h>
#include <string.h>

#include "boot_helper.h"
#include "mm/boot_lru.h"
#include "mm/check.h"
#include "mm/filemap.h"
#include "mm/memcontrol.h"
#include "mm/procfmt.h"
#include "mm/vm_internal.h"

#define ALL (PROC_ZONEINFO | PROC_BUDDYINFO | PROC_PAGETYPEINFO)
#define PC_256M(more)                                                                             \
	"{\"arch\":\"x86-64\"," more "\"nodes\":[{\"cpus\":2,\"memory\":["                         \
	"{\"start\":\"4KiB\",\"end\":\"636KiB\"},{\"start\":\"1MiB\",\"end\":\"256MiB\"}]}]}"

struct world {
	struct booted b;
	struct proc_state state;
	struct vm *vm;
};

static void read_text(struct world *w, const char *text, struct proc_state *state)
{
	struct stream *s = stream_open_mem("proc", text, strlen(text), 0, &w->b.sample.err);

	*state = (struct proc_state){0};
	if (!s || !procfs_read(state, s, ALL, &w->b.sample.arena, &w->b.sample.err))
		g_error("%s", err_text(&w->b.sample.err));
	stream_close(s);
}

/* A text with one of its lines changed: from -> to, NULL: as it is. */
static void create(struct world *w, const char *version, const struct mm_profile *profile,
		   bool lru_gen, const char *from, const char *to)
{
	g_autofree char *path =
		g_strdup_printf(SOURCE_ROOT "/tests/machine/data/proc-%s.txt", version);
	g_autofree char *text = NULL;
	struct mm_sysctl sysctl;

	*w = (struct world){0};
	mm_sysctl_default(&sysctl);
	sysctl.lru_gen = lru_gen;
	booted_create_text(&w->b, PC_256M(""), profile, &sysctl);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	if (from) {
		g_auto(GStrv) parts = g_strsplit(text, from, 0);

		g_assert_cmpuint(g_strv_length(parts), >, 1);
		g_free(text);
		text = g_strjoinv(to, parts);
	}
	read_text(w, text, &w->state);
	if (!mm_boot_proc(w->b.mm, &w->state, 1, &w->b.sample.err))
		g_error("%s", err_text(&w->b.sample.err));
	w->vm = vm_create(w->b.mm, NULL);
	g_assert_nonnull(w->vm);
}

static void boot(struct world *w, u64 seed)
{
	struct err err = {0};

	if (!mm_boot_lru(w->vm, &w->state, seed, &err) ||
	    !mm_check(w->b.mm, CHECK_FULL, NULL, &err))
		g_error("%s", err_text(&err));
}

static void finish(struct world *w)
{
	vm_destroy(w->vm);
	booted_finish(&w->b);
}

static s64 node_stat(const struct world *w, enum node_stat_item item)
{
	return node_page_state(w->vm, 0, item);
}

static void check_zone(struct world *w, const struct proc_zone *proc)
{
	const struct lruvec *lruvec = node_lruvec(w->vm, proc->node);
	const u64 *size = lruvec->lru_zone_size[proc->type];

	g_assert_cmpint((s64)size[LRU_INACTIVE_FILE], ==, proc->lru.inactive_file);
	g_assert_cmpint((s64)size[LRU_ACTIVE_FILE], ==, proc->lru.active_file);
	g_assert_cmpint((s64)size[LRU_UNEVICTABLE], ==, proc->lru.unevictable);
	g_assert_cmpint((s64)size[LRU_INACTIVE_ANON], ==, proc->lru.inactive_anon);
	g_assert_cmpint((s64)size[LRU_ACTIVE_ANON], ==, proc->lru.active_anon);
}

static const struct real_case {
	const char *version;
	const struct mm_profile *profile;
	bool lru_gen;
} cases[] = {
	{"7.2", &profile_linux_7_2, true},
	{"7.2", &profile_linux_7_2, false},
	{"6.12", &profile_linux_6_12, true},
	{"6.1", &profile_linux_6_1, false},
};

static void test_counts(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		for (u64 seed = 0; seed < 3; seed++) {
			const struct proc_node_stats *stats;
			struct world w;
			u64 used, listed;

			create(&w, cases[i].version, cases[i].profile, cases[i].lru_gen, NULL,
			       NULL);
			used = booted_recount(&w.b);
			boot(&w, seed);
			g_assert_cmpuint(booted_recount(&w.b), ==, used);
			for (u32 z = 0; z < w.state.nr_zones; z++)
				check_zone(&w, &w.state.zones[z]);
			stats = &w.state.zones[0].node_stats;
			g_assert_cmpint(node_stat(&w, NR_ANON_MAPPED), ==, stats->anon_pages);
			g_assert_cmpint(node_stat(&w, NR_SHMEM), ==, stats->shmem);
			g_assert_cmpint(node_stat(&w, NR_FILE_PAGES), ==, stats->file_pages);
			g_assert_cmpint(node_stat(&w, NR_FILE_MAPPED), ==, stats->mapped);
			g_assert_cmpint(node_stat(&w, NR_SLAB_RECLAIMABLE), ==,
					stats->slab_reclaimable);
			g_assert_cmpint(node_stat(&w, NR_PAGETABLE), ==, stats->page_table_pages);
			listed = (u64)(stats->anon_pages + stats->file_pages) - lru_batched(w.vm);
			for (u32 lru = 0; lru < NR_LRU_LISTS; lru++)
				listed -= (u64)node_lru_pages(w.vm, 0, (enum lru_list)lru);
			g_assert_cmpuint(listed, ==, 0);
			finish(&w);
		}
	}
}

/* What we print of it is what we were given. */
static void test_round_trip(void)
{
	g_autofree char *joined = NULL;
	struct proc_state again;
	char *parts[3];
	struct world w;

	create(&w, "6.1", &profile_linux_6_1, false, NULL, NULL);
	boot(&w, 1);
	parts[0] = procfmt_zoneinfo(w.b.mm);
	parts[1] = procfmt_buddyinfo(w.b.mm);
	parts[2] = procfmt_pagetypeinfo(w.b.mm);
	joined = g_strconcat(parts[0], parts[1], parts[2], NULL);
	read_text(&w, joined, &again);
	g_assert_cmpuint(again.nr_zones, ==, w.state.nr_zones);
	for (u32 z = 0; z < again.nr_zones; z++) {
		const struct proc_zone *a = &again.zones[z], *b = &w.state.zones[z];

		g_assert_true(!memcmp(&a->lru, &b->lru, sizeof(a->lru)));
		g_assert_true(!memcmp(&a->node_stats, &b->node_stats, sizeof(a->node_stats)));
	}
	for (u32 i = 0; i < ARRAY_SIZE(parts); i++)
		free(parts[i]);
	finish(&w);
}

/* Frames of the boot address space's regions, in their order. */
static char *frames(struct world *w)
{
	GString *s = g_string_new(NULL);

	for (u32 i = 0; i < w->vm->first->nr_areas; i++) {
		const struct vm_area_struct *vma = w->vm->first->areas[i];

		for (u64 k = 0; k < vma->nr_pages; k++) {
			const struct vm_node *node = vm_node_lookup(w->vm, &vma->nodes, k);

			g_string_append_printf(s, " %u", node->slot[k % VM_NODE_SLOTS]);
		}
	}
	return g_string_free(s, FALSE);
}

static void test_seed(void)
{
	static const u64 seeds[] = {1, 1, 2};
	char *text[3];

	for (u32 i = 0; i < 3; i++) {
		struct world w;

		create(&w, "7.2", &profile_linux_7_2, true, NULL, NULL);
		boot(&w, seeds[i]);
		text[i] = frames(&w);
		finish(&w);
	}
	g_assert_cmpstr(text[0], ==, text[1]);
	g_assert_cmpstr(text[0], !=, text[2]);
	for (u32 i = 0; i < 3; i++)
		g_free(text[i]);
}

/* The kernel's pages no longer pass for movable ones; those on lists lie in movable pageblocks. */
static void test_places(void)
{
	struct world w;
	u32 listed = 0, movable = 0;

	create(&w, "7.2", &profile_linux_7_2, false, NULL, NULL);
	boot(&w, 1);
	for (u64 pfn = w.b.mm->base_pfn; pfn < w.b.mm->end_pfn; pfn++) {
		const struct page *page = pfn_to_page(w.b.mm, pfn);

		if (page->state != PAGE_USED)
			continue;
		if (page->owner == MM_OWNER_BOOT)
			g_assert_false(page->flags & PG_lru);
		else
			listed++, movable += page->mt == MIGRATE_MOVABLE;
	}
	g_assert_cmpuint(listed, >, 900);
	g_assert_cmpuint(movable, >, listed * 9 / 10);
	finish(&w);
}

/* A zoneinfo without these counts: nothing is known, nothing changes. */
static void test_not_told(void)
{
	struct world w;

	create(&w, "7.2", &profile_linux_7_2, false, "nr_zone_", "nr_other_");
	boot(&w, 1);
	g_assert_null(w.vm->first);
	for (u32 i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		g_assert_cmpint(node_stat(&w, (enum node_stat_item)i), ==, 0);
	finish(&w);
}

static void test_too_many(void)
{
	struct err err = {0};
	struct world w;

	create(&w, "7.2", &profile_linux_7_2, false, "nr_zone_inactive_file 27",
	       "nr_zone_inactive_file 30000");
	g_assert_false(mm_boot_lru(w.vm, &w.state, 1, &err));
	g_assert_cmpint(err.kind, ==, ERR_INPUT);
	g_assert_nonnull(strstr(err_text(&err), "zone DMA32 of node 0"));
	err_clear(&err);
	finish(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/boot-lru/counts", test_counts);
	g_test_add_func("/boot-lru/round-trip", test_round_trip);
	g_test_add_func("/boot-lru/seed", test_seed);
	g_test_add_func("/boot-lru/places", test_places);
	g_test_add_func("/boot-lru/not-told", test_not_told);
	g_test_add_func("/boot-lru/too-many", test_too_many);
	return g_test_run();
}
