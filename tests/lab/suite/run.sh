#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# suite: what a user types and gets, on this kernel: tests/cli, from a to e. suite2 and suite3 have the
# others, because all in one VM would take a quarter of an hour. Each script says in TAP what it did;
# what failed is printed, what was skipped is counted.
. /test/lib.sh

suite_run /tree/tests/cli/[a-e]*.t
