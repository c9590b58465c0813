/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * export: what the exporters share: names of histograms, labels of sides, the end of a stream.
 * Private to the exporters. What they write is text of others; each escapes for its own format.
 */
#ifndef LULL_REPORT_EXPORT_H
#define LULL_REPORT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/hist.h"
#include "report/report.h"

struct rec_entry;
struct rec_segment;
struct rec_thread;
struct rec_trace_cause;
struct str;

/* One histogram of a recording. */
struct export_hist {
	const struct hist *hist;
	const char *tag;  /* unique in the export: "a.cpu1.vector.LOC"; no blank, no comma */
	const char *name; /* in words: "local timer", or what is measured */
};

/*
 * Calls @each for every histogram that was kept, in the order of the recording; stops at the first
 * that does not return 0, and returns that. -ENOMEM.
 */
int export_hists(const struct export_side *side,
		 int (*each)(const struct export_hist *hist, void *arg), void *arg);

/* "vcpu0", or "tid4242" when vcpu0 could be that of several VMs. Appends; -ENOMEM. */
int export_add_owner(const struct recording *rec, const struct rec_thread *thread, struct str *to);
/* "win11 vcpu 0", "qemu-system-x86 4242". Appends; -ENOMEM. */
int export_add_victim(const struct rec_thread *thread, struct str *to);
/* "preempted by demo-noise 812", "131 nvme0q3": a segment as people read it. Appends; -ENOMEM. */
int export_add_segment(const struct rec_segment *segment, struct str *to);
/* What the flight recorder saw, as people read it: "irq 131 nvme0q3", "exit hlt win11 vcpu 0". */
int export_add_trace_cause(const struct recording *rec, const struct rec_trace_cause *cause,
			   struct str *to);
/* A JSON string with its quotes, fit to stand in HTML too. Appends; -ENOMEM. */
int export_add_json(const char *text, struct str *to);

const struct rec_thread *export_thread(const struct recording *rec, int tid);
/* Is this entry of a CPU a watched thread, and so no cause? */
bool export_is_victim(const struct recording *rec, const struct rec_entry *task);

/* Flushes. -errno of the stream, @err before it. */
int export_end(FILE *out, int err);

#endif
