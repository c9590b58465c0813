#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# first-step: lull in a stock Debian 6.1 under QEMU's emulator. Skips when the machine has no QEMU
# or cannot get the kernel's package; every VM has a time limit, so this cannot hang.
set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
number=0
bad=0

# result RC WANT WHAT: one line of TAP, with the log of what failed
result() {
	local rc=$1 want=$2 what=$3

	number=$((number + 1))
	if ((rc == 77)); then
		echo "ok $number $what # SKIP $(tail -n 1 "$log")"
	elif ((rc == want)); then
		echo "ok $number $what"
	else
		echo "not ok $number $what"
		sed 's/^/# /' "$log"
		bad=1
	fi
}

# lab WANT WHAT ARGUMENT...
lab() {
	local want=$1 what=$2 rc=0
	shift 2

	"$root/scripts/lab" "$@" >"$log" 2>&1 || rc=$?
	result "$rc" "$want" "$what ($SECONDS s)"
	SECONDS=0
}

echo 1..4
lab 0 'a Debian 6.1 to boot' prepare 6.1
lab 0 'it boots with BTF, tracefs and KVM' run hello
lab 37 'a failure in the VM reaches the caller' run failing
if command -v jq >/dev/null; then
	lab 0 'lull records a KVM guest in it, exactly' run record
else
	echo 'jq is missing' >"$log"
	result 77 0 'lull records a KVM guest in it, exactly'
fi
exit "$bad"
