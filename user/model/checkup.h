/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkup: what was found when a host was looked over, as plain data: one item per check, with
 * what to do about it. Knows nothing of how things are found out.
 */
#ifndef LULL_MODEL_CHECKUP_H
#define LULL_MODEL_CHECKUP_H

#include <stdbool.h>

enum checkup_state {
	CHECKUP_OK,
	CHECKUP_WARN,	 /* works, but costs something or lacks a part */
	CHECKUP_FAIL,	 /* does not work */
	CHECKUP_NONE,	 /* does not apply to this host */
	CHECKUP_UNKNOWN, /* could not be told, and why */
	CHECKUP_N_STATES
};

/* "ok", "warn", "fail", "n/a", "unknown": a promise to readers of the JSON. */
const char *checkup_state_name(enum checkup_state state);

struct checkup_item {
	const char *section; /* static text */
	char *name;
	enum checkup_state state;
	char *found;  /* one line, sanitised */
	char *remedy; /* the same; NULL: nothing to do */
};

struct checkup {
	struct checkup_item *items;
	unsigned int n;
};

/* Copies and sanitises its texts; @remedy may be NULL. -ENOMEM. */
int checkup_add(struct checkup *checkup, const struct checkup_item *item);
void checkup_done(struct checkup *checkup);
/* How many items of @section, or of all (NULL), are in this state. */
unsigned int checkup_count(const struct checkup *checkup, const char *section,
			   enum checkup_state state);

#endif
