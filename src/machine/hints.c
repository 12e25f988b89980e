/* SPDX-License-Identifier: GPL-2.0-only */
/* Hints about single page frames, gathered from a trace: read here, used by the boot from /proc. */
#include <string.h>

#include "machine/procfs.h"
#include "machine/procfs_text.h"

static bool hint_line(struct text *t, struct proc_hint *hint)
{
	u64 len;

	if (!text_u64(t, MACHINE_MAX_PFN - 1, &hint->pfn) || !text_char(t, '+') ||
	    !text_u64(t, UINT32_MAX, &len) || !len || hint->pfn + len > MACHINE_MAX_PFN)
		return text_error(t, "expected PFN+LEN within %llu page frames",
				  (unsigned long long)MACHINE_MAX_PFN);
	hint->len = (u32)len;
	hint->lru = text_word(t, "lru");
	hint->used = hint->lru || text_word(t, "used");
	if (!hint->used && !text_word(t, "free"))
		return text_error(t, "expected \"free\", \"used\" or \"lru\"");
	hint->type = 0;
	for (u32 i = 0; i < NR_PROC_TYPES && !hint->type; i++)
		if (text_word(t, proc_type_name((enum proc_type)i)))
			hint->type = (u8)(i + 1);
	return text_end(t) || text_error(t, "expected a migrate type or the line's end");
}

static bool grow(struct proc_state *state, u32 *cap, struct arena *arena)
{
	struct proc_hint *hints;

	if (state->nr_hints < *cap)
		return true;
	if (*cap > UINT32_MAX / 2)
		return false;
	*cap = *cap ? *cap * 2 : 1024;
	hints = arena_alloc_array(arena, *cap, sizeof(*hints));
	if (!hints)
		return false;
	if (state->nr_hints)
		memcpy(hints, state->hints, state->nr_hints * sizeof(*hints));
	state->hints = hints;
	return true;
}

bool procfs_read_hints(struct proc_state *state, struct stream *s, struct arena *arena,
		       struct err *err)
{
	struct text t = {.file = stream_name(s), .err = err};
	u32 cap = state->nr_hints, errors = err->count;
	u64 end = 0;
	size_t len;

	if (cap)
		end = state->hints[cap - 1].pfn + state->hints[cap - 1].len;
	while ((t.at = stream_line(s, &len, err))) {
		struct proc_hint hint;

		t.line = stream_line_number(s);
		if (text_end(&t) || text_starts(&t, "#"))
			continue;
		if (!hint_line(&t, &hint))
			return false;
		if (hint.pfn < end)
			return text_error(&t, "runs have to ascend and not overlap");
		end = hint.pfn + hint.len;
		if (!grow(state, &cap, arena))
			return text_no_memory(&t);
		state->hints[state->nr_hints++] = hint;
	}
	return err->count == errors;
}
