/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame_file: opens and reads; what the frames come to is for the room frames to say. Nothing of
 * the file reaches the terminal but what was made safe.
 */
#include "app/frame_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "frames/align.h"
#include "frames/frames.h"

/* A file of the user's, not of the system: it is opened as it was named. */
static int open_file(const char *path, FILE **ret)
{
	int fd = streq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	*ret = fdopen(fd, "r");
	if (*ret)
		return 0;
	(void)close(fd);
	return -errno;
}

int frame_file_say(const char *command, const char *path, int err, const char *why)
{
	auto_str struct str shown = { .s = NULL };

	if (err == -ENOMEM || str_add(&shown, path)) {
		log_error("%s: out of memory", command);
		return EXIT_ERROR;
	}
	str_sanitize(shown.s);
	log_error("%s: %s: %s", command, shown.s, why ?: strerror(-err));
	return EXIT_ERROR;
}

int frame_file_read(const char *command, const char *path, const struct frames_options *options,
		    struct frames *ret)
{
	auto_str struct str why = { .s = NULL };
	auto_fclose FILE *in = NULL;
	struct frames frames;
	int err = open_file(path, &in);

	err = err ?: frames_read(in, options, &frames, &why);
	if (err)
		return frame_file_say(command, path, err, why.s);
	frames.report.path = strdup(streq(path, "-") ? "standard input" : path);
	if (!frames.report.path) {
		frames_done(&frames);
		return frame_file_say(command, path, -ENOMEM, NULL);
	}
	str_sanitize(frames.report.path);
	*ret = frames;
	return 0;
}

int frame_file_align(const char *command, const char *path, const struct recording *rec,
		     struct frame_alignment *ret)
{
	const struct frames_options options = { .unit_ms = 1 };
	struct align_hint hint;
	struct frames frames;
	int code = frame_file_read(command, path, &options, &frames), err;

	if (code)
		return code;
	align_hint_find(&frames, rec, frames.report.path, &hint);
	err = align_frames(&frames, rec, &hint, ret);
	frames_done(&frames);
	return err ? frame_file_say(command, path, err, NULL) : 0;
}
