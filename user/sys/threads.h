/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * threads: what /proc says of processes and threads.
 */
#ifndef LULL_SYS_THREADS_H
#define LULL_SYS_THREADS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cpuset.h"
#include "base/fs.h"

struct thread_stat {
	pid_t tid;
	char comm[32];		  /* sanitised */
	char state;		  /* R S D T t Z X I */
	uint64_t start_ticks;	  /* field 22: clock ticks after boot; with the tid an identity */
	int cpu;		  /* field 39: last CPU */
	uint64_t guest_ticks;	  /* field 43 */
	pid_t ppid;		  /* field 4 */
	bool is_kernel;		  /* of field 9: a kernel thread */
	bool is_bound;		  /* of field 9: nobody can set its CPUs */
	unsigned int policy;	  /* field 41: SCHED_OTHER, SCHED_FIFO, ... of <sched.h> */
	unsigned int rt_priority; /* field 40 */
};

/* -ENOENT: gone. The comm may hold anything, blanks and parentheses too. */
int threads_read_stat(const struct root *root, pid_t pid, pid_t tid, struct thread_stat *ret);
/* The tids of a process in ascending order, allocated. */
int threads_list(const struct root *root, pid_t pid, pid_t **ret, unsigned int *ret_n);
/* The thread group (process) of a thread; from proc/TID/status. */
int threads_tgid(const struct root *root, pid_t tid, pid_t *ret);
/* proc/TID/schedstat: time on CPU, time runnable and waiting (ns), number of times it got a CPU. */
int threads_read_schedstat(const struct root *root, pid_t tid, uint64_t *ret_run_ns,
			   uint64_t *ret_wait_ns, uint64_t *ret_slices);
/* Cpus_allowed_list of proc/TID/status; the other of proc/PID/task/TID/status, as readdir has it. */
int threads_read_affinity(const struct root *root, pid_t tid, struct cpuset *ret);
int threads_read_task_affinity(const struct root *root, pid_t pid, pid_t tid, struct cpuset *ret);
/* The command line as a NULL-terminated vector, one allocation to free(). */
int threads_read_cmdline(const struct root *root, pid_t pid, char ***ret_argv, unsigned int *ret_n);
/*
 * The unit or cgroup of a process for people: the last element of its cgroup v2 path that names
 * a unit (nginx.service, machine-qemu...scope), else the v2 path, else that of v1's "name=systemd"
 * or cpuset, else "". Allocated.
 */
int threads_read_unit(const struct root *root, pid_t pid, char **ret);

#endif
