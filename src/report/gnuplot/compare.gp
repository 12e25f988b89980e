# SPDX-License-Identifier: GPL-2.0-only
# Variants over each other: free memory, unusable index, swap, memory pressure.
# ARG1 svg|png, ARG2 file to write, ARG3 labels (words)
TERMINAL = ARG1; OUTPUT = ARG2; LABELS = ARG3
load "style.gp"
load "compare-key.gp"
stats "compare.dat" using 1 nooutput name "TIME"
set multiplot
set lmargin at screen 0.085; set rmargin at screen 0.985
set xrange [0:TIME_max > 0 ? TIME_max : 1]
array COLUMN[4] = [2, 3, 4, 5]
array LABEL[4] = ["free (pages)", "unusable, order 9", "in swap (pages)", "PSI some (%)"]
height = (TOP - 0.11) / 4
unset key
set format x ""
do for [p=1:4] {
	set tmargin at screen TOP - (p - 1) * height - 0.03
	set bmargin at screen TOP - p * height + 0.015
	set yrange [*:*] # stats passes over what is outside of the panel before
	stats "compare.dat" using (column(COLUMN[p])) nooutput name "Y"
	set yrange [0:Y_max > 0 ? 1.08 * Y_max : 1]
	set ytics 0,step(Y_max > 0 ? Y_max : 1, 3)
	set label 1 LABEL[p] at graph 0.005,1.06 font SMALL
	if (p == 4) { set format x; set xlabel "simulated time (s)" offset 0,0.3 }
	plot for [i=1:runs] "compare.dat" index i-1 using 1:(column(COLUMN[p])) with lines lc rgb colour(i) dt dash(i) lw 1.8
}
set tmargin at screen 0.99; set bmargin at screen TOP
unset label 1
unset border; unset tics; unset xlabel; unset ylabel; unset grid
set yrange [0:1]
set key at screen 0.985,0.985 right top horizontal maxcols COLUMNS samplen 2.5 font SMALL noenhanced
plot for [i=1:runs] NaN with lines lc rgb colour(i) dt dash(i) lw 2.5 title word(LABELS, i)
unset multiplot
