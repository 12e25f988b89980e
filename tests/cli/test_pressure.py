# SPDX-License-Identifier: GPL-2.0-only
"""mempress verify --pressure: scenarios recorded on real kernels, simulated and compared."""
import json
import os
import re
import shutil

from tap import SOURCE, done, load, mempress, ok, write

SCENARIOS = os.path.join(SOURCE, "tests/data/pressure")
FAST = [os.path.join(SCENARIOS, name) for name in (
    "s1a-oom-1cpu", "s1b-oom-1cpu-classic", "s1c-oom-2cpu", "s2a-stream-1cpu")]
TOTAL = re.compile(r"pressure: (\d+) of (\d+) scenarios, facts (\d+) of (\d+), "
                   r"metrics (\d+) of (\d+) in tolerance")

r = mempress("verify", "--pressure", *FAST)
text = r.out.decode()
match = next(filter(None, map(TOTAL.fullmatch, text.splitlines())), None)
ok(r.status in (0, 1) and r.sound() and match and match[1] == match[2] == str(len(FAST)),
   "scenarios run, with a total", r)
ok(match and match[3] == match[4] and int(match[4]) >= 40, "all facts hold", text[-3000:])
ok(match and int(match[5]) >= 0.7 * int(match[6]), "most metrics are in tolerance", text[-3000:])
ok("killed: keeper > ramp" in text and "level A:" in text, "facts, levels and verdicts are shown",
   text[:2000])

again = mempress("verify", "--pressure", *FAST)
ok(again.out == r.out, "the same again")
r = mempress("verify", "--pressure", "--misses", FAST[0])
ok(len(r.out.splitlines()) < 15 and b": holds" not in r.out, "--misses shows only those", r)

r = mempress("verify", "--pressure", "--json", "--seeds", "2", FAST[0])
write("pressure.json", r.out)
root = load("pressure.json")
one = root["scenarios"][0]
ok(root["format"] == "verify-pressure/1" and root["facts_total"] == len(one["facts"])
   and all({"metric", "level", "mean", "sd", "simulated", "tolerance", "in_tolerance"} <= set(m)
           for m in one["metrics"]), "as data, of two seeds", r)

r = mempress("verify", "--pressure", "--plot", "pictures", FAST[0])
found = sorted(os.listdir("pictures/s1a-oom-1cpu")) if os.path.isdir("pictures") else []
ok("samples.csv" in found and "series.dat" in found, "series are written", r)
if shutil.which("gnuplot"):
    ok("series.svg" in found and "series.png" in found, "and drawn", found)

# Another scenario of the same kind: other sizes, another name, no folders of the runs.
shutil.copytree(FAST[0], "mine")
for run in (1, 2, 3):
    shutil.rmtree(f"mine/run{run}")
workload = load("mine/workload.json")
workload["processes"][2]["phases"][0]["mib"] = 20
write("mine/workload.json", json.dumps(workload))
r = mempress("verify", "--pressure", "mine")
ok(r.status == 1 and b"simulated nobody: DOES NOT HOLD" in r.out,
   "with less to allocate nobody is killed, and that is said", r)

for name, change, expected in (
        ("workload.json", {"processes": [{"name": "x", "phases": [{"op": "dance"}]}]}, b"dance"),
        ("machine.json", {"cpus": 1}, b"zones"),
        ("expected.json", {"runs": 3.5e9}, b"runs")):
    shutil.rmtree("bad", ignore_errors=True)
    shutil.copytree(FAST[0], "bad")
    os.chmod(f"bad/{name}", 0o644)
    write(f"bad/{name}", json.dumps(change))
    r = mempress("verify", "--pressure", "bad", FAST[1])
    ok(r.status == 3 and r.sound() and expected in r.err and name.encode() in r.err
       and b"pressure: 1 of 2 scenarios" in r.out, f"3: a wrong {name}, the other is run", r)

r = mempress("verify", "--pressure", "nowhere")
ok(r.status == 4 and b"nowhere" in r.err and b"pressure: 0 of 1 scenarios" in r.out,
   "4: no such folder", r)
for args in (["--pressure"], ["--pressure", "--seeds", "0", "mine"], ["--seeds", "2", "mine"],
             ["--pressure", "--profile", "linux-7.2", "mine"], ["--plot", "p", "mine"]):
    r = mempress("verify", *args)
    ok(r.status == 2 and r.err, "2: " + " ".join(args), r)
done()
