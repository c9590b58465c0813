#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# verify: what `lull verify` says of its options, before it looks at the host.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_lull
plan 16

check "help" "verify --help" 0 '^usage: lull verify'
check "a word" "verify --as-is win11" 1 'unexpected word win11; a VM is named with --vm'
check "a word behind a quantile" "verify --as-is --p99.9 10us win11" 1 'unexpected word win11'
check "no time for a quantile" "verify --as-is --p99.9" 1 '--quantile 99.9: a quantile and a time'
check "five decimals" "verify --as-is --p99.99999=1us" 1 'four decimals at most'
check "no such row" "verify --as-is --row irqs=1%" 1 'no such row'
check "a row without a share" "verify --as-is --row irq" 1 'a row and a share'
check "more than all" "verify --as-is --row irq=101%" 1 'a row and a share'
check "stalls: no number" "verify --as-is --stalls few" 1 'few: not a number'
check "--clean without a time" "verify --as-is --clean 1%" 1 'a share and a duration'
check "no such thread" "verify --as-is -t 4194304" 4 'no thread 4194304'
check "rounds: no such thread" "verify -t 4194304" 4 'no thread 4194304'
check "rounds: none" "verify --rounds 0" 1 'out of range \(1 to 1000\)'
check "no such knob" "verify -t $$ --only irqs" 1 'no knob is called irqs'
check "--min-effect: no number" "verify --min-effect much" 1 'percentage points'
check "--seed: 0" "verify --seed 0" 1 'out of range'
