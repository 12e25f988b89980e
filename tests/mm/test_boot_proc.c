/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot from the /proc text of real machines: the counts come out exactly, the text printed from the
 * result is the text that went in, and the seed decides places but not numbers.
 */
#include <glib.h>
#include <string.h>

#include "boot_helper.h"
#include "mm/buddy.h"
#include "mm/pcp.h"
#include "mm/procfmt.h"
#include "mm/watermark.h"

#define ALL (PROC_ZONEINFO | PROC_BUDDYINFO | PROC_PAGETYPEINFO)

#define PC_256M(cpus, more)                                                                       \
	"{\"arch\":\"x86-64\"," more "\"nodes\":[{\"cpus\":" cpus ",\"memory\":["                 \
	"{\"start\":\"4KiB\",\"end\":\"636KiB\"},{\"start\":\"1MiB\",\"end\":\"256MiB\"}]}]}"

struct real {
	struct booted b;
	struct proc_state state;
};

static void read_text(struct proc_state *state, const char *text, u32 which, struct arena *arena,
		      struct err *err)
{
	struct stream *s = stream_open_mem("proc", text, strlen(text), 0, err);

	if (!s || !procfs_read(state, s, which, arena, err))
		g_error("%s", err_text(err));
	stream_close(s);
}

static void read_file(struct real *r, const char *version, u32 which)
{
	g_autofree char *path =
		g_strdup_printf(SOURCE_ROOT "/tests/machine/data/proc-%s.txt", version);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	read_text(&r->state, text, which, &r->b.sample.arena, &r->b.sample.err);
}

static void create(struct real *r, const char *version, const struct mm_profile *profile,
		   const char *json, u32 which)
{
	*r = (struct real){0};
	booted_create_text(&r->b, json, profile, NULL);
	read_file(r, version, which);
}

static void boot(struct real *r, u64 seed)
{
	if (!mm_boot_proc(r->b.mm, &r->state, seed, &r->b.sample.err))
		g_error("%s", err_text(&r->b.sample.err));
}

static void check_zone(struct real *r, const struct proc_zone *want)
{
	struct zone *zone = booted_zone(&r->b, want->node, want->type);
	u64 blocks[MIGRATE_TYPES] = {0};

	for (u32 o = 0; o <= r->b.mm->max_order; o++) {
		g_assert_cmpuint(zone->free_area[o].nr_free, ==, want->nr_free[o]);
		for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
			g_assert_cmpuint(zone->free_area[o].nr_list[mt], ==,
					 want->type_free[mt][o]);
	}
	for (u64 pfn = zone->start_pfn; pfn < zone_end_pfn(zone); pfn += 512)
		blocks[get_pageblock_migratetype(r->b.mm, pfn)]++;
	for (u32 mt = 0; mt < MIGRATE_TYPES; mt++)
		g_assert_cmpuint(blocks[mt], ==, want->type_blocks[mt]);
	for (u32 cpu = 0; cpu < want->nr_pcp; cpu++) {
		const struct per_cpu_pages *pcp = &zone->pageset[cpu];

		g_assert_cmpint(pcp->count, ==, want->pcp[cpu].count);
		g_assert_cmpint(pcp->high, ==, want->pcp[cpu].high);
		g_assert_cmpint(pcp->batch, ==, want->pcp[cpu].batch);
		g_assert_cmpint(pcp->stat_threshold, ==, want->pcp[cpu].stat_threshold);
	}
	g_assert_cmpint((s64)zone->managed_pages, ==, want->managed);
	g_assert_cmpint(zone->_watermark[WMARK_MIN], ==, want->min);
	g_assert_cmpint(zone->_watermark[WMARK_HIGH], ==, want->high);
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		if (want->protection[i] >= 0)
			g_assert_cmpint(zone->lowmem_reserve[i], ==, want->protection[i]);
}

static const struct real_case {
	const char *version;
	const struct mm_profile *profile;
	const char *json;
} cases[] = {
	{"7.2", &profile_linux_7_2, PC_256M("2", "")},
	{"6.12", &profile_linux_6_12, PC_256M("1", "\"cma_configured\":false,")},
	{"6.1", &profile_linux_6_1, PC_256M("1", "\"cma_configured\":false,")},
	/* The same text under another kernel's rules. */
	{"6.1", &profile_linux_7_2, PC_256M("1", "")},
};

static void test_counts(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		for (u64 seed = 0; seed < 5; seed++) {
			struct real r;
			const struct zone *dma;
			u64 used;

			create(&r, cases[i].version, cases[i].profile, cases[i].json, ALL);
			boot(&r, seed);
			for (u32 z = 0; z < r.state.nr_zones; z++)
				check_zone(&r, &r.state.zones[z]);
			used = booted_recount(&r.b);
			g_assert_cmpuint(used, >, 1000);
			/* Reserve of the type that this kernel was not built with. */
			dma = booted_zone(&r.b, 0, ZONE_DMA);
			g_assert_cmpint(dma->lowmem_reserve[ZONE_HIGHMEM], ==,
					r.state.zones[0].protection[ZONE_NORMAL]);
			booted_finish(&r.b);
		}
	}
}

/* What we print of a machine, read again. */
static void read_back(struct booted *b, struct proc_state *state)
{
	char *zoneinfo = procfmt_zoneinfo(b->mm), *buddyinfo = procfmt_buddyinfo(b->mm);
	char *types = procfmt_pagetypeinfo(b->mm);
	g_autofree char *joined = g_strconcat(zoneinfo, buddyinfo, types, NULL);

	free(zoneinfo);
	free(buddyinfo);
	free(types);
	*state = (struct proc_state){0};
	read_text(state, joined, ALL, &b->sample.arena, &b->sample.err);
}

static void same_state(const struct proc_state *x, const struct proc_state *y)
{
	g_assert_cmpuint(x->nr_zones, ==, y->nr_zones);
	g_assert_cmpint(x->pageblock_order, ==, y->pageblock_order);
	g_assert_cmpuint(x->nr_orders, ==, y->nr_orders);
	for (u32 z = 0; z < x->nr_zones; z++) {
		struct proc_zone a = x->zones[z], b = y->zones[z];

		g_assert_cmpuint(a.nr_pcp, ==, b.nr_pcp);
		g_assert_true(!memcmp(a.pcp, b.pcp, a.nr_pcp * sizeof(*a.pcp)));
		a.pcp = b.pcp = NULL;
		/* There are no address spaces: LRU lists are read, but not printed. */
		a.lru = b.lru;
		a.node_stats = b.node_stats;
		g_assert_true(!memcmp(&a, &b, sizeof(a)));
	}
}

/* The sections we print, read back, are what we were given. */
static void test_round_trip(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(cases) - 1; i++) {
		struct proc_state again;
		struct real r;

		create(&r, cases[i].version, cases[i].profile, cases[i].json, ALL);
		boot(&r, 1);
		read_back(&r.b, &again);
		same_state(&again, &r.state);
		booted_finish(&r.b);
	}
}

/* Cold machines with CMA, several nodes, an odd zone border, large pages: printed, booted from
   that text, printed again. */
static void test_bundled(void)
{
	static const char *const configs[] = {"router-64m", "i386-1g",	  "pc-4g",
					      "rock5b-4k",  "rock5b-16k", "rock5b-64k",
					      "server-64g"};

	for (u32 i = 0; i < ARRAY_SIZE(configs); i++) {
		struct booted cold;
		struct proc_state again;
		struct real r = {0};

		booted_cold(&cold, configs[i], &profile_linux_7_2, NULL);
		read_back(&cold, &r.state);
		booted_create(&r.b, configs[i], &profile_linux_7_2, NULL);
		boot(&r, i);
		g_assert_cmpuint(booted_recount(&r.b), ==, 0);
		g_assert_cmpint(r.b.mm->page_group_by_mobility_disabled, ==,
				cold.mm->page_group_by_mobility_disabled);
		read_back(&r.b, &again);
		same_state(&again, &r.state);
		booted_finish(&cold);
		booted_finish(&r.b);
	}
}

/* Where everything lies, as one text. */
static char *fingerprint(struct mm *mm)
{
	GString *s = g_string_new(NULL);

	for_each_populated_zone(mm, zone) {
		for (u64 pfn = zone->start_pfn; pfn < zone_end_pfn(zone); pfn++)
			g_string_append_printf(s, "%d%d", pfn_to_page(mm, pfn)->state,
					       buddy_order(mm, pfn));
		for (u32 o = 0; o <= mm->max_order; o++)
			for (u32 pfn = zone->free_area[o].free_list[MIGRATE_MOVABLE].head;
			     pfn != PFN_NONE; pfn = free_list_next(mm, pfn, o))
				g_string_append_printf(s, " %u", pfn);
		for (u32 pfn = zone->pageset[0].lists[MIGRATE_MOVABLE].head; pfn != PFN_NONE;
		     pfn = pfn_to_page(mm, pfn)->link.next)
			g_string_append_printf(s, " %u", pfn);
	}
	return g_string_free(s, FALSE);
}

static char *boot_print(u64 seed)
{
	struct real r;
	char *print;

	create(&r, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
	boot(&r, seed);
	print = fingerprint(r.b.mm);
	booted_finish(&r.b);
	return print;
}

static void test_seed(void)
{
	g_autofree char *a = boot_print(1), *b = boot_print(1), *c = boot_print(2);

	g_assert_cmpstr(a, ==, b);
	g_assert_cmpstr(a, !=, c);
}

/* Every frame of zone DMA32 as a boot left it: a trace that missed nothing. */
static u32 hints_of(struct mm *mm, struct proc_hint *hints, bool with_free, bool with_used)
{
	u32 n = 0;

	for (u64 pfn = 4096; pfn < 65536;) {
		s32 order = buddy_order(mm, pfn);
		const struct page *page = pfn_to_page(mm, pfn);
		struct proc_hint hint = {.pfn = pfn, .len = order > 0 ? 1u << order : 1};

		hint.used = page->state == PAGE_USED;
		hint.type = (u8)(get_pageblock_migratetype(mm, pfn) + 1);
		if (hint.used ? with_used : with_free && (order >= 0 || page->state == PAGE_PCP))
			hints[n++] = hint;
		pfn += hint.len;
	}
	return n;
}

/* A byte a frame: free or on a per-CPU list. */
static u8 *free_frames(struct mm *mm)
{
	u8 *is_free = g_malloc0(65536);

	for (u64 pfn = 4096; pfn < 65536;) {
		s32 order = buddy_order(mm, pfn);

		if (order >= 0 || pfn_to_page(mm, pfn)->state == PAGE_PCP)
			memset(is_free + pfn, 1, order > 0 ? 1u << order : 1);
		pfn += order > 0 ? 1ull << order : 1;
	}
	return is_free;
}

/* What a trace knows is honoured: give the places of one boot as hints to another. */
static void test_hints(void)
{
	g_autofree struct proc_hint *hints = g_new0(struct proc_hint, 65536);

	for (u32 known = 1; known <= 3; known++) {
		struct real first, second;
		g_autofree u8 *was_free = NULL, *is_free = NULL;
		u32 wrong_free = 0, wrong_used = 0;

		create(&first, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
		boot(&first, 7);
		create(&second, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
		second.state.hints = hints;
		second.state.nr_hints = hints_of(first.b.mm, hints, known & 1, known & 2);
		boot(&second, 1234);
		booted_recount(&second.b);
		was_free = free_frames(first.b.mm);
		is_free = free_frames(second.b.mm);
		for (u64 pfn = 4096; pfn < 65536; pfn++) {
			wrong_free += was_free[pfn] && !is_free[pfn];
			wrong_used += pfn_to_page(first.b.mm, pfn)->state == PAGE_USED &&
				      pfn_to_page(second.b.mm, pfn)->state != PAGE_USED;
		}
		g_test_message("known %u: %u free and %u used frames are not", known, wrong_free,
			       wrong_used);
		if (known & 1)
			g_assert_cmpuint(wrong_free, ==, 0);
		if (known & 2)
			g_assert_cmpuint(wrong_used, ==, 0);
		for (u32 z = 0; z < second.state.nr_zones; z++)
			check_zone(&second, &second.state.zones[z]);
		booted_finish(&first.b);
		booted_finish(&second.b);
	}
}

/* Hints that can not all hold bend; the counts do not. */
static void test_false_hints(void)
{
	static const bool used[] = {false, true};

	for (u32 i = 0; i < ARRAY_SIZE(used); i++) {
		struct proc_hint all = {.pfn = 0, .len = 65536, .used = used[i], .type = 3};
		struct real r;

		create(&r, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
		r.state.hints = &all;
		r.state.nr_hints = 1;
		boot(&r, 3);
		booted_recount(&r.b);
		for (u32 z = 0; z < r.state.nr_zones; z++)
			check_zone(&r, &r.state.zones[z]);
		booted_finish(&r.b);
	}
}

/* Without pagetypeinfo the pageblocks keep the types of the boot. */
static void test_no_types(void)
{
	struct real r;

	create(&r, "7.2", &profile_linux_7_2, PC_256M("2", ""), PROC_ZONEINFO | PROC_BUDDYINFO);
	boot(&r, 1);
	booted_recount(&r.b);
	for (u32 z = 0; z < r.state.nr_zones; z++) {
		const struct proc_zone *want = &r.state.zones[z];

		for (u32 o = 0; o <= 10; o++)
			g_assert_cmpuint(booted_zone(&r.b, 0, want->type)->free_area[o].nr_free, ==,
					 want->nr_free[o]);
	}
	g_assert_cmpint(get_pageblock_migratetype(r.b.mm, 1), ==, MIGRATE_UNMOVABLE);
	g_assert_cmpint(get_pageblock_migratetype(r.b.mm, 4096), ==, MIGRATE_MOVABLE);
	booted_finish(&r.b);
}

/* The files are read one after the other: a free block of a type that lost its last pageblock. */
static void test_disagreeing(void)
{
	struct real r;
	struct proc_zone *z;

	create(&r, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
	z = &r.state.zones[1];
	z->type_blocks[PROC_MOVABLE] += z->type_blocks[PROC_RECLAIMABLE];
	z->type_blocks[PROC_RECLAIMABLE] = 0;
	z->type_free[PROC_RECLAIMABLE][3] += 2;
	z->type_free[PROC_HIGHATOMIC][0] += 1;
	z->nr_free[3] += 2;
	z->nr_free[0] += 1;
	boot(&r, 1);
	booted_recount(&r.b);
	for (u32 o = 0; o <= 10; o++)
		g_assert_cmpuint(booted_zone(&r.b, 0, ZONE_DMA32)->free_area[o].nr_free, ==,
				 z->nr_free[o]);
	g_assert_cmpint(booted_zone(&r.b, 0, ZONE_DMA32)->nr_free_highatomic, ==, 1);
	booted_finish(&r.b);
}

/* The first pageblock of zone DMA crosses its edge: nothing can have claimed it. */
static void test_edge_block(void)
{
	for (u64 seed = 0; seed < 20; seed++) {
		struct real r;
		struct proc_zone *dma;

		create(&r, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
		dma = &r.state.zones[0];
		memset(dma->type_free, 0, sizeof(dma->type_free));
		dma->type_blocks[PROC_UNMOVABLE] = 2;
		dma->type_blocks[PROC_MOVABLE] = 6;
		boot(&r, seed);
		g_assert_cmpint(get_pageblock_migratetype(r.b.mm, 1), ==, MIGRATE_UNMOVABLE);
		booted_finish(&r.b);
	}
}

/* Pages in use in movable blocks count as movable; those elsewhere do not. */
static void test_used_pages(void)
{
	u32 movable = 0, other = 0;
	struct real r;

	create(&r, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
	boot(&r, 1);
	for (u64 pfn = 4096; pfn < 65536; pfn++) {
		const struct page *page = pfn_to_page(r.b.mm, pfn);

		if (page->state != PAGE_USED)
			continue;
		g_assert_cmpuint(page->owner, ==, MM_OWNER_BOOT);
		if (get_pageblock_migratetype(r.b.mm, pfn) == MIGRATE_MOVABLE) {
			g_assert_true(page->flags & PG_lru);
			movable++;
		} else {
			g_assert_false(page->flags & PG_lru);
			other++;
		}
	}
	g_assert_cmpuint(movable, >, 0);
	g_assert_cmpuint(other, >, 0);
	/* What is not managed lies on top, where a booting kernel takes it from. */
	for (u64 pfn = 65536 - (61440 - 49755); pfn < 65536; pfn++) {
		g_assert_cmpint(pfn_to_page(r.b.mm, pfn)->state, ==, PAGE_NONE);
		g_assert_cmpint(buddy_order(r.b.mm, pfn & ~1023ull), !=, 10);
	}
	booted_finish(&r.b);
}

/* Printed marks hold the boost; a zone that is low is marked as below high. */
static void test_boost(void)
{
	struct real r;
	struct proc_zone *z;
	struct zone *zone;

	create(&r, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
	z = &r.state.zones[1];
	z->boost = 512;
	z->min += 512;
	z->low += 512;
	z->high += 512;
	z->promo += 512;
	boot(&r, 1);
	zone = booted_zone(&r.b, 0, ZONE_DMA32);
	g_assert_cmpint(zone->watermark_boost, ==, 512);
	g_assert_cmpint(zone->_watermark[WMARK_MIN], ==, 2456);
	g_assert_cmpint(wmark_pages(zone, WMARK_HIGH), ==, 3684 + 512);
	g_assert_cmpint(zone->_watermark[WMARK_PROMO], ==, 4298);
	g_assert_cmpuint(zone->flags, ==, 0);
	/* pages_min of DMA and DMA32, in kB */
	g_assert_cmpint(r.b.mm->sysctl.min_free_kbytes, ==, (189 + 2456) * 4);
	booted_finish(&r.b);

	create(&r, "7.2", &profile_linux_7_2, PC_256M("2", ""), ALL);
	r.state.zones[1].high = 40000;
	boot(&r, 1);
	g_assert_cmpuint(booted_zone(&r.b, 0, ZONE_DMA32)->flags, ==, ZONE_BELOW_HIGH);
	g_assert_cmpuint(booted_zone(&r.b, 0, ZONE_DMA)->flags, ==, 0);
	booted_finish(&r.b);
}

static u64 on_list(struct real *r, enum migratetype mt)
{
	const struct zone *zone = booted_zone(&r->b, 0, ZONE_DMA32);
	const struct page_list *list = &zone->pageset[0].lists[order_to_pindex(r->b.mm, 0, mt)];
	u64 n = 0;

	for (u32 pfn = list->head; pfn != PFN_NONE; n++)
		pfn = pfn == list->tail ? PFN_NONE : pfn_to_page(r->b.mm, pfn)->link.next;
	return n;
}

/* What is not movable on a CPU's lists is half a refill, less where much was given back. */
static void test_per_cpu_types(void)
{
	static const struct {
		u32 of_case;
		s64 count, high;
		u64 left;
	} sets[] = {
		{1, 600, 3000, 179}, /* 7 << 5, and a fifth less */
		{1, 600, 750, 44},
		{1, 600, 600, 0},
		{1, 90, 3000, 30}, /* a third of what there is */
		{2, 600, 3000, 7}, /* refills that do not grow */
	};

	for (u32 i = 0; i < ARRAY_SIZE(sets); i++) {
		const struct real_case *c = &cases[sets[i].of_case];
		u64 spread = sets[i].left / 3 + 3, others = 0;
		struct real r;

		create(&r, c->version, c->profile, c->json, ALL);
		r.state.zones[1].pcp[0].count = sets[i].count;
		r.state.zones[1].pcp[0].high = sets[i].high;
		boot(&r, 1);
		for (u32 mt = 0; mt < MIGRATE_PCPTYPES; mt++) {
			if (mt == MIGRATE_MOVABLE)
				continue;
			others += on_list(&r, mt);
			g_assert_cmpuint(on_list(&r, mt) + spread, >=, sets[i].left);
			g_assert_cmpuint(on_list(&r, mt), <=, sets[i].left + spread);
		}
		g_assert_cmpuint(on_list(&r, MIGRATE_MOVABLE) + others, ==, (u64)sets[i].count);
		booted_finish(&r.b);
	}
}

static void refuse(void (*spoil)(struct proc_state *state), const char *json, const char *error)
{
	struct real r;

	create(&r, "7.2", &profile_linux_7_2, json, ALL);
	if (spoil)
		spoil(&r.state);
	if (mm_boot_proc(r.b.mm, &r.state, 1, &r.b.sample.err))
		g_error("accepted, expected \"%s\"", error);
	if (!strstr(err_text(&r.b.sample.err), error))
		g_error("expected \"%s\" in: %s", error, err_text(&r.b.sample.err));
	g_assert_cmpint(r.b.sample.err.kind, ==, ERR_INPUT);
	booted_finish(&r.b);
}

static void lose_zone(struct proc_state *state)
{
	state->nr_zones--;
}

static void more_orders(struct proc_state *state)
{
	state->nr_orders = 12;
}

static void other_blocks(struct proc_state *state)
{
	state->pageblock_order = 10;
}

static void other_span(struct proc_state *state)
{
	state->zones[1].spanned++;
}

static void too_many_free(struct proc_state *state)
{
	state->zones[1].type_free[PROC_MOVABLE][10] = 60;
}

static void absurdly_many_free(struct proc_state *state)
{
	state->zones[1].type_free[PROC_MOVABLE][10] = 1ull << 62;
}

static void two_capped(struct proc_state *state)
{
	state->zones[1].type_free[PROC_MOVABLE][0] = PROC_CAPPED;
	state->zones[1].type_free[PROC_UNMOVABLE][0] = PROC_CAPPED;
}

/* Managed pages all free, in single pages: but every other one has to be in use. */
static void no_room(struct proc_state *state)
{
	struct proc_zone *z = &state->zones[1];

	memset(z->type_free, 0, sizeof(z->type_free));
	z->type_free[PROC_MOVABLE][0] = 49755;
}

static void test_refused(void)
{
	refuse(lose_zone, PC_256M("2", ""), "zoneinfo has no zone DMA32");
	refuse(more_orders, PC_256M("2", ""), "orders 0 to 11");
	refuse(other_blocks, PC_256M("2", ""), "pageblock order 10");
	refuse(other_span, PC_256M("2", ""), "zone DMA32 of node 0");
	refuse(too_many_free, PC_256M("2", ""), "more free");
	refuse(absurdly_many_free, PC_256M("2", ""), "more free blocks than memory");
	refuse(two_capped, PC_256M("2", ""), "caps two types");
	refuse(no_room, PC_256M("2", ""), "do not fit");
	refuse(NULL, PC_256M("1", ""), "zoneinfo has 2 CPUs, the machine 1");
	refuse(NULL, PC_256M("2", "\"reserved\":[{\"start\":\"32MiB\",\"end\":\"128MiB\"}],"),
	       "more managed pages than the config leaves");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/boot-proc/counts", test_counts);
	g_test_add_func("/mm/boot-proc/round-trip", test_round_trip);
	g_test_add_func("/mm/boot-proc/bundled", test_bundled);
	g_test_add_func("/mm/boot-proc/seed", test_seed);
	g_test_add_func("/mm/boot-proc/hints", test_hints);
	g_test_add_func("/mm/boot-proc/false-hints", test_false_hints);
	g_test_add_func("/mm/boot-proc/no-types", test_no_types);
	g_test_add_func("/mm/boot-proc/disagreeing", test_disagreeing);
	g_test_add_func("/mm/boot-proc/edge-block", test_edge_block);
	g_test_add_func("/mm/boot-proc/used-pages", test_used_pages);
	g_test_add_func("/mm/boot-proc/boost", test_boost);
	g_test_add_func("/mm/boot-proc/per-cpu-types", test_per_cpu_types);
	g_test_add_func("/mm/boot-proc/refused", test_refused);
	return g_test_run();
}
