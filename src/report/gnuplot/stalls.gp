# SPDX-License-Identifier: GPL-2.0-only
# What tasks' time went into, stacked by cause; below, memory pressure.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 causes (words)
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
causes = words(ARG5)
NAMES = "pcp refill buddy fallback lock zero slowpath fault reclaim compaction writeback throttle swap_in oom cpu"
array COLOUR[15] = [SKY, BLUE, GREEN, ORANGE, BLACK, LIGHT, PURPLE, YELLOW, RED, GREEN, GREY, ORANGE, BLUE, BLACK, PURPLE]
array PATTERN[15] = [3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4]
number(name) = sum [i=1:15] (word(NAMES, i) eq name ? i : 0)
stats "stalls.dat" using 1 nooutput name "TIME"
stats "stalls.dat" using (column(causes + 2)) nooutput name "SUM"
set multiplot title ARG3 noenhanced font TITLE
set label 1 "what tasks' time went into while they did not run their own code" at screen 0.45,0.925 center
set lmargin at screen 0.085; set rmargin at screen 0.85
set xrange [TIME_min:TIME_max > TIME_min ? TIME_max : TIME_min + 1]
set tmargin at screen 0.895; set bmargin at screen 0.36
set yrange [0:SUM_max > 0 ? 1.05 * SUM_max : 1]
set ylabel "ms a second, all tasks" offset 0.5
set format x ""
set key at screen 0.998,0.895 right top Left reverse samplen 1.5 spacing 1.15 invert
plot for [i=causes:1:-1] "stalls.dat" using 1:(column(i + 2)) with fillsteps fs pattern PATTERN[number(word(ARG5, i))] lc rgb COLOUR[number(word(ARG5, i))] title word(ARG5, i)
unset label 1
unset key
set format x
set tmargin at screen 0.32; set bmargin at screen 0.11
set yrange [0:100]
set ytics 0,50,100
set ylabel "some, %" offset 0.5
set xlabel "simulated time (" . ARG4 . ")" offset 0,0.3
set label 2 "memory pressure (PSI some)" at graph 0.005,0.9 font SMALL
plot "stalls.dat" using 1:2 with fillsteps fs solid 0.4 lc rgb RED, \
     "" using 1:2 with steps lc rgb RED lw 1.5
unset multiplot
