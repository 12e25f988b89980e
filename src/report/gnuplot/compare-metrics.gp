# SPDX-License-Identifier: GPL-2.0-only
# Variants over each other: the figures of the table over time, twelve panels a page.
# ARG1 svg|png, ARG2 file to write, ARG3 labels (words), ARG4 first panel from 0, ARG5 names of all
# panels (words); compare-metrics.dat has a block of rows for each run and panel
TERMINAL = ARG1; OUTPUT = ARG2; LABELS = ARG3
load "style.gp"
load "compare-key.gp"
all = words(ARG5); first = int(ARG4)
panels = all - first > 12 ? 12 : all - first
across = panels > 4 ? 3 : panels > 1 ? 2 : 1
down = (panels + across - 1) / across
stats "compare-metrics.dat" using 1 nooutput name "TIME"
set multiplot
set xrange [0:TIME_max > 0 ? TIME_max : 1]
set xtics 0,step(TIME_max, 5) offset 0,0.3
set tics font SMALL
set format y "%.0s%c"
unset key
left(c) = 0.06 + c * 0.935 / across
top(r) = TOP - r * (TOP - 0.07) / down
do for [p=0:panels-1] {
	set lmargin at screen left(p % across); set rmargin at screen left(p % across) + 0.935 / across - 0.065
	set tmargin at screen top(p / across) - 0.045
	set bmargin at screen top(p / across + 1) + 0.042
	set yrange [*:*] # stats passes over what is outside of the panel before
	MAX = 0
	do for [i=0:runs-1] {
		stats "compare-metrics.dat" index i*all+first+p using 2 nooutput name "Y"
		if (exists("Y_max") && Y_max > MAX) { MAX = Y_max }
	}
	if (MAX <= 0) { MAX = 1 }
	set yrange [0:1.08 * MAX]
	set ytics 0,step(MAX, 3)
	set label 1 word(ARG5, first + p + 1) at graph 0.005,1 offset 0,0.6 font SMALL noenhanced
	plot for [i=1:runs] "compare-metrics.dat" index (i-1)*all+first+p using 1:2 with lines lc rgb colour(i) dt dash(i) lw 1.8
}
set tmargin at screen 0.99; set bmargin at screen TOP
set lmargin at screen 0.06; set rmargin at screen 0.985
unset label 1
set label 2 "simulated time (s)" at screen 0.5,0.025 center
unset border; unset tics; unset grid
set xrange [0:1]; set yrange [0:1]
set key at screen 0.985,0.985 right top horizontal maxcols COLUMNS samplen 2.5 font SMALL noenhanced
plot for [i=1:runs] NaN with lines lc rgb colour(i) dt dash(i) lw 2.5 title word(LABELS, i)
unset multiplot
