# SPDX-License-Identifier: GPL-2.0-only
# Unusable free space index (left) and fragmentation index (right), a row of panels a zone.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 zones (words),
# ARG6 orders shown (words), ARG7 1 if the second half of the blocks is the real machine
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
zones = words(ARG5)
lines = words(ARG6)
array COLOUR[4] = [ORANGE, GREEN, BLUE, RED]
array PALE[4] = [0xF5D999, 0x99D8C7, 0x99C7E0, 0xEEBF99]
array POINT[4] = [6, 4, 8, 2]
stats "unusable.dat" index 0 using 1 nooutput name "TIME"
set xrange [0:TIME_max > 0 ? TIME_max : 1]
set xtics 0,step(TIME_max, 5)
set multiplot title ARG3 noenhanced font TITLE
set yrange [-0.03:1.06]
set ytics 0,0.5,1
bottom = 0.115; top = 0.87
height = (top - bottom) / zones
unset key
do for [z=1:zones] {
	set tmargin at screen top - (z - 1) * height - (z == 1 ? 0.045 : 0.025)
	set bmargin at screen top - z * height + 0.01
	if (z == zones) {
		set format x; set xlabel "simulated time (" . ARG4 . ")" offset 0,0.3
	} else {
		set format x ""; unset xlabel
	}
	do for [side=0:1] {
		set lmargin at screen 0.085 + side * 0.47
		set rmargin at screen 0.515 + side * 0.47
		file = side ? "extfrag.dat" : "unusable.dat"
		if (z == 1) {
			set title (side ? "fragmentation index: 0 lack of memory, 1 fragments" : "unusable share of free memory") offset 0,-0.6
		} else {
			unset title
		}
		if (side) { unset ylabel } else { set ylabel word(ARG5, z) noenhanced offset 0.5 font TITLE }
		# an index of no order at any time: say so in the empty panel
		found = 0
		do for [i=1:lines] {
			undefine SEEN_records
			stats file index z-1 using (column(word(ARG6, i) + 2)) nooutput name "SEEN"
			if (exists("SEEN_records")) { found = found + SEEN_records }
		}
		unset label 1
		if (!found) { set label 1 "a block of each order is free all the time" at graph 0.5,0.5 center textcolor rgb GREY }
		if (ARG7 == 1) {
			plot for [i=1:lines] file index z-1+zones using 1:(column(word(ARG6, i) + 2)) with lines lc rgb PALE[i] lw 5, \
			     for [i=1:lines] file index z-1 using 1:(column(word(ARG6, i) + 2)) with linespoints lc rgb COLOUR[i] lw 1.4 pt POINT[i] ps POINTS pointinterval -70
		} else {
			plot for [i=1:lines] file index z-1 using 1:(column(word(ARG6, i) + 2)) with linespoints lc rgb COLOUR[i] lw 1.6 pt POINT[i] ps POINTS pointinterval -70
		}
	}
}
set lmargin at screen 0.05; set rmargin at screen 0.985
set tmargin at screen KEY_TOP; set bmargin at screen KEY_BOTTOM
unset border; unset tics; unset title; unset xlabel; unset ylabel; unset grid; unset label
set key at screen 0.985,0.935 right top horizontal maxrows 1 samplen 2.5
if (ARG7 == 1) {
	plot for [i=1:lines] NaN with linespoints lc rgb COLOUR[i] lw 1.6 pt POINT[i] ps POINTS title "order " . word(ARG6, i), \
	     NaN with lines lc rgb LIGHT lw 5 title "real machine"
} else {
	plot for [i=1:lines] NaN with linespoints lc rgb COLOUR[i] lw 1.6 pt POINT[i] ps POINTS title "order " . word(ARG6, i)
}
unset multiplot
