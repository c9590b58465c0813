/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame_texts: files of frame times that tests write themselves.
 */
#ifndef LULL_TEST_FRAME_TEXTS_H
#define LULL_TEST_FRAME_TEXTS_H

#include "frames/frames.h"

#define auto_frames __attribute__((cleanup(frames_done)))

/* Reads @text; the test fails when it is refused. */
void frame_text_read(const char *text, struct frames *ret);
/* The reason for which @text is refused, allocated; the test fails when it is not. */
char *frame_text_refusal(const char *text);
/* Frames with these times, end to end, with figures. */
void frames_make(const double *ms, size_t n, struct frames *ret);

#endif
