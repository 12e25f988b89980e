/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts that recur in a trace. A machine uses some dozens of GFP combinations, so a trace names
 * them by number; the lookup hashes eight bytes at a time, as it runs once for each event of a
 * JSON trace.
 */
#include "workload/trace_names.h"

#include <stdlib.h>
#include <string.h>

#define GFP_HASH_SIZE (2 * TRACE_GFPS_MAX)

static u64 text_hash(const char *text, size_t len)
{
	u64 h = len * 0x9e3779b97f4a7c15ull;

	while (len) {
		u64 word = 0;
		size_t n = len < 8 ? len : 8;

		memcpy(&word, text, n);
		h = (h ^ word) * 0xff51afd7ed558ccdull;
		h ^= h >> 32;
		text += n;
		len -= n;
	}
	return h;
}

/* Names, numbers and bars only: nothing that could be mistaken for something else in an output. */
static bool spelling_ok(const char *text, size_t len, const char **bad)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '_' || c == '|' || c == ' ')
			continue;
		*bad = text + i;
		return false;
	}
	*bad = text;
	return len != 0;
}

static bool grow(void **array, u32 *cap, u32 n, u32 max, size_t size)
{
	u32 want = *cap ? *cap * 2 : 64;
	void *bigger;

	if (n < *cap)
		return true;
	if (want > max)
		want = max;
	bigger = realloc(*array, want * size);
	if (!bigger)
		return false;
	*array = bigger;
	*cap = want;
	return true;
}

static char *copy_text(struct trace_names *names, const char *text, size_t len)
{
	char *copy = arena_alloc(&names->arena, len + 1);

	if (copy)
		memcpy(copy, text, len); /* the arena zeroed the end */
	return copy;
}

static enum trace_name_result gfp_enter(struct trace_names *names, const char *text, size_t len,
					u32 slot, u16 *index, const char **bad)
{
	struct trace_gfp entry = {.len = (u32)len};
	const char *at = text;

	if (names->nr_gfp == TRACE_GFPS_MAX)
		return TRACE_NAME_FULL;
	if (len > TRACE_GFP_TEXT_MAX) {
		*bad = text + TRACE_GFP_TEXT_MAX;
		return TRACE_NAME_BAD;
	}
	if (!spelling_ok(text, len, bad))
		return TRACE_NAME_BAD;
	entry.text = copy_text(names, text, len);
	if (!entry.text)
		return TRACE_NAME_NO_MEMORY;
	if (names->profile && !gfp_parse(names->profile, entry.text, &entry.value, &at)) {
		*bad = text + (at - entry.text);
		return TRACE_NAME_BAD;
	}
	if (!grow((void **)&names->gfp, &names->gfp_cap, names->nr_gfp, TRACE_GFPS_MAX,
		  sizeof(*names->gfp)))
		return TRACE_NAME_NO_MEMORY;
	*index = (u16)names->nr_gfp;
	names->gfp[names->nr_gfp++] = entry;
	names->gfp_hash[slot] = (u16)names->nr_gfp;
	return TRACE_NAME_OK;
}

enum trace_name_result trace_names_gfp(struct trace_names *names, const char *text, size_t len,
				       u16 *index, const char **bad)
{
	const char *ignored;
	u32 slot;

	if (!names->gfp_hash) {
		names->gfp_hash = calloc(GFP_HASH_SIZE, sizeof(*names->gfp_hash));
		if (!names->gfp_hash)
			return TRACE_NAME_NO_MEMORY;
	}
	slot = (u32)(text_hash(text, len) % GFP_HASH_SIZE);
	while (names->gfp_hash[slot]) {
		const struct trace_gfp *gfp = &names->gfp[names->gfp_hash[slot] - 1];

		if (gfp->len == len && !memcmp(gfp->text, text, len)) {
			*index = (u16)(names->gfp_hash[slot] - 1);
			return TRACE_NAME_OK;
		}
		slot = (slot + 1) % GFP_HASH_SIZE;
	}
	return gfp_enter(names, text, len, slot, index, bad ? bad : &ignored);
}

enum trace_name_result trace_names_task(struct trace_names *names, u32 pid, const char *comm,
					size_t len, u16 *index)
{
	struct trace_task entry = {.pid = pid};

	if (names->nr_task == TRACE_TASKS_MAX)
		return TRACE_NAME_FULL;
	if (len > TRACE_COMM_MAX || pid > TRACE_PID_MAX)
		return TRACE_NAME_BAD;
	entry.comm = copy_text(names, comm, len);
	if (!entry.comm || !grow((void **)&names->task, &names->task_cap, names->nr_task,
				 TRACE_TASKS_MAX, sizeof(*names->task)))
		return TRACE_NAME_NO_MEMORY;
	*index = (u16)names->nr_task;
	names->task[names->nr_task++] = entry;
	return TRACE_NAME_OK;
}

void trace_names_finish(struct trace_names *names)
{
	arena_finish(&names->arena);
	free(names->gfp);
	free(names->task);
	free(names->gfp_hash);
	*names = (struct trace_names){.profile = names->profile};
}
