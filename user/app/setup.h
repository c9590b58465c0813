/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup: opens a capture for the commands that measure, and says what the host refuses.
 */
#ifndef LULL_APP_SETUP_H
#define LULL_APP_SETUP_H

struct capture;
struct capture_config;

/* As capture_open(), the size of the ring buffer by the tests. 0, or an exit code. */
int setup_capture(const char *command, struct capture_config *config, struct capture **ret);

#endif
