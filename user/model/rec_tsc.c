/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec_tsc: the arithmetic of counters. A double holds 2^53 ticks exactly, a month and more.
 */
#include "model/rec_tsc.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/recording.h"

/* vCPUs whose counters are farther apart than this have none in common. */
#define APART_S 100e-6

void rec_tsc_free(struct rec_tsc *tsc)
{
	if (tsc)
		free(tsc->vcpus);
	free(tsc);
}

int rec_tsc_new(struct recording *rec, uint64_t start, uint64_t end)
{
	struct rec_tsc *tsc = calloc(1, sizeof(*tsc));

	if (!tsc)
		return -ENOMEM;
	tsc->start = start;
	tsc->end = end;
	rec_tsc_free(rec->tsc);
	rec->tsc = tsc;
	return 0;
}

int rec_tsc_add_vcpu(struct rec_tsc *tsc, const struct rec_tsc_vcpu *vcpu)
{
	struct rec_tsc_vcpu *bigger = reallocarray(tsc->vcpus, tsc->n_vcpus + 1UL, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	tsc->vcpus = bigger;
	bigger[tsc->n_vcpus++] = *vcpu;
	return 0;
}

double rec_tsc_host_hz(const struct recording *rec)
{
	const struct rec_tsc *tsc = rec->tsc;

	if (!tsc || tsc->end <= tsc->start || !rec->duration_ns)
		return 0;
	return 1e9 * (double)(tsc->end - tsc->start) / (double)rec->duration_ns;
}

static double scale_of(const struct rec_tsc_vcpu *vcpu)
{
	return vcpu->ratio ? ldexp((double)vcpu->ratio, -(int)vcpu->ratio_bits) : 1;
}

bool rec_tsc_guest(const struct recording *rec, double *ret_hz, double *ret_start)
{
	double hz = rec_tsc_host_hz(rec), scale, start;

	if (!(hz > 0) || !rec->tsc->n_vcpus)
		return false;
	scale = scale_of(&rec->tsc->vcpus[0]);
	start = scale * (double)rec->tsc->start + (double)rec->tsc->vcpus[0].offset;
	hz *= scale;
	for (unsigned int i = 1; i < rec->tsc->n_vcpus; i++) {
		const struct rec_tsc_vcpu *vcpu = &rec->tsc->vcpus[i];
		double other = scale_of(vcpu) * (double)rec->tsc->start + (double)vcpu->offset;

		if (fabs(other - start) > APART_S * hz)
			return false;
	}
	*ret_hz = hz;
	*ret_start = start;
	return true;
}
