/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_units: between the two files of the way of systemd. Nobody else includes it.
 */
#ifndef LULL_ISOLATE_KNOB_CPUSET_UNITS_H
#define LULL_ISOLATE_KNOB_CPUSET_UNITS_H

#include <stdbool.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "isolate/goal.h"
#include "isolate/plan.h"

struct systemd;

#define CPUSET_UNIT_PREFIX "unit/"
#define CPUSET_GROUPS	   "sys/fs/cgroup"
#define CPUSET_POSSIBLE	   "sys/devices/system/cpu/possible"

/* A unit's AllowedCPUs. */
struct cpuset_setting {
	struct cpuset cpus; /* empty: not set, all */
	bool has_drop_in;   /* of the kind that ends at reboot; else a file of the unit sets it */
};

/* -EINVAL: no value of this knob. */
int cpuset_unit_parse(const char *value, struct cpuset_setting *ret);
/* As a value, allocated. -ENOMEM. */
int cpuset_unit_format(const struct cpuset_setting *setting, char **ret);
/*
 * *ret stays NULL on a recorded machine, of which only files are left. -ENOTCONN: systemd has no
 * socket.
 */
int cpuset_unit_connect(const struct root *root, struct systemd **ret);
int cpuset_unit_read(const struct root *root, struct systemd *systemd, const char *object,
		     struct cpuset_setting *ret);

/* Does the journal have units? */
bool cpuset_units_are_changed(const struct plan *plan);
int cpuset_units_plan(const struct root *root, const struct goal *goal, const char *note,
		      struct plan *plan);

#endif
