#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# replay-trace: the same as replay, with the flight recorder on: it has each moment of the sequences
# once, and agrees with the tables. Attaches nothing and changes nothing.
set -euo pipefail

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

[ "$(id -u)" -eq 0 ] || skip_all 'needs root, to load BPF programs'
[ -r /sys/kernel/btf/vmlinux ] || skip_all 'this kernel has no BTF'
exec "${LULL_BUILD:-build}/tests/bpf/replay" --trace
