/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of app/fights: how often what somebody else changes is taken back.
 */
#include "app/fights.h"

#include <stdio.h>

#include "test.h"

#define SEC 1000000000ULL
#define PATH                                                                                \
	"sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2dwindows11.scope/libvirt/vcpu0/" \
	"cpuset.cpus.partition"

TEST(fights__less_and_less_often)
{
	__attribute__((cleanup(fights_done))) struct fights fights = { .n = 0 };

	CHECK(fights_is_due(&fights, "cpuset", PATH, 0));
	CHECK_EQ(fights_note(&fights, "cpuset", PATH, 0), 0);
	CHECK(!fights_is_due(&fights, "cpuset", PATH, 5 * SEC - 1));
	CHECK(fights_is_due(&fights, "cpuset", PATH, 5 * SEC));
	CHECK(fights_is_due(&fights, "pins", PATH, 0));
	CHECK(fights_is_due(&fights, "cpuset", PATH "2", 0));
	CHECK_EQ(fights_note(&fights, "cpuset", PATH, 5 * SEC), 0);
	CHECK(!fights_is_due(&fights, "cpuset", PATH, 15 * SEC - 1));
	CHECK(fights_is_due(&fights, "cpuset", PATH, 15 * SEC));
	CHECK_EQ(fights.n, 1);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(fights_note(&fights, "cpuset", PATH, 0), 0);
	CHECK(fights_is_due(&fights, "cpuset", PATH, 300 * SEC));
}

/* Threads come and go: a full list does not let the rest drift for ever. */
TEST(fights__the_one_left_alone_longest_makes_room)
{
	__attribute__((cleanup(fights_done))) struct fights fights = { .n = 0 };
	char object[32];

	for (unsigned int i = 0; i < FIGHTS_MAX + 1; i++) {
		(void)snprintf(object, sizeof(object), "task/%u", i);
		CHECK(fights_is_due(&fights, "kthreads", object, 0));
		CHECK_EQ(fights_note(&fights, "kthreads", object, i), 0);
	}
	CHECK_EQ(fights.n, FIGHTS_MAX);
	CHECK(fights_is_due(&fights, "kthreads", "task/0", 0));
	CHECK(!fights_is_due(&fights, "kthreads", "task/1", 0));
	CHECK(!fights_is_due(&fights, "kthreads", object, 0));
}
