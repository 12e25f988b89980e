# SPDX-License-Identifier: GPL-2.0-only
"""Results that are pinned: the SHA-256 of what a run decided. A change of pins.json is a change of
the model and needs its reason in the same commit. scripts/refresh makes it anew. And what must hold
whatever the pins: under memory pressure runs stay near the recorded ones.
"""
import glob
import hashlib
import json
import os
import sys

from tap import SOURCE, done, mempress, ok

SCENARIOS = sorted(glob.glob(os.path.join(SOURCE, "tests/data/pressure/*/")))
PINS = os.path.join(SOURCE, "tests/cli/pins.json")
FILES = ("summary.json", "samples.csv", "latency.csv", "blocks.csv", "events.jsonl")
# Arguments of run. Every bundled config and workload, every profile.
RUNS = [
    ["pc-512m", "hello"],
    ["pc-512m", "hello", "--profile", "linux-6.12"],
    ["pc-512m", "hello", "--profile", "linux-6.1"],
    ["pc-512m", "hello", "--seed", "2"],
    ["pc-512m", "mixed-lifetimes"],
    ["pc-512m", "mixed-lifetimes", "--profile", "linux-6.1"],
    ["pc-4g", "file-churn"],
    ["i386-1g", "mixed-lifetimes"],
    ["router-64m", "network-bursts", "--set", "policy.overcommit_memory=1"],
    ["router-64m", "hello", "--duration", "2s", "--set", "policy.overcommit_memory=1"],
    ["router-64m", "leak-to-oom"],
    ["pc-512m", "streaming-reader"],
    ["pc-512m", "streaming-reader", "--profile", "linux-6.1"],
    ["pc-512m", "database-writer"],
    ["pc-512m", "container-limit"],
    ["pc-512m-swap", "thrashing"],
    ["pc-512m-swap", "thrashing", "--profile", "linux-6.12"],
    ["pc-512m-swap", "thrashing", "--profile", "linux-6.1"],
    ["rock5b-4k", "fork-storm", "--duration", "5s"],
    ["rock5b-16k", "hello", "--duration", "5s"],
    ["rock5b-64k", "hello", "--duration", "5s"],
    ["server-64g", "hello", "--duration", "5s"],
    ["server-1t", "hello", "--duration", "1s"],
    ["pc-4g", "driver-order4", "--duration", "2h"],
    ["pc-512m", "lessons/fallback"],
    ["pc-512m", "lessons/pcp"],
    ["pc-512m", "lessons/split"],
    ["k1-excerpt"],
    ["k1-excerpt", "--profile", "linux-6.1"],
]


def pin(args):
    """The hash of one run; None if it failed."""
    out = f"pin{RUNS.index(args)}"
    result = mempress("run", *args, "-o", out, timeout=300)
    if result.status:
        return None, result
    digest = hashlib.sha256()
    for name in FILES:
        with open(os.path.join(out, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest(), result


def refresh():
    pins = {" ".join(args): pin(args)[0] for args in RUNS}
    if None in pins.values():
        sys.exit(f"failed: {[k for k, v in pins.items() if not v]}")
    with open(PINS, "w", encoding="utf-8") as file:
        json.dump(pins, file, indent=1)
        file.write("\n")


def compare():
    with open(PINS, encoding="utf-8") as file:
        pins = json.load(file)
    ok(sorted(pins) == sorted(" ".join(args) for args in RUNS), "pins.json names these runs",
       "refresh it")
    for args in RUNS:
        name = " ".join(args)
        digest, result = pin(args)
        ok(digest == pins.get(name), f"pinned: {name}",
           f"{digest}, pinned {pins.get(name)}: the model has changed\n{result}")
    result = mempress("verify", "--pressure", "--misses", *SCENARIOS, timeout=300)
    ok(len(SCENARIOS) == 17 and not result.status, "facts and figures of recorded scenarios", result)


if "--refresh" in sys.argv:
    refresh()
else:
    compare()
done()
