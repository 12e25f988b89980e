# SPDX-License-Identifier: GPL-2.0-only
"""Whole machines under workloads made at random: every invariant is recounted as they run out of
memory, and the same run gives the same bytes. By hand, for longer: test_random.py MEMPRESS SOURCE
FIRST COUNT."""
import json
import re
import sys

from random_run import Maker
from tap import done, folder_bytes, load, mempress, ok, write

# What a program may run into; anything else is a bug.
REFUSED = re.compile(rb"limit of \d+ operations is reached")
# Chosen so that together they reclaim, swap, compact, kill and use huge pages.
SEEDS = [29, 31, 34, 45, 47, 52, 54, 55, 64, 70, 74, 78, 86, 89, 102, 103, 107, 115, 117, 129, 144,
         168, 177, 217, 499, 1278]
COUNTERS = {"pgsteal_kswapd": 0, "pgsteal_direct": 0, "pswpout": 0, "pswpin": 0, "oom_kill": 0,
            "compact_success": 0, "thp_fault_alloc": 0, "thp_split_page": 0,
            "thp_collapse_alloc": 0, "thp_deferred_split_page": 0,
            "workingset_refault_file": 0, "unevictable_pgs_mlocked": 0,
            "cma_alloc_success": 0, "cma_alloc_fail": 0}


def attempt(seed, out, check):
    return mempress("run", "c.json", "w.json", "-f", "-o", out, "--seed", str(seed),
                    "--check", check, timeout=600)


def try_seed(seed, duration):
    maker = Maker(seed)
    write("c.json", json.dumps(maker.config()))
    write("w.json", json.dumps(maker.workload(duration)))
    first, second = attempt(seed, "first", "full"), attempt(seed, "second", "off")
    good = first.sound() and first.status == second.status
    if good and first.status == 0:
        x, y = (folder_bytes(out, ["manifest.json"]) for out in ("first", "second"))
        good = x == y
        for name in COUNTERS:
            COUNTERS[name] += load("first/summary.json")["counters"].get(name, 0)
    elif good:
        good = REFUSED.search(first.err)
    ok(good, f"seed {seed}: checked and not checked, the same end and bytes", first)


if len(sys.argv) > 4:
    for number in range(int(sys.argv[3]), int(sys.argv[3]) + int(sys.argv[4])):
        try_seed(number, "1s")
    print(f"# {COUNTERS}")
else:
    for number in SEEDS:
        try_seed(number, "60ms")
    ok(all(COUNTERS.values()), "all that memory pressure brings has happened", COUNTERS)
done()
