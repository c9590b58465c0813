/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/trial.h"

#include <errno.h>

#include "base/cleanup.h"
#include "measure/hooks.h"
#include "measure/skel.h"

/* Does the group of @first load? */
static int group_loads(const struct hook *first, const bool on[LULL_N_HOOKS], bool probe_reads)
{
	struct lull_bpf *skel = skel_open();
	int err;

	if (!skel)
		return -ENOMEM;
	skel->rodata->lull_probe_reads = probe_reads;
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++)
		if (on[i] && hook_same_group(hook_at(i), first))
			(void)bpf_program__set_autoload(
				bpf_object__find_program_by_name(skel->obj, hook_at(i)->name),
				true);
	err = lull_bpf__load(skel);
	lull_bpf__destroy(skel);
	return err == -ENOMEM ? err : !err;
}

int trial_groups(const bool on[LULL_N_HOOKS], bool probe_reads, bool refused[LULL_N_HOOKS])
{
	int n = 0;

	for (unsigned int i = 0; i < LULL_N_HOOKS; i++) {
		const struct hook *first = hook_at(i);
		int loads;

		if (!on[i] || refused[i] || (i && hook_same_group(hook_at(i - 1), first)))
			continue;
		loads = group_loads(first, on, probe_reads);
		if (loads < 0)
			return loads;
		if (loads)
			continue;
		n++;
		for (unsigned int k = 0; k < LULL_N_HOOKS; k++)
			refused[k] |= hook_same_group(hook_at(k), first);
	}
	return n;
}
