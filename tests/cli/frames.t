#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# frames: what `lull frames` prints for files that this test writes, what it refuses, and with
# which exit code. The formats one by one are in tests/unit/test_frames_read.c.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=hitches.sh
. "$(dirname "$0")/hitches.sh"
need_lull
f=$work/files
mkdir -p "$f"
export LC_ALL=C.UTF-8 TZ=UTC

# tombraider LOW5 LOW2 LOW1: 1001 frames of which these, in FPS, are the lowest by percentile.
tombraider() {
	awk -v l5="$1" -v l2="$2" -v l1="$3" 'BEGIN {
		print " Frame, Time (ms), Delta (ms) , Memory (mb)"
		printf "%6d, %.3f, %.3f,%d\n", 1, 0, 0, 2691
		for (i = 0; i < 1001; i++) {
			k = i * 389 % 1001
			ms = k < 950 ? 14 : 1000 / (k < 980 ? l5 : k < 990 ? l2 : l1)
			at += ms
			printf "%6d,%.3f,%.3f,5480\n", i + 2, at, ms
		}
	}'
}

# prints GOLDEN ARGUMENTS: exactly that, with names of files without their folder.
prints() {
	run "$2"
	sed -i "s|$f/||" "$out"
	diff "$golden/$1" "$out"
}

tombraider 66.58 63.00 60.06 >"$f/without.txt"
tombraider 67.29 63.53 60.93 >"$f/with.txt"
for i in 1 2 3; do
	mangohud 3000 $((4 + i)) >"$f/a$i.csv"
	mangohud 3000 $((4 + i)) | awk -F, -v OFS=, 'NR > 3 { $2 *= 0.8; $4 *= 0.8 } 1' >"$f/b$i.csv"
done
printf 'a;ms\n1;16,7\n2;x\n3;16,6\n' >"$f/other.csv"
printf '\xff\xfe' >"$f/utf16.csv"
iconv -f UTF-8 -t UTF-16LE "$f/a1.csv" >>"$f/utf16.csv"
sed 's/$/\r/' "$f/a1.csv" >"$f/crlf.csv"
head -c 200000 /dev/zero >"$f/nuls.csv"
head -c 300000 /dev/zero | tr '\0' 'x' >"$f/long.csv"
(printf 'Average FPS,97%% Percentile FPS,0.1%% Min FPS\n'; echo 1,2,3) >"$f/summary.csv"
stalls_over "$f/a1.csv" >"$f/rec.json"

plan 35

check "no file" "frames" 1 'no file; see lull frames --help'
check "no such file" "frames /nosuch.csv" 1 'frames: /nosuch.csv: No such file'
check "a folder" "frames ." 1 'Is a directory'
check "--before alone" "frames --before x" 1 'go together'
check "a file that is in no group" "frames --before x --after y --json -- z" 1 \
	'z is neither before nor after'
check "--like: not a tool" "frames --like excel x" 1 'like excel: one of lull, frameview'
check "--unit alone" "frames --unit us $f/a1.csv" 1 'unit goes with --column'
check "--unit: not one" "frames --column ms --unit h $f/other.csv" 1 'one of ms, us, ns, s'
check "--recording with two files" "frames $f/a1.csv $f/b1.csv --recording x" 1 'takes one file'
check "--recording: no recording" "frames $f/a1.csv --recording $f/a1.csv" 1 'frames: .*a1.csv'
check "an unknown format" "frames $f/other.csv" 1 'no known format.*"a;ms".*--column'
check "a summary" "frames $f/summary.csv" 1 'a summary of MangoHud: take the log beside it'
check "NULs only" "frames $f/nuls.csv" 1 'no known format'
check "one endless line" "frames $f/long.csv" 1 'no known format'
check "an empty file" "frames /dev/null" 1 'no known format'
check "a column that the user names" "frames --column ms $f/other.csv" 0 \
	'2 frames in 0.0 s; 1 row could not be read: line 3'
check "no such column" "frames --column fps $f/other.csv" 1 'no column "fps"'

holds "one file, 80 columns" prints frames.80.txt "frames $f/a1.csv"
holds "one file, ASCII" prints frames.ascii.txt "frames --ascii $f/a1.csv"
holds "fits 80 columns" eval 'run "frames $f/a1.csv" && ! grep -nE "^.{81,}" "$out"'
holds "UTF-16: the same figures" answers "frames $f/utf16.csv" '.files[0].frames' 3000
holds "CRLF: the same figures" answers "frames $f/crlf.csv" '.files[0].frames' 3000
holds "stdin" eval 'LULL_IN=$("$LULL" frames - --json <"$f/a1.csv" | jq .files[0].frames) &&
	[[ $LULL_IN == 3000 ]]'
holds "the document" prints frames.json "frames $f/with.txt --json"
holds "the document has its schema" answers "frames $f/a1.csv $f/a2.csv" \
	'[.schema, (.files | length), .files[0].lows[2].p]' '["lull.frames/1",2,0.01]'

check "two files: the table" "frames $f/without.txt $f/with.txt" 3 \
	'^  1 % percentile +60\.06 +60\.93 +\+0\.87'
check "two files: lowest 2 %" "frames $f/without.txt $f/with.txt" 3 \
	'^  2 % percentile +63\.00 +63\.53 +\+0\.53'
check "two files: lowest 5 %" "frames $f/without.txt $f/with.txt" 3 \
	'^  5 % percentile +66\.58 +67\.29 +\+0\.71'
check "two files: not conclusive" "frames $f/without.txt $f/with.txt" 3 'Not conclusive: one run a side'
holds "two groups, 80 columns" prints frames.change.80.txt \
	"frames --before $f/a1.csv $f/a2.csv $f/a3.csv --after $f/b1.csv $f/b2.csv $f/b3.csv"
check "two groups: improved" "frames --after $f/b?.csv --before $f/a?.csv" 0 'Lowest 1 %: improved'
check "two groups: worse" "frames --before $f/b?.csv --after $f/a?.csv" 2 'Lowest 1 %: worse'

holds "--recording: which hitches the host caused" answers "frames $f/a1.csv --recording $f/rec.json" \
	'.alignment | [.aligned, .overlaps == .stutters, .stutters == .causes[0].stutters, .chance < 1]' \
	'[true,true,true,true]'
check "--recording: says it in words" "frames $f/a1.csv --recording $f/rec.json" 0 \
	'([0-9]+) of \1 stutters overlap a host stall of more than 1 ms'
check "--recording: nothing to align by" "frames $f/a1.csv --recording $golden/quiet.json" 3 \
	'Not aligned, by its hitches'
