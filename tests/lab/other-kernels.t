#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# other-kernels: the tests of first-kernel.t and the unit tests on the newest kernel, and on the rest
# of them when LULL_CHECK_FULL is set. The BPF verifier of each refuses other programs, and each has
# other fields and tracepoints; that shows here and nowhere else.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"

kernels=(newest)
[[ -z ${LULL_CHECK_FULL:-} ]] || kernels+=(6.12)

full=$((${#kernels[@]} > 1 ? ${#kernels[@]} + 3 : 0))
echo "1..$((${#kernels[@]} * (1 + ${#host_tests[@]} + 2) + full))"
for kernel in "${kernels[@]}"; do
	lab_kernel "$kernel"
	lab "$kernel" "${host_tests[@]}" keep unit
	((${#kernels[@]} == 1)) || lab "$kernel" nested
done
if ((${#kernels[@]} > 1)); then
	no_kernel=
	lab newest suite
	lab_kernel 5.10
	lab 5.10 old
fi
exit "$bad"
