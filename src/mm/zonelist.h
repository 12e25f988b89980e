/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/mm.h"

/*
 * The order in which a request tries zones: nodes by distance, within a node from the highest zone
 * type down, populated zones only. One list over all nodes and one of the node alone, per node.
 * O(nodes^3), at set-up. mm/page_alloc.c:build_all_zonelists, find_next_best_node
 */
bool build_all_zonelists(struct mm *mm, struct err *err);
/* After a zonelist was changed: notes the first zone for each highest zone type. */
void zonelists_note_first(struct mm *mm);
void free_zonelists(struct mm *mm);
