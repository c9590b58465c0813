/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of sys/vms_tsc on trees as KVM's debugfs has them.
 */
#include "sys/vms_tsc.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "machines.h"
#include "test.h"

#define VM "sys/kernel/debug/kvm/812-13/"

static struct root machine(void)
{
	struct root root;

	machines_put(test_tmpdir(), VM "vcpu0/pid", "820\n");
	machines_put(test_tmpdir(), VM "vcpu0/tsc-offset", "-1234567890123456\n");
	machines_put(test_tmpdir(), VM "vcpu1/pid", "821\n");
	machines_put(test_tmpdir(), VM "vcpu1/tsc-offset", "17\n");
	machines_put(test_tmpdir(), VM "vcpu1/tsc-scaling-ratio", "3579139413\n");
	machines_put(test_tmpdir(), VM "vcpu1/tsc-scaling-ratio-frac-bits", "32\n");
	machines_put(test_tmpdir(), VM "vcpu2/pid", "822\n");
	machines_put(test_tmpdir(), VM "vcpu2/tsc-offset", "far\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

TEST(vcpu_tsc_read__is_of_the_thread)
{
	auto_root struct root root = machine();
	struct vcpu_tsc tsc;

	CHECK_EQ(vcpu_tsc_read(&root, 820, &tsc), 0);
	CHECK(tsc.offset == -1234567890123456);
	CHECK_EQ(tsc.ratio, 0);
	CHECK_EQ(vcpu_tsc_read(&root, 821, &tsc), 0);
	CHECK(tsc.offset == 17);
	CHECK_EQ(tsc.ratio, 3579139413);
	CHECK_EQ(tsc.ratio_bits, 32);
}

TEST(vcpu_tsc_read__says_when_there_is_none)
{
	auto_root struct root root = machine();
	struct vcpu_tsc tsc;

	CHECK_EQ(vcpu_tsc_read(&root, 823, &tsc), -ENOENT);
	CHECK_EQ(vcpu_tsc_read(&root, 822, &tsc), -EINVAL);
}
