#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# restore: by the commands that it prints, beside tasks that are born and die all the time, and of
# cpusets within each other that all have to leave their CPUs; what else lull takes back, and how
# often. On this machine, with its last CPU as the guest's. Puts everything back on every way out.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=shield.sh
. "$(dirname "$0")/shield.sh"
need_shield
sets=$v1/lull-test

way_out() {
	local code=$? pid
	for pid in ${spawned_all[@]+"${spawned_all[@]}"}; do
		reap "$pid"
	done
	[[ ! -s $work/journal ]] || cat "$work/journal" >/run/lull/journal
	shield_done
	[[ -z $v1 ]] || back_by_hand
	[[ -z $v1 ]] || rmdir "$sets/in" "$sets" 2>/dev/null
	(exit "$code")
	tap_done
}
trap way_out EXIT

# The commands leave everything as it was; then restore finds nothing that it would have to write.
by_hand() {
	"$LULL" shield -c "$cpu" >"$work/out" 2>&1 || { cat "$work/out" && return 1; }
	"$LULL" restore --print >"$work/back.sh" || return 1
	head -n 2 "$work/back.sh" | grep -q default_smp_affinity || { cat "$work/back.sh" && return 1; }
	bash -e "$work/back.sh" >"$work/said" 2>&1 || { cat "$work/said" && return 1; }
	host_is_as_before && [[ ! -d $v1/lull-host ]] || return 1
	"$LULL" restore --all >"$work/out" || { cat "$work/out" && return 1; }
	shield_left_nothing
}

back_by_hand() {
	local t i
	for ((i = 0; i < 9; i++)); do
		[[ -d $v1/lull-host ]] || return 0
		while read -r t; do echo "$t" >"$v1/tasks"; done <"$v1/lull-host/tasks"
		rmdir "$v1/lull-host" || sleep 0.1
	done 2>/dev/null
	return 1
}

# is_in CPUSET PID
is_in() {
	[[ $(<"/proc/$2/cpuset") == "$1" ]] || { echo "$2 is in $(<"/proc/$2/cpuset")" && return 1; }
}

# What is printed moves what lull moves: not who has a guest's CPU alone, nor who is off them.
moved_by_hand() {
	local free guests hosts bad=0
	spawn taskset -c "$(first_cpu)" sleep 600
	hosts=$spawned
	spawn taskset -c "$cpu" sleep 600
	guests=$spawned
	spawn taskset -c "$(first_cpu),$cpu" sleep 600
	free=$spawned
	sleep 0.2
	"$LULL" plan -c "$cpu" --only cpuset --shell >"$work/there.sh"
	bash -e "$work/there.sh"
	is_in /lull-host "$free" && is_in / "$guests" && is_in / "$hosts" || bad=1
	back_by_hand || bad=1
	for free in $free $guests $hosts; do reap "$free"; done
	return $bad
}

# Tasks of the root cpuset that are born, and give back some memory as they end.
ending_tasks() {
	cat >"$work/ending.py" <<-'END'
		import os
		while True:
		    pids = []
		    for i in range(3):
		        pid = os.fork()
		        if not pid:
		            memory = bytearray(40 << 20)
		            os._exit(0)
		        pids.append(pid)
		    for pid in pids:
		        os.waitpid(pid, 0)
	END
	spawn python3 "$work/ending.py"
}

beside_ending_tasks() {
	local i
	ending_tasks
	for ((i = 0; i < 10; i++)); do
		"$LULL" shield -c "$cpu" --only cpuset >"$work/out" 2>&1 || { cat "$work/out" && return 1; }
		sleep "0.0$((RANDOM % 9))"
		"$LULL" restore --all >"$work/out" 2>&1 || { cat "$work/out" && return 1; }
	done
	reap "$spawned"
	[[ ! -d $v1/lull-host ]]
}

# Both have the guest's CPU alone, so that neither can leave it before the other.
nested() {
	mkdir "$sets" && cat "$v1/cpuset.mems" >"$sets/cpuset.mems" && echo "$cpu" >"$sets/cpuset.cpus" &&
		mkdir "$sets/in" && cat "$v1/cpuset.mems" >"$sets/in/cpuset.mems" &&
		echo "$cpu" >"$sets/in/cpuset.cpus" || return 1
	"$LULL" shield -c "$cpu" --only cpuset >"$work/out" 2>&1 || { cat "$work/out" && return 1; }
	[[ $(<"$sets/in/cpuset.cpus") != "$cpu" && $(<"$sets/cpuset.cpus") != "$cpu" ]] || return 1
	"$LULL" restore --all >"$work/out" 2>&1 || { cat "$work/out" && return 1; }
	[[ $(<"$sets/in/cpuset.cpus") == "$cpu" && $(<"$sets/cpuset.cpus") == "$cpu" ]] || return 1
	rmdir "$sets/in" "$sets"
}

is_ready() {
	grep -q 'steps held' "$work/keep"
}

is_damaged() {
	grep -q 'journal is damaged' "$work/keep"
}

is_itself_again() {
	grep -q 'looked after again' "$work/keep"
}

# It tries twice a second.
says_it_once() {
	cp /run/lull/journal "$work/journal" && echo what >/run/lull/journal || return 1
	wait_until 8 is_damaged
	sleep 3
	cat "$work/journal" >/run/lull/journal && rm "$work/journal"
	wait_until 3 is_itself_again && (($(grep -c 'journal is damaged' "$work/keep") == 1))
}

# Somebody else writes it five times a second, for 14 s.
fight() {
	local i
	for ((i = 0; i < 70; i++)); do
		echo "$cpu" >"/$line"
		sleep 0.2
	done
}

taken_back() {
	local n
	n=$(grep -c 'taken back' "$work/keep")
	echo "$n times taken back"
	((n >= 1 && n <= 3))
}

runs_on_hosts_cpus() {
	! expand_cpus "$(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$1/status")" | grep -qx "$cpu"
}

plan 13
host_state >"$work/before"
check "by the printed commands" by_hand
if [[ -n $v1 ]]; then
	check "there by the printed commands" moved_by_hand
	check "beside tasks that end, ten times" beside_ending_tasks
	check "cpusets within each other, on the guest's CPU alone" nested
else
	skip "there by the printed commands" "no cpuset of cgroup v1"
	skip "beside tasks that end" "no cpuset of cgroup v1"
	skip "cpusets within each other" "no cpuset of cgroup v1"
fi
check "everything is as before" shield_left_nothing

spawn taskset -c "$cpu" sleep 600
sleep 0.2
target=$spawned
spawn "$LULL" shield -t "$target" --keep --only irq,irq-default >"$work/keep" 2>&1
keeper=$spawned
wait_until 10 is_ready
kill "$target"
wait "$keeper"
within "--keep ends well when its target ends" $? 0 0
check "everything is as before then" shield_left_nothing

"$LULL" plan -c "$cpu" --only irq --json >"$work/plan.json"
line=$(jq -r '[.steps[].object][0]' "$work/plan.json")
spawn "$LULL" shield -c "$cpu" --keep --only irq >"$work/keep" 2>&1
keeper=$spawned
wait_until 10 is_ready
check "--keep runs on the host's CPUs" runs_on_hosts_cpus "$keeper"
check "--keep says once that the journal is damaged, and that it is no more" says_it_once
fight
check "--keep takes back more and more seldom" taken_back
reap "$keeper"
says "what somebody made of it stays" "$work/keep" "drifted \(now $cpu, not"
jq -r '.steps[0].old' "$work/plan.json" >"/$line"
check "the rest is as before" shield_left_nothing
check "no journal is left" test ! -e /run/lull/journal
