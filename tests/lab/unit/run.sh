#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# unit: the unit tests on this kernel. Each says in TAP what it did; what failed is printed.
. /test/lib.sh

modprobe kvm-amd
cd /tree
tap_run unit unit
