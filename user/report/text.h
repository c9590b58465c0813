/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text: what the parts of the summary share. Private to report/text*.c and report/chart.c. The
 * parts print nothing, not even their title, when they have nothing to say.
 */
#ifndef LULL_REPORT_TEXT_H
#define LULL_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rec_entry;
struct rec_segment;
struct rec_stall;
struct rec_thread;
struct recording;
struct report_style;
struct str;

struct text {
	const struct recording *rec;
	const struct report_style *style;
	FILE *out;
	bool one_vm;   /* all victims are vCPUs of one VM: its name need not be repeated */
	bool is_whole; /* nothing was lost: silence means quiet */
};

/* The parts, in their order. 0, -ENOMEM or -errno of the stream. */
int text_head_write(const struct text *text);
int text_answer_write(const struct text *text);
int text_threads_write(const struct text *text);
int text_ledgers_write(const struct text *text);
int text_culprits_write(const struct text *text);
int text_hists_write(const struct text *text);
int text_stalls_write(const struct text *text);
int text_foot_write(const struct text *text);

/* A blank line and the title of a part, bold where there is colour. -ENOMEM. */
int text_title(const struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A blank at which text_paragraph() does not wrap. Not in any name: those are sanitised. */
#define TEXT_GLUE "\1"
/* Wrapped at blanks to the width; further lines are indented by @hang. */
void text_paragraph(const struct text *text, unsigned int indent, unsigned int hang,
		    const char *words);
/* The same from column @at on, where the line begins with something else. */
void text_wrap(const struct text *text, unsigned int at, unsigned int hang, const char *words);

/* Per cent of @whole to a tenth, below 1 to a hundredth: "61.2", "0.04", "<0.01"; "-" for none. */
const char *text_share(uint64_t part, uint64_t whole, char *buf, size_t cap);
/* 1,234,567 */
const char *text_count(uint64_t count, char *buf, size_t cap);
/* Events a second over @duration_ns. */
const char *text_rate(uint64_t count, uint64_t duration_ns, char *buf, size_t cap);
/* str_format_ns without zeros behind the point: "100 us", "10 s". */
const char *text_ns_short(uint64_t ns, char *buf, size_t cap);

/* "vcpu 3", "win11 vcpu 3" or "comm 4242". Appends; -ENOMEM. */
int text_add_victim(const struct text *text, const struct rec_thread *thread, struct str *to);
/* "vcpu 3", "the 2 vCPUs", "the 5 threads". Appends; -ENOMEM. */
int text_add_victims(const struct text *text, struct str *to);
/* Are all victims virtual CPUs of one VM? */
bool text_is_one_vm(const struct recording *rec);
/* The thread of that tid; NULL: none. */
const struct rec_thread *text_thread_of(const struct recording *rec, int tid);
/* The segments of a stall, as "demo-noise 812 2.99 ms + ...". Appends; -ENOMEM. */
int text_add_chain(const struct rec_stall *stall, struct str *to);
/* What stands for an entry without a name: its row. */
const char *text_entry_name(const struct rec_entry *entry);
/* What took the most, over all rows and victims, or CPUs: its name, appended, and its time. */
int text_add_largest(const struct text *text, bool of_cpus, struct str *to, uint64_t *ret_ns);
/* The victim of a stall. Appends; -ENOMEM. */
int text_add_stalled(const struct text *text, const struct rec_stall *stall, struct str *to);
/* "irq 131 nvme0q3": what a segment is. Appends; -ENOMEM. */
int text_add_segment_name(const struct rec_segment *segment, struct str *to);
bool text_is_same_segment(const struct rec_segment *a, const struct rec_segment *b);
/* The thread with most of that, if it is over @limit_ns; else NULL. */
const struct rec_thread *text_longest_open(const struct recording *rec, uint64_t limit_ns);

#endif
