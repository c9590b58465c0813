/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log: messages to stderr. Rooms below app use log_debug only; app says once what failed.
 */
#ifndef LULL_BASE_LOG_H
#define LULL_BASE_LOG_H

#include <stdbool.h>

/* The level is process-wide and set once by main(): 0 quiet, 1 normal, 2 verbose, 3 debug. */
void log_set_level(int level);
bool log_is_debug(void);

/* Shown always, from level 1, from level 2, and at level 3. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
