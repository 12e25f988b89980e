# SPDX-License-Identifier: GPL-2.0-only
"""Where results go: nothing is overwritten unasked, names are data and nothing else."""
import json
import os

from tap import done, folder_bytes, load, mempress, ok, small, write, written

args = small()
r = mempress(*args)
ok(r.status == 0 and os.path.exists("results/c-w/summary.json"), "results/CONFIG-WORKLOAD", r)
before = folder_bytes("results/c-w")
r = mempress(*args, "--seed", "9")
ok(r.status == 4 and b"--force" in r.err and folder_bytes("results/c-w") == before,
   "existing results stay", r)
r = mempress(*args, "--seed", "9", "--force")
ok(r.status == 0 and folder_bytes("results/c-w") != before, "--force replaces them", r)
os.mkdir("mine")
write("mine/thesis.txt", "years of work")
r = mempress(*args, "-o", "mine", "--force")
ok(r.status == 4 and os.listdir("mine") == ["thesis.txt"],
   "--force does not replace what is no results folder", r)
write("file", "x")
r = mempress(*args, "-o", "file", "--force")
ok(r.status == 4 and open("file").read() == "x", "nor a file", r)
os.symlink("mine", "link")
r = mempress(*args, "-o", "link", "--force")
ok(r.status == 4 and os.path.islink("link"), "nor a symbolic link", r)
r = mempress(*args, "-o", "/dev/null", "--force")
ok(r.status == 4 and not os.path.isfile("/dev/null"), "nor a device", r)
r = mempress(*args, "-o", "a/b/c/d")
ok(r.status == 0 and os.path.exists("a/b/c/d/manifest.json"), "parents are made", r)
for name in ("/", ".", "..", ""):
    r = mempress(*args, "-o", name)
    ok(r.status in (2, 4) and r.err, f"no results folder: {name!r}", r)

# A program run because of a name would make this file.
CANARY = os.path.abspath("canary")
TITLES = [
    f"`touch {CANARY}`", f"$(touch {CANARY})", f"'; touch {CANARY}; '", f'"; touch {CANARY}; "',
    f"\"\nsystem('touch {CANARY}')\n\"", f"\nset output '{CANARY}'\nplot x\n",
    f"@ARG1 {{/=99 x}} ^_ % %s %n %1$n", f"</title><script>alert(1)</script>",
    "\x1b[31m red \x07 \u202e right to left", "ends with a backslash \\", "tab\tand\rreturn",
    f"{{{{ {CANARY} }}}}", "& < > ]]>", "x" * 200,
]
for i, title in enumerate(TITLES):
    small(workload={"title": title, "tasks": [{"name": "a", "program": [
        {"op": "alloc", "order": 0, "count": 9, "name": "b"}, {"op": "sleep", "for": "5ms"}]}]})
    r = mempress("run", "c.json", "w.json", "-o", f"title{i}", "--plot")
    ok(r.status == 0 and not os.path.exists(CANARY) and load(f"title{i}/summary.json")["title"]
       == title and b"\x1b" not in r.out and len(os.listdir(f"title{i}/plots")) > 5,
       f"title {i} is data", r)

for i, name in enumerate([f"`touch canary`", "$(touch canary)", "a'b", 'a"b', "new\nline", "-f",
                          "semi;colon", "ümläut", "sp ace", "%n%s", "\x1b[31m"]):
    folder = f"names{i}"
    os.makedirs(folder)
    small()
    config, workload = os.path.join(folder, name + ".json"), os.path.join(folder, name + "w.json")
    os.rename("c.json", config)
    os.rename("w.json", workload)
    out = os.path.join(folder, "o " + name)
    plot = ["--plot"] if i < 5 else []
    r = mempress("run", config, workload, "-o", out, *plot)
    ok(r.status == 0 and not os.path.exists(CANARY) and b"\x1b" not in r.out
       and os.path.exists(os.path.join(out, "plots/free.svg")) == (i < 5),
       f"file name {i} is data", r)
    r = mempress("run", config, workload, "--force")
    made = os.listdir("results")
    ok(r.status == 0 and all(set(n) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789._-") for n in made),
       f"results of file name {i} have a plain name", made)
    r = mempress("check", config + "x")
    ok(r.status == 4 and b"\x1b" not in r.err, f"file name {i} in an error", r)
ok(not written("canary"), "no canary anywhere", os.listdir("."))
done()
