/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tryout: which of lull's programs this kernel takes, found by loading them, and whether KVM's
 * entries really come. For those who want to know before they measure; nothing stays loaded.
 */
#ifndef LULL_MEASURE_TRYOUT_H
#define LULL_MEASURE_TRYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"

struct capture_target;
struct cpuset;

/*
 * What bpf() says to a command that does not exist, asked in a process of its own, since a filter
 * may kill who asks: -EINVAL is right; -EPERM, -ENOSYS: it is refused; -EINTR: the process was
 * killed; another error: could not ask.
 */
int tryout_syscall(void);

/* A group of programs. */
struct tryout_group {
	const char *source, *holds; /* static text */
	char *why;		    /* it is left out; NULL: it loads */
	bool is_label;		    /* only refines what others count */
};

struct tryout {
	int types;  /* of reading the kernel's BTF: 0 or -errno */
	char *lack; /* what nothing can stand in for; NULL: nothing */
	int load;   /* 0; -errno: the kernel refuses them all; 1: not tried, for one of the above */
	struct tryout_group *groups;
	unsigned int n_groups;
	bool have_entry; /* there is a tracepoint kvm_entry */
};

/* Fills @ret, which tryout_done() frees, with whatever was found out. -ENOMEM. */
int tryout_sources(const struct root *root, struct tryout *ret);
void tryout_done(struct tryout *tryout);

struct tryout_entries {
	uint64_t window_ns, entries;
	unsigned int n_ran; /* targets that had a CPU in the window */
};

/* Watches these vCPU threads for @window_ns. -errno: they could not be watched. */
int tryout_entries(const struct root *root, const struct capture_target *targets,
		   unsigned int n_targets, uint64_t window_ns, struct tryout_entries *ret);

#endif
