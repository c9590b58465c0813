#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# late: KVM is loaded after lull has started. The recording in progress has no hooks for it and says
# so; the next one has. A thread that runs now and then is the victim of the first.
. /test/lib.sh

rmmod kvm_amd 2>/dev/null || true
rmmod kvm 2>/dev/null || true
must test ! -e /sys/module/kvm

noise fifo --cpu 1 --run 1ms --every 20ms >"$OUT/fifo.json" &
fifo=$!
until_true 10 grep -q noise-fifo "/proc/$fifo/comm"
lull_start without -t "$fifo"
guest_start guest --vcpus 1 --mode pio:200 --pin 2
lull_end without
kill -TERM "$fifo"

lull_start with --vm "$guest"
sleep 1
lull_end with
guest_end "$guest"
