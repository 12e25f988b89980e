# SPDX-License-Identifier: GPL-2.0-only
# What memory is used for, stacked, and how much is in swap.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 uses (words)
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
uses = words(ARG5)
NAMES = "unevictable active_anon inactive_anon active_file inactive_file slab_reclaimable slab_unreclaimable page_tables"
array COLOUR[8] = [BLACK, RED, ORANGE, BLUE, SKY, GREEN, PURPLE, GREY]
number(name) = sum [i=1:8] (word(NAMES, i) eq name ? i : 0)
stats "memory.dat" using 1 nooutput name "TIME"
stats "memory.dat" using (column(uses + 2)) nooutput name "SUM"
stats "memory.dat" using 2 nooutput name "SWAP"
TOP = SUM_max > SWAP_max ? SUM_max : SWAP_max
set title ARG3 noenhanced font TITLE
set lmargin at screen 0.085; set rmargin at screen 0.82
set tmargin at screen 0.895; set bmargin at screen 0.11
set xrange [TIME_min:TIME_max > TIME_min ? TIME_max : TIME_min + 1]
set yrange [0:TOP > 0 ? 1.05 * TOP : 1]
set ylabel "MiB" offset 0.5
set xlabel "simulated time (" . ARG4 . ")" offset 0,0.3
set key at screen 0.998,0.895 right top Left reverse samplen 1.5 spacing 1.15 invert
plot for [i=uses:1:-1] "memory.dat" using 1:(column(i + 2)) with filledcurves x1 fs solid 0.75 lc rgb COLOUR[number(word(ARG5, i))] title word(ARG5, i), \
     "memory.dat" using 1:2 with lines lc rgb BLACK lw 2.5 dt (10,6) title "in swap"
