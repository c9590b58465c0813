#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sources: every source of noise is measured, or left out by name, on this kernel. What it has is
# taken from the directory of its tracepoints, which lull does not read.
. /test/lib.sh

guest_start guest --vcpus 1 --mode pio:200
lull_start r --vm "$guest"
sleep 1
lull_end r
guest_end "$guest"
(cd /sys/kernel/tracing/events && ls -d ./*/*/) | cut -d/ -f3 | sort -u >"$OUT/tracepoints"
