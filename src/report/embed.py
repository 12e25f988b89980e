#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Puts the gnuplot scripts into a C file: embed.py OUT.c SCRIPT..."""

import os
import sys


def main():
    out, scripts = sys.argv[1], sys.argv[2:]
    with open(out, "w", encoding="ascii") as c:
        c.write("/* made by src/report/embed.py */\n")
        c.write('#include "report/figure.h"\n\n')
        for i, path in enumerate(scripts):
            with open(path, "rb") as script:
                data = script.read()
            c.write("static const char script_%d[] = {\n" % i)
            for at in range(0, len(data), 16):
                c.write("\t" + " ".join("(char)%d," % b for b in data[at:at + 16]) + "\n")
            c.write("\t0\n};\n\n")
        c.write("const struct plot_script plot_scripts[] = {\n")
        for i, path in enumerate(scripts):
            c.write('\t{ "%s", script_%d, sizeof(script_%d) - 1 },\n'
                    % (os.path.basename(path), i, i))
        c.write("};\nconst u32 nr_plot_scripts = %d;\n" % len(scripts))


main()
