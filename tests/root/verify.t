#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# verify: rounds without and with a shield of the last CPU, on this machine, beside a spinning
# thread: without noise, with noise that no shield removes, and with one that it does. Ended by a
# signal or killed in a shielded round, the host is as before, byte for byte.

# shellcheck source-path=SCRIPTDIR source=record.sh
. "$(dirname "$0")/record.sh"
need_record
"$LULL" status 2>/dev/null | grep -q '^no shield is in force' ||
	plan_skip_all "a shield is in force already"
"$LULL" plan -c "$cpu" >"$work/plan" 2>&1 || plan_skip_all "refused: $(head -n 1 "$work/plan")"
work_mask=/sys/devices/virtual/workqueue/cpumask
work_old=$(cat $work_mask 2>/dev/null)
irq_save
way_out() {
	local code=$?
	"$LULL" restore --all >/dev/null 2>&1
	[[ -z $work_old || $(cat $work_mask) == "$work_old" ]] || echo "$work_old" >$work_mask
	(exit "$code")
	tap_done
}
trap way_out EXIT

# Every value that a default shield may touch here.
state() {
	local file
	for file in /proc/irq/*/smp_affinity /proc/irq/default_smp_affinity \
		/sys/devices/virtual/workqueue/cpumask /sys/devices/virtual/workqueue/*/cpumask \
		/proc/sys/kernel/{watchdog_cpumask,watchdog,nmi_watchdog}; do
		[[ ! -r $file ]] || echo "$file $(<"$file")"
	done
	find /sys/fs/cgroup -name 'cpuset.cpus*' | sort |
		while read -r file; do echo "$file $(cat "$file" 2>/dev/null)"; done
}

is_as_before() {
	state >"$work/now"
	diff "$work/before" "$work/now" && [[ ! -e /run/lull/journal ]]
}

# verify NAME OPTION...: its exit code is in $code.
verify() {
	name_files "$1"
	shift
	timeout -k 5 100 "$LULL" verify -t "$victim" --settle 100ms "$@" >"$text" 2>"$said" </dev/null
	code=$?
}

# In the background, until it has shielded.
start_verify() {
	spawn env --default-signal=INT,TERM,HUP "$LULL" verify -t "$victim" --rounds 5 -d 2s \
		--settle 100ms --seed 1 -o none >"$work/ended" 2>&1
	wait_until 20 is_shielded
}

is_shielded() {
	"$LULL" status --json 2>/dev/null | jq -e '.shields | length == 1' >/dev/null
}

# One of the words, none of the others.
verdict_in() {
	local verdict
	verdict=$(jq -r .verdict "$text")
	[[ " $* " == *" ${verdict// /_} "* ]] || { echo "verdict: $verdict" && return 1; }
}

plan 26
start_spin
state >"$work/before"

verify quiet --rounds 4 -d 500ms --seed 7 --json -o "$work/quiet.rounds.json"
within "no noise: exit code" $code 0 0
check "no noise: clean or no change" verdict_in host_clean no_detectable_change
check "no noise: as before" is_as_before
check "the order is balanced: two pairs begin with b" jq -e '.order | test("^(ab|ba){4}$") and
	([scan("..")] | map(select(. == "ba")) | length == 2)' "$text"
check "steps held: all" jq -e '.steps > 0 and .steps == .steps_held' "$text"
check "-o holds the rounds, each complete and balanced" jq -e '
	(.rounds | length == 8) and all(.rounds[]; .loss.complete and .duration_ns < 700000000 and
	all(.threads[]; .wall_ns == ([.ledger[].sum_ns] | add)))' "$work/quiet.rounds.json"
"$LULL" compare --json "$work/quiet.rounds.json" >"$work/compared"
check "compare of the file says the same" test "$(jq -c '[.verdict, .figures[0].effect]' \
	"$work/compared")" = "$(jq -c '[.verdict, .figures[0].effect]' "$text")"
order=$(jq -r .order "$text")
verify again --rounds 4 -d 50ms --seed 7 -o none
says "the same seed, the same order" "$text" "^Rounds of 50.0 ms: $order \\(.*seed 7\\)"
says "says that all is put back" "$text" '^Restored ([1-9][0-9]*) of \1 settings, verified$'
says "says where interrupts fired" "$text" '^Interrupts that were moved'

start_noise fifo --run 3ms --every 20ms --comm verify-noise
noise=$spawned
verify pinned --rounds 6 -d 500ms --only irq,irq-default --json --max 1ms
check "noise that stays: not improved" verdict_in no_detectable_change worse
check "noise that stays: named" jq -e '.causes[] |
	select(.name == "verify-noise") | .fate == "stayed" and .share_b > 0.1' "$text"
within "noise that stays: the limit is broken" $code 2 2
check "noise that stays: as before" is_as_before
reap "$noise"

start_verify
kill -KILL "$spawned"
wait "$spawned" 2>/dev/null
check "killed while shielded: it is shielded still" is_shielded
check "killed while shielded: restore" "$LULL" restore
check "killed while shielded: as before" is_as_before
for signal in INT TERM QUIT; do
	start_verify
	kill "-$signal" "$spawned"
	wait_until 10 is_dead "$spawned"
	check "SIG$signal while shielded: as before" is_as_before
done

"$LULL" shield -c "$cpu" >/dev/null 2>&1
verify shielded --rounds 3 -d 50ms
within "a shield is in force already: exit code" $code 4 4
check "a shield is in force already: it still is" is_shielded
"$LULL" restore >/dev/null 2>&1
check "a shield is in force already: as before" is_as_before

# Kernel workers that serve a terminal, on CPUs that the global mask of work queues leaves them.
removes="noise that the shield removes"
if ! "$LULL" plan -c "$cpu" --json | jq -e '.steps[] | select(.knob == "workqueue")' >/dev/null; then
	skip "$removes: improved" "this plan moves no kernel workers"
	skip "$removes: nothing of it is left" "this plan moves no kernel workers"
	skip "$removes: as before" "this plan moves no kernel workers"
else
	printf '%x\n' $((1 << cpu)) >$work_mask
	state >"$work/before"
	spawn "$GUEST/noise" work --cpu "$cpu" --from "$host" --rate 2000 >/dev/null 2>&1
	verify work --rounds 6 -d 800ms --json
	check "$removes: improved" verdict_in improved
	check "$removes: nothing of it is left" jq -e '[.causes[] | select(.name |
		startswith("kworker/u")) | .fate] | length > 0 and all(. == "went")' "$text"
	check "$removes: as before" is_as_before
fi
