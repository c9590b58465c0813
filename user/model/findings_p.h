/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings_p: what the files of findings share. For them only.
 */
#ifndef LULL_MODEL_FINDINGS_P_H
#define LULL_MODEL_FINDINGS_P_H

#ifndef LULL_MODEL_FINDINGS_PRIVATE
#error "model/findings_p.h is private to user/model/findings*.c"
#endif

#include "model/inventory.h"
#include "model/placement.h"

/* One row looking at one VM. The first error sticks; then nothing more is added. */
struct finder {
	struct inventory *inv;
	const struct inv_vm *vm;
	const struct placement *place; /* of this VM */
	const struct finding_row *row;
	int err;
};

struct finding_row {
	const char *id;
	enum inv_severity severity;
	void (*find)(struct finder *f);
	const char *title, *why;
};

#define FINDING(id, severity, function, title, why) void function(struct finder *f);
#include "model/findings.def"
#undef FINDING

/* Begins a finding with its object; what follows is of the last one begun. */
void finder_begin(struct finder *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finder_is(struct finder *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finder_fix(struct finder *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The list, allocated; NULL: no memory, which sticks. */
char *finder_list(struct finder *f, const struct cpuset *set);
/* The VM's name as a word of a shell command. */
char *finder_name(struct finder *f);
/* The vCPU's number as it goes into commands; its place in the VM where that is not known. */
unsigned int finder_number(const struct finder *f, const struct inv_thread *vcpu);

/* Fixes, for what manages the VM: pins a vCPU to where it should be; pins another thread. */
void finder_fix_vcpu(struct finder *f, const struct inv_thread *vcpu, int cpu);
/* All vCPUs that are elsewhere now. */
void finder_fix_moves(struct finder *f, const struct placement *place);
void finder_fix_thread(struct finder *f, const struct inv_thread *thread,
		       const struct cpuset *cpus);
/* The guest's topology: @threads of a core, @dies. */
void finder_fix_topology(struct finder *f, unsigned int threads, unsigned int dies);

/* Are vCPUs 2k and 2k+1 threads of one core, all of them, so that the guest can be told so? */
bool finder_has_pairs(const struct finder *f);
/* The one CPU that it is pinned to, or -1. */
int finder_pin(const struct inv_thread *thread);

#endif
