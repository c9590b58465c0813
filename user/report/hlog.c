/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hlog: every histogram of a recording as one line of an HdrHistogram log, version 1.3. Counts are
 * of nanoseconds; the one figure that a reader sees undecoded, the maximum, is in milliseconds, as
 * the log's own tools write it, with six decimals and so exact.
 */
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/hdr.h"

struct log {
	const struct recording *rec;
	FILE *out;
};

static int write_line(const struct export_hist *hist, void *arg)
{
	const struct log *log = arg;
	const struct hist *h = hist->hist;
	auto_str struct str base64 = { .s = NULL };
	uint64_t ns = log->rec->duration_ns;
	int err = hdr_add_base64(h, &base64);

	if (err)
		return err;
	(void)fprintf(log->out, "Tag=%s,0.000,%" PRIu64 ".%03u,%" PRIu64 ".%06u,%s\n", hist->tag,
		      ns / 1000000000, (unsigned int)(ns / 1000000 % 1000), h->max / 1000000,
		      (unsigned int)(h->max % 1000000), base64.s);
	return 0;
}

/* The words behind each tag, which have no room in it. */
static int write_name(const struct export_hist *hist, void *arg)
{
	const struct log *log = arg;

	(void)fprintf(log->out, "#[%s: %s]\n", hist->tag, hist->name);
	return 0;
}

static void write_head(const struct export_side *side, FILE *out)
{
	const struct recording *rec = side->rec;
	time_t started = (time_t)(rec->started_unix_ns / 1000000000);
	char when[48] = "?";
	struct tm tm;

	if (gmtime_r(&started, &tm))
		(void)strftime(when, sizeof(when), "%a %b %d %H:%M:%S UTC %Y", &tm);
	(void)fprintf(out, "#[StartTime: %" PRIu64 ".%03u (seconds since epoch), %s]\n",
		      rec->started_unix_ns / 1000000000,
		      (unsigned int)(rec->started_unix_ns / 1000000 % 1000), when);
	if (*side->label)
		(void)fprintf(out, "#[%s: host %s, Linux %s]\n", side->label, rec->hostname ?: "?",
			      rec->kernel ?: "?");
}

/* A log has one start time, so that of each side stands before its lines. */
int report_hlog_write(const struct export *what, FILE *out)
{
	int err = 0;

	(void)fprintf(out, "#[lull, values in nanoseconds, Interval_Max in milliseconds]\n"
			   "#[Histogram log format version 1.3]\n");
	for (unsigned int i = 0; i < what->n_sides && !err; i++) {
		struct log log = { .rec = what->sides[i].rec, .out = out };

		write_head(&what->sides[i], out);
		err = export_hists(&what->sides[i], write_name, &log);
		if (!err && !i)
			(void)fputs("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
				    "\"Interval_Compressed_Histogram\"\n",
				    out);
		err = err ?: export_hists(&what->sides[i], write_line, &log);
	}
	return export_end(out, err);
}
