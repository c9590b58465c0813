/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd: the CPUs that systemd allows a unit's tasks, asked and told over D-Bus. What is told holds
 * until reboot (runtime). Every call has a limit; nothing of systemd's is reloaded or restarted.
 */
#ifndef LULL_ISOLATE_SYSTEMD_H
#define LULL_ISOLATE_SYSTEMD_H

#include <stdint.h>

#include "base/cpuset.h"
#include "base/fs.h"

struct systemd;

/*
 * Connects: as root to systemd itself, else by the system bus. That, and each call, may take
 * @limit_us. -ENOENT: neither is there; -EOPNOTSUPP: lull is built without libsystemd; -ETIMEDOUT: no
 * answer; -EACCES: another user's.
 */
int systemd_open(const struct root *root, uint64_t limit_us, struct systemd **ret);
void systemd_close(struct systemd **systemd);
#define auto_systemd __attribute__((cleanup(systemd_close)))

/*
 * AllowedCPUs of a slice, scope or service as systemd has it now, from whichever file; empty: not
 * set. -ENOENT: no such unit; -EOPNOTSUPP: systemd before 244; -ETIMEDOUT. When it has answered,
 * what was told before is in effect.
 */
int systemd_read_cpus(struct systemd *systemd, const char *unit, struct cpuset *ret);
/* Sets it until reboot, by a drop-in below /run. -EACCES: systemd, or polkit, does not allow it. */
int systemd_write_cpus(struct systemd *systemd, const char *unit, const struct cpuset *cpus);

#endif
