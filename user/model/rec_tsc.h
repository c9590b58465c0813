/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec_tsc: of a recording, the processor's time stamp counter: the host's when the recording began and
 * ended, and how the guests' follow from it. With it what a guest stamped finds its place.
 */
#ifndef LULL_MODEL_REC_TSC_H
#define LULL_MODEL_REC_TSC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct recording;

/* guest = (host * ratio >> ratio_bits) + offset; ratio 0: guest = host + offset. */
struct rec_tsc_vcpu {
	pid_t tid;
	int64_t offset; /* modulo 2^64, as a signed number */
	uint64_t ratio, ratio_bits;
};

struct rec_tsc {
	uint64_t start, end; /* the host's, at the begin and at the end of the recording */
	struct rec_tsc_vcpu *vcpus;
	unsigned int n_vcpus;
};

void rec_tsc_free(struct rec_tsc *tsc);
/* -ENOMEM. */
int rec_tsc_new(struct recording *rec, uint64_t start, uint64_t end);
int rec_tsc_add_vcpu(struct rec_tsc *tsc, const struct rec_tsc_vcpu *vcpu);

/* Ticks a second of the host's counter; 0: not known. */
double rec_tsc_host_hz(const struct recording *rec);
/*
 * The counter that all guests of the recording share: ticks a second, and where the recording began
 * by it. False: there is none, or they differ.
 */
bool rec_tsc_guest(const struct recording *rec, double *ret_hz, double *ret_start);

#endif
