#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# arm64: the same sources for another architecture: they build by a cross compiler, with libraries that
# are fetched and not installed; in a VM with Debian's arm64 kernel the unit tests pass and lull record
# counts as the kernel does. Only when
# LULL_CHECK_FULL is set, and "scripts/deps --arm64" has put the compiler there.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"

if [[ -z ${LULL_CHECK_FULL:-} ]]; then
	echo '1..0 # SKIP with --full only'
	exit 0
fi
echo 1..4
lab_kernel arm64
lab_build arm64
lab arm64 arm64 unit
exit "$bad"
