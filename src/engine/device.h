/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "engine/wait.h"

/*
 * A block device as a queue: `depth` requests are served side by side, each with a fixed latency,
 * and all share the bandwidth: one at a time, in order, each at the bandwidth of its direction.
 * Reads go before writes that wait. Integer arithmetic only.
 */
#define DEVICE_WRITES_MAX 16u /* writes with the device; more of them wait */

struct device_params {
	u64 read_latency_ns, write_latency_ns;
	u64 read_bytes_per_s, write_bytes_per_s; /* 0: no limit */
	u32 depth;				 /* 1..1024 */
	/* Of its driver, for those who build requests. */
	u32 max_segments; /* pieces of memory that one request may consist of; 0: no limit */
	u64 block_size;	  /* of the file system on it, bytes; 0: a page or more */
	bool indirect;	  /* each request has a table of its pieces, allocated for it (virtio) */
	/* A write by the clock of a busy CPU of an emulated machine; 0: as with any other. */
	u64 busy_latency_ns;
};

struct device;

/* depth 1..1024 (asserted). NULL if the host has no memory. name is copied (at most 31 bytes). */
struct device *device_create(struct engine *eng, const char *name,
			     const struct device_params *params);
/*
 * Before its engine, at the end of a simulation: requests under way are dropped, and fibers still
 * in device_io() must not run again. NULL is fine.
 */
void device_destroy(struct device *dev);
const char *device_name(const struct device *dev);
const struct device_params *device_get_params(const struct device *dev);

/*
 * Queues a request of `bytes`; done(arg) runs when it completes (may be NULL). Returns the time of
 * completion, which is fixed as soon as the request is with the device: at once for a read;
 * UINT64_MAX for a write that has to wait behind DEVICE_WRITES_MAX others. O(log depth). Without
 * host memory the engine stops with ENGINE_NO_MEMORY and UINT64_MAX is returned.
 */
u64 device_submit(struct device *dev, bool write, u64 bytes, void (*done)(void *arg), void *arg);
/* Submits and parks the calling fiber until complete; returns ns waited. */
u64 device_io(struct device *dev, bool write, u64 bytes);

struct device_stats {
	u64 reads, writes, read_bytes, write_bytes;
	u64 busy_ns;	/* so far, with at least one request in the device */
	u64 queued_max; /* most requests submitted and not complete at once */
};
void device_stats(const struct device *dev, struct device_stats *stats);
/* Submitted and not complete. */
u32 device_in_flight(const struct device *dev);
