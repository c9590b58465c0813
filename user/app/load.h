/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: a recording from a file that a user names, for all commands that work from one.
 */
#ifndef LULL_APP_LOAD_H
#define LULL_APP_LOAD_H

struct recording;
struct round;

/*
 * Reads the recording @path, packed or not; "-" is stdin. 0, else an exit code: what is wrong was
 * said, in the name of @command. *ret is untouched then, else recording_done() it.
 */
int load_recording(const char *command, const char *path, struct recording *ret);
/* The rounds that the recording @path holds, at least one; free them with report_rounds_free(). */
int load_rounds(const char *command, const char *path, struct round **ret, unsigned int *ret_n);

#endif
