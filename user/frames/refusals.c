/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusals: files that look like frame times and are none: summaries, and logs of a sensor a
 * second. Percentiles made of them would be wrong, so they are refused, each with what to take.
 */
#include <string.h>

#include "base/cleanup.h"
#include "frames/format.h"

static const struct {
	const char *needs[3];
	const char *why;
} refusals[] = {
	{ { "0.1% Min FPS", "97% Percentile FPS" },
	  "a summary of MangoHud: take the log beside it, without _summary in its name" },
	{ { "1% Low FPS", "Avg FPS" }, "a summary of FrameView: take the log of the same run" },
};

const char *frames_refusal(const struct csv_row *header, bool is_monitor_log)
{
	if (is_monitor_log)
		return "an Afterburner log: one row a second, which says nothing of single frames";
	for (unsigned int i = 0; i < ARRAY_SIZE(refusals); i++) {
		unsigned int found = 0;

		while (found < 3 && refusals[i].needs[found] &&
		       csv_find(header, refusals[i].needs[found]) >= 0)
			found++;
		if (found == 3 || !refusals[i].needs[found])
			return refusals[i].why;
	}
	/* OCAT's perf_summary.csv, PresentMon's -stats, and their like. */
	for (unsigned int i = 0; i < header->n; i++) {
		if (strcasestr(header->fields[i], "percentile"))
			return "a summary with percentiles of its own: take the log with a row a frame";
	}
	return NULL;
}
