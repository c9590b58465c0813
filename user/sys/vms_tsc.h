/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_tsc: how the time stamp counter of a virtual CPU follows from the host's, as KVM's debugfs says.
 */
#ifndef LULL_SYS_VMS_TSC_H
#define LULL_SYS_VMS_TSC_H

#include <stdint.h>
#include <sys/types.h>

struct root;

struct vcpu_tsc {
	int64_t offset;
	uint64_t ratio,
		ratio_bits; /* guest = (host * ratio >> ratio_bits) + offset; 0: not scaled */
};

/* Of the vCPU that thread @tid runs. -ENOENT: not told; debugfs is not mounted, or it runs none. */
int vcpu_tsc_read(const struct root *root, pid_t tid, struct vcpu_tsc *ret);

#endif
