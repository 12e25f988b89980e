# SPDX-License-Identifier: GPL-2.0-only
# Allocation latency: percentiles of each class of request (above), what they are made of (below).
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 number of classes, ARG5 causes (words)
load "style.gp"
causes = words(ARG5)
NAMES = "pcp refill buddy fallback lock zero slowpath fault reclaim compaction writeback throttle swap_in oom cpu"
array COLOUR[15] = [SKY, BLUE, GREEN, ORANGE, BLACK, LIGHT, PURPLE, YELLOW, RED, GREEN, GREY, ORANGE, BLUE, BLACK, PURPLE]
# hatching tells apart what shares a colour
array FILL[15] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
number(name) = sum [i=1:15] (word(NAMES, i) eq name ? i : 0)
set multiplot title ARG3 noenhanced font ",17"
right = 6 * ARG4 - 1.4
set xrange [-0.8:right + 0.2]
set boxwidth 0.8
set lmargin at screen 0.085; set rmargin at screen 0.84
set tmargin at screen 0.87; set bmargin at screen 0.55
unset key
set format x ""; set xtics scale 0; unset xtics
set logscale y
set yrange [*:*]
set offsets 0,0,graph 0.15,graph 0.05
set format y "10^{%T}"
set ylabel "latency (µs)" offset 0.5
plot "latency.dat" index 0 using 1:2 with impulses lc rgb BLUE lw 6, \
     "" index 0 using 1:2 with points pt 7 ps 1.6 lc rgb BLUE, \
     "" index 0 using 1:2:3 with labels noenhanced offset 0,0.9 font ",12"
unset logscale y
set offsets 0,0,0,0
set yrange [0:100]
set format y "%g %%"
set ylabel "share of the time" offset 0.5
set tmargin at screen 0.52; set bmargin at screen 0.17
set key at screen 0.99,0.52 right top Left reverse samplen 1.5 spacing 1.15 invert
set xtics rotate by 0 font ",12"
set xtics ()
set for [c=0:ARG4-1] xtics add ("50" 6*c, "90" 6*c+1, "99" 6*c+2, "99.9" 6*c+3, "max" 6*c+4)
set xlabel "percentile" offset 0,1.9
set style fill solid 1 border rgb "white"
plot for [i=1:causes] "latency.dat" index i+1 using 1:(($2 + $3) / 2):($1 - 0.4):($1 + 0.4):2:3 with boxxyerror lc rgb COLOUR[number(word(ARG5, i))] fs solid title word(ARG5, i), \
     "latency.dat" index 1 using 1:(0):2 with labels noenhanced offset 0,-3.2 font ",14" notitle, \
     "" index 1 using 1:(0):3 with labels noenhanced offset 0,-4.3 font ",12" textcolor rgb GREY notitle
unset multiplot
