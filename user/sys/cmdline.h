/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline: the kernel's command line, taken apart as the kernel does it: quotes, "-" and "_" alike
 * in names, the end at "--", the last of several values. What a parameter means is not known here,
 * but for lists of CPUs.
 */
#ifndef LULL_SYS_CMDLINE_H
#define LULL_SYS_CMDLINE_H

#include <stdbool.h>

#include "base/cpuset.h"
#include "base/fs.h"

struct cmdline_param {
	char *name, *value; /* value NULL: given without "=" */
};

struct cmdline {
	char *text; /* owns names and values */
	struct cmdline_param *params;
	unsigned int n;
};

/* Reads proc/cmdline. */
int cmdline_read(const struct root *root, struct cmdline *ret);
int cmdline_parse(const char *text, struct cmdline *ret);
void cmdline_done(struct cmdline *cmdline);

/* The value that counts, "" for one without "="; NULL: not given. */
const char *cmdline_value(const struct cmdline *cmdline, const char *name);

/*
 * A list of CPUs as boot parameters take it: also "N" for the last of @n_possible CPUs and "all".
 * -EINVAL, -ERANGE: the kernel would ignore it.
 */
int cmdline_cpus_parse(const char *list, unsigned int n_possible, struct cpuset *ret);

/* isolcpus=[flag,...,]LIST */
struct cmdline_isolcpus {
	bool domain, managed_irq, nohz; /* domain also when no flag is given */
	struct cpuset cpus;
};

/* Flags that are not known are left out, as the kernel does. -EINVAL, -ERANGE as above. */
int cmdline_isolcpus_parse(const char *value, unsigned int n_possible,
			   struct cmdline_isolcpus *ret);

#endif
