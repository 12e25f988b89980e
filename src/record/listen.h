/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/* fn[NR_MM_PROBES]: one function a probe, NULL where nobody listens. */
typedef void (*listen_fn)(void *data, const void *args);

/* Attaches listener[p] with fn[p] and data to each probe p that has a function. */
static inline void listen_attach(struct mm *mm, struct probe_listener *listener,
				 const listen_fn *fn, void *data)
{
	for (u32 p = 0; p < NR_MM_PROBES; p++) {
		if (!fn[p])
			continue;
		listener[p].fn = fn[p];
		listener[p].data = data;
		mm_listen(mm, (enum mm_probe)p, &listener[p]);
	}
}

/* Takes them off again. */
static inline void listen_detach(struct mm *mm, struct probe_listener *listener,
				 const listen_fn *fn)
{
	for (u32 p = 0; p < NR_MM_PROBES; p++) {
		struct probe_listener **at = &mm->probes[p];

		if (!fn[p])
			continue;
		while (*at && *at != &listener[p])
			at = &(*at)->next;
		if (*at)
			*at = listener[p].next;
	}
	mm_choose_paths(mm);
}
