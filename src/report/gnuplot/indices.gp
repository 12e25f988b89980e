# SPDX-License-Identifier: GPL-2.0-only
# Unusable free space index (left) and fragmentation index (right), a row of panels a zone.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 zones (words),
# ARG6 orders shown (words), ARG7 1 if the second half of the blocks is the real machine
load "style.gp"
zones = words(ARG5)
lines = words(ARG6)
array COLOUR[4] = [SKY, GREEN, BLUE, RED]
array POINT[4] = [6, 4, 8, 2]
set multiplot title ARG3 noenhanced font ",17"
set yrange [-0.03:1.05]
set ytics 0,0.5,1
set xtics autofreq maxcount 5
bottom = 0.115; top = ARG7 == 1 ? 0.83 : 0.86
height = (top - bottom) / zones
do for [z=1:zones] {
	set tmargin at screen top - (z - 1) * height - 0.05
	set bmargin at screen top - z * height + 0.005
	if (z == zones) {
		set format x; set xlabel "simulated time (" . ARG4 . ")" offset 0,0.3
	} else {
		set format x ""; unset xlabel
	}
	do for [side=0:1] {
		set lmargin at screen 0.085 + side * 0.475
		set rmargin at screen 0.51 + side * 0.475
		file = side ? "extfrag.dat" : "unusable.dat"
		set title word(ARG5, z) . (side ? ": why would a request fail?" : ": free memory too small for the order") noenhanced font ",14" offset 0,-0.7
		set ylabel (side ? "0 no memory, 1 fragments" : "unusable index") offset 1.2 font ",13"
		if (z == 1 && !side) { set key at screen 0.985,0.93 right top horizontal maxrows 1 samplen 3 width 1 } else { unset key }
		if (ARG7 == 1) {
			plot for [i=1:lines] file index z-1+zones using 1:(column(word(ARG6, i) + 2)) with lines lc rgb COLOUR[i] lw 1 dt (4,3) notitle, \
			     for [i=1:lines] file index z-1 using 1:(column(word(ARG6, i) + 2)) with linespoints lc rgb COLOUR[i] lw 1.8 pt POINT[i] ps 0.9 pointinterval -60 title "order " . word(ARG6, i), \
			     NaN with lines lc rgb GREY lw 1 dt (4,3) title "real machine"
		} else {
			plot for [i=1:lines] file index z-1 using 1:(column(word(ARG6, i) + 2)) with linespoints lc rgb COLOUR[i] lw 1.8 pt POINT[i] ps 0.9 pointinterval -60 title "order " . word(ARG6, i)
		}
	}
}
unset multiplot
