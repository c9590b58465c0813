/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caps: what a process may do, from its /proc/PID/status. For the process itself too, so that a
 * test can give it a recorded one.
 */
#ifndef LULL_SYS_CAPS_H
#define LULL_SYS_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"

struct caps {
	uint64_t effective; /* a bit for each CAP_* of <linux/capability.h> */
	uint32_t euid;
	uint32_t seccomp; /* 0 none, 1 strict, 2 a filter */
};

/* Of this process. -EINVAL: not in the kernel's format. */
int caps_read_own(const struct root *root, struct caps *ret);
bool caps_has(const struct caps *caps, unsigned int cap);
/*
 * Is uid 0 of this process the machine's, and all other uids too? From proc/self/uid_map.
 */
int caps_read_is_initial_userns(const struct root *root, bool *ret);

#endif
