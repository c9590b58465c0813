#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# verify-as-is: a spinning thread, with and without noise beside it, against limits: kept, broken,
# inconclusive; the exit code, the table and the document agree. It changes nothing on the host.

# shellcheck source-path=SCRIPTDIR source=record.sh
. "$(dirname "$0")/record.sh"
need_record

# verify NAME OPTION...: its exit code is in $code.
verify() {
	name_files "$1"
	shift
	timeout -k 5 60 "$LULL" verify --as-is "$@" >"$text" 2>"$said" </dev/null
	code=$?
}

# limit NAME: "VALUE VERDICT" of the document on stdout.
limit() {
	jq -r --arg n "$1" '.limits[] | select(.name == $n) | "\(.value) \(.verdict)"' "$text"
}

plan 15
start_spin

verify kept -t "$victim" -d 1s --max 900ms --p50 900ms --stalls 1000000 --row irq=90% -o "$work/kept.json"
within "kept: exit code" $code 0 0
says "kept: the sentence" "$text" '^Kept: all limits, in 1\.0'
says "kept: figure, limit, verdict" "$text" '^  gap p50 +[0-9.]+ [mun]?s +900 ms +kept'
check "kept: -o is a recording" "$LULL" explain "$work/kept.json"

start_noise fifo --run 3ms --every 20ms --comm verify-noise
noise=$spawned
sleep 0.2
verify broken -t "$victim" -d 1s --max 1ms --stalls 10 --row preempted=5% --row irq=90% -o none
within "broken: exit code" $code 2 2
says "broken: how many" "$text" '^Broken: 3 of 4 limits'
says "broken: by whom" "$text" 'verify-noise'
verify json -t "$victim" -d 1s --json --row preempted=5% --stalls 10
within "the document: exit code" $code 2 2
check "the document: the row took 15 %" \
	jq -e '.limits[] | select(.name == "preempted") | .value > 0.13 and .value < 0.25' "$text"
check "the document: about 50 stalls" \
	jq -e '.limits[] | select(.name == "stalls") | .value >= 48 and .verdict == "broken"' "$text"
verify clean -t "$victim" -d 1s -o none
within "without limits, against a clean host: exit code" $code 2 2
reap "$noise"

verify samples -t "$victim" -d 1s --p99.9999 900ms -o none
within "too few samples: exit code" $code 3 3
says "too few samples: says so" "$text" 'gap p99.9999 .* inconclusive +only [0-9,]+ samples'

spawn sleep 30
verify idle -t "$spawned" -d 500ms --stalls 0 -o none
within "a victim that sleeps: exit code" $code 3 3
verify stalls -c "$host" -d 500ms --stalls 0 --json
if ((code == 1)); then
	says "stalls of nobody: refused" "$said" 'name one: --vm, -t or -p'
else
	skip "stalls of nobody: refused" "a VM runs here"
fi
