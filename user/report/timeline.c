/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline: places stalls on tracks so that slices of one track nest and never overlap otherwise.
 */
#include "report/timeline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/recording.h"

static int by_start(const void *a, const void *b)
{
	const struct rec_stall *const *x = a, *const *y = b;

	if ((*x)->at_ns != (*y)->at_ns)
		return (*x)->at_ns < (*y)->at_ns ? -1 : 1;
	return ((*x)->duration_ns < (*y)->duration_ns) - ((*x)->duration_ns > (*y)->duration_ns);
}

/* Its number in the recording; false: a thread that is not there. */
static bool find_thread(const struct recording *rec, int tid, int *ret)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		if (rec->threads[i].tid != tid)
			continue;
		*ret = (int)i;
		return true;
	}
	return false;
}

static int add_track(struct timeline *t, const struct timeline_track *track, unsigned int *ret)
{
	struct timeline_track *tracks =
		reallocarray(t->tracks, t->n_tracks + 1, sizeof(*t->tracks));

	if (!tracks)
		return -ENOMEM;
	t->tracks = tracks;
	tracks[t->n_tracks] = *track;
	*ret = t->n_tracks++;
	return 0;
}

/* A track of this owner that is free from @at_ns on; a new lane when there is none. */
static int find_track(struct timeline *t, int thread, int cpu, uint64_t at_ns, unsigned int *ret)
{
	struct timeline_track track = { .thread = thread, .cpu = cpu };

	for (unsigned int i = 0; i < t->n_tracks; i++) {
		if (t->tracks[i].thread != thread || t->tracks[i].cpu != cpu)
			continue;
		if (t->tracks[i].busy_until_ns <= at_ns) {
			*ret = i;
			return 0;
		}
		track.lane++;
	}
	return add_track(t, &track, ret);
}

static int place(struct timeline *t, const struct rec_stall *stall, int thread, int cpu)
{
	uint64_t at = stall->at_ns, end = stall->at_ns + stall->duration_ns;
	unsigned int track;
	int err = find_track(t, thread, cpu, at, &track);

	if (err)
		return err;
	t->tracks[track].busy_until_ns = max(end, at);
	t->slices[t->n_slices++] = (struct timeline_slice){
		.at_ns = at, .ns = stall->duration_ns, .track = track, .stall = stall
	};
	for (unsigned int i = 0; i < stall->n_segments && at < end; i++) {
		uint64_t ns = min(stall->segments[i].ns, end - at);

		t->slices[t->n_slices++] =
			(struct timeline_slice){ .at_ns = at,
						 .ns = ns,
						 .track = track,
						 .stall = stall,
						 .segment = &stall->segments[i] };
		at += ns;
	}
	return 0;
}

/* Every victim has a track, also one without a stall. */
static int add_victims(struct timeline *t, const struct recording *rec)
{
	unsigned int track;
	int err = 0;

	for (unsigned int i = 0; i < rec->n_threads && !err; i++)
		err = find_track(t, (int)i, -1, 0, &track);
	return err;
}

int timeline_init(struct timeline *ret, const struct recording *rec)
{
	auto_free const struct rec_stall **sorted = calloc(rec->n_stalls + 1, sizeof(void *));
	struct timeline t = { .n_tracks = 0 };
	size_t n = 0;
	int err;

	if (!sorted)
		return -ENOMEM;
	for (unsigned int i = 0; i < rec->n_stalls; i++) {
		sorted[i] = &rec->stalls[i];
		n += 1 + rec->stalls[i].n_segments;
	}
	qsort(sorted, rec->n_stalls, sizeof(void *), by_start);
	t.slices = reallocarray(NULL, 2 * n + 1, sizeof(*t.slices));
	err = t.slices ? add_victims(&t, rec) : -ENOMEM;
	for (unsigned int i = 0; i < rec->n_stalls && !err; i++) {
		int thread;

		if (find_thread(rec, sorted[i]->tid, &thread))
			err = place(&t, sorted[i], thread, -1);
		err = err ?: place(&t, sorted[i], -1, sorted[i]->cpu);
	}
	if (err) {
		timeline_done(&t);
		return err;
	}
	*ret = t;
	return 0;
}

void timeline_done(struct timeline *timeline)
{
	free(timeline->tracks);
	free(timeline->slices);
	memset(timeline, 0, sizeof(*timeline));
}
