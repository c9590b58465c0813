/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: one measurement. Loads and attaches the programs, opens the window, drains stalls,
 * closes the window, and turns the kernel's tables into a recording. Prints nothing.
 *
 *   capture_open -> (drop privileges) -> capture_start -> capture_poll ... -> capture_stop
 *   -> capture_harvest -> capture_free
 *
 * Several windows, without attaching anew: ... capture_pause -> capture_harvest -> capture_rewind
 *   -> capture_start ...
 */
#ifndef LULL_MEASURE_CAPTURE_H
#define LULL_MEASURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "base/str.h"

struct recording;
struct capture;

struct capture_target {
	pid_t tid, pid;
	const char *vm;	      /* NULL: no VM's */
	int vcpu;	      /* -1: no vCPU */
	unsigned int inherit; /* 0, LULL_INHERIT_THREADS or LULL_INHERIT_ALL */
};

struct capture_config {
	const struct root *root;
	const struct capture_target *targets;
	unsigned int n_targets;
	pid_t vm_pid; /* vCPUs that this process gets while measuring are watched too; 0: none */
	const struct cpuset *cpus; /* watched from the start */
	uint64_t stall_ns;
	unsigned int stalls_max;   /* kept, the longest */
	unsigned int ring_bytes;   /* of the stall buffer; a power of two; 0: the default */
	uint64_t trace_ns;	   /* before each stall, of the flight recorder; 0: none */
	unsigned int trace_events; /* its places per CPU, a power of two; 0: the default */
	bool stacks;
	bool self; /* run times per program, by the kernel's BPF statistics */
};

/* What a poll saw. */
struct capture_progress {
	uint64_t elapsed_ns;
	uint64_t stalls, stall_max_ns;
	unsigned int victims_alive;
};

/*
 * -EPERM: privileges are missing; -ENOENT: no BTF; else what the kernel said. @why gets a sentence.
 * Config and what it points to must live until capture_free.
 */
int capture_open(const struct capture_config *config, struct capture **ret, struct str *why);
void capture_free(struct capture *cap);

/* Opens the window. Programs have been attached since capture_open: let them settle before. */
int capture_start(struct capture *cap);
/*
 * Drains stalls, keeps 32-bit counters from wrapping unseen. At least 10 times a second, with trace_ns
 * 50 times: its ring is short.
 */
int capture_poll(struct capture *cap, struct capture_progress *ret);
/* Closes the window and detaches. */
int capture_stop(struct capture *cap);
/* Closes the window; the programs stay attached, and idle. */
int capture_pause(struct capture *cap);
/* Forgets what was counted and kept, so that another window can be opened. -ENOMEM. */
int capture_rewind(struct capture *cap);
/* Fills @rec, all but host, command and ended_by. */
int capture_harvest(struct capture *cap, struct recording *rec);

#endif
