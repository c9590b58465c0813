#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# suite: what a user types and gets, on this kernel. Each says in TAP what it did;
# what failed is printed, what was skipped is counted.
. /test/lib.sh

failed=0

modprobe kvm-amd
ln -sf /usr/bin/bash /bin/bash
echo 'root:x:0:0:root:/root:/bin/sh' >/etc/passwd
hash -r
cd /tree
export LULL=/test/bin/lull LULL_BUILD=/test/bin TERM=dumb LOCPATH=/usr/lib/locale
for script in tests/cli/*.t; do
	tap_run "$(basename "$script" .t)" "$script" || failed=1
done
exit "$failed"
