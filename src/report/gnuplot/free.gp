# SPDX-License-Identifier: GPL-2.0-only
# Free memory of each zone with its watermarks.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 zones (words),
# ARG6 unit of memory, ARG7 1 if free-observed.dat is there
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
zones = words(ARG5)
array MAX[zones]
stats "free.dat" using 1 nooutput name "TIME"
do for [z=1:zones] {
	stats "free.dat" index z-1 using 2 nooutput name "FREE"
	stats "free.dat" index z-1 using 5 nooutput name "MARK"
	# where there is nothing to count stats leaves nothing
	if (!exists("FREE_max")) { FREE_max = 0 }
	if (!exists("MARK_max")) { MARK_max = 0 }
	MAX[z] = 1.08 * (FREE_max > MARK_max ? FREE_max : MARK_max)
	if (MAX[z] <= 0) { MAX[z] = 1 }
}
set multiplot title ARG3 noenhanced font TITLE
set lmargin at screen 0.08; set rmargin at screen 0.985
bottom = 0.115; top = 0.89
height = (top - bottom) / zones
set xrange [0:TIME_max > 0 ? TIME_max : 1]
set format x ""
unset key
do for [z=1:zones] {
	set tmargin at screen top - (z - 1) * height - 0.045
	set bmargin at screen top - z * height + 0.01
	if (z == zones) { set format x; set xlabel "simulated time (" . ARG4 . ")" offset 0,0.3 }
	set label 1 word(ARG5, z) noenhanced at graph 0.005, screen top - (z - 1) * height - 0.025 font TITLE
	set ylabel "free (" . ARG6 . ")" offset 1
	set yrange [0:MAX[z]]
	set ytics 0,step(MAX[z], zones > 2 ? 3 : 5)
	if (ARG7 == 1) {
		plot "free-observed.dat" index z-1 using 1:2 with lines lc rgb REAL lw 5, \
		     "free.dat" index z-1 using 1:5 with steps lc rgb ORANGE lw 1.6 dt (3,6), \
		     "" index z-1 using 1:4 with steps lc rgb RED lw 1.8 dt (14,8), \
		     "" index z-1 using 1:3 with steps lc rgb RED lw 2, \
		     "" index z-1 using 1:2 with lines lc rgb BLUE lw 1.8
	} else {
		plot "free.dat" index z-1 using 1:5 with steps lc rgb ORANGE lw 1.6 dt (3,6), \
		     "" index z-1 using 1:4 with steps lc rgb RED lw 1.8 dt (14,8), \
		     "" index z-1 using 1:3 with steps lc rgb RED lw 2, \
		     "" index z-1 using 1:2 with lines lc rgb BLUE lw 1.8
	}
}
set tmargin at screen KEY_TOP; set bmargin at screen KEY_BOTTOM
unset label; unset border; unset tics; unset xlabel; unset ylabel; unset grid
set yrange [0:1]
set key at screen 0.985,0.935 right top horizontal maxrows 1 samplen 2.5 width 0
if (ARG7 == 1) {
	plot NaN with lines lc rgb BLUE lw 1.8 title "simulated", \
	     NaN with lines lc rgb REAL lw 5 title "real machine", \
	     NaN with lines lc rgb RED lw 2 title "min mark", \
	     NaN with lines lc rgb RED lw 1.8 dt (14,8) title "low mark", \
	     NaN with lines lc rgb ORANGE lw 1.6 dt (3,6) title "high mark"
} else {
	plot NaN with lines lc rgb BLUE lw 1.8 title "free", \
	     NaN with lines lc rgb RED lw 2 title "min mark", \
	     NaN with lines lc rgb RED lw 1.8 dt (14,8) title "low mark", \
	     NaN with lines lc rgb ORANGE lw 1.6 dt (3,6) title "high mark"
}
unset multiplot
