#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor: in a VM whose KVM reports its entries, lull doctor sees them come, and every source loads.
# Before a guest runs it says that it cannot tell. Judged by check, outside.
. /test/lib.sh

modprobe kvm-amd
lull doctor --json >"$OUT/before.json" || echo "lull doctor: exit code $?"
miniguest --mode pio:1000,hlt:100 >"$OUT/guest.json" &
guest=$!
sleep 2
rc=0
lull doctor --json >"$OUT/during.json" || rc=$?
lull doctor || true
kill -TERM "$guest"
wait "$guest"
echo "lull doctor: exit code $rc"
exit "$rc"
