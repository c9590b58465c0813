#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# suite: what a user types and gets, on this kernel: tests/cli, from a to l; suite2 has the others. Each
# says in TAP what it did; what failed is printed, what was skipped is counted.
. /test/lib.sh

suite_run /tree/tests/cli/[a-l]*.t
