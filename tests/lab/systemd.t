#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# systemd: lull on hosts where systemd is the first process and owns the cgroups, on the oldest kernel;
# when LULL_CHECK_FULL is set on all others, too, and killed again and again. Their file system is made
# of Debian packages, once; skips when those cannot be had.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"

kernels=()
[[ -z ${LULL_CHECK_FULL:-} ]] || kernels=(6.12 newest)

echo "1..$((2 + (${#kernels[@]} ? 1 : 0) + 2 * ${#kernels[@]}))"
lab_kernel 6.1
lab 6.1 systemd
if ((${#kernels[@]})); then
	lab 6.1 systemd-killed
	for kernel in "${kernels[@]}"; do
		lab_kernel "$kernel"
		lab "$kernel" systemd
	done
fi
exit "$bad"
