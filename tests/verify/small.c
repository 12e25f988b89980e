/* SPDX-License-Identifier: GPL-2.0-only */
#include "small.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"

static const char header[] = "# oracle-pfn 1\n"
			     "H kernel 7.2.13+deb14-cloud-amd64\n"
			     "H cpus 1\n"
			     "H nodes 1\n"
			     "H cpu_node 0 0\n"
			     "H max_order 10\n"
			     "H pageblock_order 9\n"
			     "H nr_pcp_lists 14\n"
			     "H max_nr_zones 5\n"
			     "H page_size 4096\n"
			     "H migrate_types 5 Unmovable Movable Reclaimable HighAtomic Isolate\n"
			     "H min_free_kbytes 512\n"
			     "H watermark_scale_factor 10\n"
			     "H watermark_boost_factor 15000\n"
			     "H percpu_pagelist_high_fraction 0\n"
			     "H defrag_mode 0\n"
			     "H page_group_by_mobility_disabled 0\n"
			     "H lowmem_reserve_ratio 256,256,32,0,0\n"
			     "H gfpbit __GFP_HIGHMEM 0x2\n"
			     "H gfpbit __GFP_MOVABLE 0x8\n"
			     "H gfpbit __GFP_RECLAIMABLE 0x10\n"
			     "H gfpbit __GFP_NOWARN 0x2000\n"
			     "H config CONFIG_SMP=y\n"
			     "H config CONFIG_CMA=n\n"
			     "H config CONFIG_ZONE_DMA=y\n"
			     "H config CONFIG_ZONE_DMA32=y\n"
			     "H config CONFIG_TRANSPARENT_HUGEPAGE=y\n"
			     "H seed 1\n";

static const char state[] =
    "W 0 0:1\n"
    "K 0 kswapd_order=0 kswapd_highest_zoneidx=5 kswapd_waiting=1 kswapd_failures=0\n"
    "Z 0 1 DMA32 start_pfn=4096 spanned=2048 present=2048 managed=2047 wmark_min=20 wmark_low=30 "
    "wmark_high=40 wmark_promo=50 watermark_boost=0 nr_reserved_highatomic=0 "
    "nr_free_highatomic=0 flags=0 pageset_high_min=30 pageset_high_max=255 pageset_batch=1 "
    "percpu_drift_mark=0 lowmem_reserve=0,0,0,0,0 nr_free_pages=2046 nr_free_pages_blocks=1536 "
    "nr_free_cma=0 nr_isolate_pageblock=0 nr_free=0,1,1,1,1,1,1,1,1,1,1\n"
    "L 0 1 1 0 1 4098\n"
    "L 0 1 2 0 1 4100\n"
    "L 0 1 3 0 1 4104\n"
    "L 0 1 4 0 1 4112\n"
    "L 0 1 5 0 1 4128\n"
    "L 0 1 6 0 1 4160\n"
    "L 0 1 7 0 1 4224\n"
    "L 0 1 8 0 1 4352\n"
    "L 0 1 9 1 1 4608\n"
    "L 0 1 10 1 1 5120\n"
    "P 0 0 1 count=1 high=30 batch=1 high_min=30 high_max=255 flags=0 alloc_factor=0 "
    "free_count=0 expire=0 stat_threshold=2 diff_free_pages=0 diff_free_pages_blocks=0 "
    "diff_free_cma=0\n"
    "p 0 0 1 0 1 4097\n"
    "B 0 1 4096 0111\n"
    "M 0 1 4096+1\n";

char *small_recording(void)
{
	return g_strdup_printf("%sS 0\n%sE pgalloc_dma32=100 pgfree=200\ns 0\n"
			       "# phase light\n"
			       "A 0 0 0 10 0x200a 5120\n"
			       "F 1 0 10 5120 0\n"
			       "Q 2 z:0:1:2046:0:0:0 p:0:0:1:1:30\n"
			       "S 2\n%sE pgalloc_dma32=1124 pgfree=1224\ns 2\n"
			       "X\n",
			       header, state, state);
}

char *small_replace(char *text, const char *from, const char *to, unsigned int nth)
{
	char *at = text, *result;

	do {
		at = strstr(at, from);
		g_assert_nonnull(at);
	} while (nth-- && at++);
	result = g_strdup_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	free(text);
	return result;
}

bool small_parse(struct recording *rec, const char *text, char **message)
{
	size_t len = strlen(text);
	char *copy = g_strndup(text, len);
	struct err err = {0};
	bool ok = recording_parse(rec, "small", copy, len, &err);

	*message = ok ? NULL : g_strdup(err_text(&err));
	g_assert_true(ok == (err.kind == ERR_NONE));
	g_assert_true(ok || err.kind == ERR_INPUT);
	err_clear(&err);
	free(copy);
	return ok;
}

/* Where the line of operation nr_ops begins; recordings number their operations in order. */
static char *op_line(char *text, u32 nr_ops)
{
	static const char types[] = "AFGRDV";
	char *best = NULL, mark[32];

	for (const char *t = types; *t; t++) {
		char *at;

		snprintf(mark, sizeof(mark), "\n%c %u ", *t, nr_ops);
		at = strstr(text, mark);
		if (at && (!best || at < best))
			best = at;
	}
	g_assert_nonnull(best);
	return best + 1;
}

char *small_cut(const char *file, u32 nr_ops)
{
	char *path = g_test_build_filename(G_TEST_DIST, "data", "recordings", file, NULL);
	GString *text = g_string_new(NULL);
	struct err err = {0};
	struct stream *s = stream_open(path, 64u << 20, &err);
	char buf[1 << 16], *end;
	size_t n;

	g_assert_nonnull(s);
	while ((n = stream_read(s, buf, sizeof(buf), &err)))
		g_string_append_len(text, buf, (gssize)n);
	stream_close(s);
	g_free(path);
	g_assert_true(err.kind == ERR_NONE);
	end = op_line(text->str, nr_ops);
	g_string_truncate(text, (gsize)(end - text->str));
	g_string_append(text, "X\n");
	return g_string_free(text, FALSE);
}
