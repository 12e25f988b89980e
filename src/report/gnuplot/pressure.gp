# SPDX-License-Identifier: GPL-2.0-only
# Series of a simulated run over those of real ones, a panel each.
# ARG1 svg|png, ARG2 file to write, ARG3 title, ARG4 number of real runs, ARG5 names of the panels
# (words); series.dat has a block of rows for each panel and run, the simulated one last
TERMINAL = ARG1; OUTPUT = ARG2
load "style.gp"
panels = words(ARG5); runs = int(ARG4)
columns = panels > 4 ? 3 : panels > 1 ? 2 : 1
rows = (panels + columns - 1) / columns
stats "series.dat" using 1 nooutput name "TIME"
set multiplot title ARG3 noenhanced font TITLE
set xrange [0:TIME_max > 0 ? TIME_max : 1]
set xtics 0,step(TIME_max, 5)
set tics font SMALL
set format y "%.0s%c"
unset key
left(c) = 0.07 + c * 0.93 / columns
top(r) = 0.85 - r * 0.82 / rows
do for [p=0:panels-1] {
	set lmargin at screen left(p % columns); set rmargin at screen left(p % columns) + 0.93 / columns - 0.085
	set tmargin at screen top(p / columns) - 0.03
	set bmargin at screen top(p / columns) - 0.82 / rows + 0.045
	set title word(ARG5, p + 1) noenhanced font SMALL offset 0,-0.8
	set yrange [*:*]
	MAX = 0
	do for [r=0:runs] {
		stats "series.dat" index p*(runs+1)+r using 2 nooutput name "Y"
		if (exists("Y_max") && Y_max > MAX) { MAX = Y_max }
	}
	if (MAX <= 0) { MAX = 1 }
	set yrange [0:1.08 * MAX]
	set ytics 0,step(MAX, 3)
	plot for [r=0:runs-1] "series.dat" index p*(runs+1)+r using 1:2 with lines lc rgb REAL lw 1.2, \
	     "" index p*(runs+1)+runs using 1:2 with lines lc rgb BLUE lw 2.4
}
set tmargin at screen KEY_TOP; set bmargin at screen KEY_BOTTOM
unset title; unset border; unset tics; unset grid
set xrange [0:1]; set yrange [0:1]
set key at screen 0.985,0.925 right top horizontal maxrows 1 samplen 2.5
plot NaN with lines lc rgb BLUE lw 2.4 title "simulated", NaN with lines lc rgb REAL lw 1.2 title "real runs"
unset multiplot
