#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor: in Debian's 6.1, where KVM's entries come; the build machine's KVM may report none.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"

echo 1..2
lab 0 'a Debian 6.1 to boot' prepare 6.1
lab_with_jq 0 'lull doctor sees entries come in it' run doctor
exit "$bad"
