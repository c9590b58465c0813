/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/output.h"

#include <errno.h>
#include <time.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"

/* "lull-HOST-20261124T061500.json" */
static char *default_path(void)
{
	char host[65] = "host", when[32], *path;
	time_t now = time(NULL);
	struct tm tm;

	(void)gethostname(host, sizeof(host) - 1);
	for (char *c = host; *c; c++)
		if (*c == '/' || (unsigned char)*c <= ' ')
			*c = '_';
	(void)strftime(when, sizeof(when), "%Y%m%dT%H%M%S", localtime_r(&now, &tm));
	return asprintf(&path, "lull-%s-%s.json", host, when) < 0 ? NULL : path;
}

int output_open(const char *command, const char *name, bool is_json, struct output *output)
{
	int err;

	output->is_stdout = name && streq(name, "-");
	if (output->is_stdout || (name && streq(name, "none")) || (!name && is_json))
		return 0;
	if (name && !*name) {
		log_error("%s: -o: an empty name of the output file", command);
		return EXIT_ERROR;
	}
	output->path = name ? strdup(name) : default_path();
	if (!output->path) {
		log_error("%s: out of memory", command);
		return EXIT_ERROR;
	}
	err = writer_open(&output->writer, output->path);
	if (!err)
		return 0;
	log_error("%s: cannot write %s: %s; choose another file with -o", command, output->path,
		  strerror(-err));
	return EXIT_ERROR;
}

void output_done(struct output *output)
{
	writer_abort(&output->writer);
	free(output->path);
}
