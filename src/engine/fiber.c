/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fibers: a stack, a place in the code and one event that resumes it. All switches are between
 * the engine's own stack and a fiber, never from fiber to fiber, so everything that runs is
 * ordered by the queue. Stacks are mapped one by one with an inaccessible page below (an overflow
 * crashes instead of corrupting), touched lazily by the host, and kept for the next fiber.
 */
#include "engine/fiber.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/internal.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_BYTES ((size_t)FIBER_STACK * 4)
#else
#define STACK_BYTES ((size_t)FIBER_STACK)
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define FIBER_VALGRIND
#endif
#endif

/* A mapping: the guard page, then STACK_BYTES. */
struct fiber_stack {
	struct fiber_stack *next; /* in the pool */
	char *low;		  /* lowest usable byte */
	size_t guard;
	unsigned int valgrind_id;
};

struct fiber {
	struct engine *eng;
	struct event wake;
	struct context context;
	struct fiber_stack *stack;
	struct fiber *next, *prev; /* in fiber_set.all */
	fiber_fn fn;
	void *arg;
	void *owner;
	void *frames; /* AddressSanitizer's, while parked */
	bool done;
	char name[32];
};

static struct fiber_stack *stack_map(void)
{
	struct fiber_stack *stack = calloc(1, sizeof(*stack));
	long page = sysconf(_SC_PAGESIZE);
	char *map;

	if (!stack)
		return NULL;
	stack->guard = page > 0 ? (size_t)page : 65536;
	map = mmap(NULL, stack->guard + STACK_BYTES, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED) {
		free(stack);
		return NULL;
	}
	if (mprotect(map, stack->guard, PROT_NONE)) {
		munmap(map, stack->guard + STACK_BYTES);
		free(stack);
		return NULL;
	}
	stack->low = map + stack->guard;
#ifdef FIBER_VALGRIND
	stack->valgrind_id = VALGRIND_STACK_REGISTER(stack->low, stack->low + STACK_BYTES);
#endif
	return stack;
}

static void stack_unmap(struct fiber_stack *stack)
{
#ifdef FIBER_VALGRIND
	VALGRIND_STACK_DEREGISTER(stack->valgrind_id);
#endif
	munmap(stack->low - stack->guard, stack->guard + STACK_BYTES);
	free(stack);
}

static struct fiber_stack *stack_get(struct fiber_set *set)
{
	struct fiber_stack *stack = set->pool;

	if (!stack)
		return stack_map();
	set->pool = stack->next;
	return stack;
}

static void stack_put(struct fiber_set *set, struct fiber_stack *stack)
{
#ifdef FIBER_ASAN
	/* Frames that were dropped instead of left have marked the stack as forbidden. */
	ASAN_UNPOISON_MEMORY_REGION(stack->low, STACK_BYTES);
#endif
	stack->next = set->pool;
	set->pool = stack;
}

/* Takes the fiber apart; nothing of it is running. */
static void fiber_free(struct fiber *fiber)
{
	struct fiber_set *set = &fiber->eng->fibers;

	engine_cancel(fiber->eng, &fiber->wake);
	if (fiber->prev)
		fiber->prev->next = fiber->next;
	else
		set->all = fiber->next;
	if (fiber->next)
		fiber->next->prev = fiber->prev;
	stack_put(set, fiber->stack);
	free(fiber);
}

/*
 * AddressSanitizer has to be told of a switch twice: before it, which stack comes next and where
 * to keep the fake frames of this one (NULL: it dies); after it, that it took place.
 */
void fiber_resume(struct engine *eng, struct fiber *fiber)
{
	struct fiber_set *set = &eng->fibers;
#ifdef FIBER_ASAN
	void *frames = NULL;

	__sanitizer_start_switch_fiber(&frames, fiber->stack->low, STACK_BYTES);
#endif
	assert(!set->current && fiber->eng == eng);
	engine_cancel(eng, &fiber->wake);
	set->current = fiber;
	context_switch(&set->host, &fiber->context);
	set->current = NULL;
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(frames, NULL, NULL);
#endif
	if (fiber->done)
		fiber_free(fiber);
}

static void leave(struct fiber *fiber)
{
	struct fiber_set *set = &fiber->eng->fibers;

#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(fiber->done ? NULL : &fiber->frames, set->host_low,
				       set->host_size);
#endif
	context_switch(&fiber->context, &set->host);
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(fiber->frames, &set->host_low, &set->host_size);
#endif
}

static void fiber_entry(void *arg)
{
	struct fiber *fiber = arg;

#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(NULL, &fiber->eng->fibers.host_low,
					&fiber->eng->fibers.host_size);
#endif
	fiber->fn(fiber->arg);
	fiber->done = true;
	leave(fiber);
	abort(); /* nobody resumes what is done */
}

static void fiber_wake(struct engine *eng, struct event *ev)
{
	fiber_resume(eng, container_of(ev, struct fiber, wake));
}

struct fiber *fiber_create(struct engine *eng, const char *name, fiber_fn fn, void *arg)
{
	struct fiber_set *set = &eng->fibers;
	struct fiber *fiber = calloc(1, sizeof(*fiber));

	if (!fiber)
		return NULL;
	fiber->stack = stack_get(set);
	if (!fiber->stack) {
		free(fiber);
		return NULL;
	}
	fiber->eng = eng;
	fiber->wake.fire = fiber_wake;
	fiber->fn = fn;
	fiber->arg = arg;
	for (size_t i = 0; i + 1 < sizeof(fiber->name) && name[i]; i++)
		fiber->name[i] = name[i];
	context_init(&fiber->context, fiber->stack->low, STACK_BYTES, fiber_entry, fiber);
	fiber->next = set->all;
	if (set->all)
		set->all->prev = fiber;
	set->all = fiber;
	return fiber;
}

void fiber_destroy(struct fiber *fiber)
{
	if (!fiber)
		return;
	assert(fiber != fiber->eng->fibers.current);
	fiber_free(fiber);
}

void fiber_set_finish(struct fiber_set *set)
{
	while (set->all)
		fiber_free(set->all);
	while (set->pool) {
		struct fiber_stack *stack = set->pool;

		set->pool = stack->next;
		stack_unmap(stack);
	}
}

void fiber_park(struct engine *eng)
{
	assert(eng->fibers.current);
	leave(eng->fibers.current);
}

void fiber_unpark_at(struct engine *eng, struct fiber *fiber, u64 time)
{
	assert(!fiber->done);
	engine_cancel(eng, &fiber->wake);
	engine_at(eng, &fiber->wake, time);
}

void fiber_unpark(struct engine *eng, struct fiber *fiber)
{
	if (event_pending(&fiber->wake) && fiber->wake.time <= eng->now)
		return;
	fiber_unpark_at(eng, fiber, eng->now);
}

struct fiber *fiber_current(struct engine *eng)
{
	return eng->fibers.current;
}

const char *fiber_name(const struct fiber *fiber)
{
	return fiber->name;
}

void fiber_set_owner(struct fiber *fiber, void *owner)
{
	fiber->owner = owner;
}

void *fiber_owner(const struct fiber *fiber)
{
	return fiber->owner;
}
