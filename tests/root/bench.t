#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench: a short run of the benchmark says all that it should, and what is counted and not timed
# keeps its budget. Attaches lull's programs for some seconds and changes nothing.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
command -v jq >/dev/null || plan_skip_all "needs jq"
[ "$(nproc --all)" -gt 1 ] || plan_skip_all "needs two CPUs"

# holds NAME FILTER: what jq finds true in the document.
holds() {
	check "$1" jq -e "$2" "$work/bench.json"
}

plan 8
scripts/bench --quick --json >"$work/bench.json" 2>"$work/messages"
code=$?
check "exit code: good, or a budget is broken" test "$code" = 0 -o "$code" = 2
holds "schema and rounds" '.schema == "lull.bench/1" and .rounds == 2 and .broken >= 0'
holds "a verdict for each figure" '.figures | length > 40 and all(.verdict != null)'
holds "only what needs other programs is left out" '
	[.figures[] | select(.verdict == "not measured" and (.figure | test("over ") | not) and
	.unit != "x")] == []'
holds "what is counted keeps its budget" '
	["clock reads per event, on any path", "hash or task-storage lookups, in any hook",
	"programs on one tracepoint", "wake-ups from the measured CPU, by stalls"] as $counts |
	[.figures[] | select(.figure | IN($counts[])) | select(.verdict == "kept")] | length == 4'
holds "so does memory" '
	[.figures[] | select(.unit == "KB" or .unit == "MB") | select(.budget != null)] |
	length >= 6 and all(.verdict == "kept")'
holds "workloads and arms" '
	([.added[].work] | unique | length >= 8) and ([.added[].arm] | unique | length == 7)'
holds "the control costs what it costs" '
	[.added[] | select(.work == "getppid")] | length == 7 and all(.takes_ns > 0)'
