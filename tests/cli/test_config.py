# SPDX-License-Identifier: GPL-2.0-only
"""Configs: extending, setting, profiles and their switches, effective values, bundled names."""
import json
import os

from tap import SMALL_CONFIG, SOURCE, done, folder_bytes, load, mempress, ok, small, write

small()


def run(out, *more, config="c.json"):
    return mempress("run", config, "w.json", "-o", out, *more)


def effective(out):
    return load(out + "/manifest.json")["effective"]["config"]


run("plain")
plain = effective("plain")
ok(plain["profile"] == "linux-7.2" and plain["machine"]["hz"] == 250
   and plain["policy"]["watermark_scale_factor"] == 10
   and plain["policy"]["pcp_autotune"] is True and plain["boot"]["mode"] == "cold",
   "defaults are in the manifest", plain)
write("again.json", json.dumps(plain))
r = run("again", config="again.json")
x, y = folder_bytes("plain"), folder_bytes("again")
ok(r.status == 0 and effective("again") == plain and x["samples.csv"] == y["samples.csv"]
   and x["latency.csv"] == y["latency.csv"], "effective values make the same run", r)

write("over.json", json.dumps({"extends": "c.json", "machine": {"hz": 1000},
                               "policy": {"watermark_scale_factor": 50}}))
r = run("over", config="over.json")
got = effective("over")
ok(r.status == 0 and got["machine"]["hz"] == 1000 and got["machine"]["name"] == "small"
   and got["policy"]["watermark_scale_factor"] == 50, "a config extends another", r)
roles = [i["role"] for i in load("over/manifest.json")["inputs"]]
ok(roles == ["config", "extended config", "workload"], "both files are in the manifest", roles)
os.mkdir("sub")
write("sub/base.json", json.dumps(SMALL_CONFIG))
write("below.json", json.dumps({"extends": "sub/base.json"}))
ok(run("below", config="below.json").status == 0, "from a folder below")
write("bundled.json", json.dumps({"extends": "pc-512m", "machine": {"hz": 100}}))
r = run("bundled", config="bundled.json")
ok(r.status == 0 and effective("bundled")["machine"]["hz"] == 100, "a bundled config", r)
os.symlink("/etc/hostname", "link.json")
write("links.json", json.dumps({"extends": "link.json", **SMALL_CONFIG}))
r = run("links", config="links.json")
ok(r.status == 3 and b"symbolic" in r.err, "not through a symbolic link", r)
previous = "c.json"
for i in range(9):
    write(f"chain{i}.json", json.dumps({"extends": previous}))
    previous = f"chain{i}.json"
ok(run("chain7", config="chain7.json").status == 0, "eight levels")
r = run("chain8", config="chain8.json")
ok(r.status == 3 and b"extends" in r.err, "not nine", r)
write("bad.json", '{\n "extends": "worse.json"\n}\n')
write("worse.json", json.dumps(SMALL_CONFIG, indent=1).replace('"cpus": 2', '"cpus": "two"'))
r = run("bad", config="bad.json")
ok(r.status == 3 and b"worse.json:7:" in r.err and r.err.count(b"error:") == 1,
   "an error is located in the file that holds the value", r)

r = run("set", "--set", "machine.hz=1000", "--set", "machine.nodes[0].cpus=4", "--set",
        "costs.pcp_alloc=1us", "--set", "workload.title=set", "--set",
        "workload.tasks[0].count=3")
got = effective("set")
ok(r.status == 0 and got["machine"]["hz"] == 1000 and got["machine"]["nodes"][0]["cpus"] == 4
   and got["costs"]["pcp_alloc"] == 1000 and load("set/summary.json")["title"] == "set"
   and load("set/summary.json")["workload_stats"]["tasks"][0]["started"] == 3, "--set", r)
for what, words in (("machine.hzz=5", b"did you mean"), ("machine.nodes[9].cpus=1", b"no such"),
                    ("machine.hz={", b"--set"), ("workload.duration=5 parsecs", b"duration"),
                    ("policy.min_free_kbytes=-2", b"min_free_kbytes")):
    r = run("refused", "--set", what)
    ok(r.status in (2, 3) and words in r.err and not os.path.exists("refused"),
       f"--set {what} is refused", r)

r = run("p61", "--profile", "linux-6.1")
ok(r.status == 0 and effective("p61")["profile"] == "linux-6.1"
   and effective("p61")["policy"]["pcp_autotune"] is False, "--profile", r)
ok(folder_bytes("p61")["summary.json"] != folder_bytes("plain")["summary.json"],
   "another kernel, another result")
r = run("switch", "--set", "policy.pcp_batch_256k=false", "--set", "policy.pcp_batch_scale_max=0")
ok(r.status == 0 and effective("switch")["policy"]["pcp_batch_scale_max"] == 0, "a switch", r)
r = run("marks", "--set", "policy.min_free_kbytes=4096")
zones = {z["zone"]: z for z in load("marks/summary.json")["zones"]}
total = sum(z["min"] for z in zones.values())
ok(r.status == 0 and abs(total - 1024) <= len(zones),
   "min_free_kbytes is the sum of the min marks", total)
r = run("short", "--duration", "5ms")
ok(r.status == 0 and load("short/summary.json")["simulated_ns"] == 5000000, "--duration", r)
r = run("long", "--duration", "soon")
ok(r.status == 3, "--duration is checked", r)

for name in ("configs", "workloads"):
    r = mempress("list", name)
    names = [line.split()[0].decode() for line in r.out.splitlines()]
    files = []
    for where, _, found in os.walk(os.path.join(SOURCE, name)):
        files += [os.path.join(where, f) for f in found if f.endswith(".json")
                  and f not in ("config.json", "manifest.json")]
    ok(len(names) == len(files), f"list {name} lists every file", (names, files))
    r = mempress("check", *files)
    ok(r.status == 0, f"bundled {name} are valid", r)
r = mempress("check", "--on", os.path.join(SOURCE, "configs/router-64m.json"),
             os.path.join(SOURCE, "workloads/hello.json"))
ok(r.status in (0, 3), "check --on a machine", r)
done()
