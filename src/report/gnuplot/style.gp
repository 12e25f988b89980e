# SPDX-License-Identifier: GPL-2.0-only
# What all figures share: terminal, colours (Okabe and Ito's, safe for colour-blind readers), text.
# TERMINAL is svg or png, OUTPUT the file to write. Colour never stands alone: dashes, markers,
# thickness or direct labels say the same.
if (TERMINAL eq "") { print "see README.txt beside this script"; exit }
if (TERMINAL eq "svg") {
	set terminal svg size 1280,720 dynamic font "DejaVu Sans,18" background rgb "white" linewidth 1.3
} else {
	set terminal pngcairo size 1280,720 font "DejaVu Sans,14" background rgb "white" linewidth 1.3
}
set output OUTPUT
set encoding utf8
BLACK = 0x000000; ORANGE = 0xE69F00; SKY = 0x56B4E9; GREEN = 0x009E73
YELLOW = 0xF0E442; BLUE = 0x0072B2; RED = 0xD55E00; PURPLE = 0xCC79A7
GREY = 0x767676; LIGHT = 0xCCCCCC; REAL = 0xA8A8A8
TITLE = ",16"; SMALL = ",13"; POINTS = 1.0
if (TERMINAL eq "svg") { TITLE = ",21"; SMALL = ",16.5"; POINTS = 0.5 }
set border 3 linecolor rgb GREY
set tics nomirror textcolor rgb BLACK out scale 0.6
set grid ytics linecolor rgb LIGHT linewidth 0.8 dashtype solid
set key noenhanced
set pointintervalbox 0.7
# a round step for about n tics up to top
step(top, n) = top <= 0 ? 1 : round_step(1.0 * top / n, 10.0**floor(log10(1.0 * top / n)))
round_step(x, ten) = x / ten < 1.5 ? ten : x / ten < 3 ? 2 * ten : x / ten < 7.5 ? 5 * ten : 10 * ten
# where the key of all panels lies, in a panel of its own
KEY_TOP = 0.945; KEY_BOTTOM = 0.895
