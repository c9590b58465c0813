/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: a recording from a file that a user names, for all commands that work from one.
 */
#ifndef LULL_APP_LOAD_H
#define LULL_APP_LOAD_H

struct recording;

/*
 * Reads the recording @path, packed or not; "-" is stdin. 0, else an exit code: what is wrong was
 * said, in the name of @command. *ret is untouched then, else recording_done() it.
 */
int load_recording(const char *command, const char *path, struct recording *ret);

#endif
