# SPDX-License-Identifier: GPL-2.0-only
"""mempress verify: what it prints, and its exit status."""
import glob
import os
import re

from tap import SOURCE, done, load, mempress, ok, write

RECORDINGS = os.path.join(SOURCE, "tests/data/recordings")
ALL = sorted(glob.glob(os.path.join(RECORDINGS, "*.zst")))
LIGHT = os.path.join(RECORDINGS, "7.2-light-256m.txt.zst")

r = mempress("verify", *ALL)
last = r.out.decode().splitlines()[-1]
match = re.fullmatch(r"verify: (\d+) of (\d+) recordings exact, (\d+) of (\d+) operations", last)
ok(r.status == 0 and match and match[1] == match[2] == str(len(ALL)) and match[3] == match[4]
   and int(match[3]) > 1000000, "all recordings are exact", r)
ok(len(r.out.splitlines()) == len(ALL) + 1, "a line each and one more", r)

r = mempress("verify", "--profile", "linux-6.12", LIGHT)
text = r.out.decode()
ok(r.status == 1 and all(part in text for part in (
    "differs", "recorded page frame", "where both pages lie", "the way that mempress takes",
    "the state before it", "after it", "verify: 0 of 1 recordings exact")),
   "1: a difference, explained", r)

r = mempress("verify", "--json", "--profile", "linux-6.1", LIGHT)
write("verify.json", r.out)
root = load("verify.json")
why = root["recordings"][0].get("explanation", {})
ok(r.status == 1 and root["recordings_exact"] == 0 and why.get("path") is not None
   and why["difference"]["operation"] == root["operations_exact"] and why["zones"],
   "the same as data", r)

write("cut.zst", open(LIGHT, "rb").read()[:5000])
write("text.txt", b"# oracle-pfn 1\nH kernel 5.10.1\n")
r = mempress("verify", "cut.zst", LIGHT)
ok(r.status == 3 and b"cut.zst" in r.err and b"verify: 1 of 2 recordings" in r.out,
   "3: a damaged recording, the other is verified", r)
r = mempress("verify", "text.txt")
ok(r.status == 3 and b"text.txt:2" in r.err and b"no known version" in r.err,
   "3: an unknown kernel, with its line", r)
r = mempress("verify", "--json", "text.txt")
write("refused.json", r.out)
ok(r.status == 3 and "no known version" in load("refused.json")["recordings"][0]["error"],
   "3: as data", r)
r = mempress("verify", "absent.txt")
ok(r.status == 4 and r.err, "4: no such file", r)
r = mempress("verify")
ok(r.status == 2 and r.err, "2: no recording", r)
r = mempress("verify", "--profile", "linux-7.1", LIGHT)
ok(r.status == 2 and b"linux-7.2" in r.err, "2: no such profile", r)
r = mempress("verify", "-", stdin=open(LIGHT, "rb").read())
ok(r.status == 0, "a recording from standard input", r)
done()
