# SPDX-License-Identifier: GPL-2.0-only
# The key of a comparison, above all panels and as high as it has to be: TOP is where they begin.
# LABELS: words
runs = words(LABELS)
array COLOUR[8] = [BLUE, RED, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY]
colour(i) = COLOUR[(i - 1) % 8 + 1]
dash(i) = (i - 1) / 8 + 1
LONGEST = 0
do for [i=1:runs] { if (strlen(word(LABELS, i)) > LONGEST) { LONGEST = strlen(word(LABELS, i)) } }
COLUMNS = 120 / (LONGEST + 9)
if (COLUMNS < 1) { COLUMNS = 1 }
if (COLUMNS > runs) { COLUMNS = runs }
ROWS = (runs + COLUMNS - 1) / COLUMNS
TOP = 0.975 - 0.031 * ROWS
