/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: writes a recording as one JSON document, an element of a list at a time and one to a
 * line, so that memory stays small and a diff can be read. json_read.c is the other direction.
 */
#include <errno.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "model/rec_host.h"
#include "model/rec_place.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/json_fields.h"
#include "report/json_trace.h"
#include "report/json_tsc.h"
#include "report/report.h"

#define SUMMARY_STALLS 10
#define TEXT_FLAGS     (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* The first error sticks: what is built after it is thrown away. */
struct writer {
	FILE *out;
	bool is_summary; /* percentiles instead of buckets, the worst stalls, no audit */
	int err;
};

/* Puts @value under @key, or at the end of an array (key NULL). Takes @value; NULL: no memory. */
static void put(struct writer *w, struct json_object *to, const char *key,
		struct json_object *value)
{
	int err = -1;

	if (to && value && key)
		err = json_object_object_add(to, key, value);
	else if (to && value)
		err = json_object_array_add(to, value);
	if (err) {
		json_object_put(value);
		w->err = w->err ?: -ENOMEM;
	}
}

static void put_null(struct writer *w, struct json_object *to, const char *key)
{
	if (!to || json_object_object_add(to, key, NULL))
		w->err = w->err ?: -ENOMEM;
}

static void put_text(struct writer *w, struct json_object *to, const char *key, const char *text)
{
	put(w, to, key, json_object_new_string(text ?: ""));
}

static void put_field(struct writer *w, struct json_object *to, const struct json_field *field,
		      const void *member)
{
	switch (field->type) {
	case JSON_U64:
		put(w, to, field->key, json_object_new_uint64(*(const uint64_t *)member));
		return;
	case JSON_UINT:
		put(w, to, field->key, json_object_new_uint64(*(const unsigned int *)member));
		return;
	case JSON_INT_OR_NULL:
		if (*(const int *)member < 0)
			put_null(w, to, field->key);
		else
			put(w, to, field->key, json_object_new_int(*(const int *)member));
		return;
	case JSON_INT:
		put(w, to, field->key, json_object_new_int(*(const int *)member));
		return;
	case JSON_BOOL:
		put(w, to, field->key, json_object_new_boolean(*(const bool *)member));
		return;
	case JSON_TEXT_OR_NULL:
		if (!*(char *const *)member)
			put_null(w, to, field->key);
		else
			put_text(w, to, field->key, *(char *const *)member);
		return;
	case JSON_TEXT:
		put_text(w, to, field->key, *(char *const *)member);
		return;
	}
}

static void put_fields(struct writer *w, struct json_object *to, const struct json_field *fields,
		       const void *base)
{
	for (const struct json_field *field = fields; field->key; field++)
		put_field(w, to, field, (const char *)base + field->offset);
}

static struct json_object *object_of(struct writer *w, const struct json_field *fields,
				     const void *base)
{
	struct json_object *object = json_object_new_object();

	put_fields(w, object, fields, base);
	return object;
}

static struct json_object *buckets_of(struct writer *w, const struct hist *hist)
{
	struct json_object *buckets = json_object_new_array();

	for (unsigned int i = 0; i <= hist_slots(hist->digits); i++) {
		struct json_object *bucket;
		uint64_t low, high;

		if (!hist->counts[i])
			continue;
		hist_range(hist->digits, i, &low, &high);
		bucket = json_object_new_array_ext(3);
		put(w, bucket, NULL, json_object_new_uint64(low));
		put(w, bucket, NULL, json_object_new_uint64(high));
		put(w, bucket, NULL, json_object_new_uint64(hist->counts[i]));
		put(w, buckets, NULL, bucket);
	}
	return buckets;
}

static void put_percentiles(struct writer *w, struct json_object *to, const struct hist *hist)
{
	static const struct {
		const char *key;
		uint32_t per_mille_mille;
	} levels[] = {
		{ "p50", 500000 },   { "p90", 900000 },	   { "p99", 990000 },
		{ "p99.9", 999000 }, { "p99.99", 999900 }, { "p99.999", 999990 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(levels); i++)
		put(w, to, levels[i].key,
		    json_object_new_uint64(hist_percentile(hist, levels[i].per_mille_mille)));
}

static void put_hist(struct writer *w, struct json_object *to, const char *key,
		     const struct hist *hist)
{
	struct json_object *object;

	if (!hist->counts) {
		put_null(w, to, key);
		return;
	}
	object = json_object_new_object();
	put_text(w, object, "unit", "ns");
	put_fields(w, object, json_hist_fields, hist);
	if (w->is_summary)
		put_percentiles(w, object, hist);
	else
		put(w, object, "buckets", buckets_of(w, hist));
	put(w, to, key, object);
}

static void put_id(struct writer *w, struct json_object *to, const struct rec_entry *entry)
{
	uint64_t number;

	if (entry->id_is_number && !parse_u64(entry->id ?: "", &number))
		put(w, to, "id", json_object_new_uint64(number));
	else
		put_text(w, to, "id", entry->id);
}

static struct json_object *labels_of(struct writer *w, const struct rec_entry *entry)
{
	struct json_object *labels = json_object_new_array();

	for (unsigned int i = 0; i < entry->n_labels; i++)
		put(w, labels, NULL, object_of(w, json_label_fields, &entry->labels[i]));
	return labels;
}

/* @kind_key: what an entry's kind is called here: "source" of a CPU, "row" of a ledger. */
static struct json_object *entries_of(struct writer *w, const char *kind_key,
				      const struct rec_entry *entries, unsigned int n)
{
	bool has_id_always = streq(kind_key, "source");
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < n; i++) {
		const struct rec_entry *entry = &entries[i];
		struct json_object *object = json_object_new_object();

		put_text(w, object, kind_key, entry->kind);
		if (has_id_always || (entry->id && *entry->id))
			put_id(w, object, entry);
		put_fields(w, object, json_entry_fields, entry);
		put_hist(w, object, "hist", &entry->hist);
		put(w, object, "labels", labels_of(w, entry));
		put(w, list, NULL, object);
	}
	return list;
}

static struct json_object *cpu_of(struct writer *w, const struct rec_cpu *cpu)
{
	struct json_object *object = object_of(w, json_cpu_fields, cpu);

	put(w, object, "sources", entries_of(w, "source", cpu->sources, cpu->n_sources));
	return object;
}

static struct json_object *thread_of(struct writer *w, const struct rec_thread *thread)
{
	const struct {
		const char *key;
		const struct hist *hist;
	} hists[] = {
		{ .key = "gap", .hist = &thread->gap },
		{ .key = "wake", .hist = &thread->wake },
		{ .key = "preempted", .hist = &thread->preempted },
	};
	struct json_object *object = object_of(w, json_thread_fields, thread);

	put(w, object, "ledger", entries_of(w, "row", thread->ledger, thread->n_ledger));
	for (unsigned int i = 0; i < ARRAY_SIZE(hists); i++) {
		struct json_object *holder = json_object_new_object();

		put_hist(w, holder, "hist", hists[i].hist);
		put(w, object, hists[i].key, holder);
	}
	if (thread->has_sibling)
		put(w, object, "sibling_ns", json_object_new_uint64(thread->sibling_ns));
	put(w, object, "stalls", json_object_new_uint64(thread->stalls));
	put(w, object, "stalls_ns", json_object_new_uint64(thread->stalls_ns));
	return object;
}

static struct json_object *texts_of(struct writer *w, char *const *texts, unsigned int n)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < n; i++)
		put_text(w, list, NULL, texts[i]);
	return list;
}

static struct json_object *stall_of(struct writer *w, const struct rec_stall *stall)
{
	struct json_object *object = object_of(w, json_stall_fields, stall);
	struct json_object *segments = json_object_new_array();

	for (unsigned int i = 0; i < stall->n_segments; i++) {
		struct json_object *segment = json_object_new_object();

		put_text(w, segment, "row", stall->segments[i].row);
		put_fields(w, segment, json_segment_fields, &stall->segments[i]);
		put(w, segments, NULL, segment);
	}
	put(w, object, "segments", segments);
	if (stall->n_stack)
		put(w, object, "stack", texts_of(w, stall->stack, stall->n_stack));
	return object;
}

static struct json_object *audit_of(struct writer *w, const struct rec_audit *audit)
{
	struct json_object *object = object_of(w, json_audit_fields, audit);

	if (audit->has_lull)
		put(w, object, "lull", json_object_new_uint64(audit->lull));
	else
		put_null(w, object, "lull");
	return object;
}

static struct json_object *watch_of(struct writer *w, const struct recording *rec)
{
	struct json_object *object = object_of(w, json_watch_fields, rec);
	struct json_object *threads = json_object_new_array();

	for (unsigned int i = 0; i < rec->n_threads; i++)
		put(w, threads, NULL, object_of(w, json_watch_thread_fields, &rec->threads[i]));
	put(w, object, "threads", threads);
	return object;
}

static struct json_object *loss_of(struct writer *w, const struct recording *rec)
{
	struct json_object *object = object_of(w, json_loss_fields, rec);
	struct json_object *anomalies = json_object_new_object();
	struct json_object *reasons = json_object_new_array();

	for (unsigned int i = 0; i < rec->n_anomalies; i++)
		put(w, anomalies, rec->anomalies[i].name,
		    json_object_new_uint64(rec->anomalies[i].count));
	for (unsigned int i = 0; i < rec->n_incomplete; i++)
		put_text(w, reasons, NULL, rec->incomplete[i].name);
	put(w, object, "anomalies", anomalies);
	put(w, object, "reasons", reasons);
	return object;
}

static struct json_object *self_of(struct writer *w, const struct recording *rec)
{
	struct json_object *object = object_of(w, json_self_fields, rec);
	struct json_object *programs = json_object_new_array();

	for (unsigned int i = 0; i < rec->n_programs; i++)
		put(w, programs, NULL, object_of(w, json_program_fields, &rec->programs[i]));
	put(w, object, "programs", programs);
	return object;
}

/* Prints @value after @before and frees it. */
static void print(struct writer *w, const char *before, struct json_object *value)
{
	const char *text = value ? json_object_to_json_string_ext(value, TEXT_FLAGS) : NULL;

	if (!text)
		w->err = w->err ?: -ENOMEM;
	else if (!w->err && (fputs(before, w->out) < 0 || fputs(text, w->out) < 0))
		w->err = errno ? -errno : -EIO;
	json_object_put(value);
}

static void print_key(struct writer *w, const char *key, struct json_object *value)
{
	if (!w->err && fprintf(w->out, ",\n\"%s\":", key) < 0)
		w->err = errno ? -errno : -EIO;
	print(w, "", value);
}

/* The members of @fields on the top level, a line each. */
static void print_fields(struct writer *w, const struct json_field *fields,
			 const struct recording *rec)
{
	struct json_object *object = object_of(w, fields, rec);

	if (!object)
		return;
	json_object_object_foreach(object, key, value)
		print_key(w, key, json_object_get(value));
	json_object_put(object);
}

/* A list whose elements are made one at a time: @element returns number @i of them. */
static void print_list(struct writer *w, const char *key, unsigned int n,
		       struct json_object *(*element)(struct writer *, const struct recording *,
						      unsigned int),
		       const struct recording *rec)
{
	if (!w->err && fprintf(w->out, ",\n\"%s\":[", key) < 0)
		w->err = errno ? -errno : -EIO;
	for (unsigned int i = 0; i < n && !w->err; i++)
		print(w, i ? ",\n" : "\n", element(w, rec, i));
	if (!w->err && fputs(n ? "\n]" : "]", w->out) < 0)
		w->err = errno ? -errno : -EIO;
}

static struct json_object *place_at(struct writer *w, const struct recording *rec, unsigned int i)
{
	return object_of(w, json_place_fields, &rec->places[i]);
}

static struct json_object *cache_at(struct writer *w, const struct recording *rec, unsigned int i)
{
	return object_of(w, json_cache_fields, &rec->caches[i]);
}

static struct json_object *host_cpu_at(struct writer *w, const struct recording *rec,
				       unsigned int i)
{
	const struct rec_host_cpu *cpu = &rec->host_cpus[i];
	struct json_object *object = object_of(w, json_host_cpu_fields, cpu);
	struct json_object *interrupts = json_object_new_array();

	for (unsigned int k = 0; k < cpu->n_interrupts; k++)
		put(w, interrupts, NULL, object_of(w, json_interrupt_fields, &cpu->interrupts[k]));
	put(w, object, "interrupts", interrupts);
	return object;
}

static struct json_object *cpu_at(struct writer *w, const struct recording *rec, unsigned int i)
{
	return cpu_of(w, &rec->cpus[i]);
}

static struct json_object *thread_at(struct writer *w, const struct recording *rec, unsigned int i)
{
	return thread_of(w, &rec->threads[i]);
}

static struct json_object *stall_at(struct writer *w, const struct recording *rec, unsigned int i)
{
	return stall_of(w, &rec->stalls[i]);
}

static struct json_object *audit_at(struct writer *w, const struct recording *rec, unsigned int i)
{
	return audit_of(w, &rec->audit[i]);
}

static int write_document(struct writer *w, const struct recording *rec)
{
	unsigned int n_stalls = w->is_summary ? min(rec->n_stalls, SUMMARY_STALLS) : rec->n_stalls;

	errno = 0;
	print(w, "{\n\"schema\":",
	      json_object_new_string(w->is_summary ? JSON_SCHEMA_SUMMARY : JSON_SCHEMA));
	print_fields(w, json_top_fields, rec);
	print_key(w, "host", object_of(w, json_host_fields, rec));
	print_fields(w, json_time_fields, rec);
	print_key(w, "watch", watch_of(w, rec));
	if (rec->n_places)
		print_list(w, "topology", rec->n_places, place_at, rec);
	if (rec->n_caches)
		print_list(w, "caches", rec->n_caches, cache_at, rec);
	if (rec->n_host_cpus)
		print_list(w, "host_cpus", rec->n_host_cpus, host_cpu_at, rec);
	print_list(w, "cpus", rec->n_cpus, cpu_at, rec);
	print_list(w, "threads", rec->n_threads, thread_at, rec);
	print_list(w, "stalls", n_stalls, stall_at, rec);
	print_key(w, "stalls_total", object_of(w, json_total_fields, rec));
	if (rec->tsc && !w->err)
		json_tsc_write(rec->tsc, w->out);
	if (rec->trace && !w->is_summary)
		w->err = w->err ?: json_trace_write(rec->trace, w->out);
	if (!w->is_summary)
		print_list(w, "audit", rec->n_audit, audit_at, rec);
	print_key(w, "loss", loss_of(w, rec));
	print_key(w, "self", self_of(w, rec));
	print_key(w, "missing", texts_of(w, rec->missing, rec->n_missing));
	print_key(w, "notes", texts_of(w, rec->notes, rec->n_notes));
	if (!w->err && fputs("\n}\n", w->out) < 0)
		w->err = errno ? -errno : -EIO;
	return w->err;
}

int report_json_write(const struct recording *rec, FILE *out)
{
	struct writer w = { .out = out };

	return export_end(out, write_document(&w, rec));
}

/* Several recordings are one document with their labels; the labels need no escaping. */
int report_json_export(const struct export *what, FILE *out)
{
	struct writer w = { .out = out, .is_summary = what->is_summary };
	bool is_labelled = *what->sides[0].label;
	int err = 0;

	if (is_labelled)
		(void)fputs("{\n\"schema\":\"lull.export/1\",\n\"sides\":[", out);
	for (unsigned int i = 0; i < what->n_sides && !err; i++) {
		if (is_labelled)
			(void)fprintf(out, "%s\n{\"side\":\"%s\",\"recording\":", i ? "," : "",
				      what->sides[i].label);
		err = write_document(&w, what->sides[i].rec);
		if (is_labelled)
			(void)fputs("}", out);
	}
	if (is_labelled)
		(void)fputs("\n]}\n", out);
	return export_end(out, err);
}
