#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: do the guest and the noise do what they say? Their reports are held against the kernel's
# own counts, because the tests of the ledger are held against them. Amounts are exact where the
# kernel counts them and have bounds where a busy machine may delay them.

# shellcheck source-path=SCRIPTDIR source=../root/lib.sh
. "$(dirname "$0")/../root/lib.sh"
need_root
need_cpus 2
[[ -x $GUEST/noise ]] || plan_skip_all "needs $GUEST/noise: make guest"

cpu=$(last_cpu)
host=$(first_cpu)
out=$work/out

noise() {
	"$GUEST/noise" "$@" --cpu "$cpu" --secs 2 >"$out"
}

# Interrupts on the noisy CPU during a command, which has to come from itself for the most part.
interrupts_during() {
	local label=$1 before
	shift
	before=$(irq_count "$label" "$cpu")
	"$@"
	echo $(($(irq_count "$label" "$cpu") - before))
}

with_debugfs_vcpus() {
	with_debugfs sh -c "cat /sys/kernel/debug/kvm/$1-*/vcpu*/pid" | sort -n | paste -sd ' '
}

# Of one second: ran, or wanted to while somebody else had the CPU.
wanted_percent() {
	local before after
	before=$(($(run_time_ns "$1") + $(wait_time_ns "$1")))
	sleep 1
	after=$(($(run_time_ns "$1") + $(wait_time_ns "$1")))
	echo $(((after - before) / 10000000))
}

plan 19

noise fifo --run 3ms --every 20ms
bursts=$(json_number "$out" bursts)
within "fifo: bursts in 2 s" "$bursts" 90 99
within "fifo: its CPU time per burst, ns" $(($(json_number "$out" thread_cpu_ns) / bursts)) \
	3000000 3020000
within "fifo: schedstat agrees, ns per burst" $(($(json_number "$out" schedstat_ns) / bursts)) \
	3000000 3030000

# The others need a busy CPU: an idle one takes wake-ups without an interrupt.
spawn "$GUEST/noise" spin --cpu "$cpu" >"$work/spin"
spin=$spawned
wait_until 3 grep -q tid "$work/spin"
within "spin: says its tid" "$(json_number "$work/spin" tid)" "$spin" "$spin"

calls=$(interrupts_during CAL noise ipi --from "$host" --rate 2000)
sent=$(json_number "$out" sent)
within "ipi: sent in 2 s" "$sent" 1000 4000
within "ipi: function calls that the kernel counted" "$calls" "$sent" $((sent + sent / 10 + 50))

timers=$(interrupts_during LOC noise timer --rate 1000)
fired=$(json_number "$out" fired)
within "timer: fired in 2 s" "$fired" 1900 2001
within "timer: timer interrupts that the kernel counted" "$timers" "$fired" $((fired + 2000))

noise wake --from "$host" --rate 500
sent=$(json_number "$out" sent)
within "wake: woken as often as sent, or merged" "$(json_number "$out" woken)" $((sent / 2)) "$sent"

noise udp --rate 500
within "udp: received all" "$(json_number "$out" received)" "$(json_number "$out" sent)" 1000

head -c 1M /dev/zero >"$work/file"
if noise disk --rate 100 --file "$work/file" 2>/dev/null; then
	within "disk: reads in 2 s" "$(json_number "$out" reads)" 50 200
else
	skip "disk: reads" "the file system of $work cannot read past the cache"
fi
reap "$spin"
check "spin: SIGTERM ends it with a report" grep -q '"noise":"spin"' "$work/spin"

if [[ ! -w /dev/kvm || ! -x $GUEST/miniguest ]]; then
	for i in 1 2 3 4 5 6 7; do
		skip "miniguest: $i" "no /dev/kvm"
	done
	exit
fi
spawn "$GUEST/miniguest" --comm guest-test --mode spin,hlt:100 --pin "$cpu" >"$out"
guest=$spawned
wait_until 3 thread_named "$guest" 'CPU 1/KVM' >/dev/null
vcpus="$(thread_named "$guest" 'CPU 0/KVM') $(thread_named "$guest" 'CPU 1/KVM')"
skip_without_mounts "miniguest: KVM knows both threads as vCPUs" ||
	check "miniguest: KVM knows both threads as vCPUs" \
		test "$(with_debugfs_vcpus "$guest")" = "$vcpus"
within "miniguest: a spinning vCPU never sleeps, %" "$(wanted_percent "${vcpus% *}")" 90 110
reap "$guest"
within "miniguest: exit code" $? 0 0
within "miniguest: the timer wakes the halted vCPU" "$(tail -n 1 "$out" | sed 's/.*"hlt"//' |
	grep -oE '"ticks":[0-9]+' | cut -d: -f2)" 80 1000

spawn "$GUEST/miniguest" --vcpus 1 --debug-threads=off --comm guest-test --mode pio:200 >"$out"
sleep 2
check "miniguest: without names there are none" \
	test -z "$(thread_named "$spawned" 'CPU 0/KVM')"
reap "$spawned"
loops=$(json_number "$out" loops)
within "miniguest: port writes in 2 s" "$loops" 200 450
within "miniguest: an exit each" "$(json_number "$out" io)" "$loops" $((loops + 1))
