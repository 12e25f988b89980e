/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <string.h>

#include <glib.h>

#include "base/types.h"

/*
 * Layout of a compiled trace, little endian, version 1 (docs/trace-format.md):
 *
 *   header     TRACE_BIN_HEADER bytes
 *   records    16 bytes each
 *   names      source text, GFP texts, tasks
 *
 * Three checksums, so that no damaged bit goes unseen: of the header, of the names (both looked at
 * when the file is opened) and of the records (summed up while they are read, compared at the end).
 */
#define TRACE_BIN_VERSION 1u

enum trace_bin_field { /* of the header: offsets of little-endian 64-bit words */
	BIN_MAGIC = 0,
	BIN_VERSION = 8,
	BIN_RECORDS = 16, /* number, time gaps included */
	BIN_EVENTS = 24,
	BIN_IDS = 32,
	BIN_CPUS = 40,
	BIN_ZERO_NS = 48,
	BIN_NAMES_BYTES = 56,
	BIN_GFPS = 64,
	BIN_TASKS = 72,
	BIN_RECORDS_SUM = 80,
	BIN_NAMES_SUM = 88,
	BIN_HEADER_SUM = 96, /* of the bytes before it */
	TRACE_BIN_HEADER = 112,
};

/*
 * A record: 2 words.
 *   first    bits 0-31   ns since the record before
 *            bits 32-59  id, or the low 28 bits of a frame number or of a time gap's high half
 *            bits 60-63  enum trace_op, or TRACE_BIN_GAP
 *   second   bits 0-15   GFP text, or offset of a part, or the other 4 bits of a wide value
 *            bits 16-25  CPU, 26-29 order, 30-31 zero
 *            bits 32-47  task, 48-55 node, 56-63 flags
 */
#define TRACE_BIN_RECORD 16u
#define TRACE_BIN_GAP	 15u /* adds (wide value << 32) ns to the times that follow */
#define TRACE_BIN_NO_PFN BIT(7) /* in flags: a free_boot or compact without page frame */

static inline u64 bin_get(const u8 *at)
{
	u64 word;

	memcpy(&word, at, sizeof(word));
	return GUINT64_FROM_LE(word);
}

static inline void bin_put(u8 *at, u64 word)
{
	word = GUINT64_TO_LE(word);
	memcpy(at, &word, sizeof(word));
}

/* One word into a checksum; each step is a bijection of both sum and word. */
static inline u64 bin_sum(u64 sum, u64 word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15ull;
	return sum ^ sum >> 29;
}

/* Checksum of n bytes; a short last word is padded with zeros, the length goes in too. */
static inline u64 bin_sum_bytes(const u8 *at, size_t n)
{
	u64 sum = n;

	for (; n >= 8; at += 8, n -= 8)
		sum = bin_sum(sum, bin_get(at));
	if (n) {
		u8 last[8] = {0};

		memcpy(last, at, n);
		sum = bin_sum(sum, bin_get(last));
	}
	return sum;
}
