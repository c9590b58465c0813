/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * advice: what no shield can do on a running kernel, as sentences of a plan. Reads only.
 */
#ifndef LULL_ISOLATE_ADVICE_H
#define LULL_ISOLATE_ADVICE_H

#include "base/cpuset.h"
#include "base/fs.h"
#include "isolate/plan.h"

/* By proc/cmdline and what stays in @plan; without a command line nothing is known. -ENOMEM. */
int advice_add(const struct root *root, const struct cpuset *guest, struct plan *plan);

#endif
