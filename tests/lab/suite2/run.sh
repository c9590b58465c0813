#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# suite2: what a user types and gets, on this kernel: tests/cli, from f to m, as in suite.
. /test/lib.sh

suite_run /tree/tests/cli/[f-m]*.t
