# SPDX-License-Identifier: GPL-2.0-only
"""Signals: the first one ends a run with what there is, a second one at once."""
import json
import os
import signal
import subprocess
import time

from tap import MEMPRESS, CRASH, done, environment, load, mempress, ok, small, write, written

LONG = {"title": "long", "tasks": [{"name": "busy", "program": [
    {"op": "loop", "count": 1000000000, "program": [
        {"op": "alloc", "order": 0, "count": 50, "name": "b"},
        {"op": "sleep", "for": "1ms"},
        {"op": "free", "name": "b", "count": 50}]}]}]}
small(workload=LONG)


def start(out):
    """A run that would not end, once it is under way."""
    run = subprocess.Popen([MEMPRESS, "run", "c.json", "w.json", "-o", out],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    for _ in range(200):
        if os.path.exists(out + ".partial"):
            break
        time.sleep(0.02)
    time.sleep(0.3)
    return run


for name, sig, status in (("SIGINT", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)):
    out = name.lower()
    run = start(out)
    sent = time.monotonic()
    run.send_signal(sig)
    stdout, stderr = run.communicate(timeout=60)
    took = time.monotonic() - sent
    ok(run.returncode == status and not CRASH.search(stderr), f"{name}: status {status}",
       (run.returncode, stderr))
    ok(took < 10, f"{name}: ends soon", took)
    summary = load(out + "/summary.json")
    ok(summary["interrupted"] and summary["stop"] == "interrupted"
       and summary["requests"]["total"] > 0 and load(out + "/manifest.json")["interrupted"],
       f"{name}: what there is, marked")
    ok(written(out) == [out], f"{name}: nothing else is left", written(out))

run = start("doubled")
run.send_signal(signal.SIGINT)
time.sleep(0.01)
run.send_signal(signal.SIGINT)
stdout, stderr = run.communicate(timeout=60)
ok(run.returncode == 130 and load("doubled/summary.json")["interrupted"],
   "the same signal twice at once, as timeout sends it, is one", (run.returncode, stderr))

run = start("twice")
os.kill(run.pid, signal.SIGSTOP)
os.kill(run.pid, signal.SIGINT)
os.kill(run.pid, signal.SIGTERM)
os.kill(run.pid, signal.SIGCONT)
stdout, stderr = run.communicate(timeout=60)
ok(run.returncode in (130, 143) and not os.path.exists("twice"), "two signals: no results",
   (run.returncode, stderr))
LONG["duration"] = "5ms"
small(workload=LONG)
r = mempress("run", "c.json", "w.json", "-o", "twice")
ok(r.status == 0 and written("twice") == ["twice"], "and the next run is not in the way",
   (r, written("twice")))

small(workload=dict(LONG, duration=0))
run = start("killed")
run.kill()
run.communicate()
ok(not os.path.exists("killed"), "killed: no results", os.listdir("."))
small(workload=LONG)
r = mempress("run", "c.json", "w.json", "-o", "killed")
ok(r.status == 0 and written("killed") == ["killed"], "the next run clears up", r)

small(workload=dict(LONG, duration=0))
run = start("lock")
r = mempress("run", "c.json", "w.json", "-o", "lock")
ok(r.status == 4 and b"another run" in r.err, "two runs into one folder: the second is refused", r)
run.send_signal(signal.SIGINT)
run.communicate(timeout=60)
done()
