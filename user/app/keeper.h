/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper: stays with a shield until its time is over, its VM ends or a signal comes, and lifts it
 * then. Meanwhile it places interrupts that appear and takes back what others changed.
 */
#ifndef LULL_APP_KEEPER_H
#define LULL_APP_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "isolate/goal.h"

struct shielding;

struct keeper_config {
	uint64_t duration_ns; /* 0: no limit */
	bool is_keeping;      /* places and takes back; else it only waits */
	struct owner watched; /* its end ends it */
	int signals;	      /* of session_signals() */
};

/* The shield s->layer is in force. An exit code. */
int keeper_run(struct shielding *s, const struct keeper_config *config);

#endif
