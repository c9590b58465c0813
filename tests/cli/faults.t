#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# faults: shields and their lifting killed at their system calls, the recovery killed too, calls
# that fail, two writers at once. On a recorded machine, a folder; the control run shows that the
# test can fail. A sample of the points by default, all with LULL_CHECK_FULL.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
faults=${LULL_BUILD:-build}/tests/cli/faults
[[ -x $faults ]] || plan_skip_all "needs $faults, which is not built"
if [[ -n ${LULL_CHECK_FULL-} ]]; then
	strides=(1 7 1 1 2000)
else
	strides=(13 211 199 37 60)
fi
# Nobody cuts the power here, so a file system in memory will do, on which syncing costs nothing.
machines=$work code_at_exit=0
if [[ -w /dev/shm ]] && in_memory=$(mktemp -d /dev/shm/lull-faults.XXXXXX); then
	machines=$in_memory
	trap 'code_at_exit=$?; rm -rf "$in_memory"; (exit $code_at_exit); tap_done' EXIT
fi

# fault MODE STRIDE CODE: all points of one mode; the last line says how many.
fault() {
	local said code
	# The allocator of the sanitizers does not take a call that fails.
	if [[ $1 == errors && $faults == */san/* ]]; then
		skip "$1" "with sanitizers: calls of theirs would fail, too"
		return
	fi
	cp -r tests/fixtures/shield "$machines/machine.$1"
	said=$("$faults" "$machines/machine.$1" "$1" "$2" 2>&1)
	code=$?
	case $code in
	"$3") ok "${said##*$'\n'}" ;;
	77) skip "$1" "${said##*$'\n'}" ;;
	*)
		not_ok "$1" "exit code $code"
		diag "$said"
		;;
	esac
}

plan 5
fault kill "${strides[0]}" 0
fault double "${strides[1]}" 0
fault errors "${strides[2]}" 0
fault control "${strides[3]}" 1
fault parallel "${strides[4]}" 0
