/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thp: khugepaged no longer compacts memory to build huge pages (khugepaged/defrag). Pages that are
 * huge stay so, and what faults may still get one at once: whether it does is not changed.
 */
#include "isolate/knob.h"

static int plan_thp(const struct root *root, const struct goal *goal, struct plan *plan)
{
	return knob_file_plan_text(root, goal, plan,
				   "sys/kernel/mm/transparent_hugepage/khugepaged/defrag", "0",
				   "khugepaged does not compact memory");
}

const struct knob_ops knob_thp = {
	.plan = plan_thp,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
};
