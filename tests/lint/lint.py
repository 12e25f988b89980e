# SPDX-License-Identifier: GPL-2.0-only
"""Rules of the house that a compiler does not know. TAP; one test a rule."""
import os
import re
import sys

SOURCE = os.path.abspath(sys.argv[1])
# Lowest first: a room includes only rooms before it, and itself.
ROOMS = ("base", "engine", "machine", "mm", "policy", "verify", "workload", "record", "report",
         "cli")
# Rooms that stand side by side: neither includes the other.
APART = {("workload", "verify"), ("record", "policy"), ("record", "verify"),
         ("record", "workload"), ("report", "policy"), ("report", "verify"),
         ("report", "workload")}
MAX_LINES = 600
MAX_COLUMNS = 100
TAB = 8
SPDX = "SPDX-License-Identifier: GPL-2.0-only"

# What would let the host into a result, or is unsafe. word -> rooms that may use it.
BANNED = {
    "rand": (), "srand": (), "random": (), "drand48": (), "rand_r": (), "g_random_int": (),
    "time": (), "gettimeofday": (), "localtime": (), "gmtime": (), "strftime": (), "clock": (),
    "clock_gettime": ("cli", "report", "verify"), "g_get_monotonic_time": ("cli",),
    "strcpy": (), "strcat": (), "sprintf": (), "vsprintf": (), "gets": (), "strtok": (),
    "atoi": (), "atol": (), "atof": (), "strtod": (), "sscanf": (), "scanf": (),
    "system": (), "popen": (), "execlp": (), "execvp": (),
    "getenv": ("cli", "report"), "secure_getenv": ("cli",), "g_getenv": ("cli",),
    "setlocale": (), "qsort_r": (), "alloca": (), "setjmp": (), "longjmp": (),
    "pthread_create": (), "tmpnam": (), "mktemp": (),
}
WORDS = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K]|st[u]b|placehol[d]er)\b")
VERSIONS = re.compile(r"\bversion\b|strcmp\([^)]*profile[^)]*name|->name\b[^;]*linux-|"
                      r"\bprofile_linux_", re.I)

count = 0
failed = 0


def files(*folders, ends=(".c", ".h")):
    """Paths below the folders, relative to the source tree, sorted."""
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(SOURCE, folder)):
            found += [os.path.relpath(os.path.join(where, n), SOURCE) for n in names
                      if n.endswith(ends)]
    return sorted(found)


def text(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def code(path):
    """The text without comments and strings, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank,
                  text(path), flags=re.S)


def rule(name, faults):
    global count, failed
    count += 1
    failed += bool(faults)
    print(f"{'not ok' if faults else 'ok'} {count} - {name}")
    for fault in faults[:60]:
        print(f"# {fault}")


def lines_matching(paths, pattern, reader=text):
    return [f"{path}:{n}: {line.strip()[:80]}" for path in paths
            for n, line in enumerate(reader(path).split("\n"), 1) if pattern.search(line)]


def include_faults():
    faults = []
    for path in files("src"):
        room = path.split("/")[1]
        for n, line in enumerate(text(path).split("\n"), 1):
            match = re.match(r'\s*#\s*include "([^"]+)"', line)
            if not match:
                continue
            other = match.group(1).split("/")[0]
            if "/" not in match.group(1) or other not in ROOMS:
                faults.append(f"{path}:{n}: include \"room/file.h\", not {match.group(1)}")
            elif ROOMS.index(other) > ROOMS.index(room) or (room, other) in APART:
                faults.append(f"{path}:{n}: {room} must not use {other}")
    return faults


def banned_faults():
    faults = []
    call = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in files("src"):
        room = path.split("/")[1]
        for n, line in enumerate(code(path).split("\n"), 1):
            for word in call.findall(line):
                bench = os.path.basename(path).startswith("bench")
                if room not in BANNED[word] and not (bench and "clock" in word):
                    faults.append(f"{path}:{n}: {word}()")
    return faults


def width_faults(paths):
    return [f"{path}:{n}: {len(line.expandtabs(TAB))} columns" for path in paths
            for n, line in enumerate(text(path).split("\n"), 1)
            if len(line.expandtabs(TAB)) > MAX_COLUMNS]


def spdx_faults():
    paths = files("src", "tests", "scripts", ".ci",
                  ends=(".c", ".h", ".py", ".gp", "meson.build", "run", "check", "demo",
                        "count-instructions")) + ["meson.build"]
    return [p for p in paths if SPDX not in "\n".join(text(p).split("\n")[:2])]


def opening_faults():
    """Each .c opens with a comment that says what it is."""
    return [p for p in files("src", ends=(".c",))
            if not re.match(r"/\* SPDX[^\n]*\n/\*", text(p))]


def guard_faults():
    return [p for p in files("src", ends=(".h",)) if "\n#pragma once\n" not in text(p)
            and "X-macro" not in text(p)]


def global_faults():
    """File-scope variables that are not const, apart from what a signal handler needs."""
    faults = []
    pattern = re.compile(r"^(?:static |extern )(?!.*\bconst\b)(?!.*[({]\s*$)[^()=]*?"
                         r"\b(\w+)(?:\[[^\]]*\])*\s*(?:=|;)")
    for path in files("src"):
        if path == "src/cli/progress.c":
            continue
        for n, line in enumerate(code(path).split("\n"), 1):
            match = pattern.match(line)
            if match and not re.match(r"(static )?(inline|struct \w+;|enum \w+;)", line):
                faults.append(f"{path}:{n}: {line.strip()[:70]}")
    return faults


def link_faults():
    """Links of the documents that lead nowhere in the tree."""
    faults = []
    for path in ["README.md"] + files("docs", ends=(".md",)):
        for target in re.findall(r"\]\(([^)#\s]+)", text(path)):
            where = os.path.join(SOURCE, os.path.dirname(path), target)
            if "://" not in target and not os.path.exists(where):
                faults.append(f"{path}: {target}")
    return faults


def cost_faults():
    """Costs that the table of docs/costs.md lacks, or shows with another value or class."""
    told = {}
    for row in re.findall(r"^\| (`.*) \|$", text("docs/costs.md"), re.M):
        cells = [cell.strip() for cell in row.split("|")]
        for name, value in zip(re.findall(r"`(\w+)`", cells[0]), cells[1].split(";")):
            told[name] = (value.strip().replace(",", ""), cells[2])
    held = {name: (value, kind) for name, value, kind in
            re.findall(r"X\((\w+), (\d+), (\w), ", text("src/machine/cost.h"))}
    return [f"{name}: {held.get(name)} in cost.h, {told.get(name)} in docs/costs.md"
            for name in sorted(held.keys() | told.keys()) if held.get(name) != told.get(name)]


sources = files("src", "tests")
rule("rooms include only what is below them", include_faults())
rule(f"no file is longer than {MAX_LINES} lines",
     [f"{p}: {text(p).count(chr(10))}" for p in sources + files("tests", "scripts", ends=(".py",))
      if text(p).count("\n") > MAX_LINES])
rule(f"no line is wider than {MAX_COLUMNS} columns", width_faults(files("src")))
rule("every file names its licence", spdx_faults())
rule("every .c says what it is", opening_faults())
rule("every header can be included twice", guard_faults())
rule("no banned calls", banned_faults())
rule("no mutable globals", global_faults())
rule("mm and engine know no JSON, files and plots",
     lines_matching(files("src/mm", "src/engine"),
                    re.compile(r"\bjson_|\bfopen\b|\bgnuplot\b|\bstream_open\b"), code))
rule("mm asks no version", lines_matching(files("src/mm"), VERSIONS, code))
rule("nothing is left to do", lines_matching(files("src", "tests", "scripts", "docs", ends=(
    ".c", ".h", ".md", ".build", ".gp")) + [p for p in ("README.md",) if os.path.exists(
        os.path.join(SOURCE, p))], WORDS))
rule("documents link to what is there", link_faults())
rule("docs/costs.md has every cost", cost_faults())
texts = files("src", "tests", "scripts", "docs", "configs", "workloads",
              ends=(".c", ".h", ".py", ".md", ".json", ".build", ".gp"))
rule("no trailing white space",
     lines_matching([p for p in texts if "/bad/" not in p], re.compile(r"[ \t]+$")))
print(f"1..{count}")
sys.exit(1 if failed else 0)
