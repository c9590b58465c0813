/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arrivals: which of the host's interrupts still come to CPUs of a guest, by two looks at the kernel's
 * counts. The kernel keeps no time of an interrupt, so what came before the first look is not seen.
 */
#ifndef LULL_APP_ARRIVALS_H
#define LULL_APP_ARRIVALS_H

#include "base/cpuset.h"
#include "base/fs.h"
#include "model/steps.h"

struct irq_table;

/*
 * Looks, waits, looks again, and sets *ret for @cpus. Those of devices that are passed through are
 * not the host's, those of each CPU (timers) belong there. 0, or -errno: nothing was seen.
 */
int arrivals_look(const struct root *root, const struct cpuset *cpus, struct arrivals *ret);
/* The same of two looks that were taken. -ENOMEM. */
int arrivals_between(const struct root *root, const struct irq_table *first,
		     const struct irq_table *second, const struct cpuset *cpus,
		     struct arrivals *ret);
void arrivals_done(struct arrivals *arrivals);

#endif
