#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: what disturbs a vCPU in guest mode is called by its name. A vCPU spins on CPU 1, another
# sleeps on CPU 2, a third halts on CPU 3; a real-time task and the interrupts of a passed-through
# device come to the first. Then the kernel's own trace tells whether interrupts of this kernel come
# before kvm_exit or after it.
. /test/lib.sh

edu=$(pci_find 0x1234:0x11e8)
line="vfio-msi[0]($edu)"
tracing=/sys/kernel/tracing

vfio_bind "$edu"
device_start edu taskset 1 vfirq "$edu" --rate 200
until_true 10 grep -q '"vectors":1}' "$OUT/edu.raised"
line_move "$line" 1
device_raise edu 5

guest_start guest --vcpus 3 --mode spin,idle,hlt:100 --pin 1-3
lull_start r --vm "$guest" -c 1-3
taskset -p 2 $$ >/dev/null # so that the noise is born on CPU 1
noise fifo --cpu 1 --run 3ms --every 20ms --secs 1s >"$OUT/fifo.json"
taskset -p f $$ >/dev/null
line_counts "$line" >"$OUT/before"
device_raise edu 200
line_counts "$line" >"$OUT/after"
lull_end r
line_of "$line" >"$OUT/line"

for event in kvm/kvm_entry kvm/kvm_exit irq/irq_handler_entry; do
	echo 1 >"$tracing/events/$event/enable"
done
device_raise edu 50
echo 0 >"$tracing/tracing_on"
cat "$tracing/trace" >"$OUT/trace"
for event in kvm/kvm_entry kvm/kvm_exit irq/irq_handler_entry; do
	echo 0 >"$tracing/events/$event/enable"
done
echo >"$tracing/trace"
echo 1 >"$tracing/tracing_on"
guest_end "$guest"
