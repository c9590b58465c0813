#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# suite: the unit tests and what a user types and gets, on this kernel. Each says in TAP what it did;
# what failed is printed, what was skipped is counted.
. /test/lib.sh

failed=0

# run NAME COMMAND...: its TAP, in numbers.
run() {
	_name=$1 _rc=0
	shift
	"$@" >"$OUT/$_name.tap" 2>"$OUT/$_name.err" || _rc=$?
	_ok=$(grep -c '^ok' "$OUT/$_name.tap" || true)
	_skipped=$(grep -ci '^ok.*# skip' "$OUT/$_name.tap" || true)
	_bad=$(grep -c '^not ok' "$OUT/$_name.tap" || true)
	_plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$OUT/$_name.tap")
	echo "$_name: $((_ok - _skipped)) passed, $_bad failed, $_skipped skipped, exit code $_rc"
	[ "$_rc" -eq 0 ] && [ "$_bad" -eq 0 ] && [ "$((_ok + _bad))" = "$_plan" ] && return
	grep -A 6 '^not ok' "$OUT/$_name.tap" || tail -n 5 "$OUT/$_name.err"
	failed=1
}

modprobe kvm-amd
ln -sf /usr/bin/bash /bin/bash
echo 'root:x:0:0:root:/root:/bin/sh' >/etc/passwd
hash -r
cd /tree
export LULL=/test/bin/lull LULL_BUILD=/test/bin TERM=dumb
run unit unit
for script in tests/cli/*.t; do
	run "$(basename "$script" .t)" "$script"
done
exit "$failed"
