/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "verify/verify.h"

/* Writes the difference (unless what is NULL) and returns false. */
bool verify_differ(char *what, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Room for the pages of the largest bulk operation; one task a CPU. free() both. */
u32 *verify_bulk_room(const struct recording *rec);
struct task_struct *verify_tasks(const struct recording *rec);
