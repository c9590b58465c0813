/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shielding: what plan, shield, restore and status share: a target becomes a layer, a plan becomes
 * rows to show, an error becomes a sentence and an exit code.
 */
#ifndef LULL_APP_SHIELDING_H
#define LULL_APP_SHIELDING_H

#include <stdbool.h>

#include "app/target.h"
#include "base/fs.h"
#include "base/str.h"
#include "isolate/apply.h"
#include "isolate/goal.h"
#include "model/steps.h"

struct shielding_request {
	const char *command; /* for messages */
	struct target_request target;
	const char *xml;	    /* a file of libvirt's, instead of a target; NULL: none */
	const char *only, *without; /* lists of knobs; NULL: the default set */
	bool is_forced;
};

/* A target that was resolved. */
struct shielding {
	struct root root;
	struct target target;
	struct vm_list vms;   /* all that run, described */
	struct vm configured; /* of the XML file */
	struct layer *layer;  /* the shield that is asked for */
	struct cpuset online;
	struct apply apply;
	bool is_open;
	struct plan fresh; /* what appeared since, and is not as the shields want it */
	struct steps steps;
	char *guest_text, *host_text, *title;
	char *said; /* the last error; NULL: none */
};

/*
 * Opens the root and finds the VMs; what cannot be found in a recorded machine is not there. 0, or an
 * exit code; a message was printed. The same of what follows. shielding_done() in any case.
 */
int shielding_open(const char *command, const char *sysroot, struct shielding *ret);
/* Makes the layer, or refuses. */
int shielding_resolve(struct shielding *s, const struct shielding_request *request);
void shielding_done(struct shielding *s);
/* The layer ends with this process. -errno. */
int shielding_own_layer(struct shielding *s);

/* Opens the journal, to read or to write. Says what it found: an interrupted run, layers lifted. */
int shielding_open_journal(struct shielding *s, const char *command, bool is_writer,
			   uint64_t wait_ns);
/* The layer does not meet others. */
int shielding_check(struct shielding *s, const char *command);

/* a->plan and its layers as rows. */
int shielding_show(struct shielding *s, const char *command, bool with_shields);
/* Of what is shown: leaves out the steps that simply hold. */
void shielding_drop_held(struct shielding *s);
/* The plain shell commands of a plan. -ENOMEM, or what a knob cannot express. */
int shielding_add_commands(const struct plan *plan, bool is_lifting, struct str *to);
/* What failed, on which object, why, what to do; not what was said last, until it is forgotten. */
int shielding_error(struct shielding *s, const char *command, int err);
/* true if there was something. */
bool shielding_forget_error(struct shielding *s);

/* The VMs as they run now; what is not found stays as it was. */
void shielding_read_vms(struct shielding *s);
/* "restored 12 of 12, verified", and what was left, of the last run. An exit code. */
int shielding_tell_lifted(struct shielding *s);
/* Was anything left, by the last run, that is not as it was before? */
bool shielding_has_rest(const struct shielding *s);

/* Fills step->by of what has drifted, as far as it can be guessed. -ENOMEM. */
int shielding_name_culprits(struct shielding *s);

const char *shielding_state_name(enum step_state state);

#endif
