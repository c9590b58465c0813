/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/topo, with whichever of hwloc and sysfs is built in: the fixture, small trees
 * with files missing, and this machine. Recorded ones are in test_sys_topo_machines.c.
 */
#include "sys/topo.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "machines.h"
#include "sys/topo_p.h"
#include "test.h"

static struct root open_root(const char *path)
{
	struct root root = { .fd = -1 };

	CHECK_EQ(fs_root_open(&root, path), 0);
	return root;
}

static void check_online(const struct root *root, const char *want)
{
	auto_free char *list = NULL;
	struct cpuset online;

	CHECK_EQ(topo_read_online(root, &online), 0);
	list = cpuset_format(&online);
	CHECK_STREQ(list, want);
}

static void check_siblings(const struct root *root, const int *want, unsigned int n_want)
{
	auto_free int *siblings = NULL;
	unsigned int n;

	CHECK_EQ(topo_read_siblings(root, &siblings, &n), 0);
	CHECK_EQ(n, n_want);
	for (unsigned int i = 0; i < n; i++)
		CHECK_EQ(siblings[i], want[i]);
}

TEST(topo_read_online__reads_the_list)
{
	auto_root struct root root = machines_fixture("smt");

	check_online(&root, "0-3,5");
}

TEST(topo_read_online__falls_back_to_the_directories)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);

	machines_put(dir, "sys/devices/system/cpu/cpu0/x", "");
	machines_put(dir, "sys/devices/system/cpu/cpu1/online", "0\n");
	machines_put(dir, "sys/devices/system/cpu/cpu2/online", "1\n");
	machines_put(dir, "sys/devices/system/cpu/cpufreq/x", "");
	check_online(&root, "0,2");
}

TEST(topo_read_online__fails_without_a_cpu)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	struct cpuset online;

	machines_put(dir, "sys/devices/system/cpu/cpufreq/x", "");
	CHECK_EQ(topo_read_online(&root, &online), -ENOENT);
}

TEST(topo_read_online__fails_without_sysfs)
{
	auto_root struct root root = open_root(test_tmpdir());
	auto_free int *siblings = NULL;
	struct cpuset online;
	unsigned int n;

	CHECK_EQ(topo_read_online(&root, &online), -ENOENT);
	CHECK_EQ(topo_read_possible(&root, &n), -ENOENT);
	CHECK_EQ(topo_read_siblings(&root, &siblings, &n), -ENOENT);
	CHECK(!siblings);
}

TEST(topo_read_online__refuses_a_broken_list)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	struct cpuset online;

	machines_put(dir, "sys/devices/system/cpu/online", "0-\n");
	CHECK_EQ(topo_read_online(&root, &online), -EINVAL);
}

TEST(topo_read_possible__counts_to_the_largest)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	unsigned int n;

	machines_put(dir, "sys/devices/system/cpu/online", "0\n");
	machines_put(dir, "sys/devices/system/cpu/possible", "0,8-11\n");
	CHECK_EQ(topo_read_possible(&root, &n), 0);
	CHECK_EQ(n, 12);
}

TEST(topo_read_siblings__makes_rings_of_online_cpus)
{
	auto_root struct root root = machines_fixture("smt");
	static const int want[] = { 2, 3, 0, 1, 4, 5 };

	check_siblings(&root, want, ARRAY_SIZE(want));
}

/* Four threads a core, one of them offline; the mask is the only form there is. */
TEST(topo_read_siblings__reads_masks_and_leaves_out_offline_threads)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	static const int want[] = { 1, 3, 2, 0 };
	char path[64];

	machines_put(dir, "sys/devices/system/cpu/possible", "0-3\n");
	machines_put(dir, "sys/devices/system/cpu/online", "0-1,3\n");
	for (int cpu = 0; cpu < 4; cpu++) {
		if (cpu == 2)
			continue;
		(void)snprintf(path, sizeof(path),
			       "sys/devices/system/cpu/cpu%d/topology/thread_siblings", cpu);
		machines_put(dir, path, "0000000f\n");
	}
	check_siblings(&root, want, ARRAY_SIZE(want));
}

TEST(topo_read_siblings__leaves_the_environment)
{
	auto_root struct root root = machines_fixture("smt");
	auto_free int *siblings = NULL, *again = NULL;
	unsigned int n;

	CHECK_EQ(unsetenv("HWLOC_FSROOT"), 0);
	CHECK_EQ(topo_read_siblings(&root, &siblings, &n), 0);
	CHECK(!getenv("HWLOC_FSROOT"));
	CHECK_EQ(setenv("HWLOC_FSROOT", "/nowhere", 1), 0);
	CHECK_EQ(topo_read_siblings(&root, &again, &n), 0);
	CHECK_STREQ(getenv("HWLOC_FSROOT"), "/nowhere");
	CHECK_EQ(unsetenv("HWLOC_FSROOT"), 0);
}

/* Every CPU is in a ring that comes back to it. */
static unsigned int check_rings(const int *siblings, unsigned int n)
{
	unsigned int largest = 0;

	for (unsigned int cpu = 0; cpu < n; cpu++) {
		unsigned int at = cpu, size = 0;

		do {
			CHECK(siblings[at] >= 0 && (unsigned int)siblings[at] < n);
			at = (unsigned int)siblings[at];
			CHECK(++size <= n);
		} while (at != cpu);
		largest = max(largest, size);
	}
	return largest;
}

TEST(topo_read_siblings__reads_this_machine)
{
	auto_root struct root root = open_root("/");
	auto_free int *siblings = NULL;
	struct cpuset online;
	unsigned int n;

	CHECK_EQ(topo_read_online(&root, &online), 0);
	CHECK_EQ(cpuset_count(&online), sysconf(_SC_NPROCESSORS_ONLN));
	CHECK_EQ(topo_read_siblings(&root, &siblings, &n), 0);
	CHECK(n >= cpuset_count(&online));
	(void)check_rings(siblings, n);
}

/* One package of two cores with two threads each; the second core shares nothing with the first. */
static void put_caches(const char *dir, int cpu, const char *core)
{
	static const struct {
		const char *level, *type, *size;
	} caches[] = { { "1", "Data", "48K" },
		       { "1", "Instruction", "32K" },
		       { "3", "Unified", "2M" } };
	const char *base = "sys/devices/system/cpu/cpu";
	char path[96];

	(void)snprintf(path, sizeof(path), "%s%d/topology/core_cpus_list", base, cpu);
	machines_put(dir, path, core);
	(void)snprintf(path, sizeof(path), "%s%d/topology/physical_package_id", base, cpu);
	machines_put(dir, path, "3\n");
	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%d/cache/index%d/level", base, cpu, i);
		machines_put(dir, path, caches[i].level);
		(void)snprintf(path, sizeof(path), "%s%d/cache/index%d/type", base, cpu, i);
		machines_put(dir, path, caches[i].type);
		(void)snprintf(path, sizeof(path), "%s%d/cache/index%d/size", base, cpu, i);
		machines_put(dir, path, caches[i].size);
		(void)snprintf(path, sizeof(path), "%s%d/cache/index%d/shared_cpu_list", base, cpu,
			       i);
		machines_put(dir, path, core);
	}
}

static void check_cache(const struct topo_cache *cache, unsigned int level, char type,
			const char *cpus)
{
	auto_free char *list = cpuset_format(&cache->cpus);

	CHECK_EQ(cache->level, level);
	CHECK_EQ(cache->type, type);
	CHECK_STREQ(list, cpus);
}

/* Without hwloc, which wants masks; possible CPUs with a hole, one CPU offline. */
TEST(topo_fill_sysfs__finds_what_the_cpus_share)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	auto_topo struct topo topo = { .cpus = NULL };

	machines_put(dir, "sys/devices/system/cpu/possible", "0-1,4-7\n");
	machines_put(dir, "sys/devices/system/cpu/online", "0-1,4,6\n");
	machines_put(dir, "sys/devices/system/node/node1/cpulist", "0-1\n");
	machines_put(dir, "sys/devices/system/node/node8/cpulist", "\n");
	machines_put(dir, "sys/devices/system/node/node2/cpumap", "70\n");
	put_caches(dir, 0, "0-1\n");
	put_caches(dir, 1, "0-1\n");
	put_caches(dir, 4, "4,5\n");
	CHECK_EQ(topo_init(&root, &topo), 0);
	CHECK_EQ(topo_fill_sysfs(&root, false, &topo), 0);
	CHECK_EQ(topo_finish(&root, &topo), 0);
	CHECK_EQ(topo.n_cpus, 8);
	CHECK_EQ(topo.cpus[1].core, 0);
	CHECK_EQ(topo.cpus[1].l3, 0);
	CHECK_EQ(topo.cpus[1].package, 3);
	CHECK_EQ(topo.cpus[1].node, 1);
	CHECK_EQ(topo.cpus[4].core, 4);
	CHECK_EQ(topo.cpus[4].node, 2);
	CHECK(!topo.cpus[5].online);
	CHECK_EQ(topo.cpus[6].core, 6);
	CHECK_EQ(topo.cpus[6].l3, -1);
	CHECK_EQ(topo.cpus[6].package, -1);
	CHECK_EQ(topo.n_nodes, 3);
	CHECK_EQ(topo.nodes[2].id, 8);
	CHECK(cpuset_is_empty(&topo.nodes[2].cpus));
	CHECK_EQ(topo.n_caches, 6);
	check_cache(&topo.caches[0], 1, 'd', "0-1");
	check_cache(&topo.caches[1], 1, 'd', "4");
	check_cache(&topo.caches[2], 1, 'i', "0-1");
	check_cache(&topo.caches[5], 3, 'u', "4");
	CHECK_EQ(topo.caches[0].bytes, 48 << 10);
	CHECK_EQ(topo.caches[5].bytes, 2 << 20);
}

TEST(topo_core_cpus__follows_the_core_and_the_cache)
{
	auto_root struct root root = machines_fixture("smt");
	auto_topo struct topo topo = { .cpus = NULL };
	auto_free char *core = NULL, *l3 = NULL;
	struct cpuset set;

	CHECK_EQ(topo_read(&root, &topo), 0);
	topo_core_cpus(&topo, 3, &set);
	core = cpuset_format(&set);
	CHECK_STREQ(core, "1,3");
	topo_l3_cpus(&topo, 3, &set);
	l3 = cpuset_format(&set);
	CHECK_STREQ(l3, "3"); /* no cache is recorded */
}

TEST(topo_read__fails_without_a_cpu)
{
	auto_root struct root root = open_root(test_tmpdir());
	struct topo topo = { .n_cpus = 77 };

	CHECK_EQ(topo_read(&root, &topo), -ENOENT);
	CHECK_EQ(topo.n_cpus, 77);
}

/* Older kernels print "(null)" where there is none. */
TEST(topo_read__knows_what_was_set_aside_at_boot)
{
	auto_root struct root root = open_root(test_tmpdir());
	auto_topo struct topo none = { .cpus = NULL }, topo = { .cpus = NULL };
	auto_free char *isolated = NULL, *tickless = NULL;

	machines_put(test_tmpdir(), "sys/devices/system/cpu/online", "0-7\n");
	machines_put(test_tmpdir(), "sys/devices/system/cpu/possible", "0-7\n");
	machines_put(test_tmpdir(), "sys/devices/system/cpu/nohz_full", "  (null)\n");
	CHECK_EQ(topo_read(&root, &none), 0);
	CHECK(cpuset_is_empty(&none.tickless) && cpuset_is_empty(&none.isolated));
	machines_put(test_tmpdir(), "sys/devices/system/cpu/isolated", "4-7\n");
	machines_put(test_tmpdir(), "sys/devices/system/cpu/nohz_full", "6-7\n");
	CHECK_EQ(topo_read(&root, &topo), 0);
	isolated = cpuset_format(&topo.isolated);
	tickless = cpuset_format(&topo.tickless);
	CHECK_STREQ(isolated, "4-7");
	CHECK_STREQ(tickless, "6-7");
}

/* Every online CPU is in its own core, and the first of a core is in it too. */
TEST(topo_read__reads_this_machine)
{
	auto_root struct root root = open_root("/");
	auto_topo struct topo topo = { .cpus = NULL };
	int cpu;

	CHECK_EQ(topo_read(&root, &topo), 0);
	for_each_cpu(cpu, &topo.online) {
		const struct topo_cpu *at = &topo.cpus[cpu];

		CHECK(at->online && at->core >= 0 && at->core <= cpu && at->l3 <= cpu);
		CHECK_EQ(topo.cpus[at->core].core, at->core);
	}
}
