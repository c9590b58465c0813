#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# irqfd: the interrupts of a device that is passed through to a guest, on their whole way. Device,
# host's vector, irqfd, vCPU, with no thread of the VMM between: the line is counted, the halted vCPU
# wakes for each, and it is known what woke it.
. /test/lib.sh

edu=$(pci_find 0x1234:0x11e8)
line="vfio-msi[0]($edu)"

vfio_bind "$edu"
modprobe kvm-amd
device_start edu miniguest --vcpus 2 --mode irq,idle --pin 1-2 --vfio "$edu" --dest 0
guest=$device
until_true 10 vcpus_run "$guest"
line_move "$line" 3
device_raise edu 5

lull_start r --vm "$guest" -c 1-3
line_counts "$line" >"$OUT/before"
device_raise edu 200
line_counts "$line" >"$OUT/after"
lull_end r
line_of "$line" >"$OUT/line"
guest_end "$guest"
tail -n 1 "$OUT/edu.raised" >"$OUT/guest.json"
