# SPDX-License-Identifier: GPL-2.0-only
"""A run that starts from a recording's exact lists."""
import json
import os
import shutil

from tap import SOURCE, done, folder_bytes, load, mempress, ok, write, written

LIGHT = "7.2-light-256m.txt.zst"
shutil.copy(os.path.join(SOURCE, "tests/data/recordings", LIGHT), ".")
WORK = {"tasks": [{"name": "t", "program": [
    {"op": "alloc", "order": 0, "count": 3000, "name": "a"}, {"op": "free", "name": "a"},
    {"op": "alloc", "order": 2, "count": 300, "name": "b"}, {"op": "sleep", "for": "3s"},
    {"op": "free", "name": "b"}]}]}


def config(**more):
    write("c.json", json.dumps(dict({"boot": {"mode": "recording", "recording": LIGHT}}, **more)))


write("w.json", json.dumps(WORK))
config()
r = mempress("run", "c.json", "w.json", "-o", "first", "--check=full")
ok(r.status == 0, "the run, every page recounted", r)
zones = {z["zone"]: z for z in load("first/summary.json")["zones"]}
# managed, as the recording's Z lines have it
ok(zones["DMA"]["managed_pages"] == 3840 and zones["DMA32"]["managed_pages"] == 49785,
   "the machine is the recorded one", zones)
r = mempress("run", "c.json", "w.json", "-o", "second", "--check=full")
ok(folder_bytes("first") == folder_bytes("second"), "twice the same bytes", r)
ok(any(i["role"] == "recording" for i in load("first/manifest.json")["inputs"]),
   "the recording is among the inputs")

for name, more, words in (
        ("another kernel's rules", {"profile": "linux-6.1"}, b"the recording is of linux-7.2"),
        ("a machine of its own", {"machine": {"arch": "x86-64", "nodes": [
            {"cpus": 1, "memory": [{"start": "1MiB", "end": "64MiB"}]}]}}, b"its own machine"),
        ("no file named", {"boot": {"mode": "recording"}}, b"needs the file recording"),
        ("a file for another mode", {"boot": {"mode": "cold", "recording": LIGHT}}, b"no files")):
    config(**more)
    r = mempress("run", "c.json", "w.json", "-o", "bad")
    ok(r.status == 3 and words in r.err and not written("bad"), f"refused: {name}", r)
config(boot={"mode": "recording", "recording": "none.zst"})
r = mempress("run", "c.json", "w.json", "-o", "bad")
ok(r.status == 4 and b"none.zst" in r.err and not written("bad"), "refused: no such file", r)
done()
