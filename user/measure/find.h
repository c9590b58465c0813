/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find: threads that KVM runs as vCPUs right now, by its own mark in the task, read through BPF.
 * Needs no debugfs and no names; sees only vCPUs that have run.
 */
#ifndef LULL_MEASURE_FIND_H
#define LULL_MEASURE_FIND_H

#include "base/fs.h"

struct vcpu_hint;

/* Allocated; may be none. -EPERM: no privilege; -ENOENT: no BTF; else what the kernel said. */
int find_vcpus(const struct root *root, struct vcpu_hint **ret, unsigned int *ret_n);

#endif
