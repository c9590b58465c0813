/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * audit: what the kernel itself counted in the window, by its own files. Each counter is read
 * four times: before and after the window opens, before and after it closes, so that what the
 * window held lies between two differences.
 */
#ifndef LULL_MEASURE_AUDIT_H
#define LULL_MEASURE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fs.h"
#include "sys/cputimes.h"
#include "sys/irqs.h"

struct kvmstats;

struct audit_thread {
	pid_t tid; /* 0: none */
	uint64_t run_ns, wait_ns;
};

/* Of a vCPU, by KVM's own statistics. */
struct audit_vcpu {
	int index;
	bool have;
	uint64_t exits, halt_wait_ns;
};

/* One reading of everything. */
struct audit_read {
	struct irq_table irqs;
	struct audit_thread *threads;
	unsigned int n_threads;
	struct cputimes *times;
	unsigned int n_times;
	struct audit_vcpu *vcpus;
	unsigned int n_vcpus;
};

enum audit_point { AUDIT_BEFORE_OPEN, AUDIT_AFTER_OPEN, AUDIT_BEFORE_CLOSE, AUDIT_AFTER_CLOSE };

struct audit {
	struct audit_read reads[4];
	bool have[4];
};

/* What is read. */
struct audit_sources {
	const struct root *root;
	const pid_t *tids;
	unsigned int n_tids;
	const struct kvmstats *kvm; /* NULL: not available */
};

/* Reads all; threads that are gone get tid 0. A kernel without a file gives nothing for it. */
int audit_take(struct audit *audit, enum audit_point point, const struct audit_sources *from);
void audit_done(struct audit *audit);

/* A difference of one counter over the window: the middle, and its bounds. */
struct audit_span {
	uint64_t value, low, high;
};

/* -ENOENT when a reading or the counter is missing. */
int audit_irq(const struct audit *audit, const char *name, int cpu, struct audit_span *ret);
int audit_thread(const struct audit *audit, unsigned int index, struct audit_span *ret_run,
		 struct audit_span *ret_wait);
int audit_vcpu(const struct audit *audit, int index, struct audit_span *ret_exits,
	       struct audit_span *ret_halt_wait);
int audit_steal(const struct audit *audit, int cpu, struct audit_span *ret);
/* What a CPU spent its time on in the window. -ENOENT. */
int audit_times(const struct audit *audit, int cpu, struct cputimes *ret);
/*
 * How often an interrupt came to a CPU in the window: by row and column of the reading before it
 * closed. 0 also when that is not known.
 */
uint64_t audit_count(const struct audit *audit, unsigned int row, unsigned int column);

#endif
