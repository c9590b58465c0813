/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chart_p: the steps of 1-2-5 that charts of histograms share. Private to report/chart*.c.
 */
#ifndef LULL_REPORT_CHART_P_H
#define LULL_REPORT_CHART_P_H

#include <stdint.h>

struct hist;

/* Step @i begins at 0, 1, 2, 5, 10, ... ns; the last one begins at 5e10 and takes the rest. */
#define CHART_STEPS 34

/* The counts of all steps, and the first and the last that hold samples. */
struct chart_steps {
	uint64_t counts[CHART_STEPS], largest, total;
	unsigned int first, last; /* CHART_STEPS and 0 for none */
};

uint64_t chart_step_begin(unsigned int i);
/* An empty histogram may be one that was not set up. */
void chart_steps_count(const struct hist *hist, struct chart_steps *ret);

#endif
