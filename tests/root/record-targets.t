#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# record-targets: is each kind of target found and watched, and nothing else? Threads, processes,
# CPUs, commands, and virtual machines of QEMU and of the small guest, by name, pid and UUID. Ends
# of targets during the recording too. That the figures are true is tested in record.t.

# shellcheck source-path=SCRIPTDIR source=record.sh
. "$(dirname "$0")/record.sh"
need_record

readonly UUID=4dea22b3-1d52-48d8-b0f5-5f3a1c6e7b90

# All that is watched, as "[1,2]".
watched='[.watch.threads[].tid] | sort'

test_thread() {
	start_spin
	record thread -t "$victim" -d 300ms
	good "-t"
	holds "-t: that thread alone" "$watched == [$victim]"
	holds "-t: its CPU alone" ".watch.cpus == \"$cpu\" and ([.cpus[].cpu] == [$cpu])"
	holds "-t: a thread that is no vCPU" '.threads[0] | .vm == null and .vcpu == null'
	holds "-t: run stands for its own time" \
		"row_ns($victim; \"run\") > 0 and row_ns($victim; \"guest\") == 0"
	record both -t "$victim" -t $$ -c "$cpu" -d 300ms
	good "-t twice, and -c"
	holds "-t twice: both threads" "$watched == ([$victim, $$] | sort)"
	holds "-c with -t: these CPUs" ".watch.cpus == \"$cpu\""
	record cpu -c "$cpu" -d 300ms
	good "-c alone"
	holds "-c alone: nobody is watched" '.threads == [] and .watch.threads == []'
	holds "-c alone: what ran there is named" \
		"any(.cpus[0].sources[]; .source == \"task\" and .id == $victim)"
	holds "-c alone: the time is there" '.cpus[0].wall_ns > 290000000'
	reap "$victim"
}

# One busy thread after the other, all on the guest's CPU.
threads='while (1) { threads->create(sub { my $end = time + 0.15; 1 while time < $end })->join }'

test_process() {
	if ! perl -Mthreads -e 1 2>/dev/null; then
		skip "-p" "no perl with threads, which are watched"
		skip "-p: the threads that it had" "no perl with threads"
		skip "-p: threads born meanwhile" "no perl with threads"
		return
	fi
	spawn taskset -c "$cpu" perl -Mthreads -MTime::HiRes=time -e "$threads"
	sleep 0.3
	record process -p "$spawned" -d 1s
	good "-p"
	holds "-p: the threads that it had" "$watched | index($spawned) != null"
	holds "-p: threads born meanwhile" "[.threads[] | select(.pid == $spawned and
		.tid != $spawned and .wall_ns < 900000000) | .ledger[] |
		select(.row == \"run\" and .sum_ns > 10000000)] | length >= 3"
	reap "$spawned"
}

# Two children, one of which has a child itself; all end before the command does.
command_line='sleep 0.2 & (sh -c "sleep 0.1; :"; :) & wait; exit 0'

test_command() {
	name_files command
	timeout 30 "$LULL" record -o "$json" -d 20s -- sh -c "$command_line" >"$text" 2>"$said"
	code=$?
	good "a command"
	holds "a command: its end is the recording's" '.duration_ns > 150000000 and
		.duration_ns < 5000000000 and (.ended_by | test("command"))'
	holds "a command: its children too, by name" \
		'[.threads[].comm] as $names | ["sh", "sleep"] - $names == []'
	holds "a command: five processes" '.threads | length == 5'
	holds "a command: from its first step" 'every(.threads[]; .wall_ns > 0)'
	name_files long
	timeout 30 "$LULL" record -o "$json" -d 300ms -- sleep 5 >"$text" 2>"$said"
	code=$?
	good "a longer command"
	holds "a longer command: the time ends it" '.ended_by == "duration"'
	"$LULL" record -q -o "$work/none.json" -d 5s -- "$work/no-such-program" 2>"$said"
	code=$?
	check "a command that is not there: exit code" test $code = 1 -o $code = 4
	check "a command that is not there: no file" test ! -e "$work/none.json"
}

test_ending_thread() {
	spawn "$GUEST/noise" spin --cpu "$cpu" --secs 1 >/dev/null
	victim=$spawned
	sleep 0.1
	record ending -t "$victim" -d 20s
	good "a thread that ends"
	holds "a thread that ends: ends it" '.duration_ns < 5000000000 and .ended_by != "duration"'
	holds "a thread that ends: is known to have" '.threads[0].ended == true'
	holds "a thread that ends: keeps its name" '.threads[0].comm == "noise-spin"'
}

# vm_found NAME COMM WHAT FIRST SECOND: by WHAT, its vCPUs are the threads FIRST and SECOND.
vm_found() {
	record vm --vm "$3" -d 500ms
	good "$1 --vm $3"
	holds "$1 --vm $3: its vCPU threads by number" \
		"[.watch.threads[] | [.vcpu, .tid]] | sort == [[0, $4], [1, $5]]"
	holds "$1 --vm $3: its name" "every(.watch.threads[]; .vm == \"$2\")"
}

test_miniguest() {
	local first second
	spawn "$GUEST/miniguest" --comm lull-test --mode spin,hlt:100 --pin "$cpu" >"$work/guest"
	guest=$spawned
	wait_until 3 thread_named "$guest" 'CPU 1/KVM' >/dev/null
	first=$(thread_named "$guest" 'CPU 0/KVM') second=$(thread_named "$guest" 'CPU 1/KVM')
	sleep 0.3
	vm_found miniguest "lull-test-$guest" "$guest" "$first" "$second"
	vm_found miniguest "lull-test-$guest" "lull-test-$guest" "$first" "$second"
	test_halted "$first" "$second"
	record vcpus -c "$cpu" -d 300ms
	good "-c alone with a VM"
	holds "-c alone: every vCPU thread is a victim" "$watched == ([$first, $second] | sort)"
	test_vm_stops
}

# The first vCPU spins; the second sleeps for 10 ms, a hundred times a second, which is no stall.
test_halted() {
	record halts --vm "$guest" -d 1s --stall 2ms
	good "a halting vCPU"
	# A sleep that the window cuts, at its start or its end, cannot be known to be a halt.
	holds "a halting vCPU: is halted most of the time" \
		"row_ns($2; \"halted\") > 500000000 and row_ns($2; \"blocked\") < 30000000"
	holds "a halting vCPU: a hundred times a second" \
		"[entries($2; \"halted\").count] | add | . >= 80 and . <= 120"
	holds "a halting vCPU: halts are no stalls" \
		"([.stalls[] | select(.tid == $2) | .duration_ns] | max // 0) < 9000000 and
		all(.stalls[] | select(.tid == $2) | .segments[]; .row != \"halted\")"
	# KVM counts until the thread runs again. What the window cuts off is a sleep of up to 10 ms
	# at either end, so that lull claims no comparison of its own.
	holds "a halting vCPU: as long as KVM itself counts" \
		"(row_ns($2; \"halted\") + row_ns($2; \"wake\")) as \$halted |
		[.audit[] | select(.what == \"vcpu 1 halt_wait_ns\")] | length == 1 and
		all(.[]; .lull == null and (\$halted - .kernel | fabs) < 25000000 + .kernel / 50)"
	holds "a halting vCPU: the spinning one never is" "row_ns($1; \"halted\") == 0"
	holds "a halting vCPU: the spinning one runs" \
		"row_ns($1; \"run\") + row_ns($1; \"guest\") > 300000000"
}

test_vm_stops() {
	start_record stops --vm "$guest" -d 20s
	local recorder=$spawned
	reap "$guest"
	spawned=$recorder
	end_of_record
	good "a VM that stops"
	holds "a VM that stops: ends it" '.duration_ns < 10000000000 and (.ended_by | test("VM|threads"))'
	says "a VM that stops: is told" "$said" 'until the VM stopped|until all watched threads ended'
	holds "a VM that stops: its threads ended" 'every(.threads[]; .ended)'
}

start_qemu() {
	{ head -c 65520 /dev/zero && printf '\353\376' && head -c 14 /dev/zero; } >"$work/firmware"
	spawn taskset -c "$cpu" qemu-system-x86_64 -accel kvm -smp 2 -m 16 -nodefaults \
		-no-user-config -display none -name "lull-test,debug-threads=$1" -uuid $UUID \
		-bios "$work/firmware" >"$work/qemu.out" 2>&1
	guest=$spawned
	wait_until 5 has_two_vcpus
}

# Of QEMU's threads the vCPUs come in order of their birth, each after its predecessor. Without
# names only KVM tells; its directory is there wherever debugfs is.
has_two_vcpus() {
	vcpus=$(with_debugfs sh -c "cat /sys/kernel/debug/kvm/$guest-*/vcpu[01]/pid" 2>/dev/null)
	[[ $(wc -w <<<"$vcpus") == 2 ]] && ! grep -qw 0 <<<"$vcpus"
}

# test_qemu ON-OR-OFF: threads with names, or without.
test_qemu() {
	local first second what
	if ! start_qemu "$1"; then
		skip_qemu "$1" "QEMU does not start here: $(tail -n 1 "$work/qemu.out")"
		return
	fi
	read -r first second < <(paste -sd " " <<<"$vcpus")
	for what in "$guest" lull-test $UUID; do
		vm_found "QEMU, names $1," lull-test "$what" "$first" "$second"
	done
	record only -d 300ms
	good "QEMU, names $1, the only VM"
	holds "QEMU, names $1: the only VM needs no name" "$watched == ([$first, $second] | sort)"
	record not --vm lull -d 300ms
	within "QEMU, names $1: a part of its name is not enough" "$code" 4 4
	says "QEMU, names $1: the choices are told" "$said" "--vm lull-test .*pid $guest.*uuid $UUID"
	reap "$guest"
}

skip_qemu() {
	local i
	for ((i = 1; i <= 13; i++)); do
		skip "QEMU, names $1: $i" "$2"
	done
}

plan 73

test_thread
test_process
test_command
test_ending_thread
if [[ -w /dev/kvm && -x $GUEST/miniguest ]]; then
	test_miniguest
else
	for ((i = 1; i <= 18; i++)); do
		skip "miniguest: $i" "no /dev/kvm"
	done
fi
for names in on off; do
	if ! command -v qemu-system-x86_64 >/dev/null; then
		skip_qemu $names "no qemu-system-x86_64"
	elif [[ ! -w /dev/kvm ]]; then
		skip_qemu $names "no /dev/kvm"
	else
		test_qemu $names
	fi
done
