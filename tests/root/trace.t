#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# trace: the flight recorder of lull record --trace. A FIFO task preempts a spinning thread: what is
# kept around each stall holds the stall itself, to the nanosecond; the events of a CPU neither overlap
# nor leave a hole, and what ran has the time that the tables say; what could not be kept is counted.
# Whatever else runs on the machine meanwhile is in there, too, and must be just as exact.

# shellcheck source-path=SCRIPTDIR source=record.sh
. "$(dirname "$0")/record.sh"
need_record
perl -MJSON::PP -e 1 2>/dev/null || plan_skip_all "needs perl's JSON::PP"

readonly TRIES=3
small=${LULL_BUILD:-build}/tests/root/smallring

# agrees CHECK: of trace.pl, on the last recording; what it compared is in $work/compared.
agrees() {
	tests/root/trace.pl "$1" <"$json" >"$work/said" || return 1
	grep '^#' "$work/said" >"$work/compared"
	! grep -v '^#' "$work/said" | head -n 10 | grep .
}

compared() {
	sed -nE 's/^# ([0-9]+) stalls of .*/\1/p' "$work/compared"
}

# The kernel shows nobody what happens while certain threads run: there, and only there, the flight
# recorder is not corrected.
is_all_seen() {
	ask 'any(.notes[]; startswith("the kernel reported nothing")) | not' | grep -q true
}

# flight NAME OPTION...: a recording of the victim, again while the machine is too busy to lose nothing.
flight() {
	local try
	for ((try = 1; try <= TRIES; try++)); do
		record "$1" -t "$victim" "${@:2}"
		((code == 3)) || return
		diag "$1, try $try: $(ask '.loss | tostring')"
	done
}

plan 18
start_spin

flight off -d 300ms
good "without --trace"
holds "there is no flight recorder" 'has("trace") or has("trace_windows") | not'

start_noise fifo --run 3ms --every 20ms
fifo=$spawned
flight on -d 2 --stall 500us --trace=5ms
good "with --trace"
holds "it says what it keeps" '.trace | .before_ns == 5000000 and .after_ns == 500000'
holds "nothing of it is lost" '.trace | .dropped == 0 and .missing_ns == 0 and .windows_dropped == 0'
check "events follow each other, windows lie apart" agrees tiles
check "each stall is in a window, with what led up to it" agrees around
check "what had the CPU in a stall is what the stall says" agrees stalls
within "so many stalls were compared" "$(compared)" 10 100000
holds "the task that preempts is among it, in stalls and between" ".trace.causes as \$causes |
	([.stalls[].segments[] | select(.name | startswith(\"noise-fifo $fifo\"))] | length > 10) and
	([.trace_windows[].events[] | select(\$causes[.[2]].tid == $fifo)] | length > 10)"
check "others read it" "$LULL" explain "$json"
check "and export it" "$LULL" export "$json" --format perfetto -o "$work/on.pftrace"

flight all -d 2 --stall 500us --trace=10s
good "with so much before each stall that it is all of the time"
check "events follow each other, and all are in one window" agrees tiles
if is_all_seen; then
	check "what had a CPU has the time that its sources say" agrees sums
	cat "$work/compared"
else
	skip "what had a CPU has the time that its sources say" "the kernel hid events"
fi

json=$work/small.json
"$small" "$victim" "$cpu" 16 2000 >"$json" 2>"$work/small.err"
code=$?
good "with a ring of 16 events"
check "events follow each other" agrees tiles
holds "what was overwritten is counted, in its place" '.trace.causes as $causes |
	[.trace_windows[].events[] | select($causes[.[2]].kind == "lost") | .[1]] as $lost |
	($lost | length > 0) and .trace.missing_ns == ($lost | add) and .trace.dropped == ($lost | length)
	and .loss.complete and any(.notes[]; startswith("flight recorder: "))'
