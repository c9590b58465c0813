# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tap: one scripts/lab command is one line of TAP, with the seconds it took and, if it went wrong,
# what it said. For tests/lab/*.t. A command that the machine cannot do (77) is a skip; a kernel
# that could not be prepared is not asked for again.
set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
number=0
bad=0
no_kernel=

result() {
	local rc=$1 want=$2 what="$3 ($SECONDS s)"

	number=$((number + 1))
	SECONDS=0
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

# lab WANT WHAT ARGUMENT...: WANT is the exit code
lab() {
	local want=$1 what=$2 rc=0
	shift 2

	if [[ -n $no_kernel ]]; then
		rc=77
	else
		"$root/scripts/lab" "$@" >"$log" 2>&1 || rc=$?
	fi
	[[ $1 != prepare || $rc != 77 ]] || no_kernel=yes
	result "$rc" "$want" "$what"
}

# As lab, for what is judged outside the VM.
lab_with_jq() {
	if command -v jq >/dev/null; then
		lab "$@"
	else
		echo 'jq is missing' >"$log"
		result 77 0 "$2"
	fi
}
