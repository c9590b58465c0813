/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/threads: small trees by hand, and this process itself.
 */
#include "sys/threads.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "machines.h"
#include "test.h"

/* Fields 4 to 21, 23 to 38 and 40 to 42 of proc/PID/stat. */
#define TO_21 " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18"
#define TO_38 " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"

static struct root open_root(const char *path)
{
	struct root root = { .fd = -1 };

	CHECK_EQ(fs_root_open(&root, path), 0);
	return root;
}

static int read_stat(const char *text, struct thread_stat *ret)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);

	machines_put(dir, "proc/7/task/8/stat", text);
	return threads_read_stat(&root, 7, 8, ret);
}

TEST(threads_read_stat__reads_the_fields)
{
	struct thread_stat stat;

	CHECK_EQ(read_stat("8 (CPU 0/KVM) R" TO_21 " 424242" TO_38 " 5 0 0 0 777 0 0\n", &stat), 0);
	CHECK_EQ(stat.tid, 8);
	CHECK_STREQ(stat.comm, "CPU 0/KVM");
	CHECK_EQ(stat.state, 'R');
	CHECK_EQ(stat.start_ticks, 424242);
	CHECK_EQ(stat.cpu, 5);
	CHECK_EQ(stat.guest_ticks, 777);
}

TEST(threads_read_stat__takes_any_comm)
{
	static const struct {
		const char *comm, *want;
	} comms[] = {
		{ "", "" },
		{ ") R 1 2 (", ") R 1 2 (" },
		{ "a b) S 3", "a b) S 3" },
		{ "line\nbreak", "line?break" },
		{ "\033[31m", "?[31m" },
		{ "kworker/u64:12-events_unbound_and_longer", "kworker/u64:12-events_unbound_a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(comms); i++) {
		struct thread_stat stat;
		char text[256];

		(void)snprintf(text, sizeof(text), "8 (%s) S" TO_21 " 9" TO_38 " 5 0 0 0 1 0 0\n",
			       comms[i].comm);
		CHECK_EQ(read_stat(text, &stat), 0);
		CHECK_STREQ(stat.comm, comms[i].want);
		CHECK_EQ(stat.state, 'S');
	}
}

TEST(threads_read_stat__refuses_what_is_short)
{
	struct thread_stat stat = { .tid = 77 };

	CHECK_EQ(read_stat("", &stat), -EINVAL);
	CHECK_EQ(read_stat("8 (x", &stat), -EINVAL);
	CHECK_EQ(read_stat("8 )x( R 1", &stat), -EINVAL);
	CHECK_EQ(read_stat("8 (x) R" TO_21 " 9" TO_38 " 5\n", &stat), -EINVAL);
	CHECK_EQ(read_stat("8 (x) R" TO_21 " nine" TO_38 " 5 0 0 0 1\n", &stat), -EINVAL);
	CHECK_EQ(stat.tid, 77);
}

TEST(threads_list__sorts_the_tids)
{
	auto_root struct root root = machines_fixture("vmms");
	auto_free pid_t *tids = NULL;
	unsigned int n;

	CHECK_EQ(threads_list(&root, 1100, &tids, &n), 0);
	CHECK_EQ(n, 4);
	for (unsigned int i = 0; i < n; i++)
		CHECK_EQ(tids[i], 1100 + (pid_t)i);
}

TEST(threads__say_when_a_process_is_gone)
{
	auto_root struct root root = open_root("/");
	struct thread_stat stat;
	struct cpuset set;
	auto_free pid_t *tids = NULL;
	auto_free char *unit = NULL;
	char **argv;
	uint64_t run, wait, slices;
	unsigned int n;
	pid_t pid = fork(), tgid;

	CHECK(pid >= 0);
	if (!pid)
		_exit(0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(threads_read_stat(&root, pid, pid, &stat), -ENOENT);
	CHECK_EQ(threads_list(&root, pid, &tids, &n), -ENOENT);
	CHECK_EQ(threads_tgid(&root, pid, &tgid), -ENOENT);
	CHECK_EQ(threads_read_affinity(&root, pid, &set), -ENOENT);
	CHECK_EQ(threads_read_cmdline(&root, pid, &argv, &n), -ENOENT);
	CHECK_EQ(threads_read_schedstat(&root, pid, &run, &wait, &slices), -ENOENT);
	CHECK_EQ(threads_read_unit(&root, pid, &unit), -ENOENT);
}

TEST(threads__read_this_process)
{
	auto_root struct root root = open_root("/");
	struct thread_stat stat;
	auto_free pid_t *tids = NULL;
	char old[16];
	unsigned int n;
	pid_t tgid;

	CHECK_EQ(prctl(PR_GET_NAME, old), 0);
	CHECK_EQ(prctl(PR_SET_NAME, "un) it\n(x"), 0);
	CHECK_EQ(threads_read_stat(&root, getpid(), getpid(), &stat), 0);
	CHECK_EQ(prctl(PR_SET_NAME, old), 0);
	CHECK_STREQ(stat.comm, "un) it?(x");
	CHECK_EQ(stat.state, 'R');
	CHECK(stat.start_ticks > 0);
	CHECK_EQ(stat.guest_ticks, 0);
	CHECK_EQ(threads_tgid(&root, getpid(), &tgid), 0);
	CHECK_EQ(tgid, getpid());
	CHECK_EQ(threads_list(&root, getpid(), &tids, &n), 0);
	CHECK(n >= 1);
	CHECK_EQ(tids[0], getpid());
}

TEST(threads_read_affinity__is_that_of_the_kernel)
{
	auto_root struct root root = open_root("/");
	struct cpuset set;
	cpu_set_t cpus;

	CHECK_EQ(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	CHECK_EQ(threads_read_affinity(&root, getpid(), &set), 0);
	CHECK_EQ(cpuset_count(&set), CPU_COUNT(&cpus));
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		CHECK_EQ(cpuset_has(&set, cpu), CPU_ISSET(cpu, &cpus) != 0);
}

TEST(threads_read_affinity__reads_the_list_of_a_recorded_thread)
{
	auto_root struct root root = machines_fixture("vmms");
	struct cpuset set;

	CHECK_EQ(threads_read_affinity(&root, 1000, &set), 0);
	CHECK_EQ(cpuset_count(&set), 3);
	CHECK(cpuset_has(&set, 4));
}

TEST(threads_read_schedstat__reads_three_numbers)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	uint64_t run = 0, wait = 0, slices = 0;

	machines_put(dir, "proc/8/schedstat", "123456789012 42 7\n");
	CHECK_EQ(threads_read_schedstat(&root, 8, &run, &wait, &slices), 0);
	CHECK_EQ(run, 123456789012);
	CHECK_EQ(wait, 42);
	CHECK_EQ(slices, 7);
	machines_put(dir, "proc/8/schedstat", "1 2\n");
	CHECK_EQ(threads_read_schedstat(&root, 8, &run, &wait, &slices), -EINVAL);
	CHECK_EQ(slices, 7);
}

TEST(threads_read_cmdline__splits_at_nul)
{
	auto_root struct root root = machines_fixture("vmms");
	char **argv;
	unsigned int n;

	CHECK_EQ(threads_read_cmdline(&root, 1100, &argv, &n), 0);
	CHECK_EQ(n, 5);
	CHECK_STREQ(argv[1], "-name");
	CHECK(!argv[5]);
	free(argv);
}

TEST(threads_read_cmdline__takes_rewritten_and_empty_ones)
{
	static const struct {
		const char *text;
		unsigned int n;
	} lines[] = { { "nginx: worker process", 1 }, { "", 0 } };
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char **argv;
		unsigned int n;

		machines_put(dir, "proc/8/cmdline", lines[i].text);
		CHECK_EQ(threads_read_cmdline(&root, 8, &argv, &n), 0);
		CHECK_EQ(n, lines[i].n);
		CHECK(!argv[n]);
		if (n)
			CHECK_STREQ(argv[0], lines[i].text);
		free(argv);
	}
}

static void check_unit(const char *cgroup, const char *want)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	auto_free char *unit = NULL;

	machines_put(dir, "proc/8/cgroup", cgroup);
	CHECK_EQ(threads_read_unit(&root, 8, &unit), 0);
	CHECK_STREQ(unit, want);
}

TEST(threads_read_unit__names_what_people_know)
{
	check_unit("0::/system.slice/nginx.service\n", "nginx.service");
	check_unit("0::/machine.slice/machine-qemu\\x2d1\\x2dw.scope/libvirt/vcpu0\n",
		   "machine-qemu\\x2d1\\x2dw.scope");
	check_unit("0::/user.slice/user-0.slice/user@0.service/app.slice/app-x.scope\n",
		   "app-x.scope");
	check_unit("0::/system.slice\n", "system.slice");
	check_unit("0::/kubepods/pod1/abc\n", "/kubepods/pod1/abc");
	check_unit("0::/system.slice/gone.service (deleted)\n", "gone.service");
	check_unit("0::/\n", "/");
	check_unit("", "");
}

TEST(threads_read_unit__looks_into_v1_when_v2_says_nothing)
{
	check_unit("12:cpuset:/a\n1:name=systemd:/system.slice/b.service\n0::/\n", "b.service");
	check_unit("1:name=systemd:/system.slice/b.service\n0::/c.scope\n", "c.scope");
	check_unit("4:cpu,cpuacct:/x\n3:cpuset,net:/docker/abc\n", "/docker/abc");
	check_unit("4:cpu,cpuacct:/x\n", "");
	check_unit("3:cpuset:/docker/abc\n0::/\n", "/docker/abc");
	check_unit("garbage\nno:path\n0::/d:e.service\n", "d:e.service");
}
