# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tap: what scripts/lab says, as TAP: a line for each test, with the seconds it took and, if it went
# wrong, what it said. For tests/lab/*.t. What the machine cannot do (77) is a skip; a kernel that
# could not be prepared is not asked for again.
set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
number=0
bad=0
no_kernel=

# What runs on every kernel that lull measures on, in one VM.
readonly host_tests=(doctor list record vfio guest irqfd late sources bench shield)

# line RC WHAT FILE: of the result; FILE is what was said.
line() {
	local rc=$1 what=$2 said=$3

	number=$((number + 1))
	if ((rc == 77)); then
		echo "ok $number $what # SKIP $(tail -n 1 "$said")"
	elif ((rc == 0)); then
		echo "ok $number $what"
	else
		echo "not ok $number $what"
		sed 's/^/# /' "$said"
		bad=1
	fi
}

# lab_kernel KERNEL: is there one to boot?
lab_kernel() {
	local rc=0

	SECONDS=0 no_kernel=
	"$root/scripts/lab" prepare "$1" >"$log" 2>&1 || rc=$?
	((rc == 0)) || no_kernel=yes
	line "$rc" "a Debian $1 to boot ($SECONDS s)" "$log"
}

# lab_build KERNEL: lull for its architecture
lab_build() {
	local rc=0

	SECONDS=0
	"$root/scripts/lab" build "$1" >"$log" 2>&1 || rc=$?
	((rc == 0)) || no_kernel=yes
	line "$rc" "lull for $1 ($SECONDS s)" "$log"
}

# lab KERNEL TEST[=CODE]...: all in one VM; CODE is what the test is expected to end with.
lab() {
	local kernel=$1 rc=0 want result code seconds tries test what
	shift

	if [[ -n $no_kernel ]]; then
		rc=77
		echo 'no kernel, or no lull for it' >"$log"
	elif ! command -v jq >/dev/null; then
		rc=77
		echo 'jq is missing' >"$log"
	else
		"$root/scripts/lab" run --kernel "$kernel" "${@%=*}" >"$log" 2>&1 || rc=$?
	fi
	for test; do
		want=0
		[[ $test != *=* ]] || want=${test#*=}
		test=${test%=*}
		what="$test on $kernel"
		result=$root/build/lab/out/$test-$kernel/result
		if ((rc == 77)) && [[ ! -f $result || -n $no_kernel ]]; then
			line 77 "$what" "$log"
		elif read -r code seconds tries _ 2>/dev/null <"$result"; then
			((code == want)) && code=0
			((tries == 1)) || what+=' (2nd try)'
			line "$code" "$what ($seconds s)" "${result%result}report"
		else
			line 1 "$what" "$log"
		fi
	done
}
