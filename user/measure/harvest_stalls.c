/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harvest_stalls: the stalls that were kept, their segments, wakers and stacks in words.
 */
#define LULL_MEASURE_PRIVATE
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "measure/harvest_p.h"
#include "model/recording.h"
#include "sys/symbols.h"

/* "kwin 812", or the interrupt that woke it. */
static int stall_waker(const struct harvest *h, const struct stall *s, struct rec_stall *rec)
{
	auto_str struct str out = { 0 };
	int err;

	if (!s->waker)
		return 0;
	if (LULL_CAUSE_KIND(s->waker) == LULL_KIND_TASK)
		err = names_task(h->names, s->waker, s->waker_comm, &out);
	else
		err = names_cause(h->names, s->waker, LULL_N_ROWS, &out);
	rec->waker = take_ptr(out.s);
	return err;
}

/* A segment's name: its cause, with the function that a kernel worker ran. */
static int stall_segment(const struct harvest *h, const struct lull_segment *seg,
			 struct rec_stall *rec)
{
	unsigned int row = (unsigned int)(seg->word >> LULL_ROW_SHIFT);
	auto_str struct str name = { 0 }, fn = { 0 };
	int err;

	err = names_cause(h->names, seg->word & LULL_CAUSE_MASK, row, &name);
	err = err ?: names_function(h->names, (unsigned int)seg->label, &fn);
	if (!err && fn.s && *fn.s)
		err = str_addf(&name, " (%s)", fn.s);
	return err ?: rec_segment_add(rec, harvest_row_name(row), name.s ?: "", seg->ns);
}

/*
 * A VM exit in which the vCPU halted is booked as a whole when it is over, but a stall begins with
 * the wake-up: what of that exit came before the halt is taken off.
 */
static void stall_excess(uint64_t excess, struct rec_stall *rec)
{
	static const char *const own[] = { "exit", "user", "untraced" };

	for (unsigned int i = rec->n_segments; i-- > 0 && excess;) {
		struct rec_segment *segment = &rec->segments[i];
		uint64_t ns = min(segment->ns, excess);

		for (unsigned int k = 0; k < ARRAY_SIZE(own); k++) {
			if (!streq(segment->row, own[k]))
				continue;
			segment->ns -= ns;
			excess -= ns;
			break;
		}
	}
}

/*
 * What the segments do not hold passed between them: for a thread in its own code, a few
 * microseconds from one interruption to the next; for a vCPU none.
 */
static int stall_rest(const struct stall *s, struct rec_stall *rec)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < rec->n_segments; i++)
		sum += rec->segments[i].ns;
	if (sum > s->duration_ns)
		stall_excess(sum - s->duration_ns, rec);
	if (sum >= s->duration_ns)
		return 0;
	return rec_segment_add(
		rec, harvest_row_name(s->mode == LULL_MODE_RUN ? LULL_ROW_RUN : LULL_ROW_EXIT),
		s->segments_dropped ? "and others" : "in between", s->duration_ns - sum);
}

static struct symbols *symbols_of(const struct harvest *h, const struct stall *s)
{
	pid_t pid = s->victim < h->cap->n_victims ? (pid_t)h->cap->victims[s->victim].tgid : 0;

	for (unsigned int i = 0; i < CAPTURE_SYMBOLS; i++)
		if (h->cap->symbols[i] && h->cap->symbols_of[i] == pid)
			return h->cap->symbols[i];
	return NULL;
}

/* The frames of our own program, on whose behalf the stack was taken. */
static bool is_own_frame(const char *name)
{
	return str_starts(name, "bpf_prog_") || str_starts(name, "bpf_trace_run");
}

/* The blocker's kernel stack, then the user stack with which the victim itself went to sleep. */
static int stall_stack(const struct harvest *h, const struct stall *s, struct rec_stall *rec)
{
	struct symbols *symbols = symbols_of(h, s);
	int err = 0;

	for (unsigned int i = 0; i < s->n_kstack && !err; i++) {
		auto_str struct str name = { 0 };

		err = names_address(h->names, s->kstack[i], &name);
		if (!err && !is_own_frame(name.s))
			err = rec_frame_add(rec, name.s);
	}
	for (unsigned int i = 0; i < s->n_ustack && !err; i++) {
		auto_str struct str name = { 0 };

		err = str_add(&name, "user ");
		err = err
			      ?: (symbols ? symbols_name(symbols, s->ustack[i], &name)
					  : str_addf(&name, "0x%" PRIx64, s->ustack[i]));
		err = err ?: rec_frame_add(rec, name.s);
	}
	return err;
}

static int harvest_stall(const struct harvest *h, const struct stall *s)
{
	struct rec_stall *rec;
	int err = recording_add_stall(h->rec, &rec);

	if (err)
		return err;
	rec->at_ns = s->at_ns > h->cap->opened_ns ? s->at_ns - h->cap->opened_ns : 0;
	rec->tid = s->victim < h->cap->n_victims ? (pid_t)h->cap->victims[s->victim].tid : 0;
	rec->cpu = (int)s->cpu;
	rec->duration_ns = s->duration_ns;
	rec->segments_dropped = s->segments_dropped;
	for (unsigned int i = 0; i < s->n_segments && !err; i++)
		err = stall_segment(h, &s->segments[i], rec);
	err = err ?: stall_rest(s, rec);
	err = err ?: stall_waker(h, s, rec);
	return err ?: stall_stack(h, s, rec);
}

int harvest_stalls(struct harvest *h)
{
	int err = 0;

	for (unsigned int i = 0; i < h->cap->stalls.n && !err; i++)
		err = harvest_stall(h, h->cap->stalls.heap[i]);
	return err;
}
