/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steps: what a shield does, or did, or is, ready to be shown. Plain words; owns nothing: the strings
 * are those of the plan and of the layers it was made from, but for those that are not const.
 */
#ifndef LULL_MODEL_STEPS_H
#define LULL_MODEL_STEPS_H

#include <stdbool.h>

struct step_row {
	const char *knob, *object, *name;
	const char *old_value; /* before any shield */
	const char *now, *want;
	const char
		*state;	 /* "planned", "held", "pending", "drifted", "gone", "refused", "failed" */
	const char *by;	 /* who changed it; NULL: not known */
	const char *why; /* of the step, or of what went wrong with it; "" */
	unsigned long long knob_bit; /* 1 << the knob's number: see struct shield_row */
};

struct stay_row {
	const char *knob, *name, *why;
};

/* A shield in force. */
struct shield_row {
	const char *id, *name;
	char *owner;		   /* in words: "VM, pid 4242" */
	char *cpus;		   /* of the guest */
	unsigned long long age_ns; /* 0: not known */
	unsigned long long knobs;  /* bit i: takes part in rows whose knob_bit has it */
};

/* Interrupts of the host that came to a CPU of a guest. */
struct arrival_row {
	char *name; /* "irq 27 nvme0q1"; sanitised */
	int cpu;
	unsigned long long count;
};

/* Of a short while; what it owns arrivals_done() frees. */
struct arrivals {
	struct arrival_row *rows;
	unsigned int n_rows;
	unsigned long long looked_ns; /* how long it was looked; 0: it was not */
};

struct steps {
	const char *command; /* of the schema: lull.COMMAND/1 */
	const char *guest, *host;
	const char *title; /* "win11, pid 4242" */
	struct step_row *rows;
	unsigned int n_rows;
	struct step_row *fresh; /* what appeared since, and no shield has placed yet */
	unsigned int n_fresh;
	struct stay_row *stays;
	unsigned int n_stays;
	char **advice;
	unsigned int n_advice;
	bool has_shields; /* of the shields in force, and not of a plan */
	struct shield_row *shields;
	unsigned int n_shields;
	struct arrivals arrivals;
	bool is_interrupted; /* a killed run has to be ended first */
};

#endif
