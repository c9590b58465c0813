#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo: scripts/demo end to end, with each of the three guests it can start, and interrupted in the
# middle. Asserts that lull names the noise, proves that a shield removes it, and that no process, no
# file and no other affinity is left. Does not test the installation, nor the numbers: those are the
# ledger's tests.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
need_lull
need_cpus 2

export LULL_DEMO_NO_INSTALL=1 TMPDIR=$work/tmp
mkdir "$TMPDIR"

# Whatever the demo starts inherits TMPDIR; the search itself must not.
left_pids() {
	local mark="TMPDIR=$TMPDIR"
	(unset TMPDIR && grep -lsaF -e "$mark" /proc/[0-9]*/environ | cut -d/ -f3)
}

masks() {
	grep -s . /proc/irq/*/smp_affinity /proc/irq/default_smp_affinity
}

# Says what is left, and ends it, so that one failure is not the cause of the next.
nothing_left() {
	local pids files pid
	pids=$(left_pids)
	files=$(ls -A "$TMPDIR")
	masks | diff "$work/masks" - || return 1
	[[ -n $pids$files ]] || return 0
	for pid in $pids; do
		echo "left: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		kill "$pid"
	done
	[[ -z $files ]] || echo "left: $files"
	rm -rf "${TMPDIR:?}"/*
	return 1
}

# demo_names WHAT HIDDEN GUEST: one run; GUEST is how its line "guest" begins.
demo_names() {
	local out=$work/out began=$SECONDS
	LULL_DEMO_HIDE=$2 scripts/demo --own >"$out" 2>&1
	within "$1: exit code" $? 0 0
	says "$1: measures $3" "$out" "^guest +$3"
	says "$1: the competing task is named" "$out" '^found +the task demo-noise'
	says "$1: by a line of its ledger" "$out" '^  preempted +demo-noise [0-9]+ +[0-9]'
	says "$1: explain says what removes it" "$out" '^ [0-9]  task: demo-noise [0-9]+$'
	says "$1: the interrupts are named" "$out" '^found +the function call interrupts'
	says "$1: the shield removes it" "$out" '^verdict +Improved$'
	says "$1: both histograms" "$out" '^Gaps a minute, before and after over each other'
	says "$1: and the host is restored" "$out" '^Restored ([1-9][0-9]*) of \1 settings, verified$'
	within "$1: seconds" $((SECONDS - began)) 10 90
	check "$1: nothing is left" nothing_left
}

has_started_recording() {
	grep -q 'lull record ' "$work/out"
}

# interrupt SIGNAL CODE: in the middle of the recording.
interrupt() {
	# A background process of a script ignores SIGINT for good; one started by env does not.
	spawn env --default-signal=INT scripts/demo --own >"$work/out" 2>&1
	wait_until 60 has_started_recording
	sleep 2
	check "SIG$1: the guest was running" is_running
	kill "-$1" "$spawned"
	wait_until 10 is_dead "$spawned"
	wait "$spawned"
	within "SIG$1: exit code" $? "$2" "$2"
	check "SIG$1: nothing is left" nothing_left
}

is_running() {
	[[ -n $(left_pids) ]]
}

plan 40

masks >"$work/masks"
if command -v qemu-system-x86_64 >/dev/null && [[ -w /dev/kvm ]]; then
	demo_names "QEMU" "" QEMU
else
	for i in 1 2 3 4 5 6 7 8 9 10 11; do
		skip "QEMU: $i" "no qemu-system-x86_64 or no /dev/kvm"
	done
fi
if [[ -w /dev/kvm && -x $GUEST/miniguest ]]; then
	demo_names "without QEMU" qemu miniguest
else
	for i in 1 2 3 4 5 6 7 8 9 10 11; do
		skip "without QEMU: $i" "no /dev/kvm"
	done
fi
demo_names "without /dev/kvm" kvm "none possible"

interrupt INT 130
interrupt TERM 143

setpriv --reuid 65534 --clear-groups scripts/demo >"$work/out" 2>&1
says "without root it says so" "$work/out" 'needs root'
