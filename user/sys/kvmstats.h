/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmstats: what KVM itself counted of each vCPU of another process (exits, halts, halt polling),
 * to set beside what lull counted. Linux 5.14 and later. KVM hands these statistics to the VMM
 * alone, so only those that it holds open can be read: QEMU does from 8.1 on. Nothing here asks
 * the VMM or waits for a vCPU.
 */
#ifndef LULL_SYS_KVMSTATS_H
#define LULL_SYS_KVMSTATS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fs.h"

struct kvmstats;

/*
 * Takes copies of the statistics of all vCPUs of process @pid, which runs one VM. Later reads need
 * no privilege. The copies keep KVM's part of the VM in the kernel, and on older kernels its
 * passed-through devices: free them as soon as the VM ends.
 * -ESRCH: no such process; -ENODEV: it has no vCPU; -EPERM: not root, or kept out by a security
 * module; -ENOSYS: the kernel has no such statistics; -EOPNOTSUPP: the VMM did not open them, or
 * @root is a recording; -EMFILE: it takes two descriptors per vCPU; -EPROTO: not in KVM's format.
 */
int kvmstats_open(const struct root *root, pid_t pid, struct kvmstats **ret);
void kvmstats_free(struct kvmstats *ks);

/* The vCPUs whose statistics are open, in ascending order of their index, which is KVM's id. */
unsigned int kvmstats_n_vcpus(const struct kvmstats *ks);
int kvmstats_vcpu_index(const struct kvmstats *ks, unsigned int i);

/*
 * The value of one statistic of the @i-th vCPU now: "exits", "halt_exits", "halt_wait_ns", ...
 * One system call. -ENOENT: this kernel has none of that name, or it is a histogram.
 */
int kvmstats_read(const struct kvmstats *ks, unsigned int i, const char *name, uint64_t *ret);

/*
 * Where the value of a statistic is in a statistics file, of which @file holds all @len bytes.
 * -ENOENT as above; -EPROTO: not in KVM's format, or cut.
 */
int kvmstats_find(const void *file, size_t len, const char *name, size_t *ret_offset);

#endif
