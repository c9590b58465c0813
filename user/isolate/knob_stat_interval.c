/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stat-interval: how often each CPU folds its memory counters (vm.stat_interval, seconds). The figures
 * of /proc/vmstat lag that much; the kernel's own decisions read them exactly where it matters.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "isolate/knob.h"

#define INTERVAL "proc/sys/vm/stat_interval"
#define WANT_S	 120

static int plan_interval(const struct root *root, const struct goal *goal, struct plan *plan)
{
	auto_free char *now = NULL;
	uint32_t seconds;
	int err = fs_read_line(root, &now, INTERVAL);

	if (err)
		return err == -ENOENT ? 0 : err;
	if (!parse_u32(plan_orig(plan, INTERVAL, "", now), &seconds) && seconds >= WANT_S)
		return 0;
	return knob_file_plan_text(root, goal, plan, INTERVAL, "120",
				   "each CPU counts its memory less often");
}

const struct knob_ops knob_stat_interval = {
	.plan = plan_interval,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
};
