#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# explain: known noise beside a spinning thread, and the largest cause that explain --json names is
# the one that was made, in all of TEN short recordings; and it is absent without it. Where the disk
# interrupts is found at run time. Settings that it changes (RPS of the loopback) are put back.

# shellcheck source-path=SCRIPTDIR source=record.sh
. "$(dirname "$0")/record.sh"
cpus=$(allowed_cpus) # before this script is pinned to one of them
need_record

readonly TEN=10 TRIES=4 EACH=600ms
rps=/sys/class/net/lo/queues/rx-0/rps_cpus
work_mask=/sys/devices/virtual/workqueue/cpumask
rps_old=$(cat $rps 2>/dev/null)
work_old=$(cat $work_mask 2>/dev/null)

put_back() {
	[[ -z $rps_old || $(cat $rps) == "$rps_old" ]] || echo "$rps_old" >$rps
	[[ -z $work_old || $(cat $work_mask) == "$work_old" ]] || echo "$work_old" >$work_mask
}
trap 'code_at_exit=$?; put_back; (exit $code_at_exit); tap_done' EXIT

# explain_once: a short recording of the victim; "KIND|NAME|RULE" of the first cause, or nothing.
explain_once() {
	record once -t "$victim" -c "$cpu" -d $EACH
	[[ $code == 0 ]] || return 1
	"$LULL" explain --json "$json" >"$work/explained" || return 1
	jq -r '.causes[0] | "\(.kind)|\(.name)|\(.rule)"' "$work/explained"
}

# Threads that hide their events, or a busy neighbour: what the machine itself did came first.
is_disturbed() {
	[[ $(ask "[.notes[] | select(startswith(\"the kernel reported nothing\"))] | length > 0") == true ||
		$(jq '.causes[0].kind == "task" and (.causes[0].name | startswith("noise") | not)' \
			"$work/explained") == true ]]
}

# named NAME REGEX: ten of ten name it first; a recording that the machine disturbed is repeated.
named() {
	local run try first bad=''
	for ((run = 1; run <= TEN; run++)); do
		for ((try = 1; try <= TRIES; try++)); do
			first=$(explain_once)
			[[ $first =~ $2 ]] && break
			is_disturbed || break
		done
		[[ $first =~ $2 ]] || bad+=" run $run: '$first' (exit code $code);"
	done
	if [[ -z $bad ]]; then
		ok "$1: named first in $TEN runs of $TEN"
	else
		not_ok "$1: named first in $TEN runs of $TEN" "not $2:$bad"
	fi
}

# absent NAME REGEX: none of its causes, when nobody makes it.
absent() {
	explain_once >/dev/null
	if jq -r '.causes[] | "\(.kind)|\(.name)|\(.rule)"' "$work/explained" | grep -qE "$2"; then
		not_ok "$1: absent without it" "$(jq -r '.causes[].name' "$work/explained" | head)"
	else
		ok "$1: absent without it"
	fi
}

# spin_on CPU: the victim there, everything else on the other.
spin_on() {
	[[ -z ${victim-} ]] || reap "$victim"
	cpu=$1
	host=$(grep -vx "$cpu" <<<"$cpus" | head -n 1)
	pin $$ "$host"
	start_spin
}

# make NAME NOISE-ARGUMENT...: starts it and gives it a moment.
make() {
	start_noise "$@"
	noise=$spawned
	sleep 0.2
}

# On which CPU the disk that holds $work interrupts, and its line: "CPU LINE".
find_disk() {
	head -c 4M /dev/zero >"$work/disk"
	sync "$work/disk"
	cp /proc/interrupts "$work/before"
	"$GUEST/noise" disk --file "$work/disk" --cpu "$host" --rate 1000 --secs 0.3 >/dev/null 2>&1 ||
		return 1
	awk '
		FNR == 1 { for (i = 1; i <= NF; i++) name[i + 1] = substr($i, 4); n = NF }
		NR == FNR { for (i = 2; i <= n + 1; i++) before[$1, i] = $i; next }
		$1 ~ /^[0-9]+:$/ {
			for (i = 2; i <= n + 1; i++)
				if ($i - before[$1, i] > most) {
					most = $i - before[$1, i]
					answer = name[i] " " substr($1, 1, length($1) - 1)
				}
		}
		END { if (most >= 100) print answer; else exit 1 }' "$work/before" /proc/interrupts
}

test_disk() {
	local disk_cpu line
	if ! read -r disk_cpu line < <(find_disk) || [[ -z ${line-} ]]; then
		skip "a disk's interrupts: named first in $TEN runs of $TEN" \
			"the file system of $work has no disk that interrupts"
		return
	fi
	spin_on "$disk_cpu"
	# Several readers, each waiting for its own answer: together some thousand interrupts a second.
	local readers=() i
	for i in 1 2 3 4; do
		spawn "$GUEST/noise" disk --file "$work/disk" --cpu "$host" --rate 20000 >/dev/null 2>&1
		readers+=("$spawned")
	done
	sleep 0.2
	named "a disk's interrupts" "^irq\|$line "
	for i in "${readers[@]}"; do
		reap "$i"
	done
	spin_on "$(tail -n 1 <<<"$cpus")"
}

# Packets over the loopback from the other CPU, steered to this one: no task of theirs runs here.
test_softirq() {
	if ! printf '%x' $((1 << cpu)) >$rps 2>/dev/null; then
		skip "softirqs of the loopback: named first in $TEN runs of $TEN" "RPS cannot be set here"
		return
	fi
	spawn "$GUEST/noise" udp --cpu "$host" --rate 20000 >/dev/null 2>&1
	noise=$spawned
	sleep 0.2
	named "softirqs of the loopback" '^softirq\|NET_RX\|softirq-net'
	reap "$noise"
	put_back
}

# Lines over a pseudo-terminal, from the other CPU; work queues may only use this one meanwhile.
test_worker() {
	if ! printf '%x' $((1 << cpu)) >$work_mask 2>/dev/null; then
		skip "a kernel worker: named first in $TEN runs of $TEN" "$work_mask cannot be set"
		return
	fi
	make work --from "$host" --rate 5000
	named "a kernel worker" '^worker\|flush_to_ldisc\|work-terminal'
	reap "$noise"
	put_back
}

plan 8

spin_on "$(tail -n 1 <<<"$cpus")"
absent "a real-time task" '^task\|noise-fifo'
make fifo --run 3ms --every 20ms
named "a real-time task" "^task\|noise-fifo $noise"
reap "$noise"
make ipi --from "$host" --rate 50000
named "calls from another CPU" '^vector\|function call\|ipi-perf'
reap "$noise"
make timer --rate 20000
named "timers" '^vector\|local timer\|timer-perf'
reap "$noise"
test_softirq
test_worker
test_disk
absent "a real-time task, at the end" '^task\|noise-fifo'
