/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits: a workload: a guest of seven instructions in this process, whose only vCPU leaves it and
 * enters it again, and does nothing else. Not everywhere does the kernel call its tracepoints then:
 * whether it did is counted, never taken for granted.
 */
#ifndef LULL_TESTS_BENCH_EXITS_H
#define LULL_TESTS_BENCH_EXITS_H

#include <stdint.h>

struct kvm_run;

#define EXITS 256 /* until the guest returns to us; that is one of them */

struct exits {
	int vcpu; /* -1: no /dev/kvm, or another architecture */
	uint8_t *mem;
	struct kvm_run *run;
	unsigned int run_size;
};

void exits_open(struct exits *exits);
void exits_done(struct exits *exits);
/* @n is a multiple of EXITS. Always by the same thread. */
int exits_do(struct exits *exits, unsigned int n);

#endif
