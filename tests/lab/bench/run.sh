#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench: a short run of the benchmark where KVM's tracepoints fire: each operation of its guest is
# one exit and one entry. Only counts are judged, by check, outside: all times are an emulator's.
# The kernel's tracing tells independently what the guest did.
. /test/lib.sh

modprobe kvm-amd
for tracepoint in kvm_exit kvm_entry; do
	key=exit_reason
	[ "$tracepoint" = kvm_exit ] || key=common_cpu
	echo "hist:keys=$key" >"/sys/kernel/tracing/events/kvm/$tracepoint/trigger"
done
cd /tmp
rc=0
bench --quick --json --lull /test/bin/lull >"$OUT/bench.json" 2>"$OUT/bench.err" || rc=$?
for tracepoint in kvm_exit kvm_entry; do
	cat "/sys/kernel/tracing/events/kvm/$tracepoint/hist" >"$OUT/$tracepoint"
done
cat "$OUT/bench.err"
[ "$rc" -eq 0 ] || [ "$rc" -eq 2 ] || fail "bench: exit code $rc"
