/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/limits: which shields are refused, on machines of several shapes.
 */
#include "isolate/limits.h"

#include <errno.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/journal.h"
#include "machines.h"
#include "sys/topo.h"
#include "sys/vms.h"
#include "test.h"

#define CPUS_MAX 16

/* Cores of CPUs with these numbers. */
struct shape {
	struct topo_cpu cpus[CPUS_MAX];
	struct topo topo;
};

/* CPU i has the core @cores[i]; -1: offline. */
static void make(struct shape *shape, const int *cores, unsigned int n)
{
	*shape = (struct shape){ .topo = { .n_cpus = n } };
	for (unsigned int i = 0; i < n; i++) {
		shape->cpus[i] = (struct topo_cpu){ .online = cores[i] >= 0,
						    .core = cores[i] < 0 ? (int)i : cores[i],
						    .node = -1,
						    .l3 = -1,
						    .package = -1 };
		if (cores[i] >= 0)
			cpuset_add(&shape->topo.online, i);
	}
	shape->topo.cpus = shape->cpus;
}

/* "" when it is allowed, else the reason; static. */
static const char *judge(const struct shape *shape, const char *guest, bool is_forced)
{
	static char reason[256];
	auto_str struct str why = { 0 };
	struct cpuset cpus;
	int err;

	CHECK_EQ(cpuset_parse(guest, &cpus), 0);
	err = limits_check(&shape->topo, &cpus, is_forced, &why);
	CHECK_EQ(err, why.len ? -EPERM : 0);
	str_copy(reason, sizeof(reason), why.s ? why.s : "", why.len);
	return reason;
}

static const int desktop[] = { 0, 1, 2, 3, 0, 1, 2, 3 }; /* four cores with two threads */
static const int hybrid[] = { 0, 0, 2, 2, 4, 5, 6, 7 };	 /* two of two threads, four of one */
static const int holes[] = { 0, -1, 2, -1 };
static const int single[] = { 0 };

TEST(limits_check__the_host_keeps_a_core_with_all_its_threads)
{
	struct shape shape;

	make(&shape, desktop, 8);
	CHECK_STREQ(judge(&shape, "1-3,5-7", false), "");
	CHECK_STREQ(judge(&shape, "1-7", false),
		    "the host would keep less than one full core (0): leave it a core with all its "
		    "threads");
	/* Two half cores are none. */
	CHECK(str_starts(judge(&shape, "2-5,7", false), "") && *judge(&shape, "2-5,7", false));
}

TEST(limits_check__a_core_without_threads_is_one_too)
{
	struct shape shape;

	make(&shape, hybrid, 8);
	CHECK_STREQ(judge(&shape, "0-6", true), "");
	CHECK(*judge(&shape, "1-7", false));
	CHECK_STREQ(judge(&shape, "3", false), "");
}

TEST(limits_check__offline_cpus_are_nobodys)
{
	struct shape shape;

	make(&shape, holes, 4);
	CHECK_STREQ(judge(&shape, "2", false), "");
	CHECK_STREQ(judge(&shape, "1-2", false), "CPU 1 is not online");
}

TEST(limits_check__a_host_of_one_cpu_has_none_to_give)
{
	struct shape shape;

	make(&shape, single, 1);
	CHECK(str_starts(judge(&shape, "0", true), "the host would keep less than one full core"));
}

TEST(limits_check__cpu_0_is_the_hosts_unless_forced)
{
	struct shape shape;

	make(&shape, desktop, 8);
	CHECK(str_starts(judge(&shape, "0,4", false), "CPU 0 keeps the time"));
	CHECK_STREQ(judge(&shape, "0,4", true), "");
	CHECK_STREQ(judge(&shape, "", false), "there is no CPU to shield");
}

TEST(limits_check_others__two_shields_do_not_share_a_cpu)
{
	char id[] = "A", name[] = "win11";
	struct layer layer = { .id = id, .name = name }, *layers[] = { &layer };
	const struct journal journal = { .layers = layers, .n_layers = 1 };
	auto_str struct str why = { 0 };
	struct shape shape;
	struct cpuset guest;

	make(&shape, desktop, 8);
	CHECK_EQ(cpuset_parse("2-5", &layer.guest), 0);
	CHECK_EQ(cpuset_parse("4-5", &guest), 0);
	CHECK_EQ(limits_check_others(&shape.topo, &journal, "A", &guest, &why), 0);
	CHECK_EQ(limits_check_others(&shape.topo, &journal, "B", &guest, &why), -EPERM);
	CHECK_STREQ(why.s, "CPU 4-5 is shielded already, for win11: lull restore --vm A");
}

/* Each of two shields leaves the host three cores, both together none. */
TEST(limits_check_others__all_shields_leave_a_core_together)
{
	char id[] = "A", name[] = "win11";
	struct layer layer = { .id = id, .name = name }, *layers[] = { &layer };
	const struct journal journal = { .layers = layers, .n_layers = 1 };
	auto_str struct str why = { 0 };
	struct shape shape;
	struct cpuset guest;

	make(&shape, desktop, 8);
	CHECK_EQ(cpuset_parse("1-3,5", &layer.guest), 0);
	CHECK_EQ(cpuset_parse("6,7", &guest), 0);
	CHECK_EQ(limits_check_others(&shape.topo, &journal, "B", &guest, &why), 0);
	CHECK_EQ(cpuset_parse("4", &guest), 0);
	CHECK_EQ(limits_check_others(&shape.topo, &journal, "B", &guest, &why), -EPERM);
	CHECK(str_starts(why.s, "together with the shields in force: the host would keep less than "
				"one full core (0,6-7)"));
}

TEST(limits_check__a_cpu_that_keeps_the_time_is_the_hosts)
{
	struct shape shape;

	make(&shape, desktop, 8);
	CHECK_EQ(cpuset_parse("1-7", &shape.topo.tickless), 0);
	CHECK_STREQ(judge(&shape, "1-3,5-7", false), "");
	CHECK_STREQ(
		judge(&shape, "0,4", true),
		"no CPU would be left to keep the time: the host's (1-3,5-7) are all nohz_full");
}

TEST(limits_check__the_host_keeps_a_cpu_that_is_not_isolated)
{
	struct shape shape;

	make(&shape, desktop, 8);
	CHECK_EQ(cpuset_parse("2-3,6-7", &shape.topo.isolated), 0);
	CHECK_STREQ(judge(&shape, "2-3,6-7", false), "");
	CHECK_STREQ(judge(&shape, "0-1,4-5", true),
		    "the host's CPUs (2-3,6-7) are all isolated since boot (isolcpus): its tasks "
		    "would not be spread over them");
}

TEST(limits_guest_of__is_where_pinned_vcpus_may_run)
{
	struct vcpu vcpus[3] = { { .index = 0 }, { .index = 1 }, { .index = 2 } };
	char name[] = "win11";
	const struct vm vm = { .name = name, .vcpus = vcpus, .n_vcpus = 3 };
	auto_str struct str why = { 0 };
	auto_free char *list = NULL;
	struct cpuset online, guest;
	unsigned int n_loose = 0;

	CHECK_EQ(cpuset_parse("0-7", &online), 0);
	for (int i = 0; i < 3; i++)
		vcpus[i].cpus = online;
	CHECK_EQ(limits_guest_of(&vm, &online, &guest, &n_loose, &why), -EPERM);
	CHECK(str_starts(why.s, "no virtual CPU of win11 is pinned"));
	CHECK_EQ(cpuset_parse("2", &vcpus[0].cpus), 0);
	CHECK_EQ(cpuset_parse("3,9", &vcpus[1].cpus), 0);
	CHECK_EQ(limits_guest_of(&vm, &online, &guest, &n_loose, &why), 0);
	CHECK_EQ(n_loose, 1);
	list = cpuset_format(&guest);
	CHECK_STREQ(list, "2-3");
}
