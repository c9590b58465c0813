/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chrome: the timeline of perfetto.c as JSON trace events, for viewers that read nothing else. A
 * side, or a set of CPUs, is a process there and a track is a thread. Times are microseconds with
 * three decimals, from the start of the recording.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/frame_figures.h"
#include "model/rec_trace.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/timeline.h"

#define US(ns) (ns) / 1000, (unsigned int)((ns) % 1000)

struct chrome {
	FILE *out;
	const struct export_side *side;
	unsigned int number;
	const struct timeline *timeline;
	const struct frame_alignment *frames; /* NULL: none, or not aligned */
	bool has_events;
};

/* Behind those of the tracks: of what the flight recorder kept of a CPU; of the hitches. */
#define TID_TRACE  1000000U
#define TID_FRAMES 2000000U

static void event_begin(struct chrome *c, const char *phase, unsigned int pid, unsigned int tid)
{
	(void)fprintf(c->out, "%s\n{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u", c->has_events ? "," : "",
		      phase, pid, tid);
	c->has_events = true;
}

static unsigned int pid_of(const struct chrome *c, bool of_cpus)
{
	return 2 * c->number + 1 + of_cpus;
}

static int write_name(struct chrome *c, const char *what, bool of_cpus, unsigned int tid,
		      const char *name)
{
	auto_str struct str json = { .s = NULL };
	auto_str struct str text = { .s = NULL };
	int err = str_addf(&text, "%s%s%s", c->side->label, *c->side->label ? ": " : "", name);

	err = err ?: export_add_json(text.s, &json);
	if (err)
		return err;
	event_begin(c, "M", pid_of(c, of_cpus), tid);
	(void)fprintf(c->out, ",\"name\":\"%s\",\"args\":{\"name\":%s}}", what, json.s);
	return 0;
}

static int write_track(struct chrome *c, unsigned int number)
{
	const struct timeline_track *track = &c->timeline->tracks[number];
	auto_str struct str name = { .s = NULL };
	int err;

	if (track->thread >= 0)
		err = export_add_victim(&c->side->rec->threads[track->thread], &name);
	else
		err = str_addf(&name, "CPU %d", track->cpu);
	if (!err && track->lane)
		err = str_addf(&name, " (%u)", track->lane + 1);
	return err ?: write_name(c, "thread_name", track->thread < 0, number + 1, name.s);
}

static int write_names(struct chrome *c)
{
	const struct recording *rec = c->side->rec;
	auto_str struct str name = { .s = NULL };
	int err;

	if (rec->n_threads && rec->threads[0].vm)
		err = str_addf(&name, "VM %s", rec->threads[0].vm);
	else
		err = str_add(&name, "watched threads");
	err = err ?: write_name(c, "process_name", false, 0, name.s);
	name.len = 0;
	err = err ?: str_addf(&name, "CPUs %s", rec->watch_cpus ?: "");
	err = err ?: write_name(c, "process_name", true, 0, name.s);
	for (unsigned int i = 0; i < c->timeline->n_tracks && !err; i++)
		err = write_track(c, i);
	return err;
}

static int write_args(struct chrome *c, const struct rec_stall *stall)
{
	auto_str struct str args = { .s = NULL };
	int err = str_addf(&args, "\"cpu\":%d,\"victim\":%d", stall->cpu, stall->tid);

	if (!err && stall->waker)
		err = str_add(&args, ",\"waker\":") ?: export_add_json(stall->waker, &args);
	for (unsigned int i = 0; i < stall->n_stack && !err; i++) {
		err = str_add(&args, i ? "," : ",\"stack\":[");
		err = err ?: export_add_json(stall->stack[i], &args);
	}
	if (!err && stall->n_stack)
		err = str_add(&args, "]");
	if (!err)
		(void)fprintf(c->out, ",\"args\":{%s}", args.s);
	return err;
}

/* What is called @text, from @at_ns on; its arguments, if any, and a bracket follow. */
static int write_span(struct chrome *c, unsigned int pid, unsigned int tid, const char *category,
		      const char *text)
{
	auto_str struct str json = { .s = NULL };
	int err = export_add_json(text, &json);

	if (err)
		return err;
	event_begin(c, "X", pid, tid);
	(void)fprintf(c->out, ",\"cat\":\"%s\",\"name\":%s", category, json.s);
	return 0;
}

static void write_time(struct chrome *c, uint64_t at_ns, uint64_t ns)
{
	(void)fprintf(c->out, ",\"ts\":%" PRIu64 ".%03u,\"dur\":%" PRIu64 ".%03u", US(at_ns),
		      US(ns));
}

/* One end of the flow of hitch @number: "s" at its stall, "f" at itself. */
static void write_flow(struct chrome *c, const char *phase, unsigned int pid, unsigned int tid,
		       uint64_t at_ns, unsigned int number)
{
	event_begin(c, phase, pid, tid);
	(void)fprintf(c->out,
		      ",\"cat\":\"frame\",\"name\":\"hitch\",\"id\":%u,\"ts\":%" PRIu64 ".%03u%s}",
		      number + 1, US(at_ns), *phase == 'f' ? ",\"bp\":\"e\"" : "");
}

/* From a stall on its victim's track to the hitches that lie over it. */
static void write_flows(struct chrome *c, const struct timeline_slice *slice, unsigned int pid)
{
	const struct recording *rec = c->side->rec;
	bool of_cpu = c->timeline->tracks[slice->track].thread < 0;

	if (slice->segment || (of_cpu && export_thread(rec, slice->stall->tid)))
		return;
	for (unsigned int i = 0; c->frames && i < c->frames->n_list; i++) {
		if (c->frames->list[i].stall == slice->stall - rec->stalls)
			write_flow(c, "s", pid, slice->track + 1, slice->at_ns, i);
	}
}

static int write_slice(struct chrome *c, const struct timeline_slice *slice)
{
	bool of_cpu = c->timeline->tracks[slice->track].thread < 0;
	auto_str struct str name = { .s = NULL };
	int err = slice->segment ? export_add_segment(slice->segment, &name)
				 : str_add(&name, "stall");

	err = err
		      ?: write_span(c, pid_of(c, of_cpu), slice->track + 1,
				    slice->segment ? slice->segment->row : "stall", name.s);
	if (err)
		return err;
	write_time(c, slice->at_ns, slice->ns);
	err = slice->segment ? 0 : write_args(c, slice->stall);
	(void)fputc('}', c->out);
	write_flows(c, slice, pid_of(c, of_cpu));
	return err;
}

static int write_trace_event(struct chrome *c, const struct rec_trace *trace, int cpu,
			     const struct rec_trace_event *event)
{
	const struct rec_trace_cause *cause = &trace->causes[event->cause];
	auto_str struct str name = { .s = NULL };
	int err = export_add_trace_cause(c->side->rec, cause, &name);

	err = err
		      ?: write_span(c, pid_of(c, true), TID_TRACE + (unsigned int)cpu, cause->kind,
				    name.s);
	if (err)
		return err;
	write_time(c, event->at_ns, event->ns);
	(void)fputc('}', c->out);
	return 0;
}

/* What the flight recorder kept around the stalls. */
static int write_trace(struct chrome *c)
{
	const struct rec_trace *trace = c->side->rec->trace;
	int err = 0;

	for (unsigned int i = 0; trace && i < trace->n_windows && !err; i++) {
		const struct rec_trace_window *w = &trace->windows[i];
		char name[48];

		(void)snprintf(name, sizeof(name), "CPU %d, what ran", w->cpu);
		if (!i || w->cpu != trace->windows[i - 1].cpu)
			err = write_name(c, "thread_name", true, TID_TRACE + (unsigned int)w->cpu,
					 name);
		for (unsigned int k = 0; k < w->n_events && !err; k++)
			err = write_trace_event(c, trace, w->cpu, &w->events[k]);
	}
	return err;
}

/* A slice for each hitch; one ends where the next begins, when the file has them overlap. */
static int write_hitches(struct chrome *c)
{
	int err = c->frames ? write_name(c, "thread_name", false, TID_FRAMES, "frame hitches") : 0;

	for (unsigned int i = 0; c->frames && i < c->frames->n_list && !err; i++) {
		const struct frame_hitch *hitch = &c->frames->list[i];
		uint64_t end = hitch->at_ns + hitch->duration_ns;

		if (i + 1 < c->frames->n_list)
			end = min(end, c->frames->list[i + 1].at_ns);
		err = write_span(c, pid_of(c, false), TID_FRAMES, "frame",
				 hitch->stall >= 0 ? "hitch over a stall" : "hitch");
		if (err)
			return err;
		write_time(c, hitch->at_ns, end - hitch->at_ns);
		(void)fprintf(c->out, ",\"args\":{\"duration_ns\":%" PRIu64 "}}",
			      hitch->duration_ns);
		if (hitch->stall >= 0)
			write_flow(c, "f", pid_of(c, false), TID_FRAMES, hitch->at_ns, i);
	}
	return err;
}

static int write_side(struct chrome *c)
{
	struct timeline timeline = { .n_tracks = 0 };
	int err = timeline_init(&timeline, c->side->rec);

	if (err)
		return err;
	c->timeline = &timeline;
	err = write_names(c);
	for (unsigned int i = 0; i < timeline.n_slices && !err; i++)
		err = write_slice(c, &timeline.slices[i]);
	err = err ?: write_trace(c);
	err = err ?: write_hitches(c);
	timeline_done(&timeline);
	c->timeline = NULL;
	return err;
}

int report_chrome_write(const struct export *what, FILE *out)
{
	struct chrome c = { .out = out };
	int err = 0;

	c.frames = what->frames && what->frames->is_aligned ? what->frames : NULL;

	(void)fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
	for (unsigned int i = 0; i < what->n_sides && !err; i++) {
		c.side = &what->sides[i];
		c.number = i;
		err = write_side(&c);
	}
	(void)fputs("\n]}\n", out);
	return export_end(out, err);
}
