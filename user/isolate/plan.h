/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: the steps that a shield takes, what stays where it is and why, and what only a reboot can
 * do. Knobs append to it and touch nothing. A step is also what the journal remembers.
 */
#ifndef LULL_ISOLATE_PLAN_H
#define LULL_ISOLATE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpuset.h"
#include "base/fs.h"

struct journal;
struct knob;

enum step_state {
	STEP_PLANNED, /* not written yet */
	STEP_HELD,    /* reads back right and is in effect */
	STEP_PENDING, /* reads back right, in effect at the next interrupt only */
	STEP_DRIFTED, /* somebody else has changed it: left alone */
	STEP_GONE,    /* the object is gone, or its name means another one now */
	STEP_REFUSED, /* the kernel never allows it, and no failure of ours: err says how */
	STEP_FAILED, /* err says how; while shields are lifted: owed, tried again by the next run */
};

/* Values are canonical text (CPUs: list notation), so equal values are equal strings. */
struct plan_step {
	const struct knob *knob;
	char *object;	/* path below the root ("proc/irq/24/smp_affinity"), or "task/1234", ... */
	char *identity; /* what tells the object from a later one of the same name; "" none */
	char *name;	/* for people: "irq 24 nvme0q3 (0000:01:00.0 nvme)"; sanitised */
	char *why;	/* for people, of this run; never in the journal */
	char *orig;	/* before any shield */
	char *prev;	/* what we last saw ourselves succeed in writing; at first orig */
	char *next;	/* what this transaction wants */
	char *now;	/* as last read; may be NULL */
	char *by;	/* who changed it, when that is known; may be NULL */
	enum step_state state;
	int err;	    /* -errno of STEP_REFUSED, STEP_FAILED */
	bool is_remembered; /* see struct plan_change; not in the journal either */
	bool is_returning;  /* of this run: it was ours and becomes as it was */
};

struct plan_stay {
	const struct knob *knob;
	char *name;
	char *why;
};

struct plan {
	const struct journal *journal; /* where originals are remembered; NULL: none */
	const struct knob *knob;       /* whose plan() runs */
	struct plan_step *steps;
	unsigned int n_steps, cap_steps;
	struct plan_stay *stays;
	unsigned int n_stays, cap_stays;
	char **advice; /* sentences: what needs a reboot, what to look at */
	unsigned int n_advice, cap_advice;
	char *refusal; /* why there can be no shield at all; NULL: it can */
};

void plan_done(struct plan *plan);
void plan_step_done(struct plan_step *step);
/* A copy with all its strings. -ENOMEM. */
int plan_step_copy(const struct plan_step *step, struct plan_step *ret);
/* Appends @step, which then belongs to the plan. -ENOMEM: it does not. */
int plan_take_step(struct plan *plan, struct plan_step *step);

/* What a knob's plan() says of one object that it has read. All are copied. */
struct plan_change {
	const char *object, *identity, *name;
	const char *now;  /* the value as read, canonical */
	const char *want; /* as computed from plan_orig() and the goal */
	const char *orig; /* NULL: plan_orig(); else what it must become again, though never seen */
	const char *why;
	bool is_remembered; /* becomes a step, of which nothing is written, even as wanted */
};

/*
 * What the value was before any shield: the journal's original when it knows this object (same
 * knob, object and identity), else @now. Compute what you want from this, never from @now.
 */
const char *plan_orig(const struct plan *plan, const char *object, const char *identity,
		      const char *now);
/* The journal's step for the object, any identity; NULL: none. */
const struct plan_step *plan_recorded(const struct plan *plan, const struct knob *knob,
				      const char *object);

/* The step that this plan has for the object so far; NULL: none. */
const struct plan_step *plan_planned(const struct plan *plan, const struct knob *knob,
				     const char *object);

/* No step is added for what is as wanted and was never changed. -ENOMEM. */
int plan_change(struct plan *plan, const struct plan_change *change);
/* The same for sets of CPUs: now and want of @change are not used. */
int plan_change_cpus(struct plan *plan, const struct plan_change *change, const struct cpuset *now,
		     const struct cpuset *want);
/* plan_orig() for sets of CPUs. -EINVAL: the journal's is no set. */
int plan_orig_cpus(const struct plan *plan, const char *object, const char *identity,
		   const struct cpuset *now, struct cpuset *ret);
/* @name stays where it is. -ENOMEM. */
int plan_stay(struct plan *plan, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* No shield can be: -EBUSY, or -ENOMEM, for the knob to return. */
int plan_refuse(struct plan *plan, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int plan_advise(struct plan *plan, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
