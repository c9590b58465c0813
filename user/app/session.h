/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session: runs an open capture until its time is over or something ends it. One thread: epoll,
 * timers, signals, and the ends of what is watched.
 */
#ifndef LULL_APP_SESSION_H
#define LULL_APP_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fs.h"

struct capture;
struct recording;

/* From the attaching of the programs on: they are cold, and the attaching itself disturbed. */
#define SESSION_SETTLE_NS 200000000

/* The flight recorder's ring is short. */
#define SESSION_TRACE_POLL_NS 20000000

struct session_config {
	const struct root *root;
	uint64_t duration_ns;  /* 0: until something ends it */
	uint64_t stop_over_ns; /* 0: no; else the first stall of this length ends it */
	uint64_t settle_ns;    /* from the call to the opening of the window */
	uint64_t poll_ns;      /* how often stalls are taken; 0: ten times a second */
	pid_t vm_pid;	       /* 0: none; its end ends the recording */
	pid_t child;	       /* 0: none; the command that is measured */
	int signals;	       /* of session_signals() */
	int (*begin)(
		void *arg); /* called when the window is open; -errno ends it. NULL: nothing to do */
	void *begin_arg;
	bool progress;	     /* a line on stderr */
	const char *label;   /* the progress begins with it, and stays on the screen; NULL: none */
	bool is_one_of_many; /* the capture stays attached for another */
	bool victims;	     /* there are threads whose end ends it */
};

struct session {
	const char *ended_by; /* static text */
	bool stalled_over;
	int child_status; /* of waitpid */
};

/*
 * Blocks the signals that end a session, before anything starts that must not be cut off, and
 * returns their descriptor. Ignores those that would turn a failed write into a death. -errno.
 */
int session_signals(void);

/*
 * Opens the window (after the settling time), begins, looks after the capture and closes the
 * window. Whatever spoils the recording (hotplug, suspend) is added to @rec.
 */
int session_run(struct capture *cap, const struct session_config *config, struct recording *rec,
		struct session *ret);

#endif
