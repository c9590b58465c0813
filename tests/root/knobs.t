#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every knob on this machine: shields its last CPU with that knob alone, looks at what the kernel has
# made of it, restores, and compares all that the knobs may touch with what it was, byte for byte.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=shield.sh
. "$(dirname "$0")/shield.sh"
need_shield
mapfile -t knobs < <(sed -nE 's/^KNOB\([a-z_]+, *"([a-z-]+)".*/\1/p' user/isolate/knobs.def)

plan $((2 * ${#knobs[@]} + 6))
trap 'shield_done; tap_done' EXIT

# Each task that was there before this test: where it may run, and in which cpuset it is.
tasks() {
	local pid cpus cpuset
	while read -r pid; do
		cpus=$(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$pid/status") &&
			cpuset=$(cat "/proc/$pid/cpuset") || continue
		printf '%s %s %s\n' "$pid" "$cpus" "$cpuset"
	done <"$work/pids" 2>/dev/null
}

# Those that ended meanwhile are not compared.
tasks_agree() {
	tasks >"$work/tasks.now"
	join -j 1 <(sort "$work/tasks") <(sort "$work/tasks.now") |
		awk '$2 != $4 || $3 != $5 { print; bad = 1 } END { exit bad }'
}

for pid in /proc/[0-9]*; do
	echo "${pid#/proc/}"
done >"$work/pids"
host_state >"$work/before"
tasks >"$work/tasks"

shield() {
	"$LULL" shield -c "$cpu" --force --only "$1" >"$work/out" 2>&1 || {
		cat "$work/out"
		return 1
	}
}

restored() {
	"$LULL" restore --all >"$work/out" 2>&1 || {
		cat "$work/out"
		return 1
	}
	shield_left_nothing && tasks_agree
}

host_has() {
	! expand_cpus "$(cat "$1")" | grep -qx "$cpu"
}

# The bit of the guest's CPU, of fewer than 32.
mask_leaves_out() {
	local mask
	mask=$(tr -d , <"$1")
	((!(16#$mask >> cpu & 1)))
}

movable_kthreads_left() {
	local stat words
	for stat in /proc/[0-9]*/stat; do
		# shellcheck disable=SC2207 # words
		words=($(sed -E 's/^([0-9]+) \((.*)\) /\1 x /; ' "$stat" 2>/dev/null)) || continue
		[[ ${words[0]-} -gt 2 ]] || continue
		(((words[8] & 0x04200000) == 0x00200000)) || continue
		grep -q '^irq/' "/proc/${words[0]}/comm" 2>/dev/null && continue
		expand_cpus "$(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/${words[0]}/status")" |
			grep -qx "$cpu" && echo "${words[0]} $(cat "/proc/${words[0]}/comm")"
	done
}

no_movable_kthreads() {
	local left
	left=$(movable_kthreads_left)
	[[ -z $left ]] || { echo "$left"; return 1; }
}

cpuset_of() {
	cat "/proc/$1/cpuset"
}

# On a guest's CPU by its own wish: stays. Everything else, also what is born later: moves.
spawn taskset -c "$cpu" sleep 600
bound=$spawned
spawn sleep 600
free=$spawned
echo "$bound
$free" >>"$work/pids"
sleep 0.2
tasks >"$work/tasks"

for knob in "${knobs[@]}"; do
	check "$knob: a shield of it alone" shield "$knob"
	case $knob in
	kthreads) check "kthreads: none that can move is left" no_movable_kthreads ;;
	workqueue) check "workqueue: the mask of all" mask_leaves_out \
		/sys/devices/virtual/workqueue/cpumask ;;
	watchdog) check "watchdog: its CPUs" host_has /proc/sys/kernel/watchdog_cpumask ;;
	cpuset)
		if [[ -n $v1 ]]; then
			later=$(setsid sh -c 'sleep 20 >/dev/null 2>&1 & echo $!')
			check "cpuset: a task moves" test "$(cpuset_of "$free")" = /lull-host
			check "cpuset: what is bound to the guest's CPU stays" \
				test "$(cpuset_of "$bound")" = /
			check "cpuset: a task that is born later is off too" \
				test "$(cpuset_of "$later")" = /lull-host
			kill "$later"
		else
			skip "cpuset: a task moves" "no cpuset of cgroup v1"
			skip "cpuset: what is bound stays" "no cpuset of cgroup v1"
			skip "cpuset: a task that is born later is off too" "no cpuset of cgroup v1"
		fi
		;;
	esac
	check "$knob: restored, all is as it was" restored
done
