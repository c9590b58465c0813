/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: the file that can undo what shields changed, run/lull/journal. It lives and ends with the
 * kernel whose settings it remembers, and says which boot that is. Written by two renames: the
 * intent before the first change, the outcome after the last. It changes no setting itself.
 */
#ifndef LULL_ISOLATE_JOURNAL_H
#define LULL_ISOLATE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "base/str.h"
#include "isolate/goal.h"
#include "isolate/plan.h"

enum journal_state {
	JOURNAL_CLEAN,
	JOURNAL_ADDING,	 /* a transaction did not get to its end: its steps are prev or next */
	JOURNAL_LIFTING, /* the same, in the order of putting back */
};

struct journal {
	char boot_id[40];
	uint64_t seq; /* one more with each write */
	enum journal_state state;
	struct cpuset online;  /* when it was written */
	uint64_t suspended_ns; /* time this boot has slept, when it was written */
	struct layer **layers;
	unsigned int n_layers;
	struct plan_step *steps; /* without why, now, by */
	unsigned int n_steps;
};

void journal_done(struct journal *journal);

/* The one canonical text of @journal. -ENOMEM. */
int journal_format(const struct journal *journal, struct str *to);
/*
 * Accepts nothing but what journal_format() prints. -EBADMSG: damaged; -EPROTONOSUPPORT: written by
 * another version of lull.
 */
int journal_parse(const char *text, size_t len, struct journal *ret);

/* The state directory, open and locked or not. */
struct journal_dir {
	int fd, lock;
};

/*
 * Opens run/lull, which is root's, or else ours below a recorded root, and which nobody else may
 * write: -EPERM; -ELOOP: a link. With @is_writer makes it if need be. -ENOENT: there is none, so
 * nothing is in force.
 */
int journal_dir_open(const struct root *root, bool is_writer, struct journal_dir *ret);
/*
 * One writer at a time; waits for up to @wait_ns. -EWOULDBLOCK: another lull has it, *ret_holder is
 * its pid or 0.
 */
int journal_dir_lock(struct journal_dir *dir, uint64_t wait_ns, pid_t *ret_holder);
/*
 * For who only reads: waits until no writer is at it, for up to @wait_ns. *ret_fd keeps writers off until
 * it is closed; -1: nobody has ever written. -EWOULDBLOCK: one is still at it.
 */
int journal_dir_await(const struct journal_dir *dir, uint64_t wait_ns, int *ret_fd);
void journal_dir_close(struct journal_dir *dir);

/*
 * Reads the journal of this boot; without one, or with one of another boot (which is set aside when
 * the directory is locked), *ret is empty. -EBADMSG, -EPROTONOSUPPORT as above.
 */
int journal_read(const struct root *root, const struct journal_dir *dir, struct journal *ret);
/* Replaces it: temporary file, sync, rename, sync. Stamps it with this boot and the time. */
int journal_write(const struct root *root, const struct journal_dir *dir, struct journal *journal);
/* The time that this boot has slept so far; 0 below a recorded root. */
uint64_t journal_slept_ns(const struct root *root);
/* The time since boot, with sleep; 0 below a recorded root. */
uint64_t journal_now_ns(const struct root *root);
/* Nothing is in force and nothing owed. */
int journal_remove(const struct journal_dir *dir);

#endif
