# SPDX-License-Identifier: GPL-2.0-only
# Physical memory over time: colour is the type of the pageblocks, darkness how much is in use.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 time at the right edge,
# ARG6 unit of memory, ARG7 memory at the top, ARG8 types that occur (words),
# ARG9 marks in map-moves.dat: where pages moved away
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
types = words(ARG8)
marks = exists("ARG9") && ARG9 ne "" ? ARG9 + 0 : 0
LEVELS = 9
array RED_OF[6] = [0xD5, 0x00, 0x00, 0xCC, 0xE6, 0x00]
array GREEN_OF[6] = [0x5E, 0x72, 0x9E, 0x79, 0x9F, 0x00]
array BLUE_OF[6] = [0x00, 0xB2, 0x73, 0xA7, 0x00, 0x00]
# from nearly white (free) to the full colour (in use)
share(code) = 0.1 + 0.9 * (int(code) % LEVELS) / (LEVELS - 1.0)
mix(part, code) = 255 - (255 - part) * share(code)
r(code) = mix(RED_OF[int(code) / LEVELS + 1], code)
g(code) = mix(GREEN_OF[int(code) / LEVELS + 1], code)
b(code) = mix(BLUE_OF[int(code) / LEVELS + 1], code)
stats "map.dat" matrix nooutput
nx = STATS_size_x; ny = STATS_size_y
dx = real(ARG5) / nx; dy = real(ARG7) / ny
set multiplot title ARG3 . "\nphysical memory: type and use of its pageblocks" noenhanced font TITLE
set lmargin at screen 0.085; set rmargin at screen 0.715
set bmargin at screen 0.115; set tmargin at screen 0.865
unset key; unset grid
set border 15
set xrange [0:real(ARG5)]; set yrange [0:real(ARG7)]
set xlabel "simulated time (" . ARG4 . ")" offset 0,0.3
set ylabel "memory, in address order (" . ARG6 . ")" offset 0.5

plot "map.dat" matrix using (($1 + 0.5) * dx):(($2 + 0.5) * dy):(r($3)):(g($3)):(b($3)) with rgbimage, \
     (marks > 0 ? "map-moves.dat" : "map-zones.dat") using (marks > 0 ? $1 : NaN):2 with points pt 7 ps 0.28 * POINTS lc rgb BLACK, \
     "map-zones.dat" using (real(ARG5)):1:(-real(ARG5)):(0) with vectors nohead lc rgb BLACK lw 1 dt (6,4), \
     "" using (real(ARG5)):(($1 + $2) / 2):3 with labels left noenhanced offset 0.6,0 font SMALL
if (marks > 0) { set label 9 "● pages moved away" at screen 0.985, 0.80 - 0.062 * types - 0.10 right font SMALL }
# the legend: two rows of shades a type
set lmargin at screen 0.905; set rmargin at screen 0.985
set tmargin at screen 0.80; set bmargin at screen 0.80 - 0.062 * types
set xrange [-0.5:8.5]; set yrange [2 * types - 0.5:-0.5]
unset ylabel; unset border
set xlabel "free → in use" offset 0,0.6
set format x ""
set xtics scale 0; set ytics scale 0 font SMALL
set ytics ()
do for [t=1:types] { set ytics add (word(ARG8, t) 2 * t - 1.5) }
plot "map-legend.dat" matrix using 1:2:(r($3)):(g($3)):(b($3)) with rgbimage pixels
unset multiplot
