# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of whole runs share: TAP output, a scratch folder, running mempress."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

MEMPRESS = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])
BAD = os.path.join(SOURCE, "tests/cli/bad")
# A message of a sanitizer, an assertion, or a signal: never acceptable.
CRASH = re.compile(rb"AddressSanitizer|LeakSanitizer|runtime error:|Assertion|Traceback")

count = 0
failed = 0
scratch = tempfile.mkdtemp(prefix="mempress-test-")
os.chdir(scratch)


def ok(passed, name, note=""):
    """One test point; note tells more when it failed."""
    global count, failed
    count += 1
    failed += not passed
    clean = re.sub(r"[^ -~]|#", "?", name)
    print(f"{'ok' if passed else 'not ok'} {count} - {clean}", flush=True)
    if not passed:
        for line in str(note).splitlines()[:40]:
            print("# " + re.sub(r"[^ -~]", "?", line), flush=True)
    return passed


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}", flush=True)


def done():
    """Ends the program: the plan, and the scratch folder goes."""
    os.chdir("/")
    shutil.rmtree(scratch, ignore_errors=True)
    print(f"1..{count}")
    sys.exit(1 if failed else 0)


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __str__(self):
        return f"status {self.status}\nstdout: {self.out[-600:]!r}\nstderr: {self.err[-1500:]!r}"

    def sound(self):
        """Ended by itself, without a crash of any kind."""
        return self.status >= 0 and not CRASH.search(self.err)


def environment(extra=None):
    env = dict(os.environ, MEMPRESS_DATA=SOURCE, LC_ALL="C")
    env.pop("NO_COLOR", None)
    env.update(extra or {})
    return env


def mempress(*args, stdin=b"", env=None, cwd=None, timeout=120):
    """Runs it to its end in the scratch folder."""
    try:
        run = subprocess.run([MEMPRESS, *args], input=stdin, capture_output=True,
                             env=environment(env), cwd=cwd, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as hung:
        return Result(-99, hung.stdout or b"", (hung.stderr or b"") + b"\n(hung)")
    return Result(run.returncode, run.stdout, run.stderr)


def write(path, text):
    with open(path, "w" if isinstance(text, str) else "wb") as file:
        file.write(text)
    return path


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def folder_bytes(path, leave_out=()):
    """Every file below path with its bytes."""
    found = {}
    for where, _, files in os.walk(path):
        for name in files:
            full = os.path.join(where, name)
            if name not in leave_out:
                with open(full, "rb") as file:
                    found[os.path.relpath(full, path)] = file.read()
    return found


def written(name):
    """What a run that was to write `name` has left in the scratch folder."""
    return [entry for entry in os.listdir(".") if entry.startswith(name)]


# A machine and a workload that run in no time.
SMALL_CONFIG = {
    "machine": {"name": "small", "arch": "x86-64", "nodes": [
        {"cpus": 2, "memory": [{"start": "1MiB", "end": "64MiB"}]}]}}
SMALL_WORKLOAD = {
    "title": "small", "duration": "200ms",
    "tasks": [
        {"name": "user", "count": 2, "program": [
            {"op": "map", "region": "r", "size": "8MiB"},
            {"op": "loop", "count": 4, "program": [
                {"op": "touch", "region": "r", "pattern": "random", "pages": 300, "write": True},
                {"op": "sleep", "random": {"dist": "exp", "mean": "3ms"}}]},
            {"op": "unmap", "region": "r"}]},
        {"name": "driver", "kthread": True, "program": [
            {"op": "loop", "count": 40, "program": [
                {"op": "alloc", "order": 2, "count": 4, "gfp": "GFP_KERNEL", "name": "buf"},
                {"op": "sleep", "for": "1ms"},
                {"op": "free", "name": "buf", "count": 3, "pick": "random"}]}]}]}


def small(config=None, workload=None):
    """Writes c.json and w.json; the arguments of run for them."""
    write("c.json", json.dumps(config or SMALL_CONFIG))
    write("w.json", json.dumps(workload or SMALL_WORKLOAD))
    return ("run", "c.json", "w.json")
