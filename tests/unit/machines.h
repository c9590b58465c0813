/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machines: where the tests find recorded machines: fixtures of the tree, and a collection beside
 * it that need not be there.
 */
#ifndef LULL_TEST_MACHINES_H
#define LULL_TEST_MACHINES_H

#include "base/fs.h"

#define auto_root __attribute__((cleanup(fs_root_done)))

/* The collection's directory: $LULL_MACHINES, or beside the tree. Skips the test without it. */
const char *machines_dir(void);
/* The recorded machine tests/fixtures/@name. The tests run at the top of the tree. */
struct root machines_fixture(const char *name);
/* A tree that lscpu's own tests were recorded with, unpacked: "armv7". Skips without the collection. */
struct root machines_lscpu(const char *name);
/* Writes @text to @dir/@path, and makes the directories that it needs. */
void machines_put(const char *dir, const char *path, const char *text);

#endif
