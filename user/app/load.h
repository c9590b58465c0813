/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: recordings from a file that a user names, for all commands that work from one.
 */
#ifndef LULL_APP_LOAD_H
#define LULL_APP_LOAD_H

#include <stdbool.h>

struct comparison_round;
struct recording;
struct round;

/* What a file holds: its rounds, or the recording that it is as the only one. */
struct loaded {
	struct round *rounds;
	unsigned int n;
	bool has_rounds;
};

/*
 * Reads the recording @path, packed or not; "-" is stdin. 0, else an exit code: what is wrong was
 * said, in the name of @command. *ret is untouched then, else recording_done() it.
 */
int load_recording(const char *command, const char *path, struct recording *ret);
/* The rounds that the recording @path holds, at least one; free them with report_rounds_free(). */
int load_rounds(const char *command, const char *path, struct round **ret, unsigned int *ret_n);
/* Either; loaded_done() it. */
int load_any(const char *command, const char *path, struct loaded *ret);
void loaded_done(struct loaded *loaded);

/*
 * Those of before, then those of after, each in their order, into @ret, which has room for @n.
 * How many are of before.
 */
unsigned int load_sort_rounds(const struct round *rounds, unsigned int n,
			      struct comparison_round *ret);

#endif
