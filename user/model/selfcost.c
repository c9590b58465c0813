/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/selfcost.h"

int selfcost_judge(struct selfcost *cost)
{
	int err = 0;

	for (unsigned int i = 0; i < SELFCOST_FIGURES && !err; i++)
		if (cost->has[i])
			err = stats_paired(cost->a[i], cost->b[i], cost->pairs, &cost->effect[i]);
	return err;
}

void selfcost_done(struct selfcost *cost)
{
	hist_done(&cost->gaps_a);
	hist_done(&cost->gaps_b);
}

double selfcost_programs_share(const struct selfcost *cost)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < cost->n_programs; i++)
		sum += cost->programs[i].run_ns;
	if (!cost->programs_wall_ns || !cost->n_cpus)
		return 0;
	return (double)sum / (double)cost->programs_wall_ns / cost->n_cpus;
}
