#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# unit: the unit tests on this kernel, but for the simulations of statistics, which know no kernel and
# take minutes in an emulator. Each says in TAP what it did; what failed is printed.
. /test/lib.sh

[ "$(uname -m)" != x86_64 ] || modprobe kvm-amd
cd /tree
export LULL_CHECK_EMULATED=1
tap_run unit unit
