/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame_file: a file of frame times that a user names, and how it lies to a recording.
 */
#ifndef LULL_APP_FRAME_FILE_H
#define LULL_APP_FRAME_FILE_H

struct frame_alignment;
struct frames;
struct frames_options;
struct recording;

/*
 * Reads the frame times of @path; "-" is stdin. 0, else an exit code: what is wrong was said, in
 * the name of @command. *ret is untouched then, else frames_done() it.
 */
int frame_file_read(const char *command, const char *path, const struct frames_options *options,
		    struct frames *ret);
/* What is wrong with a file, said once; @why, when it is set, in place of @err. An exit code. */
int frame_file_say(const char *command, const char *path, int err, const char *why);
/* Reads, and aligns with @rec; as above, but align_done() it. That it is not aligned is no error. */
int frame_file_align(const char *command, const char *path, const struct recording *rec,
		     struct frame_alignment *ret);

#endif
