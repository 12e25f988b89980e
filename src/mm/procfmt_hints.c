/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where pages lie, as hints for a boot from /proc (machine/procfs.h): runs of frames that are free,
 * in use on LRU lists, or in use by the kernel, each with the type of its pageblock. Pages on
 * per-CPU lists are left out: a boot puts them where nothing is told.
 */
#include "machine/procfs.h"
#include "mm/buddy.h"
#include "mm/procfmt.h"
#include "mm/text.h"
#include "mm/vm.h"

struct run {
	u64 pfn, end;
	const char *what; /* NULL: nothing to tell */
	enum migratetype mt;
};

static void put_run(struct text *out, const struct run *run)
{
	if (!run->what || run->end == run->pfn)
		return;
	text_put(out, "%llu+%llu %s", (unsigned long long)run->pfn,
		 (unsigned long long)(run->end - run->pfn), run->what);
	if (run->mt < MIGRATE_PCPTYPES)
		text_put(out, " %s", proc_type_name((enum proc_type)run->mt));
	text_put(out, "\n");
}

/* Whoever waits in a CPU's batch is as good as on a list. */
static const char *used_word(const struct page *page)
{
	enum page_owner_kind kind = page_owner_kind(page);

	return (page->flags & PG_lru) || kind == OWNER_NODE || kind == OWNER_SWAP ||
			       kind == OWNER_HUGE
		       ? "lru"
		       : "used";
}

/* What begins at pfn and how many frames it covers. */
static const char *what_is_at(const struct mm *mm, u64 pfn, u64 *nr)
{
	const struct page *page = pfn_to_page(mm, pfn);
	s32 order = buddy_order(mm, pfn);

	*nr = 1;
	if (order >= 0) {
		*nr = 1ull << order;
		return "free";
	}
	if (page->state != PAGE_NONE)
		*nr = 1ull << page->order;
	return page->state == PAGE_USED ? used_word(page) : NULL;
}

static void put_range(struct text *out, const struct mm *mm, u64 start, u64 end)
{
	struct run run = {.pfn = start, .end = start};

	for (u64 pfn = start, nr; pfn < end; pfn += nr) {
		const char *what = what_is_at(mm, pfn, &nr);
		enum migratetype mt = get_pageblock_migratetype(mm, pfn);

		if (what != run.what || mt != run.mt || run.end - run.pfn > UINT32_MAX / 2) {
			put_run(out, &run);
			run = (struct run){.pfn = pfn, .what = what, .mt = mt};
		}
		run.end = min_u64(pfn + nr, end);
	}
	put_run(out, &run);
}

char *procfmt_hints(const struct mm *mm)
{
	const struct machine *machine = mm->machine;
	struct text out = {0};

	for (u32 i = 0; i < machine->nr_memory; i++)
		put_range(&out, mm, machine->memory[i].start, machine->memory[i].end);
	return text_finish(&out);
}
