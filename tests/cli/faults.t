#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# faults: shields and their lifting killed at their system calls, the recovery killed too, calls
# that fail. On a recorded machine, a folder: with interrupts alone at every call, and with whatever
# any knob can change at each call that writes or syncs. The control run shows that the test can
# fail. A sample of the points by default, all with LULL_CHECK_FULL, few with LULL_CHECK_EMULATED.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
faults=${LULL_BUILD:-build}/tests/cli/faults
[[ -x $faults ]] || plan_skip_all "needs $faults, which is not built"
if [[ -n ${LULL_CHECK_FULL-} ]]; then
	strides=(1 7 1 1 1 5 1)
elif [[ -n ${LULL_CHECK_EMULATED-} ]]; then
	strides=(67 1009 997 191 23 191 199)
else
	strides=(13 211 199 37 5 37 41)
fi
knobs=$(sed -n 's/^KNOB([^"]*"\([^"]*\)".*/\1/p' user/isolate/knobs.def | paste -sd,)
# Nobody cuts the power here, so a file system in memory will do, on which syncing costs nothing.
machines=$work code_at_exit=0
if [[ -w /dev/shm ]] && in_memory=$(mktemp -d /dev/shm/lull-faults.XXXXXX); then
	machines=$in_memory
	trap 'code_at_exit=$?; rm -rf "$in_memory"; (exit $code_at_exit); tap_done' EXIT
fi

# fault MACHINE MODE CALLS KNOBS STRIDE CODE: the last line says how many points.
fault() {
	local said code
	# The allocator of the sanitizers does not take a call that fails.
	if [[ $2 == errors && $3 == all && $faults == */san/* ]]; then
		skip "$1: $2" "with sanitizers: calls of theirs would fail, too"
		return
	fi
	rm -rf "$machines/machine"
	cp -r "tests/fixtures/$1" "$machines/machine"
	said=$("$faults" "$machines/machine" "${@:2:4}" 2>&1)
	code=$?
	case $code in
	"$6") ok "$1: ${said##*$'\n'}" ;;
	77) skip "$1: $2" "${said##*$'\n'}" ;;
	*)
		not_ok "$1: $2" "exit code $code"
		diag "$said"
		;;
	esac
}

plan 7
fault shield kill all irq-default,irq "${strides[0]}" 0
fault shield double all irq-default,irq "${strides[1]}" 0
fault shield errors all irq-default,irq "${strides[2]}" 0
fault shield control all irq-default,irq "${strides[3]}" 1
fault whole kill writes "$knobs" "${strides[4]}" 0
fault whole double writes "$knobs" "${strides[5]}" 0
fault whole errors writes "$knobs" "${strides[6]}" 0
