/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply: the only place from which settings of the host are written. One run holds the lock, ends
 * what a killed one began, computes what each object should be, journals the intent, writes, reads
 * back, journals the outcome. Putting back is the same with another goal.
 */
#ifndef LULL_ISOLATE_APPLY_H
#define LULL_ISOLATE_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "isolate/goal.h"
#include "isolate/journal.h"
#include "isolate/plan.h"

struct vm_list;

struct apply_config {
	const struct root *root;
	const struct vm_list *vms; /* running ones, described; for the layers of VMs. NULL: none */
	uint64_t wait_ns;	   /* for the lock */
	bool has_reset;		   /* the caller knows that CPUs went, or that the system slept */
};

struct apply {
	struct apply_config config;
	struct journal_dir dir;
	struct journal journal;
	struct cpuset online;
	struct plan plan;	    /* of the last run: each step with its state */
	bool slept, online_changed; /* since the journal was written */
	bool was_interrupted;	    /* a killed run was found; a writer has ended it */
	bool was_owed;		 /* something was to be put back still, which a writer has tried */
	bool has_begun;		 /* an error came in the midst: the next run has to end this one */
	unsigned int n_swept;	 /* layers lifted because their owner is gone */
	unsigned int n_restored; /* steps that the last run put back */
	unsigned int n_owed;	 /* steps that a roll-back could not put back */
	pid_t lock_holder;	 /* with -EWOULDBLOCK */
	const struct knob *bad;	 /* whose plan() failed; when the last is lifted the others go on */
};

struct apply_tally {
	unsigned int held, pending, drifted, gone, refused, failed;
};

/*
 * Opens the journal to read, without the lock. Without one all is empty. -EACCES, -EBADMSG,
 * -EPROTONOSUPPORT, -EPERM and -ELOOP as journal.h has them.
 */
int apply_open_reader(struct apply *a, const struct apply_config *config);
/*
 * Opens it to write: takes the lock, ends what a killed run began, lifts layers whose owner is gone.
 * -EWOULDBLOCK: another lull is at it.
 */
int apply_open_writer(struct apply *a, const struct apply_config *config);
void apply_close(struct apply *a);

/*
 * What would be if @layer (may be NULL) were in force beside the others: fills a->plan, writes
 * nothing. A layer of the same id is replaced.
 */
int apply_plan(struct apply *a, const struct layer *layer);
/*
 * Puts @layer, which is copied, in force. The steps and their states are in a->plan. -ECANCELED: a
 * step failed for good, all was rolled back and a->plan tells which; other errors: nothing was
 * changed.
 */
int apply_add(struct apply *a, const struct layer *layer);
/* Lifts the layer @id, all with NULL. -ENOENT: there is none. */
int apply_lift(struct apply *a, const char *id);
/* The same layers again: places what has appeared, re-arms what the kernel reset. */
int apply_again(struct apply *a);
/* Takes a drifted step back: what somebody has made of it is overwritten by the next run. */
int apply_claim(struct apply *a, const struct knob *knob, const char *object);
/* Fills a->plan with the journal's steps and their states now. Reads only. */
int apply_check(struct apply *a);
/*
 * Appends to @ret the interrupts that have appeared since the last run, belong on a guest's CPUs and
 * are not there: steps that the next run would take. Reads only.
 */
int apply_find_new(struct apply *a, struct plan *ret);
/*
 * What would be if the layer @id (NULL: all) were lifted: fills a->plan, with states: planned is
 * what would be written. Reads only.
 */
int apply_plan_lift(struct apply *a, const char *id);

/* Indices of the plan's steps in the order of applying, or of putting back. NULL: no memory. */
unsigned int *apply_order(const struct plan *plan, bool is_lifting);

const struct layer *apply_layer(const struct apply *a, const char *id);
/* Was the layer's owner, or its VM, there a moment ago? */
bool apply_owner_is_alive(const struct root *root, const struct owner *owner);
void apply_count(const struct plan *plan, struct apply_tally *ret);

#endif
