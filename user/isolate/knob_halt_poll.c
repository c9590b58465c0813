/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * halt-poll: how long KVM spins for a vCPU that has halted (kvm.halt_poll_ns); off it saves the
 * sibling thread and costs the guest a wake-up. One value for all VMs of the host; a VMM that has
 * set its own for its VM keeps that.
 */
#include <errno.h>

#include "isolate/knob.h"

static int plan_halt_poll(const struct root *root, const struct goal *goal, struct plan *plan)
{
	return knob_file_plan_text(root, goal, plan, "sys/module/kvm/parameters/halt_poll_ns", "0",
				   "a vCPU that halts does not spin on the host");
}

/* Some builds of KVM have the file for reading only: then nobody can open it for more. */
static const char *refusal(int err)
{
	return err == -EACCES || err == -EPERM ? "this KVM does not let it be changed" : NULL;
}

const struct knob_ops knob_halt_poll = {
	.plan = plan_halt_poll,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
	.refusal = refusal,
};
