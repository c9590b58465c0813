#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# other-kernels: the tests of first-kernel.t and the unit tests on the newest kernel, and on the rest
# of them when LULL_CHECK_FULL is set. The BPF verifier of each refuses other programs, and each has
# other fields and tracepoints; that shows here and nowhere else.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"

kernels=(newest)
full=0
if [[ -n ${LULL_CHECK_FULL:-} ]]; then
	kernels+=(6.12)
	full=$((${#kernels[@]} * 4 + 2))
fi

echo "1..$((${#kernels[@]} * (1 + ${#host_tests[@]} + 4) + full))"
for kernel in "${kernels[@]}"; do
	lab_kernel "$kernel"
	lab "$kernel" "${host_tests[@]}" keep unit hotplug lockdown
	((full)) || continue
	lab "$kernel" suite
	lab "$kernel" suite2
	lab "$kernel" suite3
	lab "$kernel" nested
done
if ((full)); then
	lab_kernel 5.10
	lab 5.10 old
fi
exit "$bad"
