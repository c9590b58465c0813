#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vfio: the interrupts of passed-through devices are counted to the last one, on the CPU they came to.
# One device with MSI and one with five MSI-X vectors, each vector on a CPU of its own choice; what
# was raised, what arrived at the eventfds and what the kernel counted is kept for check, outside.
. /test/lib.sh

edu=$(pci_find 0x1234:0x11e8)
nic=$(pci_find 0x8086:0x10d3)

actions() {
	echo "vfio-msi[0]($edu)"
	for q in 0 1 2 3 4; do
		echo "vfio-msix[$q]($nic)"
	done
}

# One line each: "ACTION LINE N,N,N,N"
counts() {
	actions | while read -r action; do
		echo "$action $(line_of "$action") $(line_counts "$action")"
	done
}

vfio_bind "$edu"
vfio_bind "$nic"
device_start edu vfirq "$edu" --rate 1000
device_start nic vfirq "$nic" --rate 1000
until_true 10 grep -q '"vectors":1}' "$OUT/edu.raised"
until_true 10 grep -q '"vectors":5}' "$OUT/nic.raised"

line_move "vfio-msi[0]($edu)" 3
for q in 0 1 2 3 4; do
	line_move "vfio-msix[$q]($nic)" $((q % 4))
done
device_raise edu 5
device_raise nic 25

lull_start r -c 0-3
counts >"$OUT/before"
device_raise edu 300
device_raise nic 500
counts >"$OUT/after"
lull_end r
