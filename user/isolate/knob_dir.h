/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_dir: the names in a directory, in one order everywhere, for knobs with an object per CPU,
 * queue, process or cgroup.
 */
#ifndef LULL_ISOLATE_KNOB_DIR_H
#define LULL_ISOLATE_KNOB_DIR_H

#include "base/fs.h"

struct knob_dir {
	char **names; /* without those that begin with a dot; numbers ascending: rx-2, rx-10 */
	unsigned int n;
};

/* A directory that is not there has no names. */
int knob_dir_read(const struct root *root, struct knob_dir *ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void knob_dir_done(struct knob_dir *dir);
#define auto_knob_dir __attribute__((cleanup(knob_dir_done)))

#endif
