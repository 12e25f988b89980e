#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints rng_tables.h: what rng.c needs of log2, 2^x and the normal distribution, as integers.

rng_tables.py > rng_tables.h     writes it
rng_tables.py --check FILE       exits 1 if FILE is not what would be written
"""
import math
import statistics
import sys


def table(kind, name, comment, values):
    rows = [values[i:i + 7] for i in range(0, len(values), 7)]
    body = "".join("\t%s,\n" % ", ".join(str(v) for v in row) for row in rows)
    return "/* %s */\nstatic const %s %s[%d] = {\n%s};\n" % (comment, kind, name, len(values), body)


def text():
    # The tail probability of entry k: eight steps an octave, from 2^-33 to 1/2.
    tails = [math.ldexp(1 + (k % 8) / 8, k // 8 - 33) for k in range(257)]
    normal = statistics.NormalDist()
    return "\n".join([
        "/* SPDX-License-Identifier: GPL-2.0-only */",
        "#pragma once",
        "/* Written by rng_tables.py. */",
        "/* clang-format off */",
        table("u64", "rng_log2", "log2(1 + i/128) * 2^32",
              [round(math.log2(1 + i / 128) * 2**32) for i in range(129)]),
        table("u64", "rng_exp2", "(2^(i/128) - 1) * 2^32",
              [round((2 ** (i / 128) - 1) * 2**32) for i in range(129)]),
        table("u32", "rng_normal",
              "z * 2^16 with upper tail (1 + (k % 8)/8) * 2^(k/8 - 33)",
              [round(-normal.inv_cdf(q) * 65536) for q in tails]),
    ]).rstrip("\n") + "\n"


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="utf-8") as f:
            sys.exit(0 if f.read() == text() else "%s differs from rng_tables.py" % sys.argv[2])
    sys.stdout.write(text())
