# SPDX-License-Identifier: GPL-2.0-only
"""The same run gives the same bytes, wherever and however it is made; recording changes nothing."""
import json
import os
import pty
import subprocess

from tap import (MEMPRESS, SOURCE, done, environment, folder_bytes, load, mempress, ok, skip,
                 small, write)

args = small()


def same(a, b, name):
    """Both folders hold the same files with the same bytes."""
    x, y = folder_bytes(a), folder_bytes(b)
    differ = sorted(k for k in x.keys() | y.keys() if x.get(k) != y.get(k))
    ok(x and not differ, name, differ)


r = mempress(*args, "-o", "first")
ok(r.status == 0, "a run", r)
r = mempress(*args, "-o", "second")
ok(r.status == 0, "again", r)
same("first", "second", "the same bytes")

r = mempress(*args, "-o", "elsewhere", env={
    "LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Asia/Kathmandu", "HOME": "/nowhere",
    "G_RANDOM_VERSION": "2.0", "MALLOC_PERTURB_": "165"})
same("first", "elsewhere", "whatever the environment says")

os.mkdir("deep")
r = mempress("run", "../c.json", "../w.json", "-o", "here", cwd="deep")
ok(r.status == 0, "from another folder", r)
x, y = folder_bytes("first", ["manifest.json"]), folder_bytes("deep/here", ["manifest.json"])
ok(x == y, "from another folder only the manifest's paths differ",
   [k for k in x if x[k] != y.get(k)])
a, b = load("first/manifest.json"), load("deep/here/manifest.json")
ok([i["sha256"] for i in a["inputs"]] == [i["sha256"] for i in b["inputs"]]
   and a["effective"] == b["effective"], "hashes and effective values are the same")


def on_terminal(out):
    """A run whose standard error is a terminal: the status line is on."""
    shown = b""
    master, slave = pty.openpty()
    run = subprocess.Popen([MEMPRESS, "run", "pc-512m", "mixed-lifetimes", "-o", out],
                           stdout=subprocess.DEVNULL, stderr=slave, stdin=subprocess.DEVNULL,
                           env=environment({"TERM": "xterm"}))
    os.close(slave)
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(master)
    return run.wait(), shown


r = mempress("run", "pc-512m", "mixed-lifetimes", "-o", "piped")
ok(r.status == 0 and not r.err, "no status line in a pipe", r)
try:
    status, shown = on_terminal("shown")
except OSError as problem:
    skip("a terminal gets one", problem)
    skip("the status line changes nothing", problem)
else:
    ok(status == 0 and b"simulated" in shown, "a terminal gets one", (status, shown))
    same("piped", "shown", "the status line changes nothing")

r = mempress("run", "c.json", "w.json", "-o", "seed2", "--seed", "2")
ok(folder_bytes("first")["samples.csv"] != folder_bytes("seed2")["samples.csv"],
   "another seed gives another run", r)


def decisions(out):
    """What the simulated kernel did, apart from what was recorded of it."""
    s = load(out + "/summary.json")
    zones = [{k: v for k, v in z.items() if "sampled" not in k and "lowest" not in k}
             for z in s["zones"]]
    return json.dumps([s["counters"], s["simulator"], zones, s["requests"], s["workload_stats"],
                       s["simulated_ns"]])


for name, more in (("everything off", ["latency=false", "events=false", "map=false"]),
                   ("samples every 1 ms", ["sample_interval=1ms"]),
                   ("samples every 7777 us", ["sample_interval=7777us", "max_samples=16"])):
    out = "rec-" + name.replace(" ", "-")
    sets = [x for m in more for x in ("--set", "record." + m)]
    r = mempress("run", "c.json", "w.json", "-o", out, *sets)
    ok(r.status == 0 and decisions(out) == decisions("first"),
       f"recording, {name}: the same decisions", r)
r = mempress("run", "c.json", "w.json", "-o", "ftr", "--ftrace", "/dev/null", "--check", "full")
ok(r.status == 0 and decisions("ftr") == decisions("first"),
   "event text and full checks: the same decisions", r)
r = mempress("run", "c.json", "w.json", "-o", "nocheck", "--check", "off")
same("first", "nocheck", "no checks: the same bytes")

r = mempress("run", "k1-excerpt", "-o", "k1")
ok(r.status == 0, "the demo", r)
r = mempress("run", "-o", "k1-again")
ok(r.status == 0, "run without arguments is the demo", r)
x, y = folder_bytes("k1"), folder_bytes("k1-again")
ok(x == y, "and gives the same bytes", [k for k in x if x[k] != y.get(k)])

for form in ("jsonl", "bin"):
    write("t.json", json.dumps({"trace": {"file": f"t.{form}"}, "title": "t"}))
    r = mempress("import", "trace", os.path.join(SOURCE, "workloads/k1-excerpt/trace.jsonl.zst"),
                 "-o", f"t.{form}")
    ok(r.status == 0, f"the trace as {form}", r)
    r = mempress("run", os.path.join(SOURCE, "workloads/k1-excerpt/config.json"), "t.json",
                 "-o", f"k1-{form}")
    ok(r.status == 0 and decisions(f"k1-{form}") == decisions("k1"),
       f"{form}: the same decisions", r)
done()
