/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output: where a command that measures puts its recording, by its option -o. Opened before anything
 * is measured, and before privileges go.
 */
#ifndef LULL_APP_OUTPUT_H
#define LULL_APP_OUTPUT_H

#include <stdbool.h>

#include "app/writer.h"

struct output {
	struct writer writer;
	char *path;	/* NULL: no file */
	bool is_stdout; /* "-" */
};

#define OUTPUT_NONE                                  \
	{                                            \
		.writer = {.pid = -1, .commit = -1 } \
	}

/*
 * @name: what -o says, "-" and "none" included; NULL: lull-HOST-TIME.json, or no file when @is_json,
 * as something goes to stdout already. 0, or an exit code: what is wrong was said, in the name of
 * @command.
 */
int output_open(const char *command, const char *name, bool is_json, struct output *output);
/* Leaves no unfinished file. */
void output_done(struct output *output);

#endif
