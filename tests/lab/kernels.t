#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernels: the recording of first-step.t on the kernels after 6.1. The BPF verifier of each refuses
# other programs, and each has other fields and tracepoints; that shows here and nowhere else.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"

echo 1..4
for kernel in 6.12 newest; do
	no_kernel=
	lab 0 "a Debian $kernel to boot" prepare "$kernel"
	lab_with_jq 0 "lull records a KVM guest in $kernel, exactly" run record --kernel "$kernel"
done
exit "$bad"
