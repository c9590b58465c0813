#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# selfcost: what a user types and gets without a measurement. What it measures is tested live.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull

plan 6
check "help" "selfcost --help" 0 '--probe'
check "an unknown option" "selfcost --bogus" 1 'unknown option --bogus'
check "a word too many" "selfcost 5s" 1 'unexpected word 5s'
check "no pairs" "selfcost --rounds 0" 1 'rounds'
check "rounds too short to mean anything" "selfcost -d 1ms" 1 'duration'
check "a thread that is not there" "selfcost -t 4194303" 4 '4194303'
