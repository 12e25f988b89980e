# SPDX-License-Identifier: GPL-2.0-only
"""compare: the grid, its table, JSON and CSV, runs used again, runs that fail, bad options."""
import csv
import json
import os
import shutil
import statistics

from tap import done, folder_bytes, load, mempress, ok, small, write, written

small()
CELLS = os.path.join("out", "cells")
GRID = ("compare", "c.json", "w.json", "--vary", "policy.min_free_kbytes=-1,4096",
        "--profile", "linux-7.2,linux-6.1", "--seeds", "1..2,7", "-o", "out")
LABELS = [f"{profile} min_free_kbytes={value}" for profile in ("linux-7.2", "linux-6.1")
          for value in ("-1", "4096")]


def compare(*args, **kw):
    return mempress("compare", *args, **kw)


# The grid.
r = mempress(*GRID, "--json", "out.json", "--csv", "out.csv")
ok(r.status == 0 and not r.err, "a grid of two profiles, two values, three seeds", r)
table = r.out.decode().splitlines()
ok(all(label in table[0] for label in LABELS), "the table names every variant", table[:1])
ok(table[0].startswith("median") and any(line.startswith("requests") for line in table)
   and any(line.startswith("free_end, pages") for line in table), "and has a row a metric", table)
ok("3 seeds" in table[-1] and "Mann-Whitney" in table[-1], "and says what its marks mean", table)
ok(len(os.listdir(CELLS)) == 12, "twelve runs", os.listdir("out"))
doc = load("out.json")
ok([run["variant"] for run in doc["runs"]] == [label for label in LABELS for _ in range(3)]
   and [run["seed"] for run in doc["runs"]] == [1, 2, 7] * 4, "JSON lists the runs in order")
ok(all("failed" not in run and os.path.exists(run["results"] + "/summary.json")
       for run in doc["runs"]), "each with a folder of results", doc["runs"])
run = doc["runs"][10]
manifest = load(run["results"] + "/manifest.json")
ok(manifest["profile"] == "linux-6.1" and manifest["seed"] == 2
   and manifest["effective"]["config"]["policy"]["min_free_kbytes"] == 4096,
   "a run is what its variant says", manifest)

# Figures, checked against the runs themselves.
metrics = {m["name"]: m for m in doc["metrics"]}


def values_of(label, *path):
    found = []
    for one in doc["runs"]:
        at = load(one["results"] + "/summary.json")
        for word in path:
            at = at[word]
        found += [at] if one["variant"] == label else []
    return found


for metric, path, divisor in (("free_end", ("counters", "nr_free_pages"), 1),
                              ("alloc_p99", ("latency", "all", "p99", "ns"), 1000)):
    for i, label in enumerate(LABELS):
        runs = [v / divisor for v in values_of(label, *path)]
        stat = metrics[metric]["values"][i]
        ok(stat["variant"] == label and stat["runs"] == 3
           and stat["median"] == statistics.median(runs)
           and [stat["low"], stat["high"]] == [min(runs), max(runs)],
           f"{metric} of {label}: median and range of few runs", (stat, runs))
first, second = metrics["free_end"]["values"][:2]
ok(abs(second["change_percent"] - (second["median"] / first["median"] - 1) * 100) < 1e-9
   and "change_percent" not in first, "change against the first variant", (first, second))
with open("out.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
ok(len(rows) == 4 * len(metrics) and
   all(float(row["median"]) == stat["median"] and row["variant"] == stat["variant"]
       for row, stat in zip(rows, (s for m in doc["metrics"] for s in m["values"]))),
   "CSV has the same figures", rows[:4])

# Pictures: each figure of the table that has a series, for each variant its first run.
r = mempress(*GRID, "--plot")
PLOTS = os.path.join("out", "plots")
with open(os.path.join(PLOTS, "compare-metrics.dat"), encoding="ascii") as file:
    blocks = [block.splitlines() for block in file.read().strip().split("\n\n\n")]
panels = len(blocks) // len(LABELS)
last = [[float(block[-1].split()[1]) for block in blocks[i * panels:][:panels]]
        for i in range(len(LABELS))]
ok(len(blocks) == panels * len(LABELS) and panels <= len(metrics), "a curve a run and figure", panels)
ok(all(values_of(label, "requests", "total")[0] == last[i][0] and
       values_of(label, "counters", "nr_free_pages")[0] == last[i][-1]
       for i, label in enumerate(LABELS)), "curves end at what the summaries say", last)
if shutil.which("gnuplot"):
    ok(r.status == 0 and all(os.path.getsize(os.path.join(PLOTS, f"compare{name}.{kind}")) > 2000
                             for name in ("", "-latency", "-metrics-1") for kind in ("svg", "png")),
       "pictures are drawn", r)
else:
    ok(r.status == 4 and b"gnuplot" in r.err, "without gnuplot there are no pictures", r)

# Chance and more: seeds 1..12 against themselves, and against a machine of twice the memory.
large = load("c.json")
large["machine"]["nodes"][0]["memory"][0]["end"] = "128MiB"
write("large.json", json.dumps(large))
r = compare("c.json,large.json", "w.json", "--seeds", "1..12", "-o", "chance", "--json", "chance.json",
            "--metrics", "free_end,requests")
found = {m["name"]: m for m in load("chance.json")["metrics"]}
ok(r.status == 0 and set(found) == {"free_end", "requests"}, "--metrics chooses", (r, set(found)))
ok(found["free_end"]["values"][1]["more_than_noise"] is True, "twice the memory is no noise",
   found["free_end"])
ok(found["requests"]["values"][1]["more_than_noise"] is False, "the requests are the same",
   found["requests"])
stat = found["free_end"]["values"][0]
frees = sorted(load(run["results"] + "/summary.json")["counters"]["nr_free_pages"]
               for run in load("chance.json")["runs"] if run["variant"] == "c.json")
ok([stat["low"], stat["high"]] == [frees[2], frees[9]],
   "95 % interval of the median of 12 runs: the third and the tenth", (stat, frees))

# Runs that are there are used again.
before = {name: os.stat(os.path.join(CELLS, name, "summary.json")).st_mtime_ns
          for name in os.listdir(CELLS)}
r2 = mempress(*GRID, "--json", "again.json")
after = {name: os.stat(os.path.join(CELLS, name, "summary.json")).st_mtime_ns
         for name in os.listdir(CELLS)}
ok(r2.status == 0 and after == before, "finished runs are kept", (before, after))
ok(r2.out.decode().splitlines() == table and folder_bytes(".")["again.json"]
   == folder_bytes(".")["out.json"], "and give the same table and JSON")
mempress(*GRID[:-4], "--seeds", "1..3", "-o", "out")
ok(len(os.listdir(CELLS)) == 16, "another seed adds a run a variant", os.listdir(CELLS))
kept = all(os.stat(os.path.join(CELLS, name, "summary.json")).st_mtime_ns == before[name]
           for name in before)
ok(kept, "and leaves the others alone")
gone = sorted(before)[0]
os.remove(os.path.join(CELLS, gone, "summary.json"))
r = mempress(*GRID)
ok(r.status == 0 and os.path.exists(os.path.join(CELLS, gone, "summary.json")),
   "a run without its summary is made again", r)
r = mempress(*GRID, "--force")
ok(r.status == 0 and all(os.stat(os.path.join(CELLS, name, "summary.json")).st_mtime_ns
                         != before[name] for name in before), "--force runs all again", r)
workload = load("w.json")
workload["tasks"][0]["program"][0]["size"] = "9MiB"
write("w.json", json.dumps(workload))
mempress(*GRID)
ok(len(os.listdir(CELLS)) == 28, "a changed workload is another run", len(os.listdir(CELLS)))
small()

# The same bytes twice, whatever runs side by side.
for place, jobs in (("one", "1"), ("two", "2")):
    os.mkdir(place)
    r = compare("../c.json", "../w.json", "--vary", "machine.hz=100,1000", "--seeds", "1..3",
                "-j", jobs, "-o", "out", "--json", "j", "--csv", "c", cwd=place)
    ok(r.status == 0, f"{jobs} at a time", r)
ok(folder_bytes("one") == folder_bytes("two"), "the same bytes",
   [name for name, text in folder_bytes("one").items() if folder_bytes("two").get(name) != text])

# A run that fails does not stop the rest.
r = compare("c.json", "w.json", "--vary", "workload.limits.operations=1000000,100", "--seeds", "1..2",
            "-o", "failing", "--json", "failing.json")
ok(r.status == 0 and r.sound(), "some runs fail", r)
told = [line for line in r.out.decode().splitlines() if line.startswith("failed: operations=100,")]
ok(len(told) == 2 and all("operations" in line.split(": ", 2)[2] for line in told),
   "each is told with its reason", r)
runs = load("failing.json")["runs"]
ok(["failed" in run for run in runs] == [False, False, True, True]
   and os.path.exists(runs[1]["results"] + "/summary.json")
   and not os.path.exists(runs[2]["results"]), "the others are there", runs)
ok(all(m["values"][1]["runs"] == 0 for m in load("failing.json")["metrics"]),
   "and the failed ones do not count")
r = compare("c.json", "w.json", "--set", "workload.limits.operations=100", "--seeds", "1",
            "-o", "none")
ok(r.status == 3 and b"operations" in r.err and not r.out, "all fail: an error", r)

# The same run asked for twice is made once.
r = compare("c.json", "w.json", "--vary", "machine.hz=100,100", "--seeds", "3,3", "-j", "4",
            "-o", "same", "--json", "same.json")
ok(r.status == 0 and b"failed:" not in r.out and len(os.listdir("same/cells")) == 1,
   "the same run twice is one", r)
ok(all(stat["runs"] == 2 and stat["median"] == m["values"][0]["median"]
       for m in load("same.json")["metrics"] for stat in m["values"]), "and counts for each")

# Mistakes are told before anything runs.
USAGE = {
    "no workload": ("c.json",),
    "three words": ("c.json", "w.json", "w.json"),
    "seeds backwards": ("c.json", "w.json", "--seeds", "5..1"),
    "seeds that are none": ("c.json", "w.json", "--seeds", "a"),
    "no seeds": ("c.json", "w.json", "--seeds", ""),
    "too many seeds": ("c.json", "w.json", "--seeds", "1..1001"),
    "a seed too large": ("c.json", "w.json", "--seeds", "18446744073709551615"),
    "no jobs": ("c.json", "w.json", "--jobs", "0"),
    "jobs that are none": ("c.json", "w.json", "--jobs", "two"),
    "vary nothing": ("c.json", "w.json", "--vary", "machine.hz"),
    "vary to nothing": ("c.json", "w.json", "--vary", "machine.hz="),
    "vary no path": ("c.json", "w.json", "--vary", "=1,2"),
    "too many variants": ("c.json", "w.json", "--vary", "machine.hz=" + ",".join(
        str(hz) for hz in range(100, 165))),
    "unknown profile": ("c.json", "w.json", "--profile", "linux-7.2,linux-1.0"),
    "unknown metric": ("c.json", "w.json", "--metrics", "requests,speed"),
    "unknown option": ("c.json", "w.json", "--seed", "1"),
}
for name, args in USAGE.items():
    r = compare(*args, "-o", "wrong")
    ok(r.status == 2 and r.err and not r.out and r.sound() and not written("wrong"),
       f"refused: {name}", r)
for name, args, status in (
        ("a value of the wrong kind", ("c.json", "w.json", "--vary", "machine.hz=100,soon"), 3),
        ("no such field", ("c.json", "w.json", "--vary", "machine.speed=1,2"), 3),
        ("no such file", ("c.json,nowhere.json", "w.json"), 4),
        ("a workload that is none", ("c.json", "c.json"), 3)):
    r = compare(*args, "-o", "wrong")
    ok(r.status == status and r.err and not r.out and r.sound() and not written("wrong"),
       f"refused: {name}", r)
write("file", "")
r = compare("c.json", "w.json", "--seeds", "1", "-o", "file")
ok(r.status == 4 and b"file" in r.err and r.sound(), "results cannot be where a file is", r)
done()
