#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shield: whole shields with cgroup v2, of a bare guest (by files) and of one in cgroups as libvirt makes
# them (an isolated partition where the kernel has such, else by files). While shielded, what is started
# stays off the guest's CPUs, interrupts do, and libvirt can still pin. Afterwards, also after kill -9
# and after the guest's end, every mask, every file of cpuset and every thread's CPUs are as before.
. /test/lib.sh

root=/sys/fs/cgroup
has_partitions=
[ -e /sys/devices/virtual/workqueue/cpumask_requested ] && has_partitions=yes

# settle NAME CODE COMMAND...: of lull, with its exit code.
lull_says() {
	_name=$1 _want=$2 _rc=0
	shift 2
	lull "$@" >"$OUT/$_name" 2>&1 || _rc=$?
	[ "$_rc" -eq "$_want" ] && return
	cat "$OUT/$_name"
	fail "lull $*: exit code $_rc"
}

# as_before NAME: the host is as it was when "before" was taken.
as_before() {
	host_state >"$OUT/$1.after"
	diff "$OUT/before" "$OUT/$1.after" || fail "$1: not as before"
	must test ! -e /run/lull/journal
}

# cpus_of PID
cpus_of() {
	sed -n 's/^Cpus_allowed_list:.//p' "/proc/$1/status"
}

# A host task in a cgroup: sleeper CGROUP [MASK]; sets $sleeper.
sleeper() {
	sleep 1000 &
	sleeper=$!
	echo "$sleeper" >"$root/$1/cgroup.procs"
	[ -z "${2:-}" ] || taskset -p "$2" "$sleeper" >/dev/null
}

# What is started from now on in the host's cgroups is kept off the guest's CPUs.
later_stays_off() {
	for _group in system.slice user.slice/deep; do
		sleeper "$_group"
		must test "$(cpus_of "$sleeper")" = 0-1
		kill -KILL "$sleeper"
		wait "$sleeper" || true
	done
	must test "$(cpus_of self)" = 0-1
}

# The line of the second serial port, which this test writes to.
serial_counts() {
	cat "/sys/kernel/irq/$serial/per_cpu_count"
}

chatter() {
	for _i in 1 2 3 4 5 6 7 8 9 10; do
		printf '.' >/dev/ttyS1
	done
	sleep 0.2
	echo
}

# Of a line that was on CPU 2 alone.
serial_fires_on_host() {
	chatter # a move takes effect at the line's next interrupt
	_before=$(serial_counts)
	chatter
	_after=$(serial_counts)
	echo "ttyS1: from $_before to $_after"
	must test "$(echo "$_before" | cut -d, -f3,4)" = "$(echo "$_after" | cut -d, -f3,4)"
	must test "$_before" != "$_after"
}

killed() {
	for _delay in 0.2 0.4 0.6; do
		lull "$@" >/dev/null 2>&1 &
		_pid=$!
		sleep "$_delay"
		kill -KILL "$_pid" 2>/dev/null || true
		wait "$_pid" 2>/dev/null || true
		lull_says killed 0 restore --all
		as_before "killed after $_delay"
	done
}

# A test before this one may have left the controller in use, and with it lists that a kernel before
# 7.0 does not take back empty while there are tasks: here lull gives it, and takes it away.
find $root/machine.slice -depth -type d -exec rmdir {} + 2>/dev/null || true
must sh -c "echo -cpuset >$root/cgroup.subtree_control"
mkdir -p $root/system.slice $root/user.slice/deep
sleeper system.slice
sleeper system.slice 2
sleeper user.slice/deep 6
sleeper . 6
sleeper . c
serial=$(grep -lx ttyS1 /sys/kernel/irq/*/actions | cut -d/ -f5)
echo 2 >"/proc/irq/$serial/smp_affinity_list"
chatter

echo '-- a bare guest'
guest_start bare --vcpus 2 --mode idle --pin 2-3
host_state >"$OUT/before"
lull_says bare.plan 0 plan --vm "$guest" --json
lull_says bare 0 shield --vm "$guest"
lull_says bare.status 0 status
later_stays_off
serial_fires_on_host
must test "$(cpus_of "$(vcpu_tid "$guest" 0)")" = 2
lull_says bare.restore 0 restore
cat "$OUT/bare.restore"
as_before bare
guest_end "$guest"

echo '-- a guest of libvirt'
guest_start libvirt --vcpus 2 --mode idle --pin 2-3
scope=$(libvirt_tree "$guest" lab)
echo 2 >"$scope/libvirt/vcpu0/cpuset.cpus"
echo 3 >"$scope/libvirt/vcpu1/cpuset.cpus"
echo 0-1 >"$scope/libvirt/emulator/cpuset.cpus"
# As a kernel before 7.0 leaves it: an empty list cannot be had again.
echo 0-3 >$root/system.slice/cpuset.cpus
echo 0-3 >$root/user.slice/cpuset.cpus
host_state >"$OUT/before"
lull_says plan 0 plan --vm "$guest" --json
lull_says shield 0 shield --vm "$guest"
lull_says status 0 status
later_stays_off
serial_fires_on_host
if [ "$has_partitions" ]; then
	must test "$(cat "$scope/libvirt/vcpu0/cpuset.cpus.partition")" = isolated
	must test "$(cat "$scope/libvirt/vcpu1/cpuset.cpus.partition")" = isolated
	must test "$(cat $root/cpuset.cpus.isolated)" = 2-3
fi
# As libvirt pins: the cgroup first, then the thread.
vcpu=$(vcpu_tid "$guest" 0)
for cpu in 2 1 2; do
	echo "$cpu" >"$scope/libvirt/vcpu0/cpuset.cpus"
	must taskset -p "$((1 << cpu))" "$vcpu" >/dev/null
	must test "$(cpus_of "$vcpu")" = "$cpu"
done
[ -z "$has_partitions" ] || lull_says repinned 2 status
lull_says again 0 shield --vm "$guest"
# Another shield beside it, which is there for longer.
lull_says second 0 shield -c 1
must test "$(cpus_of self)" = 0
lull_says first.restore 0 restore --vm "$guest"
must test "$(cat "$scope/libvirt/vcpu0/cpuset.cpus.partition" 2>/dev/null || echo member)" = member
lull_says second.status 0 status
lull_says second.restore 0 restore
as_before "two shields"
lull_says again 0 shield --vm "$guest"
lull_says again.status 0 status
lull_says restore 0 restore
cat "$OUT/restore"
as_before restore
killed shield --vm "$guest"

lull_says last 0 shield --vm "$guest"
guest_end "$guest"
find "$scope" -depth -type d -exec rmdir {} \;
must test "$(cat $root/cpuset.cpus.effective)" = 0-3
lull_says ended 0 restore
cat "$OUT/ended"
grep -v "^/proc/$guest \|machine-qemu\|^[0-9]* $guest \|recovery-$guest " "$OUT/before" >"$OUT/before.rest"
mv "$OUT/before.rest" "$OUT/before"
as_before ended
