/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * align: a hitch and a stall overlap for a range of offsets. The ranges of one hitch, merged, each
 * count one; their sum over all hitches is the correlation, without a loop over offsets and pairs.
 */
#include "frames/align.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frames/figures.h"
#include "frames/frames.h"
#include "model/rec_tsc.h"
#include "model/recording.h"

#define STEP_S	     0.001
#define STEPS_MAX    (1U << 24) /* 4.6 hours */
#define PEAK_MIN     5
#define PEAK_FACTOR  2
#define HITCHES_MAX  5000
#define NEAR_STEPS   100
#define HZ_TOLERANCE 1e-3 /* the clock of a file may be read a little late */
#define WINDOWS_HZ   1e7
#define NAME_LENGTH  24 /* "_2026-11-24_20-15-03.csv" */

void align_hint_from_name(const struct frames *frames, const char *path, struct align_hint *ret)
{
	size_t len = strlen(path);
	struct tm tm = { .tm_isdst = -1 };
	const char *end;
	time_t begin;

	*ret = (struct align_hint){ .is_known = false };
	if (!frames->report.format || !streq(frames->report.format, "MangoHud") ||
	    len <= NAME_LENGTH)
		return;
	end = strptime(path + len - NAME_LENGTH, "_%Y-%m-%d_%H-%M-%S", &tm);
	if (!end || !streq(end, ".csv"))
		return;
	begin = mktime(&tm);
	if (begin == (time_t)-1)
		return;
	/* The name is made at one moment, the first row at another. */
	*ret = (struct align_hint){ .is_known = true,
				    .begin_unix_s = (double)begin + 0.5,
				    .error_s = 1.5 };
}

static double ticks_per_s(const struct frames_ticks *ticks)
{
	return ticks->is_known && ticks->last_s > ticks->first_s
		       ? (ticks->last - ticks->first) / (ticks->last_s - ticks->first_s)
		       : 0;
}

static bool is_near(double value, double wanted)
{
	return fabs(value / wanted - 1) < HZ_TOLERANCE;
}

void align_hint_from_ticks(const struct frames *frames, const struct recording *rec,
			   struct align_hint *ret)
{
	static const double divisors[] = { 1, 1024 };
	const struct frames_ticks *ticks = &frames->ticks;
	double per_s = ticks_per_s(ticks), hz, start;

	*ret = (struct align_hint){ .is_known = false };
	if (!(per_s > 0))
		return;
	ret->is_windows = is_near(per_s, WINDOWS_HZ);
	if (!rec_tsc_guest(rec, &hz, &start))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(divisors) && !ret->is_exact; i++) {
		if (!is_near(per_s * divisors[i], hz))
			continue;
		ret->is_exact = true;
		ret->offset_s = (ticks->first * divisors[i] - start) / hz - ticks->first_s;
		ret->error_s = STEP_S;
	}
}

void align_hint_find(const struct frames *frames, const struct recording *rec, const char *path,
		     struct align_hint *ret)
{
	bool is_windows;

	align_hint_from_ticks(frames, rec, ret);
	if (ret->is_exact)
		return;
	is_windows = ret->is_windows;
	align_hint_from_name(frames, path, ret);
	ret->is_windows = is_windows;
}

/* Seconds on one of the two clocks. */
struct span {
	double begin, end;
	unsigned int stall; /* index into rec->stalls */
};

struct aligner {
	const struct recording *rec;
	struct span *hitches, *stalls; /* stalls by their begin */
	size_t n_hitches, n_stalls;
	double first; /* the offset of steps[0] */
	int32_t *steps;
	size_t n_steps;
};

static int by_begin(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

static int by_length(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	double of_x = x->end - x->begin, of_y = y->end - y->begin;

	return (of_x < of_y) - (of_x > of_y);
}

static int find_hitches(const struct frames *frames, struct aligner *a)
{
	auto_free bool *stutters = calloc(frames->n + 1, sizeof(*stutters));

	a->hitches = calloc(frames->n + 1, sizeof(*a->hitches));
	if (!stutters || !a->hitches)
		return -ENOMEM;
	frames_find_stutters(frames->ms, frames->n, stutters);
	for (size_t i = 0; i < frames->n; i++) {
		if (stutters[i] && frames->ms[i] < FRAMES_LOAD_MS)
			a->hitches[a->n_hitches++] =
				(struct span){ .begin = frames->at_s[i] - frames->ms[i] / 1000,
					       .end = frames->at_s[i] };
	}
	/* The longest ones are enough to find the offset by. */
	if (a->n_hitches > HITCHES_MAX) {
		qsort(a->hitches, a->n_hitches, sizeof(*a->hitches), by_length);
		a->n_hitches = HITCHES_MAX;
	}
	return 0;
}

static int find_stalls(const struct recording *rec, struct aligner *a)
{
	a->stalls = calloc(rec->n_stalls + 1UL, sizeof(*a->stalls));
	if (!a->stalls)
		return -ENOMEM;
	for (unsigned int i = 0; i < rec->n_stalls; i++) {
		const struct rec_stall *stall = &rec->stalls[i];

		if (stall->duration_ns > ALIGN_STALL_NS)
			a->stalls[a->n_stalls++] = (struct span){
				.begin = (double)stall->at_ns / 1e9,
				.end = (double)(stall->at_ns + stall->duration_ns) / 1e9,
				.stall = i,
			};
	}
	qsort(a->stalls, a->n_stalls, sizeof(*a->stalls), by_begin);
	return 0;
}

/* The offsets to try. -ENODATA: the two never overlap. */
static int choose_range(const struct frames *frames, const struct align_hint *hint,
			struct aligner *a)
{
	double from = frames->at_s[0], to = frames->at_s[frames->n - 1];
	double duration = (double)a->rec->duration_ns / 1e9, last;

	a->first = -to;
	last = duration - from;
	if (hint->is_known) {
		double middle = hint->begin_unix_s - (double)a->rec->started_unix_ns / 1e9;

		a->first = middle - hint->error_s;
		last = middle + hint->error_s;
	}
	if (!(last > a->first) || (last - a->first) / STEP_S > STEPS_MAX)
		return -ENODATA;
	a->n_steps = (size_t)((last - a->first) / STEP_S) + 1;
	a->steps = calloc(a->n_steps + 1, sizeof(*a->steps));
	return a->steps ? 0 : -ENOMEM;
}

/* One more at the offsets from @begin to @end; those of one hitch come in order. */
static void mark(struct aligner *a, double begin, double end, double *covered)
{
	double low = max(begin, *covered);
	double from = ceil((low - a->first) / STEP_S), to = floor((end - a->first) / STEP_S);

	*covered = max(*covered, end);
	from = max(from, 0.0);
	to = min(to, (double)a->n_steps - 1);
	if (from > to)
		return;
	a->steps[(size_t)from]++;
	a->steps[(size_t)to + 1]--;
}

static void correlate(struct aligner *a)
{
	for (size_t h = 0; h < a->n_hitches; h++) {
		double covered = -INFINITY;

		for (size_t s = 0; s < a->n_stalls; s++) {
			double end = a->stalls[s].end - a->hitches[h].begin;

			mark(a, a->stalls[s].begin - a->hitches[h].end, end, &covered);
			covered = max(covered, end + STEP_S / 2);
		}
	}
	for (size_t i = 1; i < a->n_steps; i++)
		a->steps[i] += a->steps[i - 1];
}

/* The middle of the first highest stretch, and the highest that is far from it. */
static void find_peak(const struct aligner *a, struct frame_alignment *alignment)
{
	size_t begin = 0, end, peak;
	int32_t second = 0;
	double sum = 0;

	for (size_t i = 0; i < a->n_steps; i++) {
		if (a->steps[i] > a->steps[begin])
			begin = i;
		sum += a->steps[i];
	}
	for (end = begin; end + 1 < a->n_steps && a->steps[end + 1] == a->steps[begin];)
		end++;
	peak = begin + (end - begin) / 2;
	for (size_t i = 0; i < a->n_steps; i++) {
		if (i + NEAR_STEPS < begin || i > end + NEAR_STEPS)
			second = max(second, a->steps[i]);
	}
	alignment->peak = (uint64_t)max(a->steps[begin], 0);
	alignment->second = (uint64_t)second;
	alignment->chance = sum / (double)a->n_steps;
	alignment->offset_s = a->first + (double)peak * STEP_S;
	alignment->error_s = max((double)(end - begin) / 2 * STEP_S, STEP_S);
}

/* The name of what took the most of a stall. */
static const char *cause_of(const struct rec_stall *stall)
{
	const struct rec_segment *longest = NULL;

	for (unsigned int i = 0; i < stall->n_segments; i++) {
		if (!longest || stall->segments[i].ns > longest->ns)
			longest = &stall->segments[i];
	}
	if (!longest)
		return "unknown";
	return longest->name && *longest->name ? longest->name : longest->row;
}

static int count_cause(struct frame_alignment *alignment, const char *name)
{
	struct frame_cause *bigger;
	unsigned int n = alignment->n_causes;

	for (unsigned int i = 0; i < n; i++) {
		if (streq(alignment->causes[i].name, name)) {
			alignment->causes[i].hitches++;
			return 0;
		}
	}
	bigger = reallocarray(alignment->causes, n + 1UL, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	alignment->causes = bigger;
	bigger[n] = (struct frame_cause){ .name = strdup(name), .hitches = 1 };
	if (!bigger[n].name)
		return -ENOMEM;
	alignment->n_causes++;
	return 0;
}

static int by_hitches(const void *a, const void *b)
{
	const struct frame_cause *x = a, *y = b;

	return x->hitches != y->hitches ? (x->hitches < y->hitches) - (x->hitches > y->hitches)
					: strcmp(x->name, y->name);
}

/* By the clock of the recording, from its start on. */
static struct frame_hitch hitch_of(double begin_s, double end_s, int stall)
{
	uint64_t begin = (uint64_t)llround(1e9 * max(begin_s, 0.0));
	uint64_t end = (uint64_t)llround(1e9 * max(end_s, 0.0));

	return (struct frame_hitch){ .at_ns = begin, .duration_ns = end - begin, .stall = stall };
}

static int by_time(const void *a, const void *b)
{
	const struct frame_hitch *x = a, *y = b;

	return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

/* At the offset that was found: which hitches, and by the longest stall that each overlaps. */
static int attribute(const struct aligner *a, struct frame_alignment *alignment)
{
	double duration = (double)a->rec->duration_ns / 1e9;

	alignment->list = calloc(a->n_hitches + 1, sizeof(*alignment->list));
	if (!alignment->list)
		return -ENOMEM;
	for (size_t h = 0; h < a->n_hitches; h++) {
		double begin = a->hitches[h].begin + alignment->offset_s;
		double end = a->hitches[h].end + alignment->offset_s;
		const struct rec_stall *longest = NULL;
		int err;

		if (end < 0 || begin > duration)
			continue;
		alignment->hitches++;
		for (size_t s = 0; s < a->n_stalls; s++) {
			const struct rec_stall *stall = &a->rec->stalls[a->stalls[s].stall];

			if (a->stalls[s].begin <= end && a->stalls[s].end >= begin &&
			    (!longest || stall->duration_ns > longest->duration_ns))
				longest = stall;
		}
		alignment->list[alignment->n_list++] =
			hitch_of(begin, end, longest ? (int)(longest - a->rec->stalls) : -1);
		if (!longest)
			continue;
		alignment->overlaps++;
		err = count_cause(alignment, cause_of(longest));
		if (err)
			return err;
	}
	if (alignment->n_causes)
		qsort(alignment->causes, alignment->n_causes, sizeof(*alignment->causes),
		      by_hitches);
	if (alignment->n_list)
		qsort(alignment->list, alignment->n_list, sizeof(*alignment->list), by_time);
	return 0;
}

/* The offset is known: what the search is for is how many hitches would overlap by chance. */
static void take_exact(const struct aligner *a, const struct align_hint *hint,
		       struct frame_alignment *alignment)
{
	double step = round((hint->offset_s - a->first) / STEP_S);

	alignment->is_aligned = step >= 0 && step < (double)a->n_steps;
	alignment->offset_s = hint->offset_s;
	alignment->error_s = hint->error_s;
	alignment->second = alignment->peak;
	if (alignment->is_aligned)
		alignment->peak = (uint64_t)max(a->steps[(size_t)step], 0);
}

static int align(struct aligner *a, const struct frames *frames, const struct align_hint *hint,
		 struct frame_alignment *alignment)
{
	int err = find_hitches(frames, a);

	err = err ?: find_stalls(a->rec, a);
	err = err ?: choose_range(frames, hint, a);
	if (err)
		return err == -ENODATA ? 0 : err;
	correlate(a);
	find_peak(a, alignment);
	alignment->is_aligned =
		alignment->peak >= PEAK_MIN && alignment->peak >= PEAK_FACTOR * alignment->second;
	if (hint->is_exact)
		take_exact(a, hint, alignment);
	return alignment->is_aligned ? attribute(a, alignment) : 0;
}

static const char *clock_of(const struct align_hint *hint)
{
	if (hint->is_exact)
		return "the guest's time stamp counter in it, by KVM's offset";
	if (hint->is_known)
		return "the time in the file's name, then its hitches against the stalls";
	return hint->is_windows
		       ? "its hitches against the stalls; its counter of 10 MHz is Windows', by a "
			 "page of KVM that cannot be read"
		       : "its hitches against the stalls";
}

int align_frames(const struct frames *frames, const struct recording *rec,
		 const struct align_hint *hint, struct frame_alignment *ret)
{
	struct frame_alignment alignment = { .clock = clock_of(hint) };
	struct aligner a = { .rec = rec };
	int err = align(&a, frames, hint, &alignment);

	free(a.hitches);
	free(a.stalls);
	free(a.steps);
	if (err)
		align_done(&alignment);
	else
		*ret = alignment;
	return err;
}

void align_done(struct frame_alignment *alignment)
{
	for (unsigned int i = 0; i < alignment->n_causes; i++)
		free(alignment->causes[i].name);
	free(alignment->causes);
	free(alignment->list);
	*alignment = (struct frame_alignment){ .causes = NULL };
}
