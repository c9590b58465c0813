/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privilege: lull's own place on the machine. It works on the host's CPUs, a little preferred, and
 * without privileges once all is attached.
 */
#ifndef LULL_APP_PRIVILEGE_H
#define LULL_APP_PRIVILEGE_H

#include "base/cpuset.h"
#include "base/fs.h"
#include "base/str.h"

/*
 * Moves this process to the online CPUs that are not in @guest, when there are any, and raises its
 * priority. Appends to @said what came of it, a sentence for the recording. -ENOMEM.
 */
int privilege_take_host_cpus(const struct root *root, const struct cpuset *guest, struct str *said);

/* Drops all capabilities but the one to write where only root's rights do not reach. */
int privilege_keep_files(void);
/* Drops all capabilities, for good. -ENOSYS: not built in; -errno. */
int privilege_drop(void);

#endif
