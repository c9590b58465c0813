/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exam: what the checks share. Private to user/doctor. A check reads what it needs and says what
 * it found, once as a rule; when it says nothing, that is a mistake.
 */
#ifndef LULL_DOCTOR_EXAM_H
#define LULL_DOCTOR_EXAM_H

#include "base/cpuset.h"
#include "base/fs.h"
#include "model/checkup.h"
#include "sys/caps.h"
#include "sys/cmdline.h"
#include "sys/irqs.h"

struct doctor_trials;

struct exam {
	const struct root *root;
	const struct doctor_trials *trials; /* NULL: a recorded machine */
	struct cmdline cmdline;
	int cmdline_err;
	struct caps caps;
	int caps_err;
	struct checkup *out;
	const char *section, *name; /* of the check that runs */
};

/* What a check says; all return 0 or -ENOMEM. @remedy NULL: nothing to do. */
int exam_say(struct exam *exam, enum checkup_state state, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same under another name. */
int exam_say_as(struct exam *exam, const char *name, const struct checkup_item *item);
/*
 * A file could not be read: @err says why, @what in words what it would have told. -ENOENT is "n/a"
 * on the machine itself, and not known of a recorded one.
 */
int exam_say_unread(struct exam *exam, int err, const char *what);
/* A trial was not made: what it would have told is not known. */
int exam_say_untried(struct exam *exam);

/* Is there a value among the words of a line? "always [madvise] never" has "[madvise]". */
bool exam_has_word(const char *line, const char *word);
/* The word in brackets, allocated: what is chosen; NULL: there is none, or no memory. */
char *exam_chosen(const char *line);
/* The version of the kernel, from proc/sys/kernel/osrelease: major * 1000 + minor; 0: not known. */
unsigned int exam_kernel(const struct exam *exam);
/* Has this process what loading programs takes? Only with caps_err 0. */
bool exam_may_load(const struct exam *exam);
/* The first process of that name: its pid, or 0. */
pid_t exam_process(const struct exam *exam, const char *comm);

#define CHECK(id, name) int doctor_check_##id(struct exam *exam);
#include "doctor/checks.def"

#endif
