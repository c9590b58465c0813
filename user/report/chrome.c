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
#include "model/recording.h"
#include "report/export.h"
#include "report/timeline.h"

#define US(ns) (ns) / 1000, (unsigned int)((ns) % 1000)

struct chrome {
	FILE *out;
	const struct export_side *side;
	unsigned int number;
	const struct timeline *timeline;
	bool has_events;
};

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

static int write_slice(struct chrome *c, const struct timeline_slice *slice)
{
	bool of_cpu = c->timeline->tracks[slice->track].thread < 0;
	auto_str struct str name = { .s = NULL };
	auto_str struct str json = { .s = NULL };
	int err = slice->segment ? export_add_segment(slice->segment, &name)
				 : str_add(&name, "stall");

	err = err ?: export_add_json(name.s, &json);
	if (err)
		return err;
	event_begin(c, "X", pid_of(c, of_cpu), slice->track + 1);
	(void)fprintf(c->out, ",\"ts\":%" PRIu64 ".%03u,\"dur\":%" PRIu64 ".%03u", US(slice->at_ns),
		      US(slice->ns));
	(void)fprintf(c->out, ",\"cat\":\"%s\",\"name\":%s",
		      slice->segment ? slice->segment->row : "stall", json.s);
	err = slice->segment ? 0 : write_args(c, slice->stall);
	(void)fputc('}', c->out);
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
	timeline_done(&timeline);
	c->timeline = NULL;
	return err;
}

int report_chrome_write(const struct export *what, FILE *out)
{
	struct chrome c = { .out = out };
	int err = 0;

	(void)fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
	for (unsigned int i = 0; i < what->n_sides && !err; i++) {
		c.side = &what->sides[i];
		c.number = i;
		err = write_side(&c);
	}
	(void)fputs("\n]}\n", out);
	return export_end(out, err);
}
