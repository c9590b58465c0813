#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# suite3: what a user types and gets, on this kernel: tests/cli, from n to z, as in suite.
. /test/lib.sh

suite_run /tree/tests/cli/[n-z]*.t
