#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# arm64: on another architecture, built by a cross compiler, lull counts as the kernel does. Interrupts
# of a disk and of timers, those that CPUs send each other, and who had the CPU of a busy thread.
. /test/lib.sh

modprobe virtio_pci
modprobe virtio_blk
until_true 10 test -b /dev/vda

noise spin --cpu 1 >"$OUT/victim.json" &
victim=$!
until_true 10 grep -q tid "$OUT/victim.json"

lull_start r -c 0-3 -t "$victim"
cat /proc/interrupts >"$OUT/before"
i=0
while [ "$i" -lt 30 ]; do
	dd if=/dev/vda of=/dev/null bs=4096 count=1 skip="$i" iflag=direct 2>/dev/null
	i=$((i + 1))
done
taskset -p 2 $$ >/dev/null # so that the noise is born on CPU 1
noise fifo --cpu 1 --run 3ms --every 20ms --secs 1s >"$OUT/fifo.json"
taskset -p f $$ >/dev/null
noise ipi --cpu 2 --from 3 --rate 100 --secs 1s >"$OUT/ipi.json"
cat /proc/interrupts >"$OUT/after"
lull_end r
