#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lockdown: a host that lets nobody read its memory: lull measures there as elsewhere, and knows why
# its guest exits where a program can read that by type. The VM stays so: no test follows this one.
. /test/lib.sh

must mount -t securityfs securityfs /sys/kernel/security
echo confidentiality >/sys/kernel/security/lockdown
grep -qF '[confidentiality]' /sys/kernel/security/lockdown || fail 'no lockdown'

guest_start guest --vcpus 2 --mode pio:1000,hlt:100
guest_stop "$guest"
lull_start r --vm "$guest"
kill -CONT "$guest"
sleep 2
guest_stop "$guest"
lull_end r
kill -CONT "$guest"
guest_end "$guest"
