/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps whose memory is the network stack's: unix datagrams queued in sockets, after
 * net/unix/af_unix.c and net/core/skbuff.c, and frames received through a page pool, after
 * drivers/net/virtio_net.c and net/core/page_pool.c (7.2). Left out: what the sender of a frame
 * holds until it is out (it is recycled), and limits of socket buffers.
 */
#include <assert.h>
#include <stdlib.h>

#include "workload/task.h"

/* Sizes of 7.2 on x86-64. X(name, bytes, reclaimable, account) */
#define SOCKET_CACHES(X)                                                                          \
	X(SOCK_INODE, 832, true, true)                                                             \
	X(SOCK_UNIX, 1088, false, true)                                                            \
	X(SOCK_FILP, 192, false, true)                                                             \
	X(SOCK_DENTRY, 192, true, true)                                                            \
	X(SKB_HEAD, 256, false, false)                                                             \
	X(SKB_SMALL, 640, false, false)                                                            \
	X(SKB_1K, 1024, false, false)                                                              \
	X(SKB_2K, 2048, false, false)                                                              \
	X(SKB_4K, 4096, false, false)                                                              \
	X(SKB_8K, 8192, false, false)

enum socket_cache {
#define X(name, bytes, reclaimable, account) name,
	SOCKET_CACHES(X)
#undef X
	NR_SOCKET_CACHES
};

static const struct {
	u32 bytes;
	bool reclaimable, account;
} socket_caches[NR_SOCKET_CACHES] = {
#define X(name, bytes, reclaimable, account) {bytes, reclaimable, account},
	SOCKET_CACHES(X)
#undef X
};

/* held_item.kind: a block of this order, one that counts as slab, a page with two frames, or an
   object of a cache. */
#define KIND_LARGE  32u
#define KIND_FRAMES 64u
#define KIND_OBJECT 128u

#define SKB_SHARED_INFO	     320u
#define SKB_MAX_ALLOC	     ((16u << 10) - SKB_SHARED_INFO) /* SKB_MAX_ORDER(0, 2) */
#define MAX_SKB_FRAGS	     17u
#define FRAG_BYTES	     4096u
#define NAPI_BUDGET	     64u
#define PP_ALLOC_CACHE_REFILL 64u
#define POOL_RING	     256u /* of the receive ring's size */

struct sockets {
	struct kmem_cache *cache[NR_SOCKET_CACHES];
	u32 pool[POOL_RING + PP_ALLOC_CACHE_REFILL]; /* pages for frames */
	u32 nr_pool;
	gfp_t atomic;
};

void sockets_destroy(struct sockets *sockets)
{
	free(sockets);
}

/* NULL: host memory. */
static struct sockets *sockets_get(struct workload_run *run)
{
	struct sockets *sockets;
	const char *bad;

	if (run->sockets)
		return run->sockets;
	sockets = calloc(1, sizeof(*sockets));
	if (!sockets)
		return NULL;
	run->sockets = sockets;
	for (u32 i = 0; i < NR_SOCKET_CACHES; i++) {
		sockets->cache[i] = kmem_cache_create(run->world.vm, socket_caches[i].bytes, 8,
						      socket_caches[i].reclaimable,
						      socket_caches[i].account);
		if (!sockets->cache[i])
			run->world.vm->no_host_memory = true;
	}
	if (!gfp_parse(run->world.mm->profile, "GFP_ATOMIC", &sockets->atomic, &bad))
		assert(0 && "every profile has GFP_ATOMIC");
	return run->world.vm->no_host_memory ? NULL : sockets;
}

static void count_large(struct vm *vm, u32 pfn, u32 order, s64 sign)
{
	vm->node_stat[pfn_zone(vm->mm, pfn)->nid][NR_SLAB_UNRECLAIMABLE] +=
		sign * (s64)(1ull << order);
}

static void release_item(struct task *task, struct held_item item)
{
	struct sockets *sockets = task->run->sockets;
	struct vm *vm = task->run->world.vm;
	u32 order = 0;

	if (item.kind >= KIND_OBJECT) {
		bool ok = kmem_cache_free(sockets->cache[item.kind - KIND_OBJECT], &task->ts,
					  item.what);

		assert(ok);
		(void)ok;
		return;
	}
	/* net/core/page_pool.c:page_pool_put_unrefed_netmem: the pool keeps a few */
	if (item.kind == KIND_FRAMES && sockets->nr_pool < POOL_RING) {
		sockets->pool[sockets->nr_pool++] = item.what;
		return;
	}
	if (item.kind < KIND_FRAMES)
		order = item.kind % KIND_LARGE;
	if (item.kind >= KIND_LARGE && item.kind < KIND_FRAMES)
		count_large(vm, item.what, order, -1);
	(void)free_pages(vm->mm, &task->ts, item.what, order);
}

void task_release_kernel(struct task *task)
{
	while (task->kernel.head < task->kernel.n)
		release_item(task, held_take(&task->kernel, PICK_OLDEST, &task->rng));
}

static bool keep(struct task *task, u32 what, u32 kind)
{
	if (held_push(&task->kernel, what, kind))
		return true;
	task->run->world.vm->no_host_memory = true;
	return false;
}

static bool keep_object(struct task *task, struct task_struct *payer, enum socket_cache cache,
			gfp_t gfp)
{
	u32 slab = kmem_cache_alloc(task->run->sockets->cache[cache], payer, gfp);

	return slab != SLAB_NONE && keep(task, slab, KIND_OBJECT + cache);
}

static bool keep_block(struct task *task, gfp_t gfp, u32 order, bool slab)
{
	struct vm *vm = task->run->world.vm;
	u32 pfn = alloc_pages(vm->mm, &task->ts, gfp, order);

	if (pfn == PFN_NONE)
		return false;
	pfn_to_page(vm->mm, pfn)->owner = page_owner(OWNER_BLOCK, task->ts.pid & OWNER_NUMBER);
	if (slab)
		count_large(vm, pfn, order, 1);
	return keep(task, pfn, order + (slab ? KIND_LARGE : 0));
}

/* The linear part of a socket buffer. net/core/skbuff.c:kmalloc_reserve, mm/slub.c:kmalloc */
static bool skb_linear(struct task *task, u64 bytes)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NOMEMALLOC | __GFP_NOWARN;
	u32 shift = task->run->world.mm->page_shift, order = 0;

	bytes += SKB_SHARED_INFO;
	for (u32 cache = SKB_SMALL; cache <= SKB_8K; cache++) {
		if (bytes <= socket_caches[cache].bytes)
			return keep_object(task, &task->ts, cache, gfp);
	}
	while (1ull << (shift + order) < bytes)
		order++;
	return keep_block(task, gfp | (order ? __GFP_COMP : 0), order, true);
}

/* The paged part: large blocks if they cost nothing. net/core/skbuff.c:alloc_skb_with_frags */
static bool skb_frags(struct task *task, u64 bytes)
{
	u32 shift = task->run->world.mm->page_shift, order = PAGE_ALLOC_COSTLY_ORDER;
	const gfp_t light = (GFP_KERNEL & ~__GFP_DIRECT_RECLAIM) | __GFP_COMP | __GFP_NOWARN;

	while (bytes) {
		u64 page_bytes = (bytes + (1ull << shift) - 1) >> shift << shift;

		while (order && page_bytes < 1ull << (shift + order))
			order--;
		if (!keep_block(task, order ? light : GFP_KERNEL, order, false)) {
			if (!order)
				return false;
			order--;
			continue;
		}
		bytes -= min_u64(bytes, 1ull << (shift + order));
	}
	return true;
}

/* net/unix/af_unix.c:unix_dgram_sendmsg */
static bool send_datagram(struct task *task, u64 bytes)
{
	u64 paged = 0;

	if (bytes > SKB_MAX_ALLOC)
		paged = min_u64(bytes - SKB_MAX_ALLOC, MAX_SKB_FRAGS * FRAG_BYTES);
	paged = min_u64(bytes, (paged + FRAG_BYTES - 1) / FRAG_BYTES * FRAG_BYTES);
	return keep_object(task, &task->ts, SKB_HEAD, GFP_KERNEL) &&
	       skb_linear(task, bytes - paged) && skb_frags(task, paged);
}

static bool open_socket(struct task *task)
{
	return keep_object(task, &task->ts, SOCK_INODE, GFP_KERNEL) &&
	       keep_object(task, &task->ts, SOCK_DENTRY, GFP_KERNEL) &&
	       keep_object(task, &task->ts, SOCK_FILP, GFP_KERNEL) &&
	       keep_object(task, &task->ts, SOCK_UNIX, GFP_KERNEL);
}

static enum flow open_pairs(struct task *task, const struct step *step)
{
	struct mm *mm = task->run->world.mm;
	struct pace pace;

	pace_begin(&pace, task, step->u.usock.rate);
	for (u64 i = 0; i < step->u.usock.count; i++) {
		bool ok;

		if (!task_operation(task))
			return FLOW_EXIT;
		ok = open_socket(task) && open_socket(task) &&
		     send_datagram(task, step->u.usock.size);
		if (task->run->world.vm->no_host_memory)
			return task_no_host_memory(task);
		task->stats->datagrams += ok;
		task->stats->datagrams_failed += !ok;
		/* The copy of the data, and two system calls' worth of work. */
		task_charge(&task->ts, CAUSE_FAULT,
			    2 * mm->costs.file_op +
				    mm->costs.copy_page * (step->u.usock.size >> 12));
		task_spend(mm, &task->ts);
		pace_wait(&pace, task, 1);
	}
	return FLOW_NEXT;
}

enum flow task_usock(struct task *task, const struct step *step)
{
	if (!sockets_get(task->run))
		return task_no_host_memory(task);
	for (u64 round = 0; round < step->u.usock.repeat; round++) {
		if (open_pairs(task, step) == FLOW_EXIT)
			return FLOW_EXIT;
		if (step->u.usock.for_ns)
			sleep_killable(&task->ts, step->u.usock.for_ns);
		task_release_kernel(task);
		cpu_sleep(task->ts.sched, 0);
	}
	return FLOW_NEXT;
}

/* A page for two frames; the pool is refilled in bulk.
   net/core/page_pool.c:page_pool_alloc_netmems */
static u32 pool_page(struct task *task, struct task_struct *irq)
{
	struct sockets *sockets = task->run->sockets;
	struct mm *mm = task->run->world.mm;

	if (!sockets->nr_pool)
		sockets->nr_pool = alloc_pages_bulk(mm, irq, NUMA_NO_NODE,
						    sockets->atomic | __GFP_NOWARN,
						    PP_ALLOC_CACHE_REFILL, sockets->pool);
	return sockets->nr_pool ? sockets->pool[--sockets->nr_pool] : PFN_NONE;
}

/*
 * Two frames that share a page. The first has no room behind it for the buffer's descriptor and
 * gets a small head of its own, the second keeps it in the page.
 * drivers/net/virtio_net.c:receive_mergeable, page_to_skb
 */
static u64 receive_two(struct task *task, struct task_struct *irq)
{
	gfp_t gfp = task->run->sockets->atomic | __GFP_NOWARN;
	struct mm *mm = task->run->world.mm;
	u32 pfn = pool_page(task, irq);

	if (pfn == PFN_NONE)
		return 0;
	pfn_to_page(mm, pfn)->owner = page_owner(OWNER_BLOCK, task->ts.pid & OWNER_NUMBER);
	if (!keep(task, pfn, KIND_FRAMES) || !keep_object(task, irq, SKB_HEAD, gfp) ||
	    !keep_object(task, irq, SKB_SMALL, gfp))
		return 0;
	return 1 + keep_object(task, irq, SKB_HEAD, gfp);
}

static u64 irq_time(const struct task_struct *irq)
{
	u64 sum = 0;

	for (u32 c = 0; c < NR_STALL_CAUSES; c++)
		sum += irq->total_ns[c];
	return sum;
}

/* One poll of the receiving device: up to NAPI_BUDGET frames. */
static void receive_frames(struct task *task, const struct step *step, u64 frames)
{
	const struct workload_world *world = &task->run->world;
	struct task_struct irq = {.comm = task->ts.comm, .pid = task->ts.pid,
				  .cpu = task->ts.cpu, .context = IN_SOFTIRQ};
	u64 lost = 0, got = 0;

	for (u64 i = 0; i < frames; i++)
		lost += step->u.netburst.lost && rng_ppm(&task->rng, step->u.netburst.lost);
	for (u64 i = 0; i < frames - lost; i += 2) {
		u64 n = receive_two(task, &irq);

		got += min_u64(n, frames - lost - i);
	}
	task->stats->frames += got;
	task->stats->frames_lost += frames - got;
	cpu_interrupt(world->cpus, irq.cpu,
		      world->mm->costs.irq_entry + irq_time(&irq) +
			      frames * world->mm->costs.net_receive);
}

static enum flow send_burst(struct task *task, const struct step *step)
{
	struct mm *mm = task->run->world.mm;

	for (u64 sent = 0; sent < step->u.netburst.frames; sent += NAPI_BUDGET) {
		u64 n = min_u64(NAPI_BUDGET, step->u.netburst.frames - sent);

		if (!task_operation(task))
			return FLOW_EXIT;
		task->run->operations += n - 1;
		cpu_spend(task->ts.sched, n * mm->costs.net_send);
		receive_frames(task, step, n);
		if (task->run->world.vm->no_host_memory)
			return task_no_host_memory(task);
	}
	return FLOW_NEXT;
}

enum flow task_netburst(struct task *task, const struct step *step)
{
	u64 start = task_now(task);

	if (!sockets_get(task->run))
		return task_no_host_memory(task);
	for (u64 burst = 1; burst <= step->u.netburst.count; burst++) {
		u64 due = start + burst * step->u.netburst.gap_ns;

		if (send_burst(task, step) == FLOW_EXIT)
			return FLOW_EXIT;
		if (burst % step->u.netburst.drain_every == 0)
			task_release_kernel(task);
		if (due > task_now(task))
			sleep_killable(&task->ts, due - task_now(task));
		else
			cpu_sleep(task->ts.sched, 0);
	}
	task_release_kernel(task);
	return FLOW_NEXT;
}
