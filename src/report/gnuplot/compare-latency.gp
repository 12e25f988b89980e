# SPDX-License-Identifier: GPL-2.0-only
# Variants over each other: share of allocations that took longer than a time.
# ARG1 svg|png, ARG2 file to write, ARG3 labels (words)
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
runs = words(ARG3)
array COLOUR[8] = [BLUE, RED, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY]
colour(i) = COLOUR[(i - 1) % 8 + 1]
dash(i) = (i - 1) / 8 + 1
set title "share of allocations that took longer"
set logscale xy
set format x "10^{%T}"
set format y "10^{%T}"
set xlabel "latency (µs)"
set ylabel "share of requests"
set key at graph 0.99,0.97 right top noenhanced
plot for [i=1:runs] "compare-latency.dat" index i-1 using ($1 > 0 ? $1 : 0.001):2 with steps lc rgb colour(i) dt dash(i) lw 2 title word(ARG3, i)
