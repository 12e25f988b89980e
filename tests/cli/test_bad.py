# SPDX-License-Identifier: GPL-2.0-only
"""Bad inputs: a corpus of files, and what is made from good ones. Each is refused with a clear
error, by exit status, and nothing is written."""
import json
import os
import random
import re
import shutil
import subprocess
import time

from tap import (BAD, MEMPRESS, SMALL_CONFIG, SMALL_WORKLOAD, done, environment, load, mempress, ok,
                 small, write, written)

PLACE = re.compile(rb"^[^\n]*:[0-9]+(:[0-9]+)?: error: ", re.MULTILINE)
# What has no line: a whole file is empty, missing or ends too early.
WITHOUT_LINE = {"trace-empty.jsonl", "trace-events.jsonl", "trace-no-end.jsonl",
                "workload-trace-missing.json", "config-extends-missing.json"}
HOST_FILE = {"workload-trace-missing.json"}


def run_bad(name, path):
    """The run that meets a bad file of this name."""
    if name.startswith("config-"):
        return mempress("run", path, "w.json", "-o", "out", timeout=30)
    if name.startswith("trace-"):
        write("t.json", json.dumps({"trace": {"file": path}}))
        return mempress("run", "c.json", "t.json", "-o", "out", timeout=30)
    return mempress("run", "c.json", path, "-o", "out", timeout=30)


small()
expect = load(os.path.join(BAD, "expect.json"))
files = sorted(name for name in os.listdir(BAD) if name != "expect.json")
ok(sorted(expect) == files and len(files) >= 60, "the corpus is described in expect.json",
   set(expect) ^ set(files))
for name in files:
    r = run_bad(name, os.path.join(BAD, name))
    ok(r.status == (4 if name in HOST_FILE else 3) and r.sound()
       and (name in WITHOUT_LINE or PLACE.search(r.err)) and expect[name].encode() in r.err
       and not r.out and not written("out"), name, r)


def refused(name, kind, text, status=(3,)):
    """A generated input."""
    path = write(f"{kind}-generated.json" + ("l" if kind == "trace" else ""), text)
    start = time.monotonic()
    r = run_bad(f"{kind}-", path)
    took = time.monotonic() - start
    ok(r.status in status and r.sound() and r.err and not r.out and not written("out")
       and took < 20, f"{name} ({kind})", f"{took:.1f} s\n{r}")


for kind, good in (("config", SMALL_CONFIG), ("workload", SMALL_WORKLOAD)):
    text = json.dumps(good)
    for depth in (65, 2048, 1000000):
        refused(f"{depth} deep", kind, "[" * depth)
        refused(f"{depth} deep in a field", kind,
                text[:-1] + ', "x": ' + '{"a":' * depth + "1" + "}" * depth + "}")
    refused("million values", kind, text[:-1] + ', "x": [' + "{}," * 1000000 + "{}]}")
    refused("long string", kind, text[:-1] + ', "x": "' + "y" * 1000000 + '"}')
    refused("long key", kind, text[:-1] + ', "' + "y" * 1000 + '": 1}')
    refused("nine megabytes", kind, text + " " * (9 << 20) + "x")
    refused("many unknown fields", kind,
            text[:-1] + "".join(f', "x{i}": 1' for i in range(20000)) + "}")
    refused("bytes beyond UTF-8", kind, text.replace('"small"', '"\\').encode() + b"\xff\xfe")
    refused("binary", kind, bytes(range(256)) * 64)

header = '{"format":"mempress-trace/1"}\n'
refused("line of a megabyte", "trace", header + '{"t":1,' + " " * (1 << 20) + "}\n")
refused("zstd that is none", "trace", b"\x28\xb5\x2f\xfd" + b"x" * 1000)
refused("binary form cut off", "trace", b"MPTRACE\x1a" + b"\0" * 20)
refused("binary form of noise", "trace", b"MPTRACE\x1a" + random.Random(1).randbytes(4096))
refused("NUL in a line", "trace", header + '{"t":\0}\n')
zstd = shutil.which("zstd")
if zstd:
    bomb = subprocess.run([zstd, "-q", "-19", "-c"], capture_output=True, check=True,
                          input=header.encode() + b"\n" * (200 << 20)).stdout
    ok(len(bomb) < 100000, "the bomb is small", len(bomb))
    refused("200 MiB of zstd bomb", "trace", bomb)


def check_all(kind, texts):
    """Validates many texts; those that are refused must be so properly. Returns how many were."""
    bad, refusals = [], 0
    for i, text in enumerate(texts):
        path = write(f"v-{kind}.json", text)
        run = subprocess.run([MEMPRESS, "check", "--as", kind, path], capture_output=True,
                             env=environment(), timeout=30, check=False)
        refusals += run.returncode == 3
        if run.returncode not in (0, 3) or (run.returncode == 3) != (b"error: " in run.stderr) \
           or b"Sanitizer" in run.stderr or b"runtime error" in run.stderr:
            bad.append((i, run.returncode, run.stderr[:200]))
    return bad, refusals


tiny = {"config": '{"machine":{"name":"m","arch":"x86-64","nodes":[{"cpus":1,"memory":'
                  '[{"start":"1MiB","end":"8MiB"}]}]}}',
        "workload": '{"tasks":[{"name":"a","program":[{"op":"alloc","order":0,"name":"b"}]}]}'}
for kind, text in tiny.items():
    bad, refusals = check_all(kind, [text[:n] for n in range(len(text))])
    ok(not bad and refusals == len(text), f"truncated at every byte ({kind})", (bad, refusals))
    rng = random.Random(2)
    garbled = []
    for _ in range(60):
        b = bytearray(text.encode())
        b[rng.randrange(len(b))] ^= 1 << rng.randrange(8)
        garbled.append(bytes(b))
    bad, refusals = check_all(kind, garbled)
    ok(not bad and refusals > 30, f"bits flipped ({kind})", (bad, refusals))

event = ('{"t":5,"op":"alloc","cpu":0,"id":0,"order":0,"gfp":"GFP_KERNEL"}\n'
         '{"t":6,"op":"free","cpu":0,"id":0}\n')
lines = header[:-2] + ',"end":true}\n' + event + '{"op":"end","events":2}\n'
bad, refusals = check_all("trace", [lines[:n] for n in range(len(lines) - 1)])
ok(not bad and refusals == len(lines) - 1, "truncated at every byte (trace)", (bad, refusals))
done()
