/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats: what KVM itself counted for one vCPU (@fd of KVM_GET_STATS_FD, Linux 5.14). Prints the counters
 * that are not zero as members of a JSON object; their names are the kernel's. Judges nothing.
 */
#ifndef LULL_GUEST_STATS_H
#define LULL_GUEST_STATS_H

#include <stdio.h>

/* -errno when this KVM has no such counters; then nothing was printed. */
int guest_stats_print(int fd, FILE *out);

#endif
