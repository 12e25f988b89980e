# SPDX-License-Identifier: GPL-2.0-only
# Free blocks of one zone over time, a panel an order.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 data file, ARG6 zone,
# ARG7 number of orders, ARG8 KiB of a page, ARG9 1 if the file's second block is the real machine
load "style.gp"
orders = int(ARG7)
columns = orders > 11 ? 5 : 4
rows = (orders + columns) / columns
size(o) = ARG8 * 2**o < 1024 ? sprintf("%d KiB", ARG8 * 2**o) : sprintf("%d MiB", ARG8 * 2**o / 1024)
set multiplot title ARG3 . "\nfree blocks of zone " . ARG6 noenhanced font ",17"
set yrange [0:*]
set offsets 0,0,graph 0.08,0
set xtics autofreq maxcount 4
set ytics autofreq maxcount 3
left = 0.065; right = 0.99; bottom = 0.105; top = 0.875
width = (right - left) / columns
height = (top - bottom) / rows
do for [o=0:orders-1] {
	row = o / columns; column = o % columns
	set lmargin at screen left + column * width + 0.012
	set rmargin at screen left + (column + 1) * width - 0.028
	set tmargin at screen top - row * height - 0.045
	set bmargin at screen top - (row + 1) * height + 0.02
	set title sprintf("order %d: %s", o, size(o)) font ",13" offset 0,-0.75
	if (o + columns >= orders) {
		set format x; set xlabel "time (" . ARG4 . ")" offset 0,0.9 font ",13"
	} else {
		set format x ""; unset xlabel
	}
	unset key
	if (ARG9 == 1) {
		plot ARG5 index 0 using 1:(column(o + 2)) with lines lc rgb BLUE lw 1.8 notitle, \
		     ARG5 index 1 using 1:(column(o + 2)) with lines lc rgb BLACK lw 1.1 dt (5,3) notitle
	} else {
		plot ARG5 index 0 using 1:(column(o + 2)) with lines lc rgb BLUE lw 1.8 notitle
	}
}
# the free place after the last panel holds the key
set lmargin at screen right - width + 0.02
set rmargin at screen right
set tmargin at screen top - (rows - 1) * height - 0.02
set bmargin at screen bottom
unset border; unset tics; unset title; unset xlabel; unset grid
set key at screen right - width + 0.03, top - (rows - 1) * height - 0.1 left top Left reverse samplen 3 spacing 1.4
set xrange [0:1]; set yrange [0:1]
if (ARG9 == 1) {
	plot NaN with lines lc rgb BLUE lw 1.8 title "simulated", \
	     NaN with lines lc rgb BLACK lw 1.1 dt (5,3) title "real machine"
} else {
	plot NaN with lines lc rgb BLUE lw 1.8 title "free blocks"
}
unset multiplot
