#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# first-step: lull in a stock Debian 6.1 under QEMU's emulator. Skips when the machine has no QEMU
# or cannot get the kernel's package; every VM has a time limit, so this cannot hang.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"

echo 1..4
lab 0 'a Debian 6.1 to boot' prepare 6.1
lab 0 'it boots with BTF, tracefs and KVM' run hello
lab 37 'a failure in the VM reaches the caller' run failing
lab_with_jq 0 'lull records a KVM guest in it, exactly' run record
exit "$bad"
