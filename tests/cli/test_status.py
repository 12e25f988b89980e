# SPDX-License-Identifier: GPL-2.0-only
"""Exit statuses, help, and what goes to which stream."""
import json
import os
import resource
import subprocess

from tap import MEMPRESS, done, environment, load, mempress, ok, small, write, written

VERBS = ("run", "plot", "check", "import", "list", "schema", "verify", "compare", "bench")

r = mempress()
ok(r.status == 0 and b"Usage:" in r.out and not r.err, "no arguments: short help", r)
r = mempress("--version")
ok(r.status == 0 and r.out.startswith(b"mempress "), "--version", r)
r = mempress("--help")
ok(r.status == 0 and all(verb.encode() in r.out for verb in VERBS), "--help names every verb", r)
for verb in VERBS:
    r = mempress(verb, "--help")
    ok(r.status == 0 and b"Example: mempress " + verb.encode() in r.out and not r.err,
       f"{verb} --help has an example", r)
    ok(len(r.out.splitlines()) <= 24, f"{verb} --help fits a screen", len(r.out.splitlines()))

USAGE = {
    "unknown verb": ("rum",),
    "unknown option": ("run", "--sed", "1"),
    "missing value": ("run", "--seed"),
    "seed is no number": ("run", "--seed", "1x"),
    "seed too large": ("run", "--seed", "18446744073709551616"),
    "unknown profile": ("run", "--profile", "linux-7.3"),
    "unknown condition": ("run", "--fail-on", "om"),
    "unknown level": ("run", "--check", "ful"),
    "unknown config": ("run", "pc-512", "hello"),
    "unknown workload": ("run", "pc-512m", "helo"),
    "three arguments": ("run", "pc-512m", "hello", "hello"),
    "both from standard input": ("run", "-", "-"),
    "set without value": ("run", "pc-512m", "hello", "--set", "machine.hz"),
    "set with a bad path": ("run", "pc-512m", "hello", "--set", "machine[=1"),
    "no folder to plot": ("plot",),
    "nothing to check": ("check",),
    "check as what": ("check", "--as", "recipe", "x"),
    "list what": ("list",),
    "list of nothing known": ("list", "confgs"),
    "diff of one profile": ("list", "profiles", "--diff", "linux-7.2"),
    "schema of what": ("schema", "confg"),
    "import what": ("import", "perf", "x", "-o", "y"),
    "import where": ("import", "ftrace", "x"),
    "bench of nothing known": ("bench", "--only", "reclaim"),
    "bench of how much": ("bench", "--only", "migrate", "--memory", "1MiB"),
}
for name, args in USAGE.items():
    r = mempress(*args)
    ok(r.status == 2 and r.err and not r.out, f"usage: {name}", r)
for args, near in ((("rnu",), b'"run"'), (("run", "--sed", "1"), b"--seed"),
                   (("run", "pc-512", "hello"), b'"pc-512m"'),
                   (("run", "pc-512m", "helo"), b'"hello"'),
                   (("run", "--profile", "linux-7.3"), b'"linux-7.2"')):
    r = mempress(*args)
    ok(b"did you mean" in r.err and near in r.err, f"nearest name: {' '.join(args)}", r)

r = mempress(*small(), "-o", "out")
ok(r.status == 0 and not r.err, "0: done, nothing on standard error", r)
ok(b"mempress plot out" in r.out.splitlines()[-1], "the summary ends with the next command", r)
r = mempress("run", "c.json", "w.json", "-o", "cond", "--fail-on", "oom,alloc-failure")
ok(r.status == 0, "0: conditions not met", r)
hungry = {"tasks": [{"name": "hog", "program": [
    {"op": "alloc", "order": 10, "count": 100, "gfp": "GFP_KERNEL|__GFP_NORETRY", "name": "b"}]}]}
args = small(workload=hungry)
r = mempress(*args, "-o", "fail", "--fail-on", "alloc-failure")
ok(r.status == 1 and load("fail/summary.json")["requests"]["failed"] > 0,
   "1: a condition is met, results are there", r)
r = mempress(*args, "-o", "fail2", "--fail-on", "extfrag")
ok(r.status in (0, 1), "an allocation failure alone is a result", r)
greedy = {"tasks": [{"name": "greedy", "program": [
    {"op": "map", "region": "m", "size": "100GiB"}, {"op": "touch", "region": "m"}]}]}
args = small(workload=greedy)
r = mempress(*args, "-o", "refused")
task = load("refused/summary.json")["workload_stats"]["tasks"][0]
ok(r.status == 0 and b"refused     1 mappings" in r.out and task["map_failed"] == 1 and
   task["ended"] == 1 and not task["killed"] and not task["touches"],
   "a mapping that is refused ends its task", r)
r = mempress(*args, "-o", "killed", "--set", "policy.overcommit_memory=1")
ok(r.status == 0 and b"killed      1 tasks, 1 chosen by the OOM killer" in r.out,
   "the summary tells of a kill", r)
with open("killed/events.jsonl", encoding="utf-8") as file:
    kill = [e for e in map(json.loads, file) if e["event"] == "oom_kill"][0]
ok(kill["asked_by"] == "greedy" and kill["candidates"] == 1 and "HIGHUSER" in kill["gfp"] and
   kill["scores"] == [{"task": "greedy", "pid": kill["pid"], "oom_score_adj": 0,
                       "score": kill["anon_rss"] + kill["page_tables"]}],
   "and the event whom it was chosen from", kill)
small()
r = mempress("run", "c.json", "w.json", "-o", "x", "--set", "machine.hz=soon")
ok(r.status == 3 and b"machine.hz" in r.err, "3: a value set is refused", r)
r = mempress("run", "nowhere.json", "w.json", "-o", "x")
ok(r.status == 4 and b"nowhere.json" in r.err, "4: no such file", r)
r = mempress("run", "c.json", ".", "-o", "x")
ok(r.status != 0 and r.err, "a folder is no workload", r)
r = mempress("plot", "nowhere")
ok(r.status in (3, 4) and r.err, "plot: no such folder", r)
r = mempress("run", "c.json", "w.json", "-o", "x", "--set", "workload.limits.operations=100")
ok(r.status == 5 and b"operations" in r.err, "5: a limit is reached", r)
ok(not written("x"), "nothing written in any of these", os.listdir("."))


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


run = subprocess.run([MEMPRESS, "run", "c.json", "w.json", "-o", "full"], capture_output=True,
                     env=environment(), preexec_fn=small_files, check=False)
ok(run.returncode == 4 and b"full" in run.stderr, "4: a full disk is reported", run)
ok(not written("full"), "a full disk leaves nothing", os.listdir("."))
with open("/dev/full", "wb") as full:
    run = subprocess.run([MEMPRESS, "list", "limits"], stdout=full, stderr=subprocess.PIPE,
                         env=environment(), check=False)
ok(run.returncode == 4 and run.stderr, "4: standard output is full", run)
run = subprocess.run(f"'{MEMPRESS}' run c.json w.json -o closed <&- >&- 2>&-", shell=True,
                     env=environment(), check=False)
ok(run.returncode == 0 and os.path.exists("closed/summary.json"), "closed standard streams", run)

r = mempress("run", "-", "w.json", "-o", "stdin", stdin=open("c.json", "rb").read())
ok(r.status == 0, "a config from standard input", r)
r = mempress("run", "c.json", "w.json", "-o", "trace-out", "--ftrace", "-")
ok(r.status == 0 and b"mm_page_alloc: page=" in r.out and b"requests" in r.err,
   "event text on standard output, the summary beside it", r)
r = mempress("run", "c.json", "w.json", "-o", "trace-out2", "--ftrace", "events.txt")
ok(r.status == 0 and b"mm_page_free: page=" in open("events.txt", "rb").read(),
   "event text in a file", r)
r = mempress("run", "c.json", "w.json", "-o", "trace-out3", "--ftrace", "events.txt")
ok(r.status == 4 and not written("trace-out3"), "an existing event file is not replaced", r)

for name, args in (("reclaim-large", ("--ops", "20000")), ("reclaim-anon", ()), ("migrate", ())):
    r = mempress("bench", "--only", name, "--memory", "64MiB", "--json", *args)
    write("bench.json", r.out)
    ok(r.status == 0 and load("bench.json")["benchmarks"][0]["ops"] > 10000, f"bench {name}", r)

for name in ("config", "workload", "trace"):
    r = mempress("schema", name)
    write("schema.json", r.out)
    ok(r.status == 0 and load("schema.json")["$schema"], f"schema {name} is JSON", r)
    r = mempress("schema", name, "--markdown")
    ok(r.status == 0 and b"|" in r.out or b"- `" in r.out, f"schema {name} --markdown", r)
for name in ("configs", "workloads", "profiles", "knobs", "limits"):
    r = mempress("list", name)
    ok(r.status == 0 and len(r.out.splitlines()) > 2, f"list {name}", r)
r = mempress("list", "profiles", "--diff", "linux-6.1", "linux-7.2")
ok(r.status == 0 and b"pcp_autotune" in r.out, "list profiles --diff", r)
done()
