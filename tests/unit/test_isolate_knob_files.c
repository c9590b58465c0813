/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The knobs that are a file or a file per CPU: what is planned for CPUs 2-3 of four, there and back,
 * and what is left alone.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "machines.h"
#include "test.h"

#define CPU	 "sys/devices/system/cpu/"
#define LATENCY	 "/power/pm_qos_resume_latency_us"
#define SERVERS	 "sys/kernel/debug/sched/"
#define QUEUES	 "sys/class/net/eth0/queues/"
#define HUGE	 "sys/kernel/mm/transparent_hugepage/khugepaged/defrag"
#define POLL	 "sys/module/kvm/parameters/halt_poll_ns"
#define BALANCE	 "proc/sys/kernel/numa_balancing"
#define INTERVAL "proc/sys/vm/stat_interval"

static struct root machine(void)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ QUEUES "rx-0/rps_cpus", "00000000,0000000f\n" },
		{ QUEUES "rx-1/rps_cpus", "0\n" },
		{ QUEUES "rx-2/rps_cpus", "c\n" },
		{ QUEUES "tx-0/xps_cpus", "f\n" },
		{ "sys/class/net/bonding_masters", "\n" },
		{ "proc/sys/net/core/rps_default_mask", "0\n" },
		{ INTERVAL, "1\n" },
		{ "sys/kernel/rcu_normal", "0\n" },
		{ BALANCE, "1\n" },
		{ "sys/kernel/mm/ksm/run", "1\n" },
		{ HUGE, "1\n" },
		{ POLL, "200000\n" },
		{ SERVERS "fair_server/cpu0/runtime", "50000000\n" },
		{ SERVERS "fair_server/cpu2/runtime", "50000000\n" },
		{ SERVERS "fair_server/cpu3/runtime", "50000000\n" },
		{ SERVERS "ext_server/cpu3/runtime", "50000000\n" },
		{ CPU "cpu1" LATENCY, "0\n" },
		{ CPU "cpu2" LATENCY, "0\n" },
		{ CPU "cpu3" LATENCY, "100\n" },
		{ CPU "cpufreq/policy0/affected_cpus", "0 1 \n" },
		{ CPU "cpufreq/policy0/scaling_governor", "powersave\n" },
		{ CPU "cpufreq/policy2/affected_cpus", "2\n" },
		{ CPU "cpufreq/policy2/scaling_governor", "schedutil\n" },
		{ CPU "cpufreq/policy3/affected_cpus", "3\n" },
		{ CPU "cpufreq/policy3/scaling_governor", "powersave\n" },
		{ CPU "cpufreq/policy3/scaling_available_governors", "powersave ondemand\n" },
	};
	struct root root;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		machines_put(test_tmpdir(), files[i].path, files[i].text);
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

/* Plans the knob, compares, writes each step there and back. */
static void check_knob(const char *knob, const char *want)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 }, none = { 0 };
	auto_free char *text = NULL;

	isolate_plan(&root, knob, "2-3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, want);
	for (unsigned int i = 0; i < plan.n_steps; i++)
		isolate_there_and_back(&root, &plan.steps[i]);
	isolate_plan(&root, knob, NULL, "0-3", NULL, &none);
	CHECK_EQ(none.n_steps + none.n_stays, 0);
}

TEST(knob_rps__narrows_the_sets_that_are_not_empty)
{
	check_knob("rps",
		   QUEUES "rx-0/rps_cpus: 0-3 -> 0-1\n" QUEUES "rx-2/rps_cpus: 2-3 -> 0-1\n");
}

TEST(knob_stat_interval__waits_two_minutes)
{
	check_knob("stat-interval", INTERVAL ": 1 -> 120\n");
}

TEST(knob_stat_interval__never_shortens)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };

	machines_put(test_tmpdir(), INTERVAL, "1000\n");
	isolate_plan(&root, "stat-interval", "2-3", "0-3", NULL, &plan);
	CHECK_EQ(plan.n_steps, 0);
}

TEST(knob_rcu_normal__is_switched_on)
{
	check_knob("rcu-normal", "sys/kernel/rcu_normal: 0 -> 1\n");
}

TEST(knob_numa_balancing__is_switched_off)
{
	check_knob("numa-balancing", BALANCE ": 1 -> 0\n");
}

TEST(knob_ksm__stops_scanning)
{
	check_knob("ksm", "sys/kernel/mm/ksm/run: 1 -> 0\n");
}

/* 2: somebody takes the shared pages apart; that is neither begun nor ended. */
TEST(knob_ksm__leaves_the_taking_apart_alone)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };

	machines_put(test_tmpdir(), "sys/kernel/mm/ksm/run", "2\n");
	isolate_plan(&root, "ksm", "2-3", "0-3", NULL, &plan);
	CHECK_EQ(plan.n_steps, 0);
}

TEST(knob_ksm__is_still_ours_when_stopped)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_journal struct journal journal = { .seq = 0 };

	isolate_remember(&journal, "ksm", "sys/kernel/mm/ksm/run", "1", "0");
	machines_put(test_tmpdir(), "sys/kernel/mm/ksm/run", "0\n");
	isolate_plan(&root, "ksm", "2-3", "0-3", &journal, &plan);
	CHECK_STREQ(isolate_step(&plan, "sys/kernel/mm/ksm/run")->orig, "1");
}

TEST(knob_thp__stops_compacting)
{
	check_knob("thp", HUGE ": 1 -> 0\n");
}

TEST(knob_halt_poll__is_switched_off)
{
	check_knob("halt-poll", POLL ": 200000 -> 0\n");
}

TEST(knob_fair_server__is_off_on_the_guests_cpus)
{
	check_knob("fair-server", SERVERS "fair_server/cpu2/runtime: 50000000 -> 0\n" SERVERS
					  "fair_server/cpu3/runtime: 50000000 -> 0\n" SERVERS
					  "ext_server/cpu3/runtime: 50000000 -> 0\n");
}

TEST(knob_fair_server__says_why_it_is_not_there)
{
	auto_root struct root root = { .fd = -1 };
	const char *why = "";

	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(knob_find("fair-server")->ops->probe(&root, &why), -ENOENT);
	CHECK_STREQ(why, "debugfs is not mounted, or not to be seen");
	machines_put(test_tmpdir(), SERVERS "debug", "\n");
	CHECK_EQ(knob_find("fair-server")->ops->probe(&root, &why), -ENOENT);
	CHECK_STREQ(why, "the kernel has no fair server (before 6.12)");
}

TEST(knob_cstates__are_of_the_guests_cpus_alone)
{
	check_knob("cstates",
		   CPU "cpu2" LATENCY ": 0 -> n/a\n" CPU "cpu3" LATENCY ": 100 -> n/a\n");
}

TEST(knob_governor__goes_by_policies)
{
	check_knob("governor", CPU "cpufreq/policy2/scaling_governor: schedutil -> performance\n"
				   "policy3 stays: its driver has no governor of full frequency\n");
}
