# SPDX-License-Identifier: GPL-2.0-only
"""Configs and workloads made at random: small machines that are asked for more than they have."""
import math
import random

MIB = 1 << 20
FILES = ["f0", "f1", "f2", "f3"]
REGIONS = ["r0", "r1", "r2"]
PATTERNS = ["seq", "random", "zipf"]
PICKS = ["oldest", "newest", "random"]
GFPS = ["GFP_KERNEL", "GFP_ATOMIC", "GFP_HIGHUSER_MOVABLE", "GFP_NOWAIT|__GFP_RECLAIMABLE",
        "GFP_KERNEL|__GFP_NORETRY", "GFP_KERNEL|__GFP_RETRY_MAYFAIL", "GFP_NOFS", "GFP_NOIO",
        "GFP_KERNEL|__GFP_ACCOUNT"]

# Knob: chance that it is set, and to what.
KNOBS = {
    "swappiness": (.5, [0, 1, 10, 100, 200]),
    "lru_gen": (.8, [0, 1]),
    "lru_gen_min_ttl_ms": (.1, [10, 1000]),
    "thp_enabled": (.7, ["always", "madvise", "never"]),
    "thp_defrag": (.6, ["always", "defer", "defer+madvise", "madvise", "never"]),
    "min_unmapped_ratio": (.2, [0, 1, 20]),
    "min_slab_ratio": (.2, [0, 1, 20]),
    "page-cluster": (.3, [0, 3, 5]),
    "vfs_cache_pressure": (.3, [0, 10, 1000]),
    "dirty_ratio": (.3, [1, 5, 60]),
    "dirty_background_ratio": (.3, [0, 1, 30]),
    "dirty_writeback_centisecs": (.3, [0, 1, 20]),
    "dirty_expire_centisecs": (.3, [1, 10, 100]),
    "overcommit_memory": (.9, [1, 1, 1, 1, 1, 1, 0]),
    "panic_on_oom": (.03, [1, 2]),
    "oom_kill_allocating_task": (.2, [0, 1]),
    "compaction_proactiveness": (.4, [0, 50, 100]),
    "compact_unevictable_allowed": (.2, [0, 1]),
    "read_ahead_kb": (.3, [0, 4, 128, 2048]),
    "transparent_hugepage": (.3, [True, False]),
    "khugepaged": (.8, [{"scan_sleep_millisecs": 2, "alloc_sleep_millisecs": 5},
                        {"scan_sleep_millisecs": 0, "pages_to_scan": 1, "defrag": False},
                        {"scan_sleep_millisecs": 3, "max_ptes_none": 400, "max_ptes_swap": 511,
                         "max_ptes_shared": 511}]),
    "watermark_scale_factor": (.3, [1, 100, 500]),
    "watermark_boost_factor": (.3, [0, 15000, 50000]),
    "extfrag_threshold": (.3, [0, 500, 1000]),
    "percpu_pagelist_high_fraction": (.1, [8, 100]),
    "stat_interval": (.2, ["1ms", "50ms", 0]),
    "page_group_by_mobility": (.1, [True, False]),
    "min_free_kbytes": (.2, [64, 512, 2048]),
    "init_on_alloc": (.1, [True]),
}


class Maker:
    """One run's config and workload, drawn from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.range = self.random.randint
        self.pick = self.random.choice
        self.many = seed % 4 == 0  # tasks by the hundred
        self.page = 4096
        self.two_nodes = False
        self.cpus = 1
        self.memory = 0  # bytes
        self.scale = self.pick([.1, .5, 1, 1.5])

    def chance(self, p):
        return self.random.random() < p

    def size(self, least, most):
        """Bytes, as often of any magnitude."""
        return int(math.exp(self.random.uniform(math.log(least), math.log(max(least, most)))))

    def length(self):
        return self.size(self.page, self.memory * self.scale)

    # Machines.

    def nodes(self, arch, mib):
        self.cpus = self.range(1, 4)
        if arch == "arm64":
            self.page = self.pick([4096, 16384, 65536])
            mib *= {4096: 1, 16384: 3, 65536: 8}[self.page]
        self.memory = mib * MIB
        if arch == "arm64":
            return [{"cpus": self.cpus,
                     "memory": [{"start": "1GiB", "end": f"{1024 + mib}MiB"}]}]
        self.two_nodes = arch == "x86-64" and self.chance(.35)
        if not self.two_nodes:
            return [{"cpus": self.cpus, "memory": [{"start": "1MiB", "end": f"{mib}MiB"}]}]
        half = max(16, mib // 2)
        self.cpus = max(2, self.cpus)
        far = self.pick([20, 31])
        return [{"cpus": 1, "distances": [10, far],
                 "memory": [{"start": "1MiB", "end": f"{half}MiB"}]},
                {"cpus": self.cpus - 1, "distances": [far, 10],
                 "memory": [{"start": f"{half}MiB", "end": f"{2 * half + self.range(0, 3)}MiB"}]}]

    def device(self, name):
        return {"name": name, "read_latency": self.pick(["10us", "130us", "3ms"]),
                "write_latency": self.pick(["10us", "60us", "5ms"]),
                "read_bandwidth": self.pick(["20M", "530M", "0"]),
                "write_bandwidth": self.pick(["5M", "480M", "0"]), "depth": self.pick([1, 4, 64])}

    def swap(self, i):
        dev = self.device(f"swap{i}" if i > 1 else "swap")
        dev["size"] = f"{self.pick([64, 512, 3000, 8192, 32768, 131072])}KiB"
        dev["priority"] = self.range(-1, 2)
        kind = self.pick(["ssd", "synchronous", "rotational"])
        if kind != "ssd":
            dev[kind] = True
        return dev

    def config(self):
        arch = self.pick(["x86-64"] * 5 + ["i386", "arm64"])
        nodes = self.nodes(arch, self.pick([20, 24, 32, 48, 64, 96]))
        machine = {"name": "random", "arch": arch, "hz": self.pick([100, 250, 1000]),
                   "nodes": nodes, "devices": [self.device("disk")] +
                   [self.swap(i + 1) for i in range(self.pick([0, 1, 1, 2, 3]))]}
        if arch == "arm64":
            machine["page_size"] = self.page
        self.cma = arch == "x86-64" and self.chance(.4)
        if self.cma:
            machine["cma"] = [{"name": "camera", "start": "8MiB",
                               "size": f"{self.pick([2, 4, 6])}MiB"}]
        profile = self.pick(["linux-7.2", "linux-7.2", "linux-6.12", "linux-6.1"])
        knobs = dict(KNOBS, zone_reclaim_mode=(.7 if self.two_nodes else .1, [0, 1, 3, 7]))
        if profile == "linux-7.2":
            knobs["defrag_mode"] = (.2, [0, 1])
        policy = {k: self.pick(words) for k, (p, words) in knobs.items() if self.chance(p)}
        return {"profile": profile, "machine": machine, "policy": policy,
                "record": {"sample_interval": self.pick(["1ms", "10ms", "100ms"])}}

    # Steps.

    def touch(self, region):
        step = {"op": "touch", "region": region, "pattern": self.pick(PATTERNS),
                "write": self.chance(.7), "hot": self.range(1, 100)}
        if self.chance(.2):
            step.update({"for": f"{self.range(1, 20000)}us", "rate": self.range(100, 200000)})
        else:
            step["pages"] = self.range(1, max(2, self.memory // self.page // 4))
        if self.chance(.2):
            step["cold"] = self.range(0, 100)
        return step

    def punch(self, region):
        return {"op": "punch", "region": region, "percent": self.range(1, 100),
                "run": self.range(1, 600)}

    def map(self, region, size, file_chance):
        step = {"op": "map", "region": region, "size": size}
        if self.chance(file_chance):
            step.update({"file": self.pick(FILES), "private": self.chance(.5),
                         "offset": self.pick([0, 0, self.range(0, 4 * MIB)])})
        else:
            step["thp"] = self.pick(["default", "huge", "never"])
            if step["thp"] == "huge" and self.chance(.7):
                step["size"] = self.range(2 * MIB, 12 * MIB)
        return step

    def maps(self):
        """What each task has mapped; only anonymous memory can be pinned."""
        return [self.map(r, self.length(), .25 * (r != "r0")) for r in REGIONS] + \
            [self.map("locked", self.size(self.page, self.memory // 20), .25)]

    def passing(self):
        """A region that is there for these steps."""
        steps = [self.map("q", self.length(), .4)]
        steps += [self.touch("q") for _ in range(self.range(1, 3))]
        if self.chance(.3):
            steps.append(self.punch("q"))
        if self.chance(.15):
            steps.append({"op": "mlock", "region": "q"})
        return steps + [{"op": "unmap", "region": "q"}]

    def io(self):
        step = {"op": self.pick(["read", "write", "read"]), "file": self.pick(FILES),
                "files": self.range(1, 3), "size": self.length(),
                "chunk": self.size(512, MIB), "pattern": self.pick(PATTERNS),
                "passes": self.pick([1, 1, 1, 2])}
        if step["op"] == "write":
            step["sync"] = self.chance(.2)
        return step

    def user(self):
        r = self.range
        return self.pick([
            lambda: [self.touch(self.pick(REGIONS))],
            lambda: [self.touch(self.pick(REGIONS))],
            lambda: [{"op": "touch", "region": self.pick(REGIONS)}],
            lambda: [self.punch(self.pick(REGIONS))],
            lambda: [{"op": "mlock", "region": self.pick(["locked", "locked", "r1"])}],
            lambda: [{"op": "pin", "region": "r0", "percent": r(1, 100), "run": r(1, 40)}],
            self.passing, self.passing,
            lambda: [self.io()],
            lambda: [self.io()],
            lambda: [{"op": "drop", "file": self.pick(FILES), "files": r(1, 3)}],
            lambda: [{"op": "mkfiles", "dir": f"d{r(0, 1)}", "count": r(1, 2000),
                      "size": self.pick([0, 0, 100, 5000, 70000])}],
            lambda: [{"op": "statfiles", "dir": f"d{r(0, 1)}", "count": r(1, 3000),
                      "pattern": self.pick(PATTERNS)}],
            lambda: [{"op": "usock", "count": r(1, 200), "repeat": r(1, 2),
                      "size": self.pick([100, 8192, 30000, 200000]), "for": f"{r(0, 5000)}us"}],
            lambda: [{"op": "exec", "image": self.image()}] + self.maps(),
            lambda: [{"op": "compute", "for": r(0, 2000000)}],
        ])()

    def kernel(self):
        r = self.range
        return self.pick([
            lambda: {"op": "alloc", "name": "b", "order": r(0, 4 if self.page > 16384 else 9) *
                     r(0, 1), "count": r(1, 60), "gfp": self.pick(GFPS),
                     "on_fail": self.pick(["continue", "stop"])},
            lambda: {"op": "alloc", "order": r(0, 4), "count": r(1, 60), "gfp": self.pick(GFPS),
                     "lifetime": {"dist": "exp", "mean": r(1, 3000000)}},
            lambda: {"op": "free", "name": "b", "pick": self.pick(PICKS)},
            lambda: {"op": "slab_alloc", "cache": f"c{r(0, 2)}", "name": "o",
                     "count": r(1, 3000)},
            lambda: {"op": "slab_free", "name": "o", "pick": self.pick(PICKS)},
            lambda: {"op": "netburst", "count": r(1, 20), "frames": r(1, 100),
                     "gap": f"{r(0, 500)}us", "drain_every": r(1, 5), "lost": r(0, 50)},
            lambda: {"op": "burst", "count": r(0, 20), "frames": r(1, 60),
                     "gap": f"{r(0, 500)}us", "drain_every": r(1, 4)},
            lambda: {"op": "hugetlb", "pages": r(0, 6)} if self.page == 4096 else {"op": "drain"},
            lambda: {"op": "cma_alloc", "name": "m", "area": "camera", "pages": r(1, 2000),
                     "align": r(0, 9), "count": r(1, 5)} if self.cma else {"op": "compact"},
            lambda: {"op": "cma_free", "name": "m", "pick": self.pick(PICKS)} if self.cma
            else {"op": "drain"},
            lambda: {"op": "compact"},
        ])()

    def step(self, depth):
        kind = self.range(0, 20)
        if kind < 11 or (kind >= 17 and not depth):
            return self.user()
        if kind < 15:
            return [self.kernel()]
        if kind < 17:
            return [{"op": "sleep", "for": self.range(0, 5000000)}]
        program = self.program(depth - 1)
        if kind == 20:
            return [{"op": "loop", "count": self.range(1, 5), "program": program}]
        most = (20 if depth == 1 else 8) * (8 if self.many else 1)
        return [{"op": "fork", "count": self.range(1, most), "wait": self.chance(.6),
                 "parallel": self.range(0, 5), "program": program}]

    def program(self, depth):
        steps = [s for _ in range(self.range(1, 4)) for s in self.step(depth)]
        return steps + [{"op": "exit"}] * self.chance(.03)

    # Tasks.

    def image(self):
        return {"private": self.size(self.page, MIB), "shared": 65536, "virtual": 4 * MIB}

    def policy(self, task):
        word = self.pick(["preferred", "preferred_many", "bind", "interleave", "local"])
        task["mempolicy"] = word
        if word != "local":
            task["nodes"] = self.pick([[0], [1]] + ([[0, 1]] if word != "preferred" else []))

    def task(self, name, groups):
        task = {"name": name, "count": self.range(1, 6), "start": self.range(0, 5000000),
                "stagger": self.range(0, 5000000)}
        if groups and self.chance(.3):
            task["memory_group"] = self.pick(list(groups))
        if self.chance(.1):
            task["oom_score_adj"] = self.pick([-1000, -500, 500, 1000])
        if self.chance(.1):
            task["realtime"] = True
        if self.chance(.2):
            task["image"] = self.image()
        if self.two_nodes and self.chance(.4):
            self.policy(task)
        if self.chance(.2):
            task["cpus"] = [self.range(0, self.cpus - 1)]
        # Each name is used once, whatever the rest does.
        task["program"] = self.maps() + [
            {"op": "cma_alloc", "name": "m", "area": "camera", "pages": 1}] * self.cma + [
            {"op": "alloc", "name": "b"}, {"op": "slab_alloc", "cache": "c0", "name": "o"},
            {"op": "mkfiles", "dir": "d0", "count": self.range(1, 300)},
            {"op": "mkfiles", "dir": "d1", "count": self.range(1, 100), "size": 3000},
        ] + [{"op": "write", "file": f, "size": self.size(1, self.memory // 4)} for f in FILES] + [
            {"op": "loop", "count": self.range(1, 4), "program": [
                s for _ in range(self.range(2, 5)) for s in self.program(3)]}]
        return task

    def group(self):
        group = {"max": self.size(MIB, self.memory), "oom_group": self.chance(.3)}
        if self.chance(.5):
            group["high"] = self.size(MIB // 2, group["max"])
        # Without a draw: what was drawn for a seed so far stays.
        if group["max"] % 3 == 0:
            group["low"] = group["max"] // 2
        if group["max"] % 5 == 0:
            group["min"] = group["max"] // 3
        return group

    def workload(self, duration):
        groups = {f"g{i}": self.group() for i in range(self.range(0, 3))}
        return {"duration": duration, "memory_groups": groups,
                "tasks": [self.task(f"t{i}", groups) for i in range(self.range(1, 5))],
                "caches": {"c0": {"size": 100}, "c1": {"size": 1500, "reclaimable": True},
                           "c2": {"size": 700, "account": True}},
                "limits": {"operations": 4000000, "tasks": 3000}}
