# SPDX-License-Identifier: GPL-2.0-only
# Free blocks of one zone over time, a panel an order.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 data file, ARG6 zone,
# ARG7 number of orders, ARG8 KiB of a page, ARG9 1 if the file's second block is the real machine
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
orders = int(ARG7)
columns = orders > 11 ? 5 : 4
rows = (orders + columns) / columns
size(o) = ARG8 * 2**o < 1024 ? sprintf("%d KiB", ARG8 * 2**o) : sprintf("%d MiB", ARG8 * 2**o / 1024)
array MAX[orders]
stats ARG5 index 0 using 1 nooutput name "TIME"
do for [o=0:orders-1] {
	stats ARG5 using (column(o + 2)) nooutput name "BLOCKS"
	if (!exists("BLOCKS_max")) { BLOCKS_max = 0 }
	MAX[o + 1] = BLOCKS_max > 3 ? BLOCKS_max * 1.08 : 3.2
}
set multiplot title ARG3 noenhanced font TITLE
set label 1 "free blocks of zone " . ARG6 noenhanced at screen 0.5,0.925 center
set xrange [0:TIME_max > 0 ? TIME_max : 1]
set xtics 0,step(TIME_max, 3)
left = 0.06; right = 0.995; bottom = 0.105; top = 0.905
width = (right - left) / columns
height = (top - bottom) / rows
set tics font SMALL
unset key
do for [o=0:orders-1] {
	row = o / columns; column = o % columns
	set lmargin at screen left + column * width + 0.012
	set rmargin at screen left + (column + 1) * width - 0.04
	set tmargin at screen top - row * height - 0.045
	set bmargin at screen top - (row + 1) * height + 0.02
	set title sprintf("order %d: %s", o, size(o)) font SMALL offset 0,-0.75
	if (o + columns >= orders) {
		set format x; set xlabel "time (" . ARG4 . ")" offset 0,0.55 font SMALL
	} else {
		set format x ""; unset xlabel
	}
	set yrange [0:MAX[o + 1]]
	set ytics 0,step(MAX[o + 1], 3)
	if (ARG9 == 1) {
		plot ARG5 index 1 using 1:(column(o + 2)) with lines lc rgb REAL lw 3.5, \
		     ARG5 index 0 using 1:(column(o + 2)) with lines lc rgb BLUE lw 1.3
	} else {
		plot ARG5 index 0 using 1:(column(o + 2)) with lines lc rgb BLUE lw 1.5
	}
	unset label 1
}
# the free place after the last panel holds the key
set lmargin at screen right - width + 0.02; set rmargin at screen right
set tmargin at screen bottom + height * 0.55; set bmargin at screen bottom
unset border; unset tics; unset title; unset xlabel; unset grid
set key at screen right - 0.02, bottom + height * 0.45 right top Left reverse samplen 3 spacing 1.4
set yrange [0:1]
if (ARG9 == 1) {
	plot NaN with lines lc rgb BLUE lw 1.5 title "simulated", \
	     NaN with lines lc rgb REAL lw 5 title "real machine"
} else {
	plot NaN with lines lc rgb BLUE lw 1.5 title "free blocks"
}
unset multiplot
