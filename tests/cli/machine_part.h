/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine_part: a recorded machine whose settings may change, a folder. Its file "settings" lists their
 * paths. For programs that try faults out on it: what goes wrong here ends them.
 */
#ifndef LULL_TESTS_CLI_MACHINE_PART_H
#define LULL_TESTS_CLI_MACHINE_PART_H

#include <stdbool.h>

#include "base/fs.h"

#define MACHINE_SETTINGS_MAX 64

struct setting {
	char *path, *start;
	const struct setting *around; /* the cpuset above it; NULL: none */
};

struct machine {
	const char *dir;
	struct root root;
	struct setting settings[MACHINE_SETTINGS_MAX];
	unsigned int n;
	char *text; /* of the list */
};

/* Prints what failed, and exits. */
void machine_die(const char *what) __attribute__((noreturn));
void machine_open(struct machine *machine, const char *dir);
void machine_done(struct machine *machine);
/* All settings as they were when it was opened. */
void machine_make(const struct machine *machine);
/* No shield was ever there. */
void machine_forget(const struct machine *machine);
/* All values, and with @with_state what lies in the state directory, as text. */
char *machine_snapshot(const struct machine *machine, bool with_state);
/* The kernel takes no cpuset that is not within the one around it. */
bool machine_is_possible(const struct machine *machine);

#endif
