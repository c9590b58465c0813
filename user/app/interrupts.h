/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupts: reads the interrupts of a host, classified, into the model; over a time when asked.
 */
#ifndef LULL_APP_INTERRUPTS_H
#define LULL_APP_INTERRUPTS_H

#include <stdint.h>

#include "base/fs.h"

struct interrupts;
struct vm_list;

/*
 * @interval_ns: counts of that time, 0: since boot. @vms, described, may be NULL. 0, or an exit
 * code; a message was printed, with the line of the file that is broken.
 */
int interrupts_read(const struct root *root, const struct vm_list *vms, uint64_t interval_ns,
		    struct interrupts *ret);

#endif
