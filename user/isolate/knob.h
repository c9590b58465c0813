/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob: one setting of the host that lull can change and put back. A knob is one file,
 * knob_<symbol>.c, that ends in one const struct, and one row in knobs.def; the row's place is the
 * order of applying. A knob plans, reads and writes single values; it never decides whether to
 * write: apply.c compares, journals, writes, reads back and puts back for all of them alike.
 */
#ifndef LULL_ISOLATE_KNOB_H
#define LULL_ISOLATE_KNOB_H

#include <stdbool.h>

#include "base/fs.h"
#include "base/str.h"
#include "isolate/goal.h"
#include "isolate/plan.h"

#define KNOBS_MAX 64 /* a layer's choice is one bit each */

struct knob_ops {
	/*
	 * 0: this host has it. -ENOENT: not here (older kernel, no such device); -EOPNOTSUPP and
	 * others: not usable. *ret_why is a static text for people. NULL: always there.
	 */
	int (*probe)(const struct root *root, const char **ret_why);
	/*
	 * Reads what there is and appends steps and stays. Called for the goal of the layers that
	 * chose this knob, also with an empty goal (nothing is shielded any more): then what is
	 * wanted is the original, and what is in the journal and not appended is put back.
	 * Objects that vanish while it reads are no error; any other failure to read is.
	 */
	int (*plan)(const struct root *root, const struct goal *goal, struct plan *plan);
	/* What the object is now, to compare with step->identity. NULL: identities are "". */
	int (*identify)(const struct root *root, const struct plan_step *step, char **ret);
	/* The value now, canonical, allocated. -ENOENT, -ESRCH: gone. */
	int (*read)(const struct root *root, const struct plan_step *step, char **ret);
	/* Writes @value: step->next, or step->orig when put back. */
	int (*write)(const struct root *root, const struct plan_step *step, const char *value);
	/*
	 * The value was read back equal: is it in effect? 0 yes, -EINPROGRESS at the next event
	 * only, other: it never will. NULL: at once.
	 */
	int (*settle)(const struct root *root, const struct plan_step *step);
	/* Why the kernel refuses for good with this error, in words; NULL: it is a failure. */
	const char *(*refusal)(int err);
	/* step->now is another text than step->next, and means the same here? NULL: never. */
	bool (*is_same)(const struct root *root, const struct plan_step *step);
	/*
	 * step->now is neither what was written nor what is wanted: has the kernel done that itself?
	 * Then it is written again, even what was only remembered. NULL: never.
	 */
	bool (*is_lost)(const struct root *root, const struct plan_step *step);
	/* Appends the shell commands that write @value. NULL: printf to /object. */
	int (*shell)(const struct plan_step *step, const char *value, struct str *to);
	/*
	 * The kernel itself rewrites the value when CPUs go offline or the system sleeps: a value
	 * that is neither ours nor the original, found after such an event, is written again.
	 */
	bool is_reset_by_kernel;
	/*
	 * The set of CPUs @step lies within another step's, and has to at any moment; inner ones are
	 * planned before outer ones. NULL: none does.
	 */
	bool (*is_nested)(const struct plan_step *step);
	/* A set of CPUs of which a part does as well: who has to choose, chooses within it. */
	bool is_good_in_part;
	/* Objects come and go while lull runs: they are looked for again after the writes. */
	bool is_scanned_twice;
	/* What is written is taken over at the owner's next turn, and reads as before until then. */
	bool is_late;
};

struct knob {
	const char *name, *help;
	bool is_default;	/* in the default set */
	bool is_restored_first; /* put back before all others: what it governs may be born meanwhile */
	const struct knob_ops *ops;
};

/* All knobs in the order of knobs.def. */
const struct knob *knob_table(unsigned int *ret_n);
/* By name; NULL: unknown. */
const struct knob *knob_find(const char *name);
unsigned int knob_number(const struct knob *knob);
uint64_t knob_default_set(void);
/*
 * "irq,cpuset" as a set of bits. -EINVAL: an unknown name, *ret_bad (may be NULL) points to it.
 */
int knob_parse_set(const char *list, uint64_t *ret, const char **ret_bad);

/* Appends the shell commands that make the step's object @value. -ENOMEM. */
int knob_add_command(const struct plan_step *step, const char *value, struct str *to);

/* @cpus as the value of a step, allocated. -ENOMEM. */
int knob_format_cpus(const struct cpuset *cpus, char **ret);

/*
 * The usual operations of a knob whose objects are files below the root. Text is the first line
 * without blanks at its ends; list and mask are the kernel's two notations of CPUs, both kept as
 * canonical lists. An empty set is written as a newline: a write of nothing is no write.
 */
int knob_file_read_text(const struct root *root, const struct plan_step *step, char **ret);
int knob_file_read_list(const struct root *root, const struct plan_step *step, char **ret);
int knob_file_read_mask(const struct root *root, const struct plan_step *step, char **ret);
int knob_file_write_text(const struct root *root, const struct plan_step *step, const char *value);
int knob_file_write_list(const struct root *root, const struct plan_step *step, const char *value);
int knob_file_write_mask(const struct root *root, const struct plan_step *step, const char *value);
int knob_file_shell_mask(const struct plan_step *step, const char *value, struct str *to);

/* Plans the text file @path to be @want while anything is shielded. A missing file is no step. */
int knob_file_plan_text(const struct root *root, const struct goal *goal, struct plan *plan,
			const char *path, const char *want, const char *why);
/* Plans a file of CPUs to keep out of the guests' CPUs: goal_keep_out() of its original. */
int knob_file_plan_mask(const struct root *root, const struct goal *goal, struct plan *plan,
			const char *path, const char *name, const char *why);
int knob_file_plan_list(const struct root *root, const struct goal *goal, struct plan *plan,
			const char *path, const char *name, const char *why);

#endif
