/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/trials.h"

#include <errno.h>

#include "app/target.h"
#include "base/cleanup.h"
#include "measure/capture.h"
#include "sys/vms.h"

#define WINDOW_NS 200000000
#define VCPUS_MAX 64 /* enough to see whether entries come */

static int copy_sources(struct trials *trials)
{
	const struct tryout *tryout = &trials->tryout;

	trials->sources = calloc(tryout->n_groups ?: 1, sizeof(*trials->sources));
	if (!trials->sources)
		return -ENOMEM;
	for (unsigned int i = 0; i < tryout->n_groups; i++)
		trials->sources[i] = (struct doctor_source){
			.name = tryout->groups[i].source,
			.holds = tryout->groups[i].holds,
			.why = tryout->groups[i].why,
			.is_label = tryout->groups[i].is_label,
		};
	return 0;
}

/* The vCPU threads of all VMs, up to a limit. */
static unsigned int collect(const struct vm_list *vms, struct capture_target *targets)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < vms->n; i++)
		for (unsigned int k = 0; k < vms->vms[i].n_vcpus && n < VCPUS_MAX; k++)
			targets[n++] = (struct capture_target){
				.tid = vms->vms[i].vcpus[k].tid,
				.pid = vms->vms[i].pid,
				.vm = vms->vms[i].name,
				.vcpu = vms->vms[i].vcpus[k].index,
			};
	return n;
}

/* A VM may end meanwhile: whatever goes wrong is "not tried". */
static void try_entries(const struct root *root, struct doctor_trials *facts)
{
	struct capture_target targets[VCPUS_MAX];
	struct tryout_entries entries = { 0 };
	struct vm_list vms = { 0 };
	unsigned int n;

	if (target_find_vms(root, &vms))
		return;
	n = collect(&vms, targets);
	facts->entries = DOCTOR_ENTRIES_NO_VM;
	if (n)
		facts->entries = tryout_entries(root, targets, n, WINDOW_NS, &entries)
					 ? DOCTOR_ENTRIES_NOT_TRIED
				 : !entries.n_ran  ? DOCTOR_ENTRIES_IDLE
				 : entries.entries ? DOCTOR_ENTRIES_COME
						   : DOCTOR_ENTRIES_NONE;
	facts->n_entries = entries.entries;
	facts->window_ns = entries.window_ns;
	facts->n_vcpus = entries.n_ran;
	vms_done(&vms);
}

int trials_make(const struct root *root, struct trials *ret)
{
	struct trials trials = { .tryout = { .load = 1 } };
	struct doctor_trials *facts = &trials.facts;
	int err = 0;

	facts->syscall = tryout_syscall();
	if (facts->syscall == -EINVAL)
		err = tryout_sources(root, &trials.tryout);
	err = err ?: copy_sources(&trials);
	if (err) {
		trials_done(&trials);
		return err;
	}
	facts->types = trials.tryout.types;
	facts->lack = trials.tryout.lack;
	facts->load = trials.tryout.load;
	facts->sources = trials.sources;
	facts->n_sources = trials.tryout.n_groups;
	facts->have_entry = trials.tryout.have_entry;
	if (!facts->load)
		try_entries(root, facts);
	*ret = trials;
	return 0;
}

void trials_done(struct trials *trials)
{
	tryout_done(&trials->tryout);
	free(trials->sources);
	*trials = (struct trials){ 0 };
}
