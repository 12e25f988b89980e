# SPDX-License-Identifier: GPL-2.0-only
"""--save-state: a machine that boots from the end of a run has the same counts."""
import json
import re

import tap

# Long enough to start, too short for anything to happen.
IDLE = {"title": "idle", "tasks": [
    {"name": "idle", "kthread": True, "program": [{"op": "sleep", "for": "1us"}]}]}
KEPT = re.compile(r"nr_(zone_)?(in)?active_(anon|file)|nr_(zone_)?unevictable|nr_free_pages|"
                  r"nr_slab|nr_shmem|nr_anon_pages|pages free|boost|min |low |high |count:")


def lines(path, pattern=None):
    with open(path, encoding="utf-8") as file:
        return [line for line in file if not pattern or pattern.search(line)]


def round_trip(name, *args):
    """Runs, starts again from the end of that, and compares the two."""
    first = tap.mempress("run", *args, "-o", f"{name}-r1", "--save-state", f"{name}-s1")
    if not tap.ok(first.sound() and first.status == 0, f"{name}: the run saves its state", first):
        return
    again = tap.mempress("run", f"{name}-s1/config.json", "idle.json", "-o", f"{name}-r2",
                         "--save-state", f"{name}-s2", "--check=full")
    if not tap.ok(again.sound() and again.status == 0, f"{name}: a run starts from it", again):
        return
    for file, pattern in (("buddyinfo", None), ("pagetypeinfo", None), ("zoneinfo", KEPT)):
        old, new = (lines(f"{name}-s{i}/{file}", pattern) for i in (1, 2))
        differ = [f"{a.strip()} -> {b.strip()}" for a, b in zip(old, new) if a != b]
        tap.ok(old and len(old) == len(new) and not differ, f"{name}: {file} is the same",
               "\n".join(differ))


def lru_frames(path):
    """Frames in use by LRU pages, by pageblock."""
    found = {}
    for line in lines(path):
        span, what = line.split()[:2]
        start, count = (int(word) for word in span.split("+"))
        for pfn in range(start, start + count) if what == "lru" else ():
            found[pfn // 512] = found.get(pfn // 512, 0) + 1
    return found


tap.write("idle.json", json.dumps(IDLE))
config, workload = tap.small()[1:]
round_trip("small", config, workload, "-d", "20ms")
tap.ok(lru_frames("small-s1/hints") == lru_frames("small-s2/hints"),
       "small: user pages are in the same pageblocks")
round_trip("full", "pc-512m-swap", "mixed-lifetimes", "-d", "4s")
round_trip("classic", "pc-512m-swap", "thrashing", "-d", "3s", "-p", "linux-6.1")
round_trip("again", "full-s1/config.json", "mixed-lifetimes", "-d", "1s")

kept = tap.folder_bytes("small-s1")
refused = tap.mempress("run", config, workload, "-o", "other", "--save-state", "small-s1")
tap.ok(refused.status > 0 and refused.err and tap.folder_bytes("small-s1") == kept,
       "a state that is there is kept", refused)
tap.ok(not tap.written("other"), "and no results are written then")
forced = tap.mempress("run", config, workload, "-o", "other", "--save-state", "small-s1", "-f")
tap.ok(forced.status == 0 and tap.folder_bytes("small-s1") != kept,
       "with force it is replaced", forced)
tap.done()
