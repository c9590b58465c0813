#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nested: a real QEMU with KVM, and a network card and an NVMe disk passed through to its guest. The
# guest boots a 6.1, reads the disk a known number of times while lull records, and tells
# what it counted itself.
. /test/lib.sh

nic=$(pci_find 0x8086:0x10d3)
disk=$(pci_find 0x1b36:0x0010)

# Of the disk's lines: "ACTION LINE N,N,N,N"
counts() {
	for q in 1 2; do
		action="vfio-msix[$q]($disk)"
		echo "$action $(line_of "$action") $(line_counts "$action")"
	done
}

modprobe kvm-amd
vfio_bind "$nic"
vfio_bind "$disk"
mkdir -p /tmp/l2
cp /test/nested/l2-init /tmp/l2/init
(cd /tmp/l2 && echo init | cpio -o -H newc 2>/dev/null) >/tmp/l2.cpio
cat /nested/base.cpio /tmp/l2.cpio >/tmp/l2.initrd
mkfifo /tmp/l2.in /tmp/l2.out

qemu-system-x86_64 -L /usr/share/qemu -L /usr/share/seabios -name guest=l2,debug-threads=on \
	-uuid 11111111-2222-3333-4444-555555555555 \
	-accel kvm -cpu host -machine q35 -smp 2 -m 256M -nodefaults -no-reboot -display none \
	-serial "file:$OUT/l2.console" -serial pipe:/tmp/l2 -monitor none \
	-kernel /nested/vmlinux -initrd /tmp/l2.initrd \
	-append 'console=ttyS0 quiet panic=-1 tsc=reliable' \
	-device "vfio-pci,host=$nic" -device "vfio-pci,host=$disk" >"$OUT/qemu" 2>&1 &
guest=$!
cat /tmp/l2.out >"$OUT/l2" &
sleep 600 >/tmp/l2.in &
until_true 200 grep -q ready "$OUT/l2"

lull list --json >"$OUT/list.json"
lull_start r --vm "$guest"
counts >"$OUT/before"
echo go >/tmp/l2.in
until_true 60 grep -q done "$OUT/l2"
counts >"$OUT/after"
lull_end r
echo end >/tmp/l2.in
