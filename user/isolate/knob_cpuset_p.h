/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_p: between the files of the knob cpuset. Nobody else includes it.
 */
#ifndef LULL_ISOLATE_KNOB_CPUSET_P_H
#define LULL_ISOLATE_KNOB_CPUSET_P_H

#include <limits.h>
#include <stdbool.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "base/str.h"
#include "isolate/goal.h"
#include "isolate/plan.h"
#include "isolate/step.h"

#define CPUSET_NOTE_MAX 160

/*
 * One way of keeping tasks off CPUs. The ways are asked in the order of the table in knob_cpuset.c, the
 * strongest first; each plans for the shields that it can serve, the next for what is left. A step is
 * of the way that knows its object, whichever would be taken now. What is NULL is as for a file
 * that holds a list of CPUs, and a cgroup that is known by its inode.
 */
struct cpuset_way {
	/* 0: this host has it. As in struct knob_ops. */
	int (*probe)(const struct root *root, const char **ret_why);
	/*
	 * 1: it can serve this shield; 0: not, and @ret_note says why, for the steps of the next way
	 * ("vCPU 0 is not pinned to one CPU"). -errno. NULL: it serves all.
	 */
	int (*takes)(const struct root *root, const struct goal *goal, const struct layer *layer,
		     char ret_note[CPUSET_NOTE_MAX]);
	/* @goal: the shields that it took, at least one. @note: why no stronger way did, or "". */
	int (*plan)(const struct root *root, const struct goal *goal, const char *note,
		    struct plan *plan);
	/* Is it this way's step? */
	bool (*has)(const struct plan_step *step);
	/* As in struct knob_ops. */
	int (*identify)(const struct root *root, const struct plan_step *step, char **ret);
	int (*read)(const struct root *root, const struct plan_step *step, char **ret);
	int (*write)(const struct root *root, const struct plan_step *step, const char *value);
	int (*settle)(const struct root *root, const struct plan_step *step);
	int (*shell)(const struct plan_step *step, const char *value, struct str *to);
};

extern const struct cpuset_way cpuset_way_v1;

/* The cpuset that root's tasks are moved to: root's own set cannot be narrowed. */
#define CPUSET_HOST	   "lull-host"
#define CPUSET_HOST_OBJECT "cgroup/" CPUSET_HOST

/*
 * The mount point of the v1 cpuset hierarchy, below the root: "sys/fs/cgroup/cpuset". -ENOENT: there
 * is none; -EXDEV: only a part of it is seen here.
 */
int cpuset_v1_mount(const struct root *root, char ret[PATH_MAX]);

/* The cpusets of virtual machines, which nobody narrows, as paths below the mount ("/machine/x"). */
struct cpuset_exempt {
	char **paths;
	unsigned int n;
};

int cpuset_exempt_read(const struct root *root, struct cpuset_exempt *ret);
void cpuset_exempt_done(struct cpuset_exempt *exempt);
#define auto_exempt __attribute__((cleanup(cpuset_exempt_done)))
/* Is @path one of them, above one or below one, or where libvirt puts the next? */
bool cpuset_exempt_has(const struct cpuset_exempt *exempt, const char *path);

/* The CPUs of lull-host as a list; "" when it is not there. */
int cpuset_host_read(const struct root *root, char **ret);
/* Makes it, with root's memory nodes, and moves root's tasks in; with "" moves all out, removes it. */
int cpuset_host_write(const struct root *root, const char *value);

/*
 * Kernels before 6.2 forget what affinity a task had when its cpuset changes: then each such task
 * becomes a step, to be set again after applying and after putting back.
 */
int cpuset_tasks_plan(const struct root *root, const struct goal *goal, struct plan *plan);

#endif
