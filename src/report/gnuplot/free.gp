# SPDX-License-Identifier: GPL-2.0-only
# Free memory of each zone with its watermarks.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 unit of time, ARG5 zones (words),
# ARG6 unit of memory, ARG7 1 if free-observed.dat is there
load "style.gp"
zones = words(ARG5)
set multiplot layout zones,1 title ARG3 noenhanced font ",17" margins 0.09,0.985,0.11,0.83 spacing 0,0.075
set yrange [0:*]
set offsets 0,0,graph 0.06,0
set format x ""
do for [z=1:zones] {
	if (z == zones) { set format x; set xlabel "simulated time (" . ARG4 . ")" offset 0,0.3 }
	set title word(ARG5, z) noenhanced left offset 0,-0.6 at graph 0,1
	set ylabel "free (" . ARG6 . ")" offset 1
	if (z == 1) { set key at screen 0.985,0.925 right top horizontal maxrows 1 samplen 3 width 1 } else { unset key }
	if (ARG7 == 1) {
		plot "free.dat" index z-1 using 1:5 with steps lc rgb ORANGE lw 1.6 dt (2,2) title "high mark", \
		     "" index z-1 using 1:4 with steps lc rgb RED lw 1.8 dt (8,4) title "low mark", \
		     "" index z-1 using 1:3 with steps lc rgb RED lw 2 title "min mark", \
		     "" index z-1 using 1:2 with lines lc rgb BLUE lw 2.2 title "free, simulated", \
		     "free-observed.dat" index z-1 using 1:2 with lines lc rgb BLACK lw 1.2 dt (5,3) title "free, real machine"
	} else {
		plot "free.dat" index z-1 using 1:5 with steps lc rgb ORANGE lw 1.6 dt (2,2) title "high mark", \
		     "" index z-1 using 1:4 with steps lc rgb RED lw 1.8 dt (8,4) title "low mark", \
		     "" index z-1 using 1:3 with steps lc rgb RED lw 2 title "min mark", \
		     "" index z-1 using 1:2 with lines lc rgb BLUE lw 2.2 title "free"
	}
}
unset multiplot
