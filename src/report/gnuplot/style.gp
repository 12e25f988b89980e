# SPDX-License-Identifier: GPL-2.0-only
# What all figures share: terminal, colours (Okabe and Ito's, safe for colour-blind readers), text.
# Called with ARG1 terminal (svg or png), ARG2 file to write. Colour never stands alone: dashes,
# markers or direct labels say the same.
if (ARGC < 2) { print "see README.txt beside this script"; exit }
if (ARG1 eq "svg") {
	set terminal svg size 1280,720 dynamic font "DejaVu Sans,16" background rgb "white" linewidth 1.3
} else {
	set terminal pngcairo size 1280,720 font "DejaVu Sans,14" background rgb "white" linewidth 1.3
}
set output ARG2
set encoding utf8
BLACK = 0x000000; ORANGE = 0xE69F00; SKY = 0x56B4E9; GREEN = 0x009E73
YELLOW = 0xF0E442; BLUE = 0x0072B2; RED = 0xD55E00; PURPLE = 0xCC79A7
GREY = 0x767676; LIGHT = 0xD9D9D9
set border 3 linecolor rgb GREY
set tics nomirror textcolor rgb BLACK out scale 0.6
set grid ytics linecolor rgb LIGHT linewidth 0.7 dashtype solid
set key noenhanced
set datafile missing "NaN"
