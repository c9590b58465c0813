/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/cputimes: proc/stat of a recorded machine, and broken ones.
 */
#include "sys/cputimes.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "machines.h"
#include "test.h"

static int read_text(const char *text, struct cputimes **ret, unsigned int *ret_n)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = { .fd = -1 };

	machines_put(dir, "proc/stat", text);
	CHECK_EQ(fs_root_open(&root, dir), 0);
	return cputimes_read(&root, ret, ret_n);
}

TEST(cputimes_read__has_each_online_cpu_in_ns)
{
	const uint64_t tick_ns = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	auto_root struct root root = machines_fixture("smt");
	auto_free struct cputimes *times = NULL;
	const struct cputimes *cpu;
	unsigned int n = 0;

	CHECK_EQ(cputimes_read(&root, &times, &n), 0);
	CHECK_EQ(n, 5);
	cpu = cputimes_find(times, n, 5);
	CHECK(cpu != NULL);
	CHECK_EQ(cpu->user_ns, 3 * tick_ns);
	CHECK_EQ(cpu->system_ns, 3 * tick_ns);
	CHECK_EQ(cpu->idle_ns, 9 * tick_ns);
	CHECK_EQ(cpu->irq_ns, 6 * tick_ns);
	CHECK_EQ(cpu->softirq_ns, 7 * tick_ns);
	CHECK_EQ(cpu->steal_ns, 61725 * tick_ns);
	CHECK(!cputimes_find(times, n, 4));
	CHECK(!cputimes_find(times, n, -1));
}

TEST(cputimes_read__leaves_out_what_a_kernel_does_not_have)
{
	auto_free struct cputimes *times = NULL;
	unsigned int n = 0;

	CHECK_EQ(read_text("cpu  1 2\ncpu7 1 2\n", &times, &n), 0);
	CHECK_EQ(n, 1);
	CHECK_EQ(times[0].cpu, 7);
	CHECK_EQ(times[0].steal_ns, 0);
}

TEST(cputimes_read__refuses_what_is_no_number)
{
	struct cputimes *times = NULL;
	unsigned int n = 77;

	CHECK_EQ(read_text("cpux 1 2 3\n", &times, &n), -EINVAL);
	CHECK_EQ(read_text("cpu0 1 -2 3\n", &times, &n), -EINVAL);
	CHECK_EQ(read_text("cpu0 18446744073709551615\n", &times, &n), -EINVAL);
	CHECK(!times);
	CHECK_EQ(n, 77);
}
