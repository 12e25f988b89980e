# SPDX-License-Identifier: GPL-2.0-only
# Allocation latency: percentiles of each class of request (above), what they are made of (below).
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 number of classes, ARG5 causes (words)
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
causes = words(ARG5)
NAMES = "pcp refill buddy fallback lock zero slowpath fault reclaim compaction writeback throttle swap_in oom cpu"
array COLOUR[15] = [SKY, BLUE, GREEN, ORANGE, BLACK, LIGHT, PURPLE, YELLOW, RED, GREEN, GREY, ORANGE, BLUE, BLACK, PURPLE]
# solid, or hatched where two share a colour
array PATTERN[15] = [3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4]
number(name) = sum [i=1:15] (word(NAMES, i) eq name ? i : 0)
stats "latency.dat" index 0 using 2 nooutput name "BAR"
set multiplot title ARG3 noenhanced font TITLE
set label 1 "allocation latency by class of request, and what it was spent on" at screen 0.5,0.925 center
set xrange [-0.8:6 * ARG4 - 1.2]
set lmargin at screen 0.085; set rmargin at screen 0.85
set tmargin at screen 0.895; set bmargin at screen 0.565
unset key; unset xtics
set logscale y
set yrange [BAR_min / 3:BAR_max * (BAR_max / BAR_min)**0.7 * 10]
set format y "10^{%T}"
set ylabel "latency (µs)" offset 0.5
plot "latency.dat" index 0 using 1:2 with impulses lc rgb BLUE lw 6, \
     "" index 0 using 1:2 with points pt 7 ps 1.6 * POINTS lc rgb BLUE, \
     "" index 0 using 1:2:3 with labels noenhanced left rotate by 90 offset 0,0.6 font SMALL
unset logscale y
unset label 1
set yrange [0:100]
set ytics 0,25,100
set format y "%g %%"
set ylabel "share of time" offset 0.5
set tmargin at screen 0.525; set bmargin at screen 0.175
set key at screen 0.998,0.53 right top font SMALL Left reverse samplen 1.5 spacing 0.95 invert
set xtics () scale 0 font SMALL
set for [c=0:ARG4-1] xtics add ("50" 6*c, "90" 6*c+1, "99" 6*c+2, "99.9" 6*c+3, "max" 6*c+4)
set label 2 "percentile" at graph -0.008, screen 0.14 right font SMALL
plot for [i=1:causes] "latency.dat" index i+1 using 1:(($2 + $3) / 2):($1 - 0.4):($1 + 0.4):2:3 with boxxyerror lc rgb COLOUR[number(word(ARG5, i))] fs pattern PATTERN[number(word(ARG5, i))] border rgb "white" title word(ARG5, i), \
     "latency.dat" index 1 using 1:(0):2 with labels noenhanced offset 0,-3 notitle, \
     "" index 1 using 1:(0):3 with labels noenhanced offset 0,-4.1 font SMALL textcolor rgb GREY notitle
unset multiplot
