/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/topo, with whichever of hwloc and sysfs is built in: the fixture, small trees
 * with files missing, this machine, and recorded machines against what lscpu says of them.
 */
#include "sys/topo.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "machines.h"
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

static void unpack(const char *archive, const char *dir)
{
	char command[2 * PATH_MAX];
	int status;
	pid_t pid;

	(void)snprintf(command, sizeof(command), "tar -xzf '%s' -C '%s' --no-same-owner", archive,
		       dir);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* What lscpu is expected to say of the recorded trees; @largest: threads of the largest core. */
TEST(topo_read_siblings__agrees_with_lscpu_on_recorded_machines)
{
	static const struct {
		const char *name, *online;
		unsigned int largest;
	} trees[] = {
		{ "arm-A510-A710-A715-X3", "0-7", 1 },
		{ "armv7", "0-1", 1 },
		{ "loongarch-loongson_3a5000_hv", "0-3", 1 },
		{ "ppc-qemu", "0", 1 },
		{ "rv64-linux", "0-1", 2 },
		{ "rv64-visionfive2", "0-3", 1 },
		{ "s390-lpar", "1-5,8-19", 1 },
		{ "s390-nested-virt", "0-1", 1 },
		{ "sparc64", "6-7,10-11,14-15", 1 },
		{ "x86_64-64cpu", "0-63", 2 },
	};
	const char *dir = machines_dir(), *tmp = test_tmpdir();

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		auto_root struct root root = { .fd = -1 };
		auto_free int *siblings = NULL;
		char path[PATH_MAX];
		unsigned int n;

		printf("# %s\n", trees[i].name);
		(void)snprintf(path, sizeof(path), "%s/topology/lscpu-%s.tar.gz", dir,
			       trees[i].name);
		unpack(path, tmp);
		(void)snprintf(path, sizeof(path), "%s/%s", tmp, trees[i].name);
		root = open_root(path);
		check_online(&root, trees[i].online);
		CHECK_EQ(topo_read_siblings(&root, &siblings, &n), 0);
		CHECK_EQ(check_rings(siblings, n), trees[i].largest);
	}
}
