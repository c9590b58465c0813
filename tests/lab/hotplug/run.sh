#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hotplug: CPUs of the guest and of the host go and come back, and a vCPU is pinned elsewhere and back,
# while lull shield --keep holds a shield of a guest in libvirt's cgroups. It writes again what the kernel
# has reset or found invalid, the status says so meanwhile, and at the end everything is as it was.
. /test/lib.sh

root=/sys/fs/cgroup

online() {
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online"
}

# Do partitions hold, or else the files, and all masks?
all_held() {
	lull status >"$OUT/status" 2>&1
}

# While a CPU of the guest is away, the kernel may take the partition for invalid: then the status says so.
status_is_right() {
	_rc=0
	lull status >"$OUT/offline" 2>&1 || _rc=$?
	if [ "$has_partitions" ] && grep -q invalid "$partition"; then
		[ "$_rc" -eq 2 ] && grep -q invalid "$OUT/offline"
	else
		[ "$_rc" -eq 0 ]
	fi
}

guest_start guest --vcpus 2 --mode idle --pin 2-3
scope=$(libvirt_tree "$guest" lab)
echo 2 >"$scope/libvirt/vcpu0/cpuset.cpus"
echo 3 >"$scope/libvirt/vcpu1/cpuset.cpus"
echo 0-1 >"$scope/libvirt/emulator/cpuset.cpus"
mkdir -p $root/system.slice
echo 0-3 >$root/system.slice/cpuset.cpus
partition="$scope/libvirt/vcpu1/cpuset.cpus.partition"
has_partitions=
[ ! -e "$scope/libvirt/cpuset.cpus.exclusive" ] || has_partitions=yes

# What a CPU's going does without lull is no matter of this test.
for cpu in 3 1; do
	online "$cpu" 0
	online "$cpu" 1
done
host_state >"$OUT/before"
keep_start plug --vm "$guest"
must all_held

online 3 0
sleep 1
until_true 15 status_is_right
online 3 1
until_true 15 all_held
[ -z "$has_partitions" ] || must test "$(cat "$partition")" = isolated
echo "the guest's CPU was gone, and is back: $(cat "$root/cpuset.cpus.effective") are the host's"

online 1 0
sleep 1
must kill -0 "$keep"
online 1 1
until_true 15 all_held
echo "so was one of the host's"

# As libvirt pins a vCPU elsewhere, and back: without a partition the other cgroups are narrowed.
pin_elsewhere() {
	echo "$1" >"$scope/libvirt/vcpu1/cpuset.cpus"
	must taskset -p "$((1 << $1))" "$(vcpu_tid "$guest" 1)" >/dev/null
}

slice_is() {
	[ "$(cat $root/system.slice/cpuset.cpus)" = "$1" ]
}

if [ "$has_partitions" ]; then
	pin_elsewhere 1
	until_true 15 slice_is 0-1
	until_true 15 all_held
	must test "$(cat "$scope/libvirt/vcpu0/cpuset.cpus.partition")" = member
	pin_elsewhere 3
	until_true 15 slice_is 0-3
	until_true 15 all_held
	must test "$(cat "$partition")" = isolated
	echo "a vCPU was pinned to a CPU of the host, and is back"
fi

kill -TERM "$keep"
keep_end plug host_state
