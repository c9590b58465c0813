/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/selfcost.h"

#include "test.h"

TEST(selfcost_judge__is_with_less_without)
{
	struct selfcost cost = { .pairs = 3 };

	cost.has[SELFCOST_RUN] = true;
	for (unsigned int i = 0; i < 3; i++) {
		cost.a[SELFCOST_RUN][i] = 0.5 + 0.01 * i;
		cost.b[SELFCOST_RUN][i] = 0.4 + 0.02 * i;
	}
	CHECK_EQ(selfcost_judge(&cost), 0);
	CHECK(cost.effect[SELFCOST_RUN].effect < -0.0899 &&
	      cost.effect[SELFCOST_RUN].effect > -0.0901);
	CHECK(cost.effect[SELFCOST_RUN].has_interval);
	CHECK(!cost.effect[SELFCOST_WAIT].has_interval);
}

TEST(selfcost_judge__has_no_interval_for_two_pairs)
{
	struct selfcost cost = { .pairs = 2 };

	cost.has[SELFCOST_EXITS] = true;
	CHECK_EQ(selfcost_judge(&cost), 0);
	CHECK(!cost.effect[SELFCOST_EXITS].has_interval);
}

TEST(selfcost_programs_share__is_of_all_watched_cpus)
{
	struct selfcost cost = { .n_cpus = 4, .n_programs = 2, .programs_wall_ns = 1000 };

	cost.programs[0].run_ns = 30;
	cost.programs[1].run_ns = 10;
	CHECK(selfcost_programs_share(&cost) > 0.0099 && selfcost_programs_share(&cost) < 0.0101);
	cost.n_cpus = 0;
	CHECK(selfcost_programs_share(&cost) == 0);
}
