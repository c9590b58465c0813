/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trials: makes the trials for doctor, which may not know of measuring itself.
 */
#ifndef LULL_APP_TRIALS_H
#define LULL_APP_TRIALS_H

#include "doctor/doctor.h"
#include "measure/tryout.h"

struct trials {
	struct tryout tryout; /* owns what @facts points to */
	struct doctor_source *sources;
	struct doctor_trials facts;
};

/* On the machine itself. Loads programs, watches running vCPUs for 200 ms; leaves nothing. -ENOMEM. */
int trials_make(const struct root *root, struct trials *ret);
void trials_done(struct trials *trials);

#endif
