# SPDX-License-Identifier: GPL-2.0-only
# Variants over each other: share of allocations that took longer than a time.
# ARG1 svg|png, ARG2 file to write, ARG3 labels (words)
TERMINAL = ARG1; OUTPUT = ARG2; LABELS = ARG3
load "style.gp"
load "compare-key.gp"
set label 1 "share of allocations that took longer" at graph 0.005,1.03
set lmargin at screen 0.085; set rmargin at screen 0.985
set tmargin at screen TOP - 0.05; set bmargin at screen 0.11
set logscale xy
set format x "10^{%T}"
set format y "10^{%T}"
set xlabel "latency (µs)"
set ylabel "share of requests"
set key at screen 0.985,0.985 right top horizontal maxcols COLUMNS samplen 2.5 font SMALL noenhanced
plot for [i=1:runs] "compare-latency.dat" index i-1 using ($1 > 0 ? $1 : 0.001):2 with steps lc rgb colour(i) dt dash(i) lw 2 title word(LABELS, i)
