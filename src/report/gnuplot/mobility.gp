# SPDX-License-Identifier: GPL-2.0-only
# Share of pageblocks that hold a page which cannot move; below, pages that moved.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 zones (words)
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
zones = words(ARG5)
array COLOUR[3] = [BLUE, RED, GREEN]
array DASH[3] = [1, 2, 4]
stats "mobility.dat" index 0 using 1 nooutput name "TIME"
stats "mobility.dat" using 2 nooutput name "SHARE"
stats "moves.dat" using 2 nooutput name "MOVES"
set multiplot title ARG3 noenhanced font TITLE
set lmargin at screen 0.1; set rmargin at screen 0.985
set xrange [TIME_min:TIME_max > TIME_min ? TIME_max : TIME_min + 1]
set tmargin at screen 0.86; set bmargin at screen 0.45
set yrange [0:SHARE_max > 0 ? 1.1 * SHARE_max : 1]
set ylabel "pageblocks, %" offset 0.5
set format x ""
set label 1 "pageblocks that hold a page which cannot move" at graph 0.005,1.06
set key at graph 1,1.14 right top horizontal samplen 2.5
plot for [z=1:zones] "mobility.dat" index z-1 using 1:2 with lines lc rgb COLOUR[z] dt DASH[z] lw 2 title word(ARG5, z)
unset key
set format x
set tmargin at screen 0.38; set bmargin at screen 0.11
set yrange [0:MOVES_max > 0 ? 1.1 * MOVES_max : 1]
set ylabel "pages a second" offset 0.5
set xlabel "simulated time (" . ARG4 . ")" offset 0,0.3
set label 1 "pages that moved" at graph 0.005,1.08
plot "moves.dat" using 1:2 with fillsteps fs solid 0.4 lc rgb PURPLE, \
     "" using 1:2 with steps lc rgb PURPLE lw 1.5
unset multiplot
