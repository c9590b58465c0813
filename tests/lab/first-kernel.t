#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# first-kernel: lull on a stock Debian 6.1, the oldest it measures on, under QEMU's emulator. What is
# tested is in tests/lab/TEST/; "scripts/lab list" says it in a line each. Skips when the machine has
# no QEMU or cannot get the kernel's package; every VM has a time limit, so this cannot hang. The unit
# tests and those of the command line take minutes under emulation, and the real QEMU needs several
# threads of the emulator, with which a VM hangs now and then: only when LULL_CHECK_FULL is set.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"

tests=(hello failing=37 "${host_tests[@]}" hotplug lockdown)
full=()
[[ -z ${LULL_CHECK_FULL:-} ]] || full=(keep sleep unit suite suite2 suite3 nested)

echo "1..$((1 + ${#tests[@]} + ${#full[@]}))"
lab_kernel 6.1
lab 6.1 "${tests[@]}"
if ((${#full[@]})); then
	lab 6.1 keep sleep unit
	lab 6.1 suite
	lab 6.1 suite2
	lab 6.1 suite3
	lab 6.1 nested
fi
exit "$bad"
