#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# list: a host with two guests and two passed-through devices, as lull list has it. One guest is a
# QEMU that has not begun to run (-S), in cgroups as libvirt makes them, its vCPUs pinned by these;
# the other is miniguest, with a device, its vCPUs pinned by itself. The second device is in the
# hands of a process that is no VM. What is true is kept for check, outside.
. /test/lib.sh

edu=$(pci_find 0x1234:0x11e8)
nic=$(pci_find 0x8086:0x10d3)

modprobe kvm-amd
vfio_bind "$edu"
vfio_bind "$nic"
device_start edu miniguest --vcpus 2 --mode irq,idle --pin 1-2 --vfio "$edu" --dest 0
mini=$device
until_true 10 vcpus_run "$mini"
device_start nic vfirq "$nic"
until_true 10 grep -q '"vectors":5}' "$OUT/nic.raised"

qemu-system-x86_64 -L /usr/share/qemu -L /usr/share/seabios -S \
	-name guest=lab,debug-threads=on -uuid 11111111-2222-3333-4444-555555555555 \
	-accel kvm -machine q35 -smp 2 -m 32M -nodefaults -display none -serial none -monitor none \
	>"$OUT/qemu" 2>&1 &
qemu=$!
until_true 30 vcpus_run "$qemu"
scope=$(libvirt_tree "$qemu" lab)
echo 3 >"$scope/libvirt/vcpu0/cpuset.cpus"
echo 2 >"$scope/libvirt/vcpu1/cpuset.cpus"
echo 0 >"$scope/libvirt/emulator/cpuset.cpus"

lull list --json >"$OUT/list.json"
lull list
for action in "vfio-msi[0]($edu)" "vfio-msix[0]($nic)" "vfio-msix[4]($nic)"; do
	echo "$action $(line_of "$action")"
done >"$OUT/lines"
for guest in "$qemu" "$mini"; do
	echo "$guest $(vcpu_tid "$guest" 0) $(vcpu_tid "$guest" 1)"
done >"$OUT/tids"
kill "$qemu"
guest_end "$mini"
