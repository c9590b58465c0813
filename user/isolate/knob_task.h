/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_task: the operations of steps whose object is a thread, "task/1234": the CPUs it may run on.
 * Who it is, is its number and the time it was started.
 */
#ifndef LULL_ISOLATE_KNOB_TASK_H
#define LULL_ISOLATE_KNOB_TASK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "base/str.h"
#include "isolate/plan.h"
#include "sys/threads.h"

#define KNOB_TASK_PREFIX "task/"

bool knob_task_is(const struct plan_step *step);
/* Its number. -EINVAL: the step is no thread's. */
int knob_task_tid(const struct plan_step *step, pid_t *ret);
int knob_task_identify(const struct root *root, const struct plan_step *step, char **ret);
int knob_task_read(const struct root *root, const struct plan_step *step, char **ret);
/*
 * -EOPNOTSUPP on a recorded machine. The kernel cuts a mask to the thread's cpuset without an
 * error: the value read back tells.
 */
int knob_task_write(const struct root *root, const struct plan_step *step, const char *value);
int knob_task_shell(const struct plan_step *step, const char *value, struct str *to);

/* One thread while it is planned. */
struct knob_task {
	char object[32], identity[32];
	struct thread_stat stat;
	struct cpuset now, orig; /* orig: before any shield, by the journal of plan->knob */
};

/* 0, 1: it is gone, or -errno. */
int knob_task_look(const struct root *root, const struct plan *plan, pid_t tid,
		   struct knob_task *ret);
/* A step that gives it the CPUs @want, named @kind ("kernel thread"), comm and tid. */
int knob_task_change(struct plan *plan, const struct knob_task *task, const struct cpuset *want,
		     const char *kind, const char *why);

#endif
