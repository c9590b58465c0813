/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_read: reads a recording back. The text may be cut, hand-written or hostile: every value
 * is checked before it is believed, every name is made safe to show, and a refusal says which
 * key is wrong. Unknown keys are ignored: they are a later lull's.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/rec_place.h"
#include "model/recording.h"
#include "model/rows.h"
#include "report/json_fields.h"
#include "report/json_hist.h"
#include "report/json_host.h"
#include "report/json_keys.h"
#include "report/json_node.h"
#include "report/json_parts.h"
#include "report/json_split.h"
#include "report/json_trace.h"
#include "report/json_tsc.h"
#include "report/report.h"

static int read_label(const struct json_node *item, void *to)
{
	struct rec_entry *entry = to;
	struct rec_label given = { .name = NULL };
	int err = json_node_read_fields(item, json_label_fields, &given);

	err = err ?: rec_label_add(entry, given.name, given.count, given.sum_ns);
	free(given.name);
	return err;
}

static int read_id(const struct json_node *node, struct rec_entry *entry)
{
	auto_str struct str text = { .s = NULL };
	uint64_t number;
	int err;

	entry->id_is_number = json_object_get_type(node->value) == json_type_int;
	if (!entry->id_is_number)
		return json_node_read_text(node, &entry->id);
	err = json_node_read_u64(node, UINT64_MAX, &number);
	err = err ?: str_addf(&text, "%" PRIu64, number);
	if (!err)
		entry->id = take_ptr(text.s);
	return err;
}

/* What entries of a CPU and of a ledger have in common; entry->kind is set. */
static int read_entry(const struct json_node *item, bool needs_id, struct rec_entry *entry)
{
	struct json_node id = { .value = NULL };
	int err = json_node_get(item, "id", needs_id, &id);

	if (err == -ENOENT) {
		entry->id = strdup("");
		err = entry->id ? 0 : -ENOMEM;
	} else if (!err) {
		err = read_id(&id, entry);
	}
	err = err ?: json_node_read_fields(item, json_entry_fields, entry);
	err = err ?: json_hist_read(item, "hist", &entry->hist);
	return err ?: json_node_read_list(item, "labels", false, read_label, entry);
}

/* The string @key of @item, which must be a name that @lookup knows: its static text. */
static int read_kind(const struct json_node *item, const char *key,
		     const char *(*lookup)(const char *), const char **ret)
{
	auto_free char *name = NULL;
	struct json_node node = { .value = NULL };
	int err = json_node_want(item, json_type_object, "an object");

	err = err ?: json_node_get(item, key, true, &node);
	err = err ?: json_node_read_text(&node, &name);
	if (err)
		return err;
	*ret = lookup(name);
	return *ret ? 0 : json_node_refuse(&node, "\"%.40s\" is not known", name);
}

static const char *row_name(const char *name)
{
	const struct row *row = rows_find(name);

	return row ? row->name : NULL;
}

static int read_source(const struct json_node *item, void *to)
{
	struct rec_cpu *cpu = to;
	struct rec_entry *entry = NULL;
	const char *kind = NULL;
	int err = read_kind(item, "source", rows_source, &kind);

	err = err ?: rec_entry_add(&cpu->sources, &cpu->n_sources, &entry);
	if (err)
		return err;
	entry->kind = kind;
	err = read_entry(item, true, entry);
	if (!err && entry->id_is_number == (streq(kind, "vector") || streq(kind, "nmi")))
		return json_node_refuse(item, "the id of a source %s is a %s", kind,
					entry->id_is_number ? "string" : "number");
	return err;
}

static int read_ledger_entry(const struct json_node *item, void *to)
{
	struct rec_thread *thread = to;
	struct rec_entry *entry = NULL;
	const char *kind = NULL;
	int err = read_kind(item, "row", row_name, &kind);

	err = err ?: rec_entry_add(&thread->ledger, &thread->n_ledger, &entry);
	if (err)
		return err;
	entry->kind = kind;
	return read_entry(item, false, entry);
}

static int read_place(const struct json_node *item, void *to)
{
	struct rec_place place = { .cpu = 0 };
	int err = json_node_read_fields(item, json_place_fields, &place);

	if (!err && place.cpu >= CPUSET_MAX)
		return json_node_refuse(item, "there is no CPU %d", place.cpu);
	return err ?: recording_add_place(to, &place);
}

static int read_cpu(const struct json_node *item, void *to)
{
	struct recording *rec = to;
	struct rec_cpu *cpu = NULL;
	int err = recording_add_cpu(rec, &cpu);

	err = err ?: json_node_read_fields(item, json_cpu_fields, cpu);
	if (!err && cpu->cpu >= CPUSET_MAX)
		return json_node_refuse(item, "there is no CPU %d", cpu->cpu);
	return err ?: json_node_read_list(item, "sources", true, read_source, cpu);
}

static int read_optional_u64(const struct json_node *up, const char *key, bool *ret_has,
			     uint64_t *ret)
{
	struct json_node node = { .value = NULL };
	int err = json_node_get(up, key, false, &node);

	if (err == -ENOENT || (!err && !node.value))
		return 0;
	err = err ?: json_node_read_u64(&node, UINT64_MAX - 1, ret);
	if (!err && ret_has)
		*ret_has = true;
	return err;
}

/* Every lull has seen to that before it wrote a ledger, whatever was lost: this one was edited. */
static int check_sum(const struct json_node *item, const struct rec_thread *thread)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < thread->n_ledger; i++)
		if (__builtin_add_overflow(sum, thread->ledger[i].sum_ns, &sum))
			return json_node_refuse(item, "the ledger sums to more than any time");
	if (sum != thread->wall_ns)
		return json_node_refuse(item,
					"damaged: the ledger sums to %" PRIu64
					" ns, its wall time is %" PRIu64 " ns",
					sum, thread->wall_ns);
	return 0;
}

static int read_thread(const struct json_node *item, void *to)
{
	struct recording *rec = to;
	struct rec_thread *thread = NULL;
	int err = recording_add_thread(rec, &thread);

	err = err ?: json_node_read_fields(item, json_thread_fields, thread);
	err = err ?: json_node_read_list(item, "ledger", true, read_ledger_entry, thread);
	err = err ?: check_sum(item, thread);
	err = err ?: json_hist_read_held(item, "gap", &thread->gap);
	err = err ?: json_hist_read_held(item, "wake", &thread->wake);
	err = err ?: json_hist_read_held(item, "preempted", &thread->preempted);
	err = err
		      ?: read_optional_u64(item, "sibling_ns", &thread->has_sibling,
					   &thread->sibling_ns);
	err = err ?: read_optional_u64(item, "stalls", NULL, &thread->stalls);
	return err ?: read_optional_u64(item, "stalls_ns", NULL, &thread->stalls_ns);
}

/* A thread's comm is an added key of "threads": take it from the list that always had it. */
static int read_watch_thread(const struct json_node *item, void *to)
{
	struct recording *rec = to;
	struct rec_thread given = { .tid = 0 }, *thread;
	int err = json_node_read_fields(item, json_watch_thread_fields, &given);

	if (!err && item->index < rec->n_threads) {
		thread = &rec->threads[item->index];
		if (thread->tid == given.tid && !*thread->comm) {
			free(thread->comm);
			thread->comm = take_ptr(given.comm);
		}
	}
	free(given.comm);
	free(given.vm);
	return err;
}

static int read_segment(const struct json_node *item, void *to)
{
	struct rec_stall *stall = to;
	struct rec_segment given = { .name = NULL };
	int err = read_kind(item, "row", row_name, &given.row);

	err = err ?: json_node_read_fields(item, json_segment_fields, &given);
	err = err ?: rec_segment_add(stall, given.row, given.name, given.ns);
	free(given.name);
	return err;
}

static int read_frame(const struct json_node *item, void *to)
{
	auto_free char *text = NULL;
	int err = json_node_read_text(item, &text);

	return err ?: rec_frame_add(to, text);
}

static int read_stall(const struct json_node *item, void *to)
{
	struct recording *rec = to;
	struct rec_stall *stall = NULL;
	int err = recording_add_stall(rec, &stall);

	err = err ?: json_node_read_fields(item, json_stall_fields, stall);
	err = err ?: json_node_read_list(item, "segments", true, read_segment, stall);
	return err ?: json_node_read_list(item, "stack", false, read_frame, stall);
}

static int read_audit(const struct json_node *item, void *to)
{
	struct recording *rec = to;
	struct rec_audit *audit = NULL;
	int err = recording_add_audit(rec, &audit);

	err = err ?: json_node_read_fields(item, json_audit_fields, audit);
	return err ?: read_optional_u64(item, "lull", &audit->has_lull, &audit->lull);
}

static int read_program(const struct json_node *item, void *to)
{
	struct recording *rec = to;
	struct rec_program *program = NULL;
	int err = recording_add_program(rec, &program);

	return err ?: json_node_read_fields(item, json_program_fields, program);
}

static int read_reason(const struct json_node *item, void *to)
{
	auto_free char *text = NULL;
	int err = json_node_read_text(item, &text);

	return err ?: recording_add_incomplete(to, text);
}

static int read_missing(const struct json_node *item, void *to)
{
	auto_free char *text = NULL;
	int err = json_node_read_text(item, &text);

	return err ?: recording_add_missing(to, text);
}

static int read_note(const struct json_node *item, void *to)
{
	auto_free char *text = NULL;
	int err = json_node_read_text(item, &text);

	return err ?: recording_add_note(to, text);
}

static int read_anomalies(const struct json_node *loss, struct recording *rec)
{
	struct json_node node = { .value = NULL };
	int err = json_node_get(loss, "anomalies", true, &node);

	err = err ?: json_node_want(&node, json_type_object, "an object");
	if (err)
		return err;
	json_object_object_foreach(node.value, name, count) {
		struct json_node child = {
			.value = count, .up = &node, .key = name, .why = node.why
		};
		uint64_t n = 0;

		err = json_node_read_u64(&child, UINT64_MAX, &n);
		err = err ?: recording_add_anomaly(rec, name, n);
		if (err)
			return err;
		str_sanitize(rec->anomalies[rec->n_anomalies - 1].name);
	}
	return 0;
}

/* The members of an object of the document, which must be there. */
static int read_part(const struct json_node *document, const char *key,
		     const struct json_field *fields, struct recording *rec, struct json_node *ret)
{
	struct json_node node = { .value = NULL };
	int err = json_node_get(document, key, true, &node);

	err = err ?: json_node_read_fields(&node, fields, rec);
	if (!err)
		*ret = node;
	return err;
}

static int read_schema(const struct json_node *document)
{
	auto_free char *schema = NULL;
	struct json_node node = { .value = NULL };
	int err = json_node_want(document, json_type_object, "a recording (an object)");

	err = err ?: json_node_get(document, "schema", true, &node);
	err = err ?: json_node_read_text(&node, &schema);
	if (!err && !streq(schema, JSON_SCHEMA))
		return json_node_refuse(&node, "\"%.40s\" is not \"%s\"", schema, JSON_SCHEMA);
	return err;
}

static int by_duration(const void *a, const void *b)
{
	const struct rec_stall *x = a, *y = b;

	if (x->duration_ns != y->duration_ns)
		return x->duration_ns < y->duration_ns ? 1 : -1;
	return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

/* Longest first is a promise of struct recording. A file that keeps it is left in its order. */
static void sort_stalls(struct recording *rec)
{
	for (unsigned int i = 1; i < rec->n_stalls; i++) {
		if (rec->stalls[i - 1].duration_ns < rec->stalls[i].duration_ns) {
			qsort(rec->stalls, rec->n_stalls, sizeof(*rec->stalls), by_duration);
			return;
		}
	}
}

/* The lists that are long, and are not parsed at once with the document. */
enum { LIST_CPUS, LIST_THREADS, LIST_STALLS, LIST_TRACE };
static const char *const long_keys[] = { "cpus", "threads", "stalls", "trace_windows", NULL };
static const struct json_list long_lists[] = {
	[LIST_CPUS] = { "cpus", LIST_CPUS, true, read_cpu },
	[LIST_THREADS] = { "threads", LIST_THREADS, true, read_thread },
	[LIST_STALLS] = { "stalls", LIST_STALLS, true, read_stall },
	[LIST_TRACE] = { "trace_windows", LIST_TRACE, false, json_trace_read_window },
};

static int read_document(const struct json_node *document, const struct json_split *split,
			 struct recording *rec)
{
	struct json_node watch = { .value = NULL };
	struct json_node part = { .value = NULL };
	int err = read_schema(document);

	err = err ?: json_node_read_fields(document, json_top_fields, rec);
	err = err ?: read_part(document, "host", json_host_fields, rec, &part);
	err = err ?: json_node_read_fields(document, json_time_fields, rec);
	err = err ?: read_part(document, "watch", json_watch_fields, rec, &watch);
	err = err ?: json_node_read_list(document, "topology", false, read_place, rec);
	err = err ?: json_host_read(document, rec);
	err = err ?: json_parts_read(document, split, &long_lists[LIST_CPUS], rec);
	err = err ?: json_parts_read(document, split, &long_lists[LIST_THREADS], rec);
	err = err ?: json_node_read_list(&watch, "threads", true, read_watch_thread, rec);
	err = err ?: json_parts_read(document, split, &long_lists[LIST_STALLS], rec);
	err = err ?: json_tsc_read(document, rec);
	err = err ?: json_trace_read(document, rec);
	err = err ?: json_parts_read(document, split, &long_lists[LIST_TRACE], rec);
	err = err ?: read_part(document, "stalls_total", json_total_fields, rec, &part);
	err = err ?: json_node_read_list(document, "audit", true, read_audit, rec);
	err = err ?: read_part(document, "loss", json_loss_fields, rec, &part);
	err = err ?: read_anomalies(&part, rec);
	err = err ?: json_node_read_list(&part, "reasons", false, read_reason, rec);
	err = err ?: read_part(document, "self", json_self_fields, rec, &part);
	err = err ?: json_node_read_list(&part, "programs", true, read_program, rec);
	err = err ?: json_node_read_list(document, "missing", false, read_missing, rec);
	err = err ?: json_node_read_list(document, "notes", false, read_note, rec);
	if (!err)
		sort_stalls(rec);
	return err;
}

static int parse_text(const char *text, size_t len, struct json_object **ret, struct str *why)
{
	struct json_tokener *tokener = NULL;
	enum json_tokener_error state;
	int err = 0;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		len--;
	if (len == 0)
		return str_add(why, "the file is empty") ?: -EINVAL;
	if (len > INT_MAX)
		return str_add(why, "larger than 2 GiB") ?: -EINVAL;
	tokener = json_tokener_new();
	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	*ret = json_tokener_parse_ex(tokener, text, (int)len);
	state = json_tokener_get_error(tokener);
	if (state == json_tokener_continue)
		err = str_addf(why, "the text ends after %zu bytes in the middle: it was cut", len);
	else if (state != json_tokener_success)
		err = str_addf(why, "not JSON at byte %zu: %s", json_tokener_get_parse_end(tokener),
			       json_tokener_error_desc(state));
	if (!err && state != json_tokener_success)
		err = -EINVAL;
	json_tokener_free(tokener);
	return err;
}

/* The document @text, whose long lists are in @split unless that is NULL. */
static int read_text(const char *text, size_t len, const struct json_split *split,
		     struct recording *ret, struct str *why)
{
	struct recording rec = { .hostname = NULL };
	struct json_object *json = NULL;
	struct json_node document = { .why = why };
	int err = parse_text(text, len, &json, why);

	document.value = json;
	err = err ?: read_document(&document, split, &rec);
	json_object_put(json);
	if (err) {
		recording_done(&rec);
		return err;
	}
	*ret = rec;
	return 0;
}

int report_json_read(const char *text, size_t len, struct recording *ret, struct str *ret_why)
{
	struct json_split split = { .parts = NULL };
	auto_str struct str why = { .s = NULL };
	struct recording rec;
	int err = json_split(text, len, long_keys, &split);

	err = err ?: read_text(split.rest.s, split.rest.len, &split, &rec, &why);
	json_split_done(&split);
	if (err == -ENOMEM)
		return err;
	/* Again, so that what is refused is named by its place in the whole. */
	if (err)
		err = read_text(text, len, NULL, &rec, ret_why);
	if (err)
		return err;
	err = json_keys_check(text, len, ret_why);
	if (err)
		recording_done(&rec);
	else
		*ret = rec;
	return err;
}
