#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# record: lull watches a KVM guest whose entries and exits are known to the last one. The guest is
# stopped (SIGSTOP) while lull starts and while it ends, so that all it does lies inside the
# recording. What it did is counted twice: by KVM's own counters, and by the kernel's tracing, per
# thread and reason. The flight recorder is on, too. Judged by check, outside.
. /test/lib.sh

# hist TRACEPOINT KEYS on|off
hist() {
	echo "$([ "$3" = on ] || echo '!')hist:keys=$2" >"/sys/kernel/tracing/events/$1/trigger"
}

guest_start guest --vcpus 3 --mode pio:1000,hlt:100,cpuid
guest_stop "$guest"
kvm_count "$guest" io_exits >"$OUT/io.before"
kvm_count "$guest" halt_exits >"$OUT/hlt.before"
hist kvm/kvm_exit common_pid,exit_reason on
hist kvm/kvm_entry common_pid on

lull_start r --vm "$guest" --trace
kill -CONT "$guest"
sleep 2
guest_stop "$guest"
kvm_count "$guest" io_exits >"$OUT/io.after"
kvm_count "$guest" halt_exits >"$OUT/hlt.after"
cat /sys/kernel/tracing/events/kvm/kvm_exit/hist >"$OUT/exits"
cat /sys/kernel/tracing/events/kvm/kvm_entry/hist >"$OUT/entries"
lull_end r

hist kvm/kvm_exit common_pid,exit_reason off
hist kvm/kvm_entry common_pid off
kill -CONT "$guest"
guest_end "$guest"
