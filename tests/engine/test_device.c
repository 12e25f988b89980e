/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices: completions computed by hand, and the slots against a plain search. */
#include <glib.h>

#include "engine/device.h"
#include "engine/rng.h"

/* 1 ns a byte to read, 2 to write; two at a time. */
static const struct device_params two_slots = {
    .read_latency_ns = 100,
    .write_latency_ns = 200,
    .read_bytes_per_s = 1000000000,
    .write_bytes_per_s = 500000000,
    .depth = 2,
};

static void count(void *arg)
{
	++*(u32 *)arg;
}

static void test_by_hand(void)
{
	struct engine *eng = engine_create();
	struct device *dev = device_create(eng, "disk", &two_slots);
	struct device_stats st;
	u32 done = 0;

	g_assert_cmpstr(device_name(dev), ==, "disk");
	/* transfer 0-50, latency to 150 */
	g_assert_cmpuint(device_submit(dev, false, 50, count, &done), ==, 150);
	/* waits for the channel: transfer 50-100 */
	g_assert_cmpuint(device_submit(dev, false, 50, count, &done), ==, 200);
	/* waits for the slot of the first: transfer 150-170 */
	g_assert_cmpuint(device_submit(dev, true, 10, count, &done), ==, 370);
	/* waits for the slot of the second: transfer 200-300 */
	g_assert_cmpuint(device_submit(dev, false, 100, NULL, NULL), ==, 400);
	g_assert_cmpuint(device_in_flight(dev), ==, 4);
	engine_run(eng, 199);
	g_assert_cmpuint(device_in_flight(dev), ==, 3);
	g_assert_cmpuint(done, ==, 1);
	engine_run(eng, 1000);
	g_assert_cmpuint(device_in_flight(dev), ==, 0);
	g_assert_cmpuint(done, ==, 3);
	g_assert_cmpuint(engine_now(eng), ==, 400);

	/* idle until 1000, then a read of nothing */
	g_assert_true(engine_advance(eng, 1000));
	g_assert_cmpuint(device_submit(dev, false, 0, NULL, NULL), ==, 1100);
	g_assert_true(engine_advance(eng, 1050));
	device_stats(dev, &st);
	g_assert_cmpuint(st.busy_ns, ==, 450);
	g_assert_cmpuint(st.reads, ==, 4);
	g_assert_cmpuint(st.read_bytes, ==, 200);
	g_assert_cmpuint(st.writes, ==, 1);
	g_assert_cmpuint(st.write_bytes, ==, 10);
	g_assert_cmpuint(st.queued_max, ==, 4);
	device_destroy(dev); /* with a request under way */
	g_assert_cmpuint(engine_next_time(eng), ==, UINT64_MAX);
	device_destroy(NULL);
	engine_destroy(eng);
}

static void test_limits(void)
{
	struct device_params p = {.read_bytes_per_s = 2000000000, .depth = 1};
	struct engine *eng = engine_create();
	struct device *dev = device_create(eng, "disk", &p);

	/* 1.5 ns is 2; writes know no limit; sizes beyond all time end at its end */
	g_assert_cmpuint(device_submit(dev, false, 3, NULL, NULL), ==, 2);
	g_assert_cmpuint(device_submit(dev, true, 1ull << 40, NULL, NULL), ==, 2);
	p.read_bytes_per_s = 1;
	device_destroy(dev);
	dev = device_create(eng, "tape", &p);
	g_assert_cmpuint(device_submit(dev, false, 18446744073, NULL, NULL), ==,
			 18446744073000000000ull);
	g_assert_cmpuint(device_submit(dev, false, UINT64_MAX, NULL, NULL), ==, UINT64_MAX);
	g_assert_cmpuint(device_submit(dev, false, UINT64_MAX, NULL, NULL), ==, UINT64_MAX);
	device_destroy(dev);
	engine_destroy(eng);
}

struct reader {
	struct engine *eng;
	struct device *dev;
	u64 waited, end;
};

static void reader_run(void *arg)
{
	struct reader *r = arg;

	r->waited = device_io(r->dev, false, 50);
	r->waited += device_io(r->dev, true, 50);
	r->end = engine_now(r->eng);
}

static void test_fibers(void)
{
	struct engine *eng = engine_create();
	struct device *dev = device_create(eng, "disk", &two_slots);
	struct reader r[2] = {{.eng = eng, .dev = dev}, {.eng = eng, .dev = dev}};

	for (u64 i = 0; i < 2; i++)
		fiber_unpark_at(eng, fiber_create(eng, "reader", reader_run, &r[i]), 20 * i);
	g_assert_cmpint(engine_run(eng, UINT64_MAX), ==, ENGINE_IDLE);
	/* first: read 0-50-150, write 150-250-450; second: read 50-100-200, write 250-350-550 */
	g_assert_cmpuint(r[0].end, ==, 450);
	g_assert_cmpuint(r[0].waited, ==, 450);
	g_assert_cmpuint(r[1].end, ==, 550);
	g_assert_cmpuint(r[1].waited, ==, 530);
	device_destroy(dev);
	engine_destroy(eng);
}

/* The model as its description reads: the slot that is free first, then the channel. */
struct naive {
	u64 slots[1024], channel, latency[2];
	u32 depth;
	u64 done[DEVICE_WRITES_MAX]; /* of writes with the device; 0: none */
	u64 waiting[4096];
	u32 head, tail;
};

static u64 naive_book(struct naive *n, u64 now, bool write, u64 transfer)
{
	u32 first = 0;

	for (u32 i = 1; i < n->depth; i++) {
		if (n->slots[i] < n->slots[first])
			first = i;
	}
	n->channel = max_u64(max_u64(now, n->slots[first]), n->channel) + transfer;
	n->slots[first] = n->channel + n->latency[write];
	return n->slots[first];
}

/* Writes that completed by now let waiting ones in, in order of time. */
static void naive_run(struct naive *n, u64 now)
{
	for (;;) {
		u32 first = DEVICE_WRITES_MAX;

		for (u32 i = 0; i < DEVICE_WRITES_MAX; i++)
			if (n->done[i] && n->done[i] <= now &&
			    (first == DEVICE_WRITES_MAX || n->done[i] < n->done[first]))
				first = i;
		if (first == DEVICE_WRITES_MAX)
			return;
		if (n->head == n->tail)
			n->done[first] = 0;
		else
			n->done[first] = naive_book(n, n->done[first], true,
						    n->waiting[n->head++ % 4096]);
	}
}

static u64 naive_submit(struct naive *n, u64 now, bool write, u64 transfer)
{
	if (!write)
		return naive_book(n, now, false, transfer);
	for (u32 i = 0; i < DEVICE_WRITES_MAX; i++)
		if (!n->done[i])
			return n->done[i] = naive_book(n, now, true, transfer);
	n->waiting[n->tail++ % 4096] = transfer;
	return UINT64_MAX;
}

static void test_slots(void)
{
	struct rng rng;

	rng_init(&rng, 3, "test_device");
	for (u32 depth = 1; depth <= 1024; depth = depth * 3 / 2 + 1) {
		struct device_params p = {1000, 70, 1000000000, 4000000000, depth};
		struct engine *eng = engine_create();
		struct device *dev = device_create(eng, "disk", &p);
		struct naive *n = g_new0(struct naive, 1);

		n->depth = depth;
		n->latency[0] = 1000;
		n->latency[1] = 70;
		for (u32 i = 0; i < 3000; i++) {
			bool write = rng_ppm(&rng, 500000);
			u64 bytes = (1 + rng_below(&rng, 100)) * 4;

			naive_run(n, engine_now(eng));
			g_assert_cmpuint(device_submit(dev, write, bytes, NULL, NULL), ==,
					 naive_submit(n, engine_now(eng), write,
						      write ? bytes / 4 : bytes));
			if (i % 10 == 0)
				engine_run(eng, engine_now(eng) + rng_below(&rng, 6000));
		}
		engine_run(eng, UINT64_MAX);
		naive_run(n, UINT64_MAX - 1);
		g_assert_cmpuint(n->head, ==, n->tail);
		g_assert_cmpuint(device_in_flight(dev), ==, 0);
		device_destroy(dev);
		engine_destroy(eng);
		g_free(n);
	}
}

/* A read passes all writes but those with the device. */
static void test_reads_first(void)
{
	struct device_params p = {10, 10, 1000000000, 1000000000, 64};
	struct engine *eng = engine_create();
	struct device *dev = device_create(eng, "disk", &p);
	u32 done = 0;

	for (u32 i = 0; i < DEVICE_WRITES_MAX; i++)
		g_assert_cmpuint(device_submit(dev, true, 100, count, &done), ==,
				 100 * (i + 1) + 10);
	for (u32 i = 0; i < 4; i++)
		g_assert_cmpuint(device_submit(dev, true, 100, count, &done), ==, UINT64_MAX);
	g_assert_cmpuint(device_submit(dev, false, 50, NULL, NULL), ==,
			 100 * DEVICE_WRITES_MAX + 60);
	g_assert_cmpuint(device_in_flight(dev), ==, DEVICE_WRITES_MAX + 5);
	/* The first write ends at 110: one more is with the device, behind the read. */
	engine_run(eng, 110);
	g_assert_cmpuint(device_submit(dev, false, 50, NULL, NULL), ==,
			 100 * DEVICE_WRITES_MAX + 50 + 100 + 60);
	engine_run(eng, UINT64_MAX);
	g_assert_cmpuint(done, ==, DEVICE_WRITES_MAX + 4);
	g_assert_cmpuint(device_in_flight(dev), ==, 0);
	device_destroy(dev);
	engine_destroy(eng);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/device/by-hand", test_by_hand);
	g_test_add_func("/device/limits", test_limits);
	g_test_add_func("/device/fibers", test_fibers);
	g_test_add_func("/device/slots", test_slots);
	g_test_add_func("/device/reads-first", test_reads_first);
	return g_test_run();
}
