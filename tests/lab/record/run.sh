#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# record: lull watches a KVM guest whose exits are known to the last one. The guest is stopped
# (SIGSTOP) while lull starts and while it ends, so that all it does lies inside the recording; what
# it did is read from KVM's own counters while it stands still. Judged by check, outside.
set -eu

counter() {
	cat "/sys/kernel/debug/kvm/$guest-"*"/$1"
}

# A stopped thread shows T; the vCPU threads leave KVM at their own pace.
stop_guest() {
	kill -STOP "$guest"
	for task in /proc/"$guest"/task/*; do
		until grep -q '^State:.T' "$task/status"; do
			sleep 0.1
		done
	done
}

attached() {
	cat /proc/"$lull"/fdinfo/* 2>/dev/null | grep -c '^link_type' || true
}

# lull measures once all its programs are attached: when their number has stood still for a second.
wait_for_lull() {
	before=0
	while kill -0 "$lull" 2>/dev/null; do
		sleep 1
		now=$(attached)
		if [ "$now" -gt 0 ] && [ "$now" -eq "$before" ]; then
			return
		fi
		before=$now
	done
	cat /out/record.log
	echo 'lull ended before it measured'
	exit 1
}

modprobe kvm-amd
uname -r >/out/release

miniguest --mode pio:1000,hlt:100 >/out/guest.json &
guest=$!
sleep 1
stop_guest
counter io_exits >/out/io.before
counter halt_exits >/out/hlt.before

lull record --vm "$guest" -d 8s -o /out/r.json >/out/record.log 2>&1 &
lull=$!
wait_for_lull
kill -CONT "$guest"
sleep 2
stop_guest
kill -0 "$lull" 2>/dev/null || {
	echo 'the recording ended before the guest stood still'
	exit 1
}
counter io_exits >/out/io.after
counter halt_exits >/out/hlt.after

rc=0
wait "$lull" || rc=$?
cat /out/record.log
echo "lull record: exit code $rc"
kill -CONT "$guest"
kill -TERM "$guest"
wait "$guest"
exit "$rc"
