#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# verify: rounds without and with a shield of the last CPU, on this machine, beside a spinning thread
# or a guest: without noise, with noise that no shield removes, and with some that it does (a task
# that nobody has bound, a device's interrupts, kernel workers). Ended by a signal or killed in a
# shielded round, the host is as before, byte for byte. LULL_CHECK_FULL repeats what it removes.

# shellcheck source-path=SCRIPTDIR source=record.sh
. "$(dirname "$0")/record.sh"
# shellcheck source-path=SCRIPTDIR source=shield.sh
. "$(dirname "$0")/shield.sh"
need_shield # before this test keeps to one CPU
need_record
work_mask=/sys/devices/virtual/workqueue/cpumask
work_old=$(cat $work_mask 2>/dev/null)
own=/sys/fs/cgroup/cpuset/lull-test-guest
way_out() {
	local code=$? pid
	shield_done
	if [[ -d $own ]]; then
		for pid in ${spawned_all[@]+"${spawned_all[@]}"}; do reap "$pid"; done
		rmdir "$own"
	fi
	[[ -z $work_old || $(cat $work_mask) == "$work_old" ]] || echo "$work_old" >$work_mask
	(exit "$code")
	tap_done
}
trap way_out EXIT

# "PID NAME CPUS" of every process and kernel thread; workers are the kernel's own business.
affinities() {
	awk '/^Name:/ { name = $2 } /^Pid:/ { pid = $2 }
		/^Cpus_allowed_list:/ && name !~ /^kworker/ { print pid " " name, $2 }' \
		/proc/[0-9]*/status 2>/dev/null | sort
}

remember() {
	host_state >"$work/before"
	affinities >"$work/before.tasks"
}

# Whoever is there still may run where it could, and is in no cpuset of ours.
is_as_before() {
	affinities >"$work/now.tasks"
	shield_left_nothing &&
		! awk 'NR == FNR { was[$1 " " $2] = $3; next }
			($1 " " $2) in was && was[$1 " " $2] != $3 {
				print $0 ", was " was[$1 " " $2] }' \
			"$work/before.tasks" "$work/now.tasks" | grep . &&
		! grep -sl lull-host /proc/[0-9]*/cpuset
}

# verify NAME OPTION...: its exit code is in $code.
verify() {
	name_files "$1"
	shift
	timeout -k 5 100 "$LULL" verify -t "$victim" --settle 100ms "$@" >"$text" 2>"$said" </dev/null
	code=$?
}

# Of the task that nobody has bound: it has begun.
is_free() {
	grep -q '^Cpus_allowed_list:.*[-,]' "/proc/$1/status" && grep -q verify-task "/proc/$1/comm"
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
	[[ " $* " == *" ${verdict// /_} "* ]] ||
		{ jq -c '.verdict, .figures[0], .causes[:4][]' "$text" && return 1; }
}

# no_better NAME: not improved. Unless tasks that are none of this test were moved from here: the
# shield is right about those.
no_better() {
	local others
	others=$(jq '[.causes[] | select(.fate == "went" and .row == "preempted" and
		.name != "verify-noise") | .share_a] | add // 0 | . > 0.002' "$text")
	if [[ $others == true ]] && verdict_in improved >"$work/why"; then
		skip "$1" "somebody else was busy on CPU $cpu, and was moved"
	else
		check "$1" verdict_in host_clean no_detectable_change worse
	fi
}

# The line that the random numbers of a device come by, when there is one that can be moved.
rng_line() {
	local line file
	awk '{ print $1, $2 + $3 + 0 }' /proc/interrupts >"$work/lines"
	"$GUEST/noise" rng --cpu "$cpu" --from "$host" --rate 100 --secs 0.6 >/dev/null 2>&1 || return
	line=$(awk '{ print $1, $2 + $3 + 0 }' /proc/interrupts | awk -v least=30 '
		NR == FNR { was[$1] = $2; next }
		$1 ~ /^[0-9]+:$/ && $2 - was[$1] > least { least = $2 - was[$1]; line = $1 }
		END { print line + 0 }' "$work/lines" -)
	file=/proc/irq/$line/smp_affinity_list
	grep -qE "^ *$line:.*(rng|virtio.*-input\$)" /proc/interrupts &&
		echo "$cpu" 2>/dev/null >"$file" && echo "$line"
}

plan 38
start_spin
remember

verify quiet --rounds 4 -d 500ms --seed 7 --json -o "$work/quiet.rounds.json"
within "no noise: exit code" $code 0 0
no_better "no noise: clean or no change"
check "no noise: as before" is_as_before
check "the order is balanced: two pairs begin with b" jq -e '.order | test("^(ab|ba){4}$") and
	([scan("..")] | map(select(. == "ba")) | length == 2)' "$text"
check "steps held: all" jq -e '.steps > 0 and .steps == .steps_held' "$text"
check "-o holds the rounds, each complete and balanced" jq -e '
	(.rounds | length == 8) and all(.rounds[]; .loss.complete and .duration_ns < 700000000 and
	all(.threads[]; .wall_ns == ([.ledger[].sum_ns] | add)))' "$work/quiet.rounds.json"
check "the document: schema, and what a figure is made of" jq -e '.schema == "lull.verify/1" and
	.restored != null and all(.figures[]; has("name") and has("a") and has("b") and
	has("effect") and has("low") and has("high") and has("verdict"))' "$text"
"$LULL" compare --json "$work/quiet.rounds.json" >"$work/compared"
check "compare of the file says the same" test "$(jq -c '[.verdict, .figures[0].effect]' \
	"$work/compared")" = "$(jq -c '[.verdict, .figures[0].effect]' "$text")"
order=$(jq -r .order "$text" | sed 's/../& /g')
verify again --rounds 4 -d 50ms --seed 7 -o none
says "the same seed, the same order" "$text" "^Rounds of 50.0 ms: $order\\(.*seed 7\\)"
says "says that all is put back" "$text" '^Restored ([1-9][0-9]*) of \1 settings, verified$'
says "says where interrupts fired" "$text" '^Interrupts that were moved'

if command -v script >/dev/null; then
	COLUMNS=80 timeout -k 5 60 script -qec "$LULL verify -t $victim --rounds 3 -d 1200ms \
		--settle 50ms -o none" /dev/null </dev/null >"$work/terminal" 2>&1
	tr '\r' '\n' <"$work/terminal" >"$work/progress"
	says "on a terminal: one line of progress" "$work/progress" 'round 2 of 6, (shielded|as it was): '
	check "on a terminal: which ends with the answer" \
		test -z "$(sed -n '/^Figures/,$p' "$work/progress" | grep 'round [0-9] of 6')"
else
	skip "on a terminal: one line of progress" "needs script"
	skip "on a terminal: which ends with the answer" "needs script"
fi

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

# A guest in a cpuset of its own, and a task that somebody has put in there, too.
inside="noise in the guest's own cpuset"
if [[ ! -e /sys/fs/cgroup/cpuset/tasks || ! -w /dev/kvm || ! -x $GUEST/miniguest ]]; then
	skip "$inside: not improved" "needs /dev/kvm and the cpusets of cgroup v1"
	skip "$inside: named" "needs /dev/kvm and the cpusets of cgroup v1"
	skip "$inside: as before" "needs /dev/kvm and the cpusets of cgroup v1"
else
	mkdir $own && echo "$cpu" >$own/cpuset.cpus && cat ${own%/*}/cpuset.mems >$own/cpuset.mems
	spawn "$GUEST/miniguest" --vcpus 1 --mode spin --pin "$cpu" >/dev/null
	guest=$spawned
	wait_until 3 thread_named "$guest" 'CPU 0/KVM' >/dev/null
	start_noise fifo --run 3ms --every 20ms --comm verify-noise
	noise=$spawned
	for task in "/proc/$guest/task/"* "/proc/$noise"; do echo "${task##*/}" >$own/tasks; done
	remember
	name_files inside
	timeout -k 5 100 "$LULL" verify --vm "$guest" --settle 100ms --rounds 6 -d 500ms --json \
		>"$text" 2>"$said" </dev/null
	no_better "$inside: not improved"
	check "$inside: named" jq -e '.causes[] |
		select(.name == "verify-noise") | .fate == "stayed" and .share_b > 0.1' "$text"
	check "$inside: as before" is_as_before
	reap "$noise"
	reap "$guest"
	rmdir $own
fi

# A task that nobody has bound, and a device's interrupts.
moved="a task and an interrupt"
line=$(rng_line)
spawn taskset -c "$host,$cpu" "$GUEST/noise" fifo --free --run 3ms --every 20ms --cpu "$cpu" \
	--comm verify-task >/dev/null
noise=$spawned
[[ -z $line ]] || spawn "$GUEST/noise" rng --cpu "$cpu" --from "$host" --rate 100 >/dev/null
reads=$spawned
wait_until 3 is_free "$noise"
remember
good=0 runs=$((${LULL_CHECK_FULL:+9} + 1))
for ((i = 1; i <= runs; i++)); do
	verify moved --rounds 6 -d 500ms --json
	if verdict_in improved >"$work/why"; then
		((++good))
	else
		diag "run $i: $(cat "$work/why")"
	fi
done
within "$moved: improved each time" $good $runs $runs
check "$moved: nothing is left of the task" jq -e '.causes[] | select(.name == "verify-task") |
	.fate == "went" and .share_a > 0.1 and .share_b == 0' "$text"
if [[ -z $line ]]; then
	skip "$moved: it fires elsewhere" "no device's random numbers come by an interrupt here"
	skip "$moved: nothing is left of it" "no device's random numbers come by an interrupt here"
else
	# shellcheck disable=SC2016 # jq's own
	check "$moved: it fires elsewhere" jq -e --arg irq "irq $line " --argjson from "$cpu" \
		'.interrupts[] | select(.name | startswith($irq)) | .strayed == 0 and (.fired |
		all(.[]; if .cpu == $from then .a > 50 and .b == 0 else .a == 0 end))' "$text"
	name=$(sed -n "s/^ *$line:.* //p" /proc/interrupts)
	# shellcheck disable=SC2016 # jq's own
	check "$moved: nothing is left of it" jq -e --arg name "$name" '.causes[] |
		select(.row == "irq" and (.name | startswith($name))) |
		.fate == "went" and .rate_a > 30 and .rate_b == 0' "$text"
fi
check "$moved: as before" is_as_before
verify told --rounds 6 -d 300ms -o none
says "$moved: in words" "$text" '^Improved: the host took [0-9.]+ % before and [0-9.]+ % after'
reap "$noise"
reap "$reads"

# Kernel workers that serve a terminal, on CPUs that the global mask of work queues leaves them.
removes="noise that the shield removes"
if ! "$LULL" plan -c "$cpu" --json | jq -e '.steps[] | select(.knob == "workqueue")' >/dev/null; then
	skip "$removes: improved" "this plan moves no kernel workers"
	skip "$removes: nothing of it is left" "this plan moves no kernel workers"
	skip "$removes: as before" "this plan moves no kernel workers"
else
	printf '%x\n' $((1 << cpu)) >$work_mask
	remember
	spawn "$GUEST/noise" work --cpu "$cpu" --from "$host" --rate 2000 >/dev/null 2>&1
	verify work --rounds 6 -d 800ms --json
	check "$removes: improved" verdict_in improved
	check "$removes: nothing of it is left" jq -e '[.causes[] | select(.share_a > 0.001 and
		(.name | startswith("kworker/u"))) | .fate] | length > 0 and all(. == "went")' "$text"
	check "$removes: as before" is_as_before
fi
