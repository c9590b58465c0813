#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# selfcost: that its rounds are there, that each figure comes from them, that programs run in the
# rounds with lull only, and that nothing stays attached. How large an effect is, no test can know.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need_lull
command -v jq >/dev/null || plan_skip_all "needs jq"

cpu=$(last_cpu)

# holds NAME FILTER: what jq finds true in the document.
holds() {
	check "$1" jq -e "$2" "$work/cost.json"
}

programs_loaded() {
	bpftool -j prog list 2>/dev/null | jq '[.[] | select(.name // "" | test("^sched__"))] | length'
}

plan 13
loaded=$(programs_loaded)
spawn "$GUEST/noise" spin --cpu "$cpu" >"$work/noise"
victim=$spawned
sleep 0.5 # it pins itself

"$LULL" selfcost -q -t "$victim" -d 200ms --rounds 3 --probe "$cpu" --json \
	>"$work/cost.json" 2>"$work/err"
within "three pairs: exit code" $? 0 3
holds "three pairs" '.pairs == 3 and .threads == 1 and .cpus == 1'
holds "a value for each round" \
	'[.figures[] | (.rounds_with | length), (.rounds_without | length)] | all(. == 3)'
holds "with a probe: what it lost" '[.figures[].name] | index("probe_lost") == 0'
holds "the victim and the probe share their CPU" \
	'[.figures[] | select(.name == "run") | .rounds_with[], .rounds_without[]] |
	all(. >= 0 and . <= 1.01) and add > 0 and add < 5.9'
holds "the effect is the mean of the differences" \
	'.figures[] | select(.name == "run") |
	(((.rounds_with | add) - (.rounds_without | add)) / 3 - .effect) | fabs < 0.000001'
holds "programs ran, and took time" \
	'[.programs[] | select(.name == "sched__switch" or .name == "vector__entry") |
	.run_cnt > 0 and .run_ns > .run_cnt] | any'
holds "attaching and detaching take time" '
	[.attach, .detach] | all(.mean_ns > 0 and .max_ns >= .mean_ns)'
holds "for both the kernel changes its code, and tells the watched CPU" '
	.attach.interrupts >= 10 and .detach.interrupts >= 10'
check "nothing stays loaded" [ "$(programs_loaded)" = "$loaded" ]
check "the probe has ended" bash -c '! pgrep -x lull-probe'

"$LULL" selfcost -q -t "$victim" -d 30s --rounds 3 >"$work/text" 2>"$work/err" &
pid=$!
spawned_all+=("$pid")
sleep 1
kill -INT "$pid"
wait "$pid"
within "interrupted: exit code" $? 3 3
says "interrupted: says that it is incomplete" "$work/text" '^incomplete: fewer than 3 pairs'
