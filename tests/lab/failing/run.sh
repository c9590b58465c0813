#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# failing: a test that fails, with a code that nothing else in the lab uses. It shows that a failure
# inside a VM reaches the caller; it tests nothing of lull.
exit 37
