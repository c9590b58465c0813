/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * goal: which CPUs are the guests' and which the host's, for all shields that are in force. A layer
 * is one shield; the goal is their union. What a knob should be is a function of its original value
 * and of the goal alone, so shields may be lifted in any order. Plain data: reads nothing.
 */
#ifndef LULL_ISOLATE_GOAL_H
#define LULL_ISOLATE_GOAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cpuset.h"

struct vm;
struct vm_list;

enum owner_kind {
	OWNER_NOBODY, /* stays until restore or reboot */
	OWNER_VM,     /* a process: the layer ends with it */
	OWNER_THREAD, /* the thread of -t */
	OWNER_LULL,   /* a running lull: --keep, --for, verify */
};

/* A pid is used again; with the start time (field 22 of proc/PID/stat) it is an identity. */
struct owner {
	enum owner_kind kind;
	pid_t pid; /* 0: nobody */
	uint64_t start_ticks;
};

#define LAYER_VICTIMS_MAX 64

/* One shield. All but the VM is in the journal. */
struct layer {
	char *id;   /* the VM's UUID, else "pid-1234", "tid-1234", "cpus-4-7" */
	char *name; /* for people; sanitised */
	struct owner owner;
	struct cpuset guest;
	uint64_t knobs;			  /* bit i: row i of knobs.def was chosen */
	pid_t vm_pid;			  /* 0: no VM */
	pid_t victims[LAYER_VICTIMS_MAX]; /* threads of -t and -p, one of each cgroup */
	unsigned int n_victims;
	uint64_t since_ns; /* when it was added, after boot and with sleep; 0: not known */
	bool is_new;	   /* the transaction that adds it is not over */
	bool is_best_effort;
	/* The running VM with its threads and devices (vms_describe()); NULL: none. Not owned. */
	const struct vm *vm;
};

/* What one knob works towards: only the layers that chose it count. */
struct goal {
	const struct layer **layers;
	unsigned int n_layers;
	struct cpuset guest; /* union of the layers'; empty: nothing is to be shielded any more */
	struct cpuset host;  /* online and not in guest; never empty while guest is not */
	struct cpuset online;
	const struct vm_list *vms; /* all that run, described, shielded or not; NULL: not known */
};

void layer_done(struct layer *layer);
/* With its strings; the VM is pointed to. -ENOMEM. */
int layer_copy(const struct layer *layer, struct layer **ret);
void layer_free(struct layer **layer);

/*
 * Fills @ret from those of @layers that chose knob number @knob. The goal points into @layers.
 * -ENOMEM. goal_done frees.
 */
int goal_init(struct goal *ret, struct layer *const *layers, unsigned int n_layers,
	      unsigned int knob, const struct cpuset *online);
void goal_done(struct goal *goal);

/*
 * @orig without the guests' CPUs; where nothing that is online would be left, the host's CPUs. With
 * no guest, @orig itself.
 */
void goal_keep_out(const struct goal *goal, const struct cpuset *orig, struct cpuset *ret);

#endif
