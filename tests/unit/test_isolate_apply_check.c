/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/apply_check: what a reader makes of a run that another lull is at.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "isolate/apply.h"
#include "machines.h"
#include "test.h"

#define auto_apply __attribute__((cleanup(apply_close)))

/* A machine on which a run has begun and has the lock. */
static void run_begin(struct root *root, struct journal_dir *dir)
{
	struct journal begun = { .state = JOURNAL_ADDING };
	pid_t holder;

	machines_put(test_tmpdir(), "proc/sys/kernel/random/boot_id", "boot-1\n");
	machines_put(test_tmpdir(), "sys/devices/system/cpu/online", "0-3\n");
	machines_put(test_tmpdir(), "run/keep", "");
	CHECK_EQ(fs_root_open(root, test_tmpdir()), 0);
	CHECK_EQ(journal_dir_open(root, true, dir), 0);
	CHECK_EQ(journal_dir_lock(dir, 0, &holder), 0);
	CHECK_EQ(journal_write(root, dir, &begun), 0);
}

/* A child has the lock, and has begun; what it began ends while the reader waits. */
TEST(apply__a_reader_waits_for_a_run_that_goes_on)
{
	auto_root struct root root = { .fd = -1 };
	const struct apply_config config = { .root = &root };
	struct journal_dir dir;
	auto_apply struct apply a;
	pid_t child;
	int status;

	run_begin(&root, &dir);
	child = fork();
	CHECK(child >= 0);
	if (!child) { /* the lock is its, too */
		(void)usleep(100000);
		_exit(journal_remove(&dir) ? 1 : 0);
	}
	journal_dir_close(&dir);
	CHECK_EQ(apply_open_reader(&a, &config), 0);
	CHECK(!a.was_interrupted);
	CHECK_EQ(a.journal.state, JOURNAL_CLEAN);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

/* Who cannot have the lock sees what there is, all the same. */
TEST(apply__a_reader_that_is_not_root_sees_an_interrupted_run)
{
	auto_root struct root root = { .fd = -1 };
	const struct apply_config config = { .root = &root };
	struct journal_dir dir;
	static const char *const open_to_all[] = { ".",
						   "proc",
						   "proc/sys",
						   "proc/sys/kernel",
						   "proc/sys/kernel/random",
						   "proc/sys/kernel/random/boot_id",
						   "sys",
						   "sys/devices",
						   "sys/devices/system",
						   "sys/devices/system/cpu",
						   "sys/devices/system/cpu/online",
						   "run" };
	auto_apply struct apply a;
	int err;

	if (geteuid())
		SKIP("needs root");
	run_begin(&root, &dir);
	journal_dir_close(&dir);
	for (size_t i = 0; i < ARRAY_SIZE(open_to_all); i++)
		CHECK_EQ(fchmodat(root.fd, open_to_all[i], 0755, 0), 0);
	CHECK_EQ(seteuid(65534), 0);
	err = apply_open_reader(&a, &config);
	CHECK_EQ(seteuid(0), 0);
	CHECK_EQ(err, 0);
	CHECK(a.was_interrupted);
	CHECK_EQ(a.journal.state, JOURNAL_ADDING);
}
