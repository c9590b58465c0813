/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perfetto: the kept stalls as a Perfetto trace, in TrackEvent packets: a track for each victim
 * below its process and for each watched CPU, a slice for each stall and in it its causes, and how
 * much time was lost over time. Numbers of fields are those of Perfetto's protos; only these are
 * written. One recording is in CLOCK_MONOTONIC, so that it lies beside "perf record -k mono";
 * several begin at zero, so that they lie below each other.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/frame_figures.h"
#include "model/rec_trace.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/pb.h"
#include "report/timeline.h"

#define N_BINS	   1000
#define BIN_NS_MIN 1000000

enum clock { CLOCK_UNIX = 1, CLOCK_MONO = 3, CLOCK_OWN = 64 };
enum { PACKET = 1 }; /* of Trace */
enum {
	PACKET_CLOCKS = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_CLOCK_ID = 58,
	PACKET_TRACK = 60
};
enum {
	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_PROCESS = 3,
	TRACK_THREAD = 4,
	TRACK_PARENT = 5,
	TRACK_COUNTER = 8,
	TRACK_ORDERING = 11,
	TRACK_RANK = 12
};
enum {
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	EVENT_COUNTER = 30,
	EVENT_FLOW = 47
};
enum { ANNOTATION_UINT = 3, ANNOTATION_TEXT = 6, ANNOTATION_NAME = 10 };
enum event_type { SLICE_BEGIN = 1, SLICE_END = 2, COUNTER = 4 };
enum track_kind {
	TRACKS_ALL = 1,
	TRACKS_CPUS = 2,
	TRACKS_ONE = 3,
	TRACKS_COUNTER = 4,
	TRACKS_FRAMES = 5,
	TRACKS_TRACE = 6
};

struct trace {
	FILE *out;
	const struct export_side *side;
	const struct frame_alignment *frames; /* NULL: none, or not aligned */
	unsigned int number;		      /* of the side */
	bool is_alone;
	enum clock clock;
	uint64_t zero_ns; /* the start of the recording on that clock */
	struct pb trace, packet, inner, deep;
	struct str text;
};

/* Ours alone: the side, the kind and the number, none of which is zero in all. */
static uint64_t uuid_of(const struct trace *t, enum track_kind kind, uint64_t number)
{
	return (uint64_t)(t->number + 1) << 48 | (uint64_t)kind << 40 | number;
}

static void packet_end(struct trace *t)
{
	pb_u64(&t->packet, PACKET_SEQUENCE, 1);
	pb_message(&t->trace, PACKET, &t->packet);
	if (t->trace.bytes.len) /* an empty stream has no pointer */
		(void)fwrite(t->trace.bytes.s, 1, t->trace.bytes.len, t->out);
	t->trace.bytes.len = 0;
}

static void write_clocks(struct trace *t)
{
	const struct {
		enum clock clock;
		uint64_t ns;
	} clocks[] = {
		{ t->clock, t->zero_ns },
		{ CLOCK_UNIX, t->side->rec->started_unix_ns },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(clocks); i++) {
		pb_u64(&t->deep, 1, clocks[i].clock);
		pb_u64(&t->deep, 2, clocks[i].ns);
		pb_message(&t->inner, 1, &t->deep);
	}
	pb_u64(&t->inner, 2, t->clock == CLOCK_MONO ? CLOCK_MONO : CLOCK_UNIX);
	pb_message(&t->packet, PACKET_CLOCKS, &t->inner);
	packet_end(t);
}

static void track_begin(struct trace *t, uint64_t uuid, uint64_t parent, const char *name)
{
	pb_u64(&t->inner, TRACK_UUID, uuid);
	if (name)
		pb_text(&t->inner, TRACK_NAME, name);
	if (parent)
		pb_u64(&t->inner, TRACK_PARENT, parent);
}

static void track_end(struct trace *t)
{
	pb_message(&t->packet, PACKET_TRACK, &t->inner);
	packet_end(t);
}

static const char *text_of(struct trace *t)
{
	return t->text.s ?: "";
}

/* "a: ", or nothing for the only side; what follows is appended to it. */
static void text_begin(struct trace *t)
{
	t->text.len = 0;
	t->trace.err =
		t->trace.err
			?: str_addf(&t->text, "%s%s", t->side->label, *t->side->label ? ": " : "");
}

/* The process above all tracks of victims: the only VM, or what is watched. */
static void write_process(struct trace *t)
{
	const struct recording *rec = t->side->rec;
	const struct rec_thread *first = rec->n_threads ? &rec->threads[0] : NULL;

	text_begin(t);
	if (first && first->vm)
		t->trace.err = t->trace.err ?: str_addf(&t->text, "VM %s", first->vm);
	else
		t->trace.err = t->trace.err ?: str_add(&t->text, "watched threads");
	track_begin(t, uuid_of(t, TRACKS_ALL, 0), 0, t->is_alone ? NULL : text_of(t));
	if (t->is_alone) {
		pb_u64(&t->deep, 1, first ? (uint64_t)first->pid : 0);
		pb_text(&t->deep, 6, text_of(t));
		pb_message(&t->inner, TRACK_PROCESS, &t->deep);
	}
	pb_u64(&t->inner, TRACK_ORDERING, 3);
	track_end(t);
	if (!rec->n_cpus && !rec->n_stalls)
		return;
	text_begin(t);
	t->trace.err = t->trace.err ?: str_addf(&t->text, "CPUs %s", rec->watch_cpus ?: "");
	track_begin(t, uuid_of(t, TRACKS_CPUS, 0), 0, text_of(t));
	pb_u64(&t->inner, TRACK_ORDERING, 3);
	track_end(t);
}

static void write_thread_track(struct trace *t, unsigned int number,
			       const struct rec_thread *thread)
{
	text_begin(t);
	t->trace.err = t->trace.err ?: export_add_victim(thread, &t->text);
	track_begin(t, uuid_of(t, TRACKS_ONE, number), uuid_of(t, TRACKS_ALL, 0),
		    t->is_alone ? NULL : text_of(t));
	if (t->is_alone) {
		pb_u64(&t->deep, 1, (uint64_t)thread->pid);
		pb_u64(&t->deep, 2, (uint64_t)thread->tid);
		pb_text(&t->deep, 5, text_of(t));
		pb_message(&t->inner, TRACK_THREAD, &t->deep);
	}
	pb_u64(&t->inner, TRACK_RANK, number);
	track_end(t);
}

static void write_tracks(struct trace *t, const struct timeline *timeline)
{
	for (unsigned int i = 0; i < timeline->n_tracks; i++) {
		const struct timeline_track *track = &timeline->tracks[i];
		char lane[32] = "";

		/* A victim has a second lane only in a file that contradicts itself. */
		if (track->thread >= 0 && !track->lane) {
			write_thread_track(t, i, &t->side->rec->threads[track->thread]);
			continue;
		}
		if (track->lane)
			(void)snprintf(lane, sizeof(lane), " (%u)", track->lane + 1);
		text_begin(t);
		t->trace.err =
			t->trace.err
				?: str_addf(&t->text, "%s %d%s",
					    track->thread < 0 ? "CPU" : "victim",
					    track->thread < 0 ? track->cpu : track->thread, lane);
		track_begin(t, uuid_of(t, TRACKS_ONE, i),
			    uuid_of(t, track->thread < 0 ? TRACKS_CPUS : TRACKS_ALL, 0),
			    text_of(t));
		pb_u64(&t->inner, TRACK_RANK,
		       track->thread < 0 ? (uint64_t)track->cpu * 64 + track->lane : i);
		track_end(t);
	}
}

static void event_begin(struct trace *t, uint64_t at_ns, enum event_type type, uint64_t uuid)
{
	pb_u64(&t->packet, PACKET_TIMESTAMP, t->zero_ns + at_ns);
	pb_u64(&t->packet, PACKET_CLOCK_ID, t->clock);
	pb_u64(&t->inner, EVENT_TYPE, type);
	pb_u64(&t->inner, EVENT_TRACK, uuid);
}

static void event_end(struct trace *t)
{
	pb_message(&t->packet, PACKET_EVENT, &t->inner);
	packet_end(t);
}

static void annotate_u64(struct trace *t, const char *name, uint64_t value)
{
	pb_u64(&t->deep, ANNOTATION_UINT, value);
	pb_text(&t->deep, ANNOTATION_NAME, name);
	pb_message(&t->inner, EVENT_ANNOTATION, &t->deep);
}

static void annotate_text(struct trace *t, const char *name, const char *text)
{
	pb_text(&t->deep, ANNOTATION_TEXT, text);
	pb_text(&t->deep, ANNOTATION_NAME, name);
	pb_message(&t->inner, EVENT_ANNOTATION, &t->deep);
}

static void annotate_stall(struct trace *t, const struct rec_stall *stall)
{
	annotate_u64(t, "duration_ns", stall->duration_ns);
	annotate_u64(t, "cpu", (uint64_t)stall->cpu);
	annotate_u64(t, "tid", (uint64_t)stall->tid);
	if (stall->segments_dropped)
		annotate_u64(t, "segments_dropped", stall->segments_dropped);
	if (stall->waker)
		annotate_text(t, "waker", stall->waker);
	t->text.len = 0;
	for (unsigned int i = 0; i < stall->n_stack; i++)
		t->trace.err =
			t->trace.err ?: str_addf(&t->text, "%s%s", i ? "\n" : "", stall->stack[i]);
	if (stall->n_stack)
		annotate_text(t, "stack", text_of(t));
}

/* What a slice is called: on its victim's track "stall", on a CPU's the victim. */
static void name_slice(struct trace *t, const struct timeline_slice *slice, bool of_cpu)
{
	const struct rec_thread *thread = export_thread(t->side->rec, slice->stall->tid);

	t->text.len = 0;
	if (slice->segment)
		t->trace.err = t->trace.err ?: export_add_segment(slice->segment, &t->text);
	else if (of_cpu && thread)
		t->trace.err = t->trace.err ?: str_add(&t->text, "stall of ") ?:
						       export_add_victim(thread, &t->text);
	else
		t->trace.err = t->trace.err ?: str_add(&t->text, "stall");
}

/* The flows of a stall lead to the hitches that it lies under; they are numbered as those are. */
static void write_flows(struct trace *t, const struct rec_stall *stall)
{
	long index = stall - t->side->rec->stalls;

	for (unsigned int i = 0; t->frames && i < t->frames->n_list; i++) {
		if (t->frames->list[i].stall == index)
			pb_fixed64(&t->inner, EVENT_FLOW, i + 1);
	}
}

static void write_begin(struct trace *t, const struct timeline_slice *slice, bool of_cpu)
{
	event_begin(t, slice->at_ns, SLICE_BEGIN, uuid_of(t, TRACKS_ONE, slice->track));
	pb_text(&t->inner, EVENT_CATEGORY, slice->segment ? slice->segment->row : "stall");
	name_slice(t, slice, of_cpu);
	pb_text(&t->inner, EVENT_NAME, text_of(t));
	if (!slice->segment)
		annotate_stall(t, slice->stall);
	if (!slice->segment && (!of_cpu || !export_thread(t->side->rec, slice->stall->tid)))
		write_flows(t, slice->stall);
	event_end(t);
}

static void write_end(struct trace *t, const struct timeline_slice *slice)
{
	event_begin(t, slice->at_ns + slice->ns, SLICE_END, uuid_of(t, TRACKS_ONE, slice->track));
	event_end(t);
}

/* A stall, then its segments, then the end of the stall: so equal times keep their order. */
static void write_slices(struct trace *t, const struct timeline *timeline)
{
	const struct timeline_slice *open = NULL;

	for (unsigned int i = 0; i < timeline->n_slices; i++) {
		const struct timeline_slice *slice = &timeline->slices[i];
		bool of_cpu = timeline->tracks[slice->track].thread < 0;

		if (!slice->segment) {
			if (open)
				write_end(t, open);
			open = slice;
			write_begin(t, slice, of_cpu);
			continue;
		}
		write_begin(t, slice, of_cpu);
		write_end(t, slice);
	}
	if (open)
		write_end(t, open);
}

/* The part of a stall that lies in a bin. */
static uint64_t overlap(const struct rec_stall *stall, uint64_t from, uint64_t to)
{
	uint64_t begin = max(stall->at_ns, from), end = min(stall->at_ns + stall->duration_ns, to);

	return end > begin ? end - begin : 0;
}

static void write_counter(struct trace *t)
{
	const struct recording *rec = t->side->rec;
	uint64_t width = max(rec->duration_ns / N_BINS + 1, (uint64_t)BIN_NS_MIN);
	uint64_t lost[N_BINS + 1] = { 0 }, last = 1;
	uint64_t uuid = uuid_of(t, TRACKS_COUNTER, 0);

	for (unsigned int i = 0; i < rec->n_stalls; i++) {
		uint64_t first = rec->stalls[i].at_ns / width;

		for (uint64_t bin = first; bin <= N_BINS; bin++) {
			uint64_t ns = overlap(&rec->stalls[i], bin * width, (bin + 1) * width);

			if (!ns)
				break;
			lost[bin] += ns;
		}
	}
	text_begin(t);
	t->trace.err =
		t->trace.err
			?: str_addf(&t->text, "stalled, ns of %" PRIu64 " ms", width / 1000000);
	track_begin(t, uuid, uuid_of(t, TRACKS_ALL, 0), text_of(t));
	pb_u64(&t->deep, 3, 1);
	pb_message(&t->inner, TRACK_COUNTER, &t->deep);
	track_end(t);
	for (uint64_t bin = 0; bin <= N_BINS; bin++) {
		if (lost[bin] == last)
			continue;
		last = lost[bin];
		event_begin(t, bin * width, COUNTER, uuid);
		pb_u64(&t->inner, EVENT_COUNTER, last);
		event_end(t);
	}
}

/* Below a CPU's lanes for stalls. */
static void write_trace_track(struct trace *t, int cpu)
{
	text_begin(t);
	t->trace.err = t->trace.err ?: str_addf(&t->text, "CPU %d, what ran", cpu);
	track_begin(t, uuid_of(t, TRACKS_TRACE, (uint64_t)cpu), uuid_of(t, TRACKS_CPUS, 0),
		    text_of(t));
	pb_u64(&t->inner, TRACK_RANK, (uint64_t)cpu * 64 + 63);
	track_end(t);
}

static void write_trace_event(struct trace *t, const struct rec_trace *trace, uint64_t uuid,
			      const struct rec_trace_event *event)
{
	const struct rec_trace_cause *cause = &trace->causes[event->cause];

	t->text.len = 0;
	t->trace.err = t->trace.err ?: export_add_trace_cause(t->side->rec, cause, &t->text);
	event_begin(t, event->at_ns, SLICE_BEGIN, uuid);
	pb_text(&t->inner, EVENT_CATEGORY, cause->kind);
	pb_text(&t->inner, EVENT_NAME, text_of(t));
	event_end(t);
	event_begin(t, event->at_ns + event->ns, SLICE_END, uuid);
	event_end(t);
}

/* What the flight recorder kept around the stalls. */
static void write_trace(struct trace *t)
{
	const struct rec_trace *trace = t->side->rec->trace;

	for (unsigned int i = 0; trace && i < trace->n_windows; i++) {
		const struct rec_trace_window *w = &trace->windows[i];

		if (!i || w->cpu != trace->windows[i - 1].cpu)
			write_trace_track(t, w->cpu);
		for (unsigned int k = 0; k < w->n_events; k++)
			write_trace_event(t, trace, uuid_of(t, TRACKS_TRACE, (uint64_t)w->cpu),
					  &w->events[k]);
	}
}

/* A slice for each hitch; one ends where the next begins, when the file has them overlap. */
static void write_hitches(struct trace *t)
{
	uint64_t uuid = uuid_of(t, TRACKS_FRAMES, 0);

	if (!t->frames)
		return;
	track_begin(t, uuid, 0, "frame hitches");
	track_end(t);
	for (unsigned int i = 0; i < t->frames->n_list; i++) {
		const struct frame_hitch *hitch = &t->frames->list[i];
		uint64_t end = hitch->at_ns + hitch->duration_ns;

		if (i + 1 < t->frames->n_list)
			end = min(end, t->frames->list[i + 1].at_ns);
		event_begin(t, hitch->at_ns, SLICE_BEGIN, uuid);
		pb_text(&t->inner, EVENT_CATEGORY, "frame");
		pb_text(&t->inner, EVENT_NAME, hitch->stall >= 0 ? "hitch over a stall" : "hitch");
		annotate_u64(t, "duration_ns", hitch->duration_ns);
		if (hitch->stall >= 0)
			pb_fixed64(&t->inner, EVENT_FLOW, i + 1);
		event_end(t);
		event_begin(t, end, SLICE_END, uuid);
		event_end(t);
	}
}

static int write_side(struct trace *t)
{
	struct timeline timeline = { .n_tracks = 0 };
	int err = timeline_init(&timeline, t->side->rec);

	if (err)
		return err;
	write_clocks(t);
	write_process(t);
	write_tracks(t, &timeline);
	write_counter(t);
	write_slices(t, &timeline);
	write_trace(t);
	write_hitches(t);
	timeline_done(&timeline);
	return 0;
}

int report_perfetto_write(const struct export *what, FILE *out)
{
	struct trace t = { .out = out, .is_alone = what->n_sides == 1 };
	int err = 0;

	for (unsigned int i = 0; i < what->n_sides && !err; i++) {
		uint64_t mono = what->sides[i].rec->started_mono_ns;

		t.side = &what->sides[i];
		t.number = i;
		t.frames = what->frames && what->frames->is_aligned ? what->frames : NULL;
		t.clock = t.is_alone && mono ? CLOCK_MONO : CLOCK_OWN;
		t.zero_ns = t.clock == CLOCK_MONO ? mono : 0;
		err = write_side(&t);
	}
	err = err ?: pb_done(&t.trace);
	(void)pb_done(&t.trace);
	(void)pb_done(&t.packet);
	(void)pb_done(&t.inner);
	(void)pb_done(&t.deep);
	str_done(&t.text);
	return export_end(out, err);
}
