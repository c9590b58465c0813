/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: what a recording says of the machine and of how it was made.
 */
#ifndef LULL_APP_HOST_H
#define LULL_APP_HOST_H

#include "base/fs.h"

struct recording;

/* Fills hostname, kernel, boot id, online CPUs, command lines and version. -ENOMEM. */
int host_describe(const struct root *root, int argc, char **argv, struct recording *rec);

#endif
