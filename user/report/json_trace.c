/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_trace: there may be a million events, so they are written by hand: [at, duration, number of the
 * cause], from the beginning of their window. What is read back has no hole and no overlap, so that
 * whoever draws it need not look again.
 */
#include "report/json_trace.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/rec_trace.h"
#include "model/recording.h"
#include "model/rows.h"
#include "report/export.h"
#include "report/json_fields.h"
#include "report/json_node.h"
#include "report/json_tables.h"

/* ---- out */

static void write_window(const struct rec_trace_window *w, FILE *out)
{
	(void)fprintf(out,
		      "{\"cpu\":%d,\"at_ns\":%" PRIu64 ",\"duration_ns\":%" PRIu64
		      ",\"stall_ns\":%" PRIu64 ",\"events\":[",
		      w->cpu, w->at_ns, w->duration_ns, w->stall_ns);
	for (unsigned int i = 0; i < w->n_events; i++) {
		const struct rec_trace_event *e = &w->events[i];

		(void)fprintf(out, "%s[%" PRIu64 ",%" PRIu64 ",%u]", i ? "," : "",
			      e->at_ns - w->at_ns, e->ns, e->cause);
	}
	(void)fputs("]}", out);
}

static int write_cause(const struct rec_trace_cause *cause, FILE *out)
{
	auto_str struct str name = { .s = NULL };
	int err = export_add_json(cause->name, &name);

	if (!err)
		(void)fprintf(out, "{\"kind\":\"%s\",\"name\":%s,\"tid\":%d}", cause->kind, name.s,
			      cause->tid);
	return err;
}

int json_trace_write(const struct rec_trace *trace, FILE *out)
{
	int err = 0;

	(void)fprintf(out,
		      ",\n\"trace\":{\"before_ns\":%" PRIu64 ",\"after_ns\":%" PRIu64
		      ",\"dropped\":%" PRIu64 ",\"missing_ns\":%" PRIu64
		      ",\"windows_dropped\":%" PRIu64 ",\"causes\":[",
		      trace->before_ns, trace->after_ns, trace->dropped, trace->missing_ns,
		      trace->windows_dropped);
	for (unsigned int i = 0; i < trace->n_causes && !err; i++) {
		(void)fputs(i ? "," : "", out);
		err = write_cause(&trace->causes[i], out);
	}
	(void)fputs("]},\n\"trace_windows\":[", out);
	for (unsigned int i = 0; i < trace->n_windows && !err; i++) {
		(void)fputs(i ? ",\n" : "\n", out);
		write_window(&trace->windows[i], out);
	}
	(void)fputs(trace->n_windows ? "\n]" : "]", out);
	return err;
}

/* ---- in */

static const char *kind_find(const char *name)
{
	const struct row *row = rows_find(name);

	return row ? row->name : rows_source(name);
}

static int read_cause(const struct json_node *item, void *to)
{
	struct json_node node = { .value = NULL };
	struct rec_trace_cause *cause = NULL;
	auto_free char *kind = NULL;
	int err = json_node_want(item, json_type_object, "an object");

	err = err ?: json_node_get(item, "kind", true, &node);
	err = err ?: json_node_read_text(&node, &kind);
	err = err ?: rec_trace_add_cause(to, &cause);
	if (err)
		return err;
	cause->kind = kind_find(kind);
	if (!cause->kind)
		return json_node_refuse(&node, "\"%.40s\" is not known", kind);
	return json_node_read_fields(item, json_trace_cause_fields, cause);
}

int json_trace_read(const struct json_node *document, struct recording *rec)
{
	struct json_node head = { .value = NULL };
	struct rec_trace *trace = NULL;
	int err = json_node_get(document, "trace", false, &head);

	if (err == -ENOENT || (!err && !head.value))
		return 0;
	err = err ?: rec_trace_new(rec, &trace);
	err = err ?: json_node_read_fields(&head, json_trace_fields, trace);
	return err ?: json_node_read_list(&head, "causes", true, read_cause, trace);
}

/* A window that is being read, and how much of its time its events have taken. */
struct event_list {
	const struct rec_trace *trace;
	struct rec_trace_window *window;
	uint64_t taken_ns;
};

static int put_event(struct event_list *list, const struct json_node *node,
		     const uint64_t values[JSON_TRIPLE])
{
	if (values[0] != list->taken_ns || values[1] > list->window->duration_ns - list->taken_ns)
		return json_node_refuse(node, "does not begin where the one before ended, or ends "
					      "behind its window");
	if (values[2] >= list->trace->n_causes)
		return json_node_refuse(node, "there is no cause %" PRIu64, values[2]);
	list->taken_ns += values[1];
	list->window->events[list->window->n_events++] = (struct rec_trace_event){
		.at_ns = list->window->at_ns + values[0],
		.ns = values[1],
		.cause = (unsigned int)values[2],
	};
	return 0;
}

static int read_event(const struct json_node *item, void *to)
{
	struct event_list *list = to;
	uint64_t values[JSON_TRIPLE];
	int err = json_node_want(item, json_type_array, "[at, duration, cause]");

	if (err)
		return err;
	if (json_object_array_length(item->value) != ARRAY_SIZE(values))
		return json_node_refuse(item, "[at, duration, cause] expected");
	for (size_t i = 0; i < ARRAY_SIZE(values) && !err; i++) {
		struct json_node number = { .value = json_object_array_get_idx(item->value, i),
					    .up = item,
					    .index = i,
					    .why = item->why };

		err = json_node_read_u64(&number, UINT64_MAX, &values[i]);
	}
	return err ?: put_event(list, item, values);
}

/* Is it behind the one before, and does it end before time does? */
static int check_window(const struct json_node *item, const struct rec_trace *trace)
{
	const struct rec_trace_window *w = &trace->windows[trace->n_windows - 1];
	const struct rec_trace_window *last = trace->n_windows > 1 ? w - 1 : NULL;

	if (w->cpu >= CPUSET_MAX)
		return json_node_refuse(item, "there is no CPU %d", w->cpu);
	if (w->at_ns > INT64_MAX || w->duration_ns > INT64_MAX)
		return json_node_refuse(item, "longer than any recording");
	if (last && (w->cpu < last->cpu ||
		     (w->cpu == last->cpu && w->at_ns < last->at_ns + last->duration_ns)))
		return json_node_refuse(item, "windows out of order");
	return 0;
}

static int make_room(struct rec_trace_window *window, size_t n)
{
	window->events = calloc(n + 1, sizeof(*window->events));
	return window->events ? 0 : -ENOMEM;
}

/* "events", from its table where it has one. */
static int read_events(const struct json_node *up, struct event_list *list)
{
	struct json_node node = { .value = NULL };
	const uint64_t *values = NULL;
	size_t n = 0;
	int err = json_node_get(up, "events", true, &node);

	if (err)
		return err;
	values = json_node_table(&node, &n);
	if (!values) {
		err = json_node_want(&node, json_type_array, "a list");
		err = err ?: make_room(list->window, json_object_array_length(node.value));
		return err ?: json_node_read_list(up, "events", true, read_event, list);
	}
	err = make_room(list->window, n);
	for (size_t i = 0; i < n && !err; i++)
		err = put_event(list, &node, values + JSON_TRIPLE * i);
	return err;
}

int json_trace_read_window(const struct json_node *item, void *to)
{
	struct recording *rec = to;
	struct event_list list = { .trace = rec->trace };
	int err = 0;

	if (!rec->trace)
		return json_node_refuse(item, "windows without \"trace\"");
	err = rec_trace_add_window(rec->trace, &list.window);
	err = err ?: json_node_read_fields(item, json_trace_window_fields, list.window);
	err = err ?: check_window(item, rec->trace);
	err = err ?: read_events(item, &list);
	if (!err && list.taken_ns != list.window->duration_ns)
		return json_node_refuse(item, "its events end before it does");
	return err;
}
