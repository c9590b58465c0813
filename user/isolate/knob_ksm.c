/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ksm: stops the scan for equal pages (/sys/kernel/mm/ksm/run). Pages that are shared stay shared: to
 * take them apart (2) would be the very noise that is to be avoided, so that is never written.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "isolate/knob.h"

#define RUN "sys/kernel/mm/ksm/run"

static int plan_ksm(const struct root *root, const struct goal *goal, struct plan *plan)
{
	auto_free char *now = NULL;
	int err = fs_read_line(root, &now, RUN);

	if (err)
		return err == -ENOENT ? 0 : err;
	if (!streq(plan_orig(plan, RUN, "", now), "1")) /* does not scan */
		return 0;
	return knob_file_plan_text(root, goal, plan, RUN, "0", "equal pages are not looked for");
}

const struct knob_ops knob_ksm = {
	.plan = plan_ksm,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
};
