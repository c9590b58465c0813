#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# suite2: what a user types and gets, on this kernel: tests/cli, from m to z. The other part of suite,
# whose programs it uses: all in one VM would take twice as long.
. /test/lib.sh

suite_run /tree/tests/cli/[m-z]*.t
