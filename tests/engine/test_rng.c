/* SPDX-License-Identifier: GPL-2.0-only */
/* Random streams: pinned outputs, and distributions that are what they say. */
#include <glib.h>

#include "engine/rng.h"

#define DRAWS 200000u

/* The published outputs of xoshiro256** from state 1, 2, 3, 4. */
static void test_generator(void)
{
	const u64 expect[] = {11520,
			      0,
			      1509978240,
			      1215971899390074240ull,
			      1216172134540287360ull,
			      607988272756665600ull,
			      16172922978634559625ull,
			      8476171486693032832ull,
			      10595114339597558777ull,
			      2904607092377533576ull};
	struct rng rng = {{1, 2, 3, 4}};

	for (size_t i = 0; i < ARRAY_SIZE(expect); i++)
		g_assert_cmpuint(rng_u64(&rng), ==, expect[i]);
}

/* Computed by a second implementation, in Python. */
static void test_streams(void)
{
	struct rng a, b;

	rng_init(&a, 42, "mm");
	g_assert_cmphex(rng_u64(&a), ==, 0x24731c4b5d121a49);
	g_assert_cmphex(rng_u64(&a), ==, 0xa5a124bf6a1d016c);
	g_assert_cmphex(rng_u64(&a), ==, 0xefc51e0bf3a27a3a);
	g_assert_cmphex(rng_u64(&a), ==, 0xe9b60fb12b990577);
	rng_init(&a, 0, "");
	g_assert_cmphex(rng_u64(&a), ==, 0xb8593c2ead46c64b);
	g_assert_cmphex(rng_u64(&a), ==, 0x891d09bc873b8728);
	rng_init(&a, 1, "one");
	rng_init(&b, 1, "two");
	g_assert_cmphex(rng_u64(&a), !=, rng_u64(&b));
	rng_init(&b, 2, "one");
	g_assert_cmphex(rng_u64(&a), !=, rng_u64(&b));
}

static u64 draw_exp(struct rng *rng)
{
	return rng_exp(rng, 1000000007);
}

static u64 draw_lognormal(struct rng *rng)
{
	return rng_lognormal(rng, 1000000007, 300);
}

static u64 draw_zipf(struct rng *rng)
{
	return rng_zipf(rng, 1000000);
}

static u64 draw_below(struct rng *rng)
{
	return rng_below(rng, (1ull << 63) + 12345);
}

/* FNV-1a over the bytes of many draws: a change of one bit in a table shows. */
static u64 hash_draws(u64 (*draw)(struct rng *rng))
{
	u64 hash = 0xcbf29ce484222325ull;
	struct rng rng;

	rng_init(&rng, 7, "hash");
	for (u32 i = 0; i < DRAWS; i++) {
		u64 x = draw(&rng);

		for (u32 byte = 0; byte < 8; byte++)
			hash = (hash ^ (u8)(x >> 8 * byte)) * 0x100000001b3ull;
	}
	return hash;
}

/* These too come from the second implementation. */
static void test_pinned(void)
{
	g_assert_cmphex(hash_draws(draw_below), ==, 0x1c273cbc8813c20b);
	g_assert_cmphex(hash_draws(draw_exp), ==, 0xedb846b3c6e961b9);
	g_assert_cmphex(hash_draws(draw_lognormal), ==, 0xd729d3b714950908);
	g_assert_cmphex(hash_draws(draw_zipf), ==, 0x6b836abbfdebd318);
}

/* counts[i] must lie within six standard deviations of n * weight / total. */
static void check_counts(const u64 *counts, const double *share, u32 n, u64 draws)
{
	for (u32 i = 0; i < n; i++) {
		double expect = (double)draws * share[i];
		double off = (double)counts[i] - expect;

		g_assert_cmpfloat(off * off, <, 36 * expect * (1 - share[i]) + 1);
	}
}

static void test_below(void)
{
	const u64 huge = 3ull << 62; /* a plain modulo would favour the first third twofold */
	u64 counts[10] = {0};
	double share[10];
	struct rng rng;

	rng_init(&rng, 1, "below");
	for (u32 n = 1; n <= 10; n++) {
		for (u32 i = 0; i < n; i++) {
			counts[i] = 0;
			share[i] = 1.0 / n;
		}
		for (u32 i = 0; i < DRAWS; i++)
			counts[rng_below(&rng, n)]++;
		check_counts(counts, share, n, DRAWS);
	}
	share[0] = share[1] = share[2] = 1.0 / 3;
	counts[0] = counts[1] = counts[2] = 0;
	for (u32 i = 0; i < DRAWS; i++)
		counts[rng_below(&rng, huge) / (huge / 3)]++;
	check_counts(counts, share, 3, DRAWS);
}

static void test_range(void)
{
	u64 counts[4] = {0}, top = 0;
	double share[4] = {0.25, 0.25, 0.25, 0.25};
	struct rng rng;

	rng_init(&rng, 1, "range");
	for (u32 i = 0; i < DRAWS; i++)
		counts[rng_range(&rng, 10, 13) - 10]++;
	check_counts(counts, share, 4, DRAWS);
	g_assert_cmpuint(rng_range(&rng, 5, 5), ==, 5);
	for (u32 i = 0; i < 100; i++)
		top |= rng_range(&rng, 0, UINT64_MAX);
	g_assert_cmphex(top, ==, UINT64_MAX);
	g_assert_cmpuint(rng_range(&rng, UINT64_MAX, UINT64_MAX), ==, UINT64_MAX);
}

static void test_ppm(void)
{
	u64 counts[2] = {0};
	double share[2] = {0.75, 0.25};
	struct rng rng;

	rng_init(&rng, 1, "ppm");
	for (u32 i = 0; i < DRAWS; i++) {
		g_assert_false(rng_ppm(&rng, 0));
		g_assert_true(rng_ppm(&rng, 1000000));
		counts[rng_ppm(&rng, 250000)]++;
	}
	check_counts(counts, share, 2, DRAWS);
}

/* P(x < mean * ln 2) = 1/2, P(x < mean) = 1 - 1/e, P(x > 5 mean) = e^-5; mean and variance. */
static void test_exp(void)
{
	const u64 mean = 1000000;
	u64 counts[3] = {0};
	double share[3] = {0.5, 0.6321206, 0.0067379};
	double sum = 0, squares = 0;
	struct rng rng;

	rng_init(&rng, 1, "exp");
	for (u32 i = 0; i < DRAWS; i++) {
		u64 x = rng_exp(&rng, mean);

		counts[0] += x < 693147;
		counts[1] += x < mean;
		counts[2] += x > 5 * mean;
		sum += (double)x / 1e6;
		squares += (double)x * (double)x / 1e12;
	}
	check_counts(counts, share, 3, DRAWS);
	g_assert_cmpfloat(sum / DRAWS, >, 0.99);
	g_assert_cmpfloat(sum / DRAWS, <, 1.01);
	g_assert_cmpfloat(squares / DRAWS, >, 1.95);
	g_assert_cmpfloat(squares / DRAWS, <, 2.05);
	g_assert_cmpuint(rng_exp(&rng, 0), ==, 0);
	for (u32 i = 0; i < 1000; i++)
		counts[0] |= rng_exp(&rng, UINT64_MAX); /* no overflow, no crash */
	g_assert_cmpuint(counts[0] >> 40, !=, 0);
}

/* With sigma_q8 = 256 one standard deviation is a factor of 2. */
static void test_lognormal(void)
{
	const u64 median = 1 << 20;
	u64 counts[6] = {0};
	double share[6] = {0.5, 0.8413447, 0.1586553, 0.0227501, 0.0013499, 0.6914625};
	struct rng rng;

	rng_init(&rng, 1, "lognormal");
	for (u32 i = 0; i < DRAWS; i++) {
		u64 x = rng_lognormal(&rng, median, 256);

		counts[0] += x < median;
		counts[1] += x < median * 2;
		counts[2] += x < median / 2;
		counts[3] += x > median * 4;
		counts[4] += x < median / 8;
		counts[5] += x < 1482910; /* half a deviation: sqrt(2) */
	}
	check_counts(counts, share, 6, DRAWS);
	g_assert_cmpuint(rng_lognormal(&rng, 12345, 0), ==, 12345);
	g_assert_cmpuint(rng_lognormal(&rng, 0, 256), ==, 0);
	g_assert_cmpuint(rng_lognormal(&rng, UINT64_MAX, 0), ==, UINT64_MAX);
	for (u32 i = 0; i < 1000; i++) {
		u64 x = rng_lognormal(&rng, median, UINT32_MAX);

		/* factors beyond any number */
		g_assert_true(x == 0 || x == UINT64_MAX || (x > 1024 && x < 1ull << 40));
	}
}

static void test_zipf(void)
{
	u64 counts[10] = {0};
	double share[10], harmonic = 0;
	struct rng rng;

	rng_init(&rng, 1, "zipf");
	for (u32 n = 1; n <= 10; n++) {
		harmonic += 1.0 / n;
		for (u32 i = 0; i < n; i++) {
			counts[i] = 0;
			share[i] = 1.0 / (i + 1) / harmonic;
		}
		for (u32 i = 0; i < DRAWS; i++) {
			u64 r = rng_zipf(&rng, n);

			g_assert_cmpuint(r, <, n);
			counts[r]++;
		}
		check_counts(counts, share, n, DRAWS);
	}
}

/* Many ranks: by powers of two, H(1000) = 7.4854709; and more ranks than can be counted. */
static void test_zipf_large(void)
{
	u64 counts[10] = {0}, x;
	double share[10] = {0};
	struct rng rng;

	rng_init(&rng, 2, "zipf");
	for (u32 k = 1; k <= 1000; k++)
		share[31 - __builtin_clz(k)] += 1.0 / k / 7.485470860550345;
	for (u32 i = 0; i < DRAWS; i++)
		counts[63 - __builtin_clzll(rng_zipf(&rng, 1000) + 1)]++;
	check_counts(counts, share, 10, DRAWS);
	x = 0;
	for (u32 i = 0; i < 1000; i++) {
		g_assert_cmpuint(rng_zipf(&rng, 1ull << 40), <, 1ull << 40);
		x |= rng_zipf(&rng, UINT64_MAX - 1);
	}
	g_assert_cmpuint(x >> 60, ==, 15);
	g_assert_cmpuint(x & 1, ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rng/generator", test_generator);
	g_test_add_func("/rng/streams", test_streams);
	g_test_add_func("/rng/pinned", test_pinned);
	g_test_add_func("/rng/below", test_below);
	g_test_add_func("/rng/range", test_range);
	g_test_add_func("/rng/ppm", test_ppm);
	g_test_add_func("/rng/exp", test_exp);
	g_test_add_func("/rng/lognormal", test_lognormal);
	g_test_add_func("/rng/zipf", test_zipf);
	g_test_add_func("/rng/zipf-large", test_zipf_large);
	return g_test_run();
}
