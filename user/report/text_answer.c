/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_answer: the answer in words, before any table: how much was lost, to whom, and the worst
 * of it. It speaks of nothing that was not measured, and never of quiet where events were lost.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "model/rows.h"
#include "report/report.h"
#include "report/text.h"

const struct rec_thread *text_longest_open(const struct recording *rec, uint64_t limit_ns)
{
	const struct rec_thread *longest = NULL;

	for (unsigned int i = 0; i < rec->n_threads; i++) {
		uint64_t ns = rec_thread_open_ns(&rec->threads[i]);

		if (ns > limit_ns) {
			longest = &rec->threads[i];
			limit_ns = ns;
		}
	}
	return longest;
}

/* Per cent, or time where per cent would be a row of zeros. */
static const char *amount(uint64_t part, uint64_t whole, char *buf, size_t cap)
{
	char share[32];

	if (*text_share(part, whole, share, sizeof(share)) == '<')
		return str_format_ns(part, buf, cap);
	(void)snprintf(buf, cap, "%s %%", share);
	return buf;
}

static int add_taken(const struct text *text, uint64_t taken, uint64_t wanted, struct str *to)
{
	const char *they = text->rec->n_threads == 1 ? "it" : "they";
	auto_str struct str name = { .s = NULL };
	char part[40], time[32];
	uint64_t ns = 0;
	int err;

	(void)str_format_ns(wanted, time, sizeof(time));
	if (!taken) {
		err = str_add(to, "nothing was taken from ");
		err = err ?: text_add_victims(text, to);
		return err ?: str_addf(to, ", of the %s that %s wanted to run. ", time, they);
	}
	(void)amount(taken, wanted, part, sizeof(part));
	err = text_add_victims(text, to);
	err = err ?: str_addf(to, " lost %s of the %s that %s wanted to run", part, time, they);
	err = err ?: text_add_largest(text, false, &name, &ns);
	if (err || !name.s)
		return err;
	return str_addf(to, ", %s to %s (%s). ", 2 * ns > taken ? "most of it" : "the largest part",
			name.s, amount(ns, wanted, part, sizeof(part)));
}

/* What had most of a stall, all its segments together. */
static const struct rec_segment *largest_segment(const struct rec_stall *stall, uint64_t *ret_ns)
{
	const struct rec_segment *largest = NULL;

	*ret_ns = 0;
	for (unsigned int i = 0; i < stall->n_segments; i++) {
		uint64_t ns = 0;

		for (unsigned int j = 0; j < stall->n_segments; j++) {
			if (text_is_same_segment(&stall->segments[i], &stall->segments[j]))
				ns += stall->segments[j].ns;
		}
		if (ns > *ret_ns) {
			largest = &stall->segments[i];
			*ret_ns = ns;
		}
	}
	return largest;
}

/* "The longest stall: vcpu 1 lost 3.87 ms, 3.85 ms of it to CPU 0/KVM 4814." */
static int add_stall(const struct text *text, const struct rec_stall *stall, struct str *to)
{
	uint64_t ns;
	const struct rec_segment *segment = largest_segment(stall, &ns);
	char time[32];
	int err = str_add(to, "The longest stall: ");

	err = err ?: text_add_stalled(text, stall, to);
	err = err
		      ?: str_addf(to, " lost %s",
				  str_format_ns(stall->duration_ns, time, sizeof(time)));
	if (!err && segment) {
		err = str_addf(to, ", %s of it to ", str_format_ns(ns, time, sizeof(time)));
		err = err ?: text_add_segment_name(segment, to);
	}
	return err ?: str_add(to, ".");
}

/* What began before the recording, or goes on after it, is in no stall. */
static int add_open(const struct text *text, const struct rec_thread *thread, struct str *to)
{
	char time[32];
	int err = text_add_victim(text, thread, to);

	return err
		       ?: str_addf(to,
				   " waited %s in all across the ends of the recording, which is "
				   "in no stall and no gap.",
				   str_format_ns(rec_thread_open_ns(thread), time, sizeof(time)));
}

static int add_longest(const struct text *text, struct str *to)
{
	const struct recording *rec = text->rec;
	const struct rec_thread *open;
	uint64_t longest = 0;
	char time[32];
	int err = 0;

	for (unsigned int i = 0; i < rec->n_threads; i++)
		longest = max(longest, rec_thread_longest_ns(&rec->threads[i]));
	open = text_longest_open(rec, longest);
	if (open)
		return add_open(text, open, to);
	(void)str_format_ns(longest, time, sizeof(time));
	if (rec->n_stalls)
		err = add_stall(text, &rec->stalls[0], to);
	else if (rec->stalls_total)
		err = str_addf(to, "The longest gap: %s.", time);
	else if (longest)
		err = str_addf(to, "Nothing %stook more than %s at a time.",
			       text->is_whole ? "" : "that was seen ", time);
	return err;
}

static int add_of_victims(const struct text *text, struct str *to)
{
	const struct recording *rec = text->rec;
	uint64_t wanted = 0, taken = 0;
	int err;

	for (unsigned int i = 0; i < rec->n_threads; i++) {
		wanted += rec_thread_wanted_ns(&rec->threads[i]);
		taken += rec_thread_taken_ns(&rec->threads[i]);
	}
	if (!wanted) {
		err = text_add_victims(text, to);
		return err ?: str_addf(to, " did not want to run at all.");
	}
	err = add_taken(text, taken, wanted, to);
	return err ?: add_longest(text, to);
}

/* Without victims: what the interrupts and the tasks had of the CPUs. */
static int add_of_cpus(const struct text *text, struct str *to)
{
	const struct recording *rec = text->rec;
	uint64_t wall = 0, tasks = 0, others = 0, longest = 0, ns = 0;
	auto_str struct str name = { .s = NULL };
	char share[32], time[32];
	int err;

	for (unsigned int i = 0; i < rec->n_cpus; i++) {
		wall += rec->cpus[i].wall_ns;
		for (unsigned int j = 0; j < rec->cpus[i].n_sources; j++) {
			const struct rec_entry *entry = &rec->cpus[i].sources[j];

			if (streq(entry->kind, "task")) {
				tasks += rec_entry_is_idle(entry) ? 0 : entry->sum_ns;
				continue;
			}
			others += entry->sum_ns;
			longest = max(longest, entry->max_ns);
		}
	}
	if (!wall)
		return 0;
	err = text_add_largest(text, true, &name, &ns);
	err = err
		      ?: str_addf(to, "tasks had %s %% of the watched %s",
				  tasks ? text_share(tasks, wall, share, sizeof(share)) : "0",
				  rec->n_cpus == 1 ? "CPU" : "CPUs");
	err = err
		      ?: str_addf(to, ", interrupts and softirqs %s %%",
				  others ? text_share(others, wall, share, sizeof(share)) : "0");
	if (!err && longest)
		err = str_addf(to, ", at most %s at a time",
			       str_format_ns(longest, time, sizeof(time)));
	if (!err && name.s)
		err = str_addf(to, "; the largest is %s (%s %%)", name.s,
			       text_share(ns, wall, share, sizeof(share)));
	return err ?: str_add(to, ".");
}

int text_answer_write(const struct text *text)
{
	static const char *const beginnings[] = { "as far", "nothing ", "tasks ", "the " };
	auto_str struct str line = { .s = NULL };
	int err = text->is_whole ? 0 : str_add(&line, "as far as was recorded, ");

	err = err ?: text->rec->n_threads ? add_of_victims(text, &line) : add_of_cpus(text, &line);
	if (err || !line.s || (!text->rec->n_threads && !text->rec->n_cpus))
		return err;
	for (unsigned int i = 0; i < ARRAY_SIZE(beginnings); i++) {
		if (str_starts(line.s, beginnings[i]))
			line.s[0] = (char)(line.s[0] - 'a' + 'A');
	}
	(void)fputs(text->style->color ? "\n\033[1m" : "\n", text->out);
	text_paragraph(text, 0, 0, line.s);
	(void)fputs(text->style->color ? "\033[0m" : "", text->out);
	return 0;
}
