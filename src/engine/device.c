/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block device as one first-in-first-out queue in front of `depth` slots. A request takes a
 * slot as soon as one is free and everybody before it has one; its data then pass the device's
 * one channel, in order, at the bandwidth of its direction; the fixed latency follows, side by
 * side with that of others; then the slot is free. So one request alone takes bytes/bandwidth +
 * latency, and many take what is scarcer: bandwidth, or depth slots of that length.
 *
 * Reads go before writes: only so many writes are with the device, the others wait their turn in
 * the queue before it, where each read that comes passes them (as with mq-deadline).
 *
 * Left out: seeks, read-ahead inside the device, merging of neighbours, garbage collection.
 */
#include "engine/device.h"

#include <assert.h>
#include <stdlib.h>

struct request {
	struct event complete;
	struct device *dev;
	void (*done)(void *arg);
	void *arg;
	struct request *next_unused; /* in device.unused */
	struct request *next_pooled; /* in device.pool; requests on stacks are in neither */
	bool pooled, write;
	u64 bytes;
	struct request *next_waiting;
};

struct device {
	struct engine *eng;
	struct device_params params;
	struct device_stats stats; /* busy_ns up to busy_until */
	u64 channel_free;	   /* when the last transfer ends */
	u64 busy_until;		   /* when the last completion comes */
	u32 in_flight;
	u32 writes_booked; /* with the device */
	struct request *waiting, *last_waiting; /* writes behind those */
	struct request *pool, *unused;
	char name[32];
	u64 slot_free[]; /* params.depth times, a binary heap, earliest first */
};

struct device *device_create(struct engine *eng, const char *name,
			     const struct device_params *params)
{
	struct device *dev;

	assert(params->depth >= 1 && params->depth <= 1024);
	dev = calloc(1, sizeof(*dev) + params->depth * sizeof(dev->slot_free[0]));
	if (!dev)
		return NULL;
	dev->eng = eng;
	dev->params = *params;
	for (size_t i = 0; i + 1 < sizeof(dev->name) && name[i]; i++)
		dev->name[i] = name[i];
	return dev;
}

void device_destroy(struct device *dev)
{
	if (!dev)
		return;
	while (dev->pool) {
		struct request *req = dev->pool;

		dev->pool = req->next_pooled;
		engine_cancel(dev->eng, &req->complete);
		free(req);
	}
	free(dev);
}

const char *device_name(const struct device *dev)
{
	return dev->name;
}

const struct device_params *device_get_params(const struct device *dev)
{
	return &dev->params;
}

/* The earliest slot becomes free at `time` instead: restores the heap downwards. */
static void occupy_slot(struct device *dev, u64 time)
{
	u64 *heap = dev->slot_free;
	u32 n = dev->params.depth, i = 0;

	for (;;) {
		u32 child = 2 * i + 1;

		if (child + 1 < n && heap[child + 1] < heap[child])
			child++;
		if (child >= n || heap[child] >= time)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = time;
}

static u64 transfer_ns(u64 bytes, u64 bytes_per_s)
{
	unsigned __int128 ns;

	if (!bytes_per_s)
		return 0;
	ns = ((unsigned __int128)bytes * NSEC_PER_SEC + bytes_per_s - 1) / bytes_per_s;
	return ns > UINT64_MAX ? UINT64_MAX : (u64)ns;
}

/* When a request submitted now completes; books its slot and its transfer. */
static u64 book(struct device *dev, bool write, u64 bytes)
{
	const struct device_params *p = &dev->params;
	u64 start = max_u64(engine_now(dev->eng), dev->slot_free[0]);
	u64 rate = write ? p->write_bytes_per_s : p->read_bytes_per_s;

	start = max_u64(start, dev->channel_free);
	dev->channel_free = time_add(start, transfer_ns(bytes, rate));
	start = time_add(dev->channel_free, write ? p->write_latency_ns : p->read_latency_ns);
	occupy_slot(dev, start);
	return start;
}

static void account(struct device *dev, bool write, u64 bytes)
{
	struct device_stats *stats = &dev->stats;

	if (write) {
		stats->writes++;
		stats->write_bytes += bytes;
	} else {
		stats->reads++;
		stats->read_bytes += bytes;
	}
	dev->in_flight++;
	stats->queued_max = max_u64(stats->queued_max, dev->in_flight);
}

/* The request goes to the device. Returns when it completes. */
static u64 start(struct device *dev, struct request *req)
{
	u64 done = book(dev, req->write, req->bytes);
	u64 from = max_u64(engine_now(dev->eng), dev->busy_until);

	if (done > from) {
		dev->stats.busy_ns += done - from;
		dev->busy_until = done;
	}
	dev->writes_booked += req->write;
	engine_at(dev->eng, &req->complete, done);
	return done;
}

static void start_waiting(struct device *dev)
{
	struct request *req = dev->waiting;

	if (!req)
		return;
	dev->waiting = req->next_waiting;
	start(dev, req);
}

static void complete(struct engine *eng, struct event *ev)
{
	struct request *req = container_of(ev, struct request, complete);
	struct device *dev = req->dev;
	void (*done)(void *arg) = req->done;
	void *arg = req->arg;

	(void)eng;
	assert(dev->in_flight);
	dev->in_flight--;
	if (req->write) {
		dev->writes_booked--;
		start_waiting(dev);
	}
	if (req->pooled) {
		req->next_unused = dev->unused;
		dev->unused = req;
	}
	if (done)
		done(arg);
}

static u64 submit(struct device *dev, struct request *req, bool write, u64 bytes)
{
	account(dev, write, bytes);
	req->dev = dev;
	req->write = write;
	req->bytes = bytes;
	req->complete.fire = complete;
	if (!write || dev->writes_booked < DEVICE_WRITES_MAX)
		return start(dev, req);
	req->next_waiting = NULL;
	if (dev->waiting)
		dev->last_waiting->next_waiting = req;
	else
		dev->waiting = req;
	dev->last_waiting = req;
	return UINT64_MAX;
}

u64 device_submit(struct device *dev, bool write, u64 bytes, void (*done)(void *arg), void *arg)
{
	struct request *req = dev->unused;

	if (req) {
		dev->unused = req->next_unused;
	} else {
		req = calloc(1, sizeof(*req));
		if (!req) {
			engine_out_of_memory(dev->eng);
			return UINT64_MAX;
		}
		req->pooled = true;
		req->next_pooled = dev->pool;
		dev->pool = req;
	}
	req->done = done;
	req->arg = arg;
	return submit(dev, req, write, bytes);
}

struct sleeper {
	struct engine *eng;
	struct fiber *fiber;
};

static void wake_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;

	fiber_unpark(sleeper->eng, sleeper->fiber);
}

u64 device_io(struct device *dev, bool write, u64 bytes)
{
	struct sleeper sleeper = {dev->eng, fiber_current(dev->eng)};
	struct request req = {.done = wake_sleeper, .arg = &sleeper};
	u64 begun = engine_now(dev->eng);

	assert(sleeper.fiber);
	submit(dev, &req, write, bytes);
	fiber_park(dev->eng);
	return engine_now(dev->eng) - begun;
}

void device_stats(const struct device *dev, struct device_stats *stats)
{
	u64 now = engine_now(dev->eng);

	*stats = dev->stats;
	if (dev->busy_until > now) /* all of that was counted as busy at submission */
		stats->busy_ns -= dev->busy_until - now;
}

u32 device_in_flight(const struct device *dev)
{
	return dev->in_flight;
}
