/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * governor: full frequency for the CPUs of guests (cpufreq/policyN/scaling_governor). A policy may be
 * of many CPUs: those that share one with a guest's go along.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_dir.h"

#define POLICIES "sys/devices/system/cpu/cpufreq"
#define WANT	 "performance"

/* 1: has CPUs of a guest. affected_cpus is a list with blanks: "4 5 6 7". */
static int is_of_guest(const struct root *root, const struct goal *goal, const char *policy)
{
	auto_free char *line = NULL;
	struct cpuset cpus;
	size_t len;
	int err = fs_read_line(root, &line, POLICIES "/%s/affected_cpus", policy);

	if (err)
		return err == -ENOENT ? 0 : err;
	len = strlen(line);
	while (len && line[len - 1] == ' ')
		line[--len] = '\0';
	for (char *s = strchr(line, ' '); s; s = strchr(s, ' '))
		*s = ',';
	err = cpuset_parse(line, &cpus);
	if (err)
		return err;
	cpuset_and(&cpus, &goal->guest);
	return !cpuset_is_empty(&cpus);
}

/* Without a list of governors (intel_pstate before 5.8) the kernel decides. */
static int has_governor(const struct root *root, const char *policy)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, POLICIES "/%s/scaling_available_governors", policy);

	if (err)
		return err == -ENOENT ? 1 : err;
	return strstr(line, WANT) != NULL;
}

static int plan_policy(const struct root *root, const struct goal *goal, struct plan *plan,
		       const char *policy)
{
	char path[sizeof(POLICIES) + NAME_MAX + 32];
	int has, is = is_of_guest(root, goal, policy);

	if (is <= 0)
		return is;
	has = has_governor(root, policy);
	if (has < 0)
		return has;
	if (!has)
		return plan_stay(plan, policy, "its driver has no governor of full frequency");
	(void)snprintf(path, sizeof(path), POLICIES "/%s/scaling_governor", policy);
	return knob_file_plan_text(root, goal, plan, path, WANT, "a guest's CPU: full frequency");
}

static int plan_governor(const struct root *root, const struct goal *goal, struct plan *plan)
{
	auto_knob_dir struct knob_dir policies = { .names = NULL };
	int err = knob_dir_read(root, &policies, POLICIES);

	for (unsigned int i = 0; i < policies.n && !err; i++)
		if (str_starts(policies.names[i], "policy"))
			err = plan_policy(root, goal, plan, policies.names[i]);
	return err;
}

const struct knob_ops knob_governor = {
	.plan = plan_governor,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
};
