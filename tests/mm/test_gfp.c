/* SPDX-License-Identifier: GPL-2.0-only */
/* GFP flags as each kernel spells them. */
#include "mm_fixture.h"

#include <string.h>

static void test_format(void)
{
	static const struct {
		const char *profile;
		gfp_t gfp;
		const char *text;
	} cases[] = {
	    {"linux-7.2", 0, "none"},
	    {"linux-6.1", 0, "none"},
	    {"linux-7.2", 0xcc0, "GFP_KERNEL"},
	    {"linux-7.2", 0x100cca, "GFP_HIGHUSER_MOVABLE"},
	    {"linux-7.2", 0x820, "GFP_ATOMIC"},
	    {"linux-6.12", 0x820, "GFP_ATOMIC"},
	    {"linux-6.1", 0xa20, "GFP_ATOMIC"},
	    {"linux-6.1", 0x820, "GFP_NOWAIT|__GFP_HIGH"},
	    {"linux-7.2", 0x2800, "GFP_NOWAIT"},
	    {"linux-7.2", 0x800, "__GFP_KSWAPD_RECLAIM"},
	    {"linux-6.1", 0x800, "GFP_NOWAIT"},
	    {"linux-7.2", 0xdc0, "GFP_KERNEL|__GFP_ZERO"},
	    {"linux-7.2", 0x40cc0, "GFP_KERNEL|__GFP_COMP"},
	    {"linux-7.2", 0x2140, "__GFP_IO|__GFP_ZERO|__GFP_NOWARN"},
	    {"linux-6.1", 0x2140, "__GFP_IO|__GFP_NOWARN|__GFP_ZERO"},
	    {"linux-7.2", 0x1, "GFP_DMA"},
	    {"linux-7.2", 0x4, "GFP_DMA32"},
	    {"linux-7.2", 0xc00, "GFP_NOIO"},
	    {"linux-7.2", 0xc40, "GFP_NOFS"},
	    {"linux-7.2", 0x400cc0, "GFP_KERNEL_ACCOUNT"},
	    {"linux-7.2", 0x1c24ca, "GFP_TRANSHUGE"},
	    {"linux-7.2", 0x1c20ca, "GFP_TRANSHUGE_LIGHT"},
	    {"linux-7.2", 0x80000cc0, "GFP_KERNEL|0x80000000"},
	    {"linux-6.12", 0x200, "0x200"},
	};
	char buf[256];

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		g_assert_cmpstr(
		    gfp_format(profile_find(cases[i].profile), cases[i].gfp, buf, sizeof(buf)), ==,
		    cases[i].text);
}

static void test_parse(void)
{
	static const struct {
		const char *profile, *text;
		gfp_t gfp;
	} cases[] = {
	    {"linux-7.2", "GFP_KERNEL", 0xcc0},
	    {"linux-7.2", "GFP_KERNEL|__GFP_ZERO", 0xdc0},
	    {"linux-7.2", "GFP_KERNEL | __GFP_ZERO", 0xdc0},
	    {"linux-7.2", "  GFP_KERNEL  ", 0xcc0},
	    {"linux-7.2", "0xcc0", 0xcc0},
	    {"linux-7.2", "0xc00|0xc0", 0xcc0},
	    {"linux-7.2", "none", 0},
	    {"linux-7.2", "GFP_ATOMIC", 0x820},
	    {"linux-6.1", "GFP_ATOMIC", 0xa20},
	    {"linux-6.1", "__GFP_ATOMIC", 0x200},
	    {"linux-6.1", "GFP_NOWAIT", 0x800},
	    {"linux-7.2", "GFP_NOWAIT", 0x2800},
	    {"linux-7.2", "GFP_HIGHUSER_MOVABLE", 0x100cca},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *bad;
		gfp_t gfp;

		g_assert_true(gfp_parse(profile_find(cases[i].profile), cases[i].text, &gfp, &bad));
		g_assert_cmphex(gfp, ==, cases[i].gfp);
	}
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		u32 at;
	} cases[] = {
	    {"", 0},
	    {"GFP_KERNE", 0},
	    {"GFP_KERNELS", 0},
	    {"GFP_KERNEL|", 11},
	    {"GFP_KERNEL||0x1", 11},
	    {"GFP_KERNEL|what", 11},
	    {"|GFP_KERNEL", 0},
	    {"0x", 0},
	    {"0xg", 0},
	    {"0x100000000", 0},
	    {"12", 0},
	    {"GFP_KERNEL 0x1", 11},
	    {"0x11111111111111111111111111111", 0},
	    {"gfp_kernel", 0},
	    {"__GFP_ATOMIC", 0},
	    {"__GFP_MOVABLE|__GFP_RECLAIMABLE", 0},
	    {"GFP_KERNEL|0x18", 0},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *bad;
		gfp_t gfp;

		if (gfp_parse(profile_find("linux-7.2"), cases[i].text, &gfp, &bad))
			g_error("accepted: \"%s\"", cases[i].text);
		g_assert_cmpint(bad - cases[i].text, ==, cases[i].at);
	}
}

/* What is written can be read, and a short buffer is never overrun. */
static void test_round(void)
{
	u64 seed = 0x9e3779b97f4a7c15ull;
	char buf[1024], small[24];

	for (u32 p = 0; mm_profiles[p]; p++)
		for (u32 i = 0; i < 20000; i++) {
			const char *bad;
			gfp_t gfp, back;

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			gfp = (gfp_t)(seed >> 16) & (i & 1 ? UINT32_MAX : 0xcf8);
			if (gfp & __GFP_MOVABLE)
				gfp &= ~__GFP_RECLAIMABLE;
			gfp_format(mm_profiles[p], gfp, buf, sizeof(buf));
			g_assert_true(gfp_parse(mm_profiles[p], buf, &back, &bad));
			g_assert_cmphex(back, ==, gfp);
			gfp_format(mm_profiles[p], gfp, small, sizeof(small));
			g_assert_cmpuint(strlen(small), <, sizeof(small));
			g_assert_true(!strncmp(small, buf, strlen(small)));
		}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mm/gfp/format", test_format);
	g_test_add_func("/mm/gfp/parse", test_parse);
	g_test_add_func("/mm/gfp/bad", test_bad);
	g_test_add_func("/mm/gfp/round", test_round);
	return g_test_run();
}
