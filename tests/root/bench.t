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

programs_loaded() {
	bpftool -j prog list 2>/dev/null | jq '[.[] | select(.name // "" | test("^sched__"))] | length'
}

# The figures that have a budget, with it. That of memory per CPU follows the tables.
cat >"$work/budgets" <<'END'
1.15 not watched: sched_switch
1.15 not watched: switch + waking + wakeup
1.15 not watched: softirq pair
1.15 not watched: vector pair
1.15 not watched: VM exit and entry
2.6 watched CPU: sched_switch
1.75 watched CPU: softirq pair
1.75 watched CPU: vector pair
2.6 watched CPU and threads: sched_switch
1.75 watched CPU and threads: softirq pair
1.75 watched CPU and threads: vector pair
0.25 all watched, over four libbpf-tools: ping-pong
0.125 all watched, over perf sched record: ping-pong
0.25 all watched, over four libbpf-tools: yield
0.125 all watched, over perf sched record: yield
1 clock reads per event, on any path
0 hash or task-storage lookups, in any hook
1 programs on one tracepoint
0 wake-ups from the measured CPU, by stalls
169 kernel memory per watched CPU, 60 histograms
2.5 kernel memory per cause beyond 18
96 kernel memory per watched thread
16 resident set while recording
100 start to first event, settling not counted
100   its CPU time, which other load leaves alone
5 copying a snapshot of 1024 CPUs, 10 % changed
0   its system calls
169 kernel memory per watched CPU, of 1,024
50 reading /proc/interrupts of 13 MB
10   with ten times the lines
500 planning for 4,096 interrupts and 1,152 CPUs
10   with ten times the interrupts
1000 explain: 128 vCPUs, 10,000 stalls
10   with ten times all
1000 compare: the same, twice
10   with ten times all
1000 export as CSV: the same
10   with ten times all
1000 export for Prometheus: the same
10   with ten times all
1000 export as HdrHistogram log: the same
10   with ten times all
200 memory for these, at most
END

plan 13
loaded=$(programs_loaded)
scripts/bench --quick --peers --json >"$work/bench.json" 2>"$work/messages"
code=$?
check "exit code: good, or a budget is broken" test "$code" = 0 -o "$code" = 2
holds "schema and rounds" '
	.schema == "lull.bench/1" and .rounds == 2 and .quick and .broken >= 0'
jq -r '.figures[] | select(.budget != null) | "\(.budget) \(.figure)"' "$work/bench.json" >"$work/have"
check "each budget is there, once, and no other" diff "$work/budgets" "$work/have"
holds "each verdict follows from the figures" '
	.figures | length > 45 and all(
	if .verdict == "not measured" then .value == null and (.why | length) > 0
	elif .budget == null then .verdict == ""
	else .low <= .value and .value <= .high and
		(.verdict | startswith("kept")) == (.value <= .budget) and
		(.verdict | endswith("not sure")) == (.low <= .budget and .high > .budget) end)'
holds "as many broken beyond doubt as it counts, and exits with" "
	.broken == ([.figures[] | select(.verdict == \"BROKEN\")] | length) and
	(.broken > 0) == ($code == 2)"
holds "nothing is left out but what this machine lacks" '
	all(.left_out[]; .why == "not installed" or .why == "this kernel has no such tracer" or
		.why == "not here")'
holds "a figure is missing only with a reason of this machine" '
	[.left_out[].why] as $lacking | [.figures[] | select(.verdict == "not measured") |
	select(.why | IN($lacking[], "its hooks do not run here", "no such workload here",
		"lost in noise") | not)] == []'
holds "an operation makes the events that its figures are about" '
	[.events[] | select(.work != "VM exit")] | length == 8 and
	all(.counted >= 0.95 * .expected and .counted < 1.1 * .expected)'
holds "VM exits are a figure where their hooks run, and only there" '
	([.events[] | select(.work == "VM exit") | .counted] | add // 0) as $counted |
	[.figures[] | select(.figure | test("VM exit")) | .why // "" |
		. == "its hooks do not run here" or . == "no such workload here"] |
	length == 3 and all(. == ($counted < 1))'
holds "what is counted keeps its budget" '
	["clock reads per event, on any path", "hash or task-storage lookups, in any hook",
	"programs on one tracepoint", "wake-ups from the measured CPU, by stalls",
	"  its system calls"] as $counts |
	[.figures[] | select(.figure | IN($counts[])) | select(.verdict == "kept")] | length == 5'
holds "so does memory" '
	[.figures[] | select(.unit == "KB" or .unit == "MB") | select(.budget != null)] |
	length == 6 and all(.verdict == "kept")'
holds "each workload with each arm" '
	. as $all | ([.added[].work] | unique) as $works |
	[.left_out[] | select(.why != "not here")] as $lacking |
	($works | length >= 7) and
	([.added[].arm] | unique | length) == 17 - ($lacking | length) and
	(.added | length) == ($works | length) * (17 - ($lacking | length)) and
	all(.added[]; .low <= .high and .takes_ns > 0)'
check "nothing stays attached" [ "$(programs_loaded)" = "$loaded" ]
