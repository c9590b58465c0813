/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_p: between the files of the knob cpuset. Nobody else includes it.
 */
#ifndef LULL_ISOLATE_KNOB_CPUSET_P_H
#define LULL_ISOLATE_KNOB_CPUSET_P_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "base/str.h"
#include "isolate/goal.h"
#include "isolate/plan.h"
#include "isolate/step.h"

#define CPUSET_NOTE_MAX	    160
#define CPUSET_IDENTITY_MAX 32
#define CPUSET_OBJECT_MAX   8192

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
	bool (*is_same)(const struct root *root, const struct plan_step *step);
	bool (*is_lost)(const struct root *root, const struct plan_step *step);
};

extern const struct cpuset_way cpuset_way_partition, cpuset_way_systemd, cpuset_way_files,
	cpuset_way_v1;

/* The cpuset that root's tasks are moved to: root's own set cannot be narrowed. */
#define CPUSET_HOST	    "lull-host"
#define CPUSET_HOST_OBJECT  "cgroup/" CPUSET_HOST
#define CPUSET_HOST2_OBJECT "cgroup2/" CPUSET_HOST
#define CPUSET_PARTITION    "cpuset.cpus.partition"
#define CPUSET_V2	    "v2 "

/*
 * The mount point of the v1 cpuset hierarchy, below the root: "sys/fs/cgroup/cpuset". -ENOENT: there
 * is none; -EXDEV: only a part of it is seen here.
 */
int cpuset_v1_mount(const struct root *root, char ret[PATH_MAX]);
/* That of v2, if cpuset is a controller of it. The same errors. */
int cpuset_v2_mount(const struct root *root, char ret[PATH_MAX]);

/* Is @word in a line of words, such as cgroup.controllers? */
bool cpuset_has_word(const char *line, const char *word);
/* The v2 cgroup of a thread ("/machine.slice/x.scope/libvirt/vcpu0"), allocated. */
int cpuset_group_of(const struct root *root, pid_t pid, pid_t tid, char **ret);
/* A file of CPUs of the cgroup @path; empty where it has none, as without the controller, or is none. */
int cpuset_read_cpus(const struct root *root, const char *mount, const char *path, const char *file,
		     struct cpuset *ret);
/* Of a step whose object is a file of a cgroup. */
int cpuset_identify_group(const struct root *root, const struct plan_step *step, char **ret);
/* Of a step whose object means the same whenever it is there. */
int cpuset_identify_none(const struct root *root, const struct plan_step *step, char **ret);
/* "echo VALUE > /OBJECT", whatever is in the names of cgroups: units have backslashes. */
int cpuset_add_echo(const char *value, const char *object, struct str *to);
/* What tells a cgroup from a later one of the same name: its inode, behind CPUSET_V2 with v2. */
int cpuset_read_identity(const struct root *root, const char *mount, const char *path,
			 char ret[CPUSET_IDENTITY_MAX]);
/* Is @path @of, or below it? */
bool cpuset_is_below(const char *path, const char *of);

/*
 * The cgroups of virtual machines and of the threads that a shield is for, which nobody narrows, as
 * paths below the mount ("/machine/x").
 */
struct cpuset_exempt {
	char **paths;
	unsigned int n, n_victims; /* those of the shields' threads come first */
};

int cpuset_exempt_read(const struct root *root, const struct goal *goal, bool is_v2,
		       struct cpuset_exempt *ret);
void cpuset_exempt_done(struct cpuset_exempt *exempt);
#define auto_exempt __attribute__((cleanup(cpuset_exempt_done)))
/* Is @path libvirt's, also for the VM that is started next, or below? */
bool cpuset_is_libvirt(const char *path);
/* Is @path one of them, above one or below one, or where libvirt puts the next? */
bool cpuset_exempt_has(const struct cpuset_exempt *exempt, const char *path);

/* Where the cgroup for the tasks of the root is made, and what they are moved by. */
struct cpuset_tree {
	char mount[PATH_MAX];
	const char *tasks; /* "tasks" of v1, "cgroup.procs" of v2 */
	bool has_mems;	   /* it has to be given memory nodes */
};

/* The CPUs of lull-host as a list; "" when it is not there. */
int cpuset_host_read(const struct root *root, const struct cpuset_tree *tree, char **ret);
/* Makes it, with root's memory nodes, and moves root's tasks in; with "" moves all out, removes it. */
int cpuset_host_write(const struct root *root, const struct cpuset_tree *tree, const char *value);
/* The commands that do so. */
int cpuset_host_shell(const struct cpuset_tree *tree, const char *value, struct str *to);
/* 1: the root has tasks that would be moved off the CPUs @guest; 0: none. -errno. */
int cpuset_host_is_needed(const struct root *root, const struct cpuset_tree *tree,
			  const struct goal *goal);

/*
 * Refuses (-EBUSY) where the v2 hierarchy has another owner of @goal's CPUs: kubelet, a partition that
 * is not ours, a lull-host that no journal knows.
 */
int cpuset_check_owners(const struct root *root, const struct goal *goal, struct plan *plan);

/*
 * Kernels before 6.2 forget what affinity a task had when its cpuset changes: then each such task
 * becomes a step, to be set again after applying and after putting back.
 */
int cpuset_tasks_plan(const struct root *root, const struct goal *goal, struct plan *plan);
/* Of v2, where all tasks forget when a cgroup is given the controller, those of VMs too. */
int cpuset_tasks_plan_v2(const struct root *root, const struct goal *goal, struct plan *plan);
/* Has such a kernel just done so to the task of the step? */
bool cpuset_task_is_lost(const struct root *root, const struct plan_step *step);

#endif
