/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_json: the same as JSON. Times are integer nanoseconds, shares fractions of 1.
 */
#include <errno.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/explain.h"
#include "report/text.h"

#define SCHEMA "lull.explain/1"
#define TEXT_FLAGS \
	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

/* The first error sticks: what is built after it is thrown away. */
struct builder {
	const struct explain *explain;
	int err;
};

/* Puts @value under @key, or at the end of an array (key NULL). Takes @value; NULL: no memory. */
static void put(struct builder *b, struct json_object *to, const char *key,
		struct json_object *value)
{
	if (to && value &&
	    !(key ? json_object_object_add(to, key, value) : json_object_array_add(to, value)))
		return;
	json_object_put(value);
	b->err = b->err ?: -ENOMEM;
}

static void put_null(struct builder *b, struct json_object *to, const char *key)
{
	if (!to || json_object_object_add(to, key, NULL))
		b->err = b->err ?: -ENOMEM;
}

static void put_u64(struct builder *b, struct json_object *to, const char *key, uint64_t value)
{
	put(b, to, key, json_object_new_uint64(value));
}

/* NULL is null. */
static void put_text(struct builder *b, struct json_object *to, const char *key, const char *text)
{
	if (text)
		put(b, to, key, json_object_new_string(text));
	else
		put_null(b, to, key);
}

/* What @add appends for a cause. */
static void put_words(struct builder *b, struct json_object *to, const char *key,
		      int (*add)(const struct explain *, const struct explain_cause *,
				 struct str *),
		      const struct explain_cause *cause)
{
	auto_str struct str words = { .s = NULL };
	int err = add(b->explain, cause, &words);

	b->err = b->err ?: err;
	put_text(b, to, key, words.s ?: "");
}

/* A double of its own would be written with more digits than it has. */
static void put_share(struct builder *b, struct json_object *to, double share)
{
	char digits[32];

	(void)snprintf(digits, sizeof(digits), "%.9f", share);
	put(b, to, "share", json_object_new_double_s(share, digits));
}

static double share_of(const struct explain *explain, uint64_t ns)
{
	return explain->wanted_ns ? (double)ns / (double)explain->wanted_ns : 0;
}

static void put_thread(struct builder *b, struct json_object *to, const struct rec_thread *thread)
{
	put(b, to, "tid", json_object_new_int(thread->tid));
	put_text(b, to, "comm", thread->comm ?: "");
	put_text(b, to, "vm", thread->vm);
	if (thread->vcpu >= 0)
		put(b, to, "vcpu", json_object_new_int(thread->vcpu));
	else
		put_null(b, to, "vcpu");
}

static struct json_object *part_of(struct builder *b, const struct explain_part *part)
{
	const struct recording *rec = b->explain->rec;
	struct json_object *object = json_object_new_object();

	if (b->explain->of_cpus)
		put(b, object, "cpu", json_object_new_int(rec->cpus[part->owner].cpu));
	else
		put_thread(b, object, &rec->threads[part->owner]);
	put_u64(b, object, "ns", part->ns);
	put_share(b, object, share_of(b->explain, part->ns));
	put_u64(b, object, "count", part->count);
	put_u64(b, object, "max_ns", part->max_ns);
	return object;
}

static struct json_object *labels_of(struct builder *b, const struct explain_cause *cause)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < cause->n_labels; i++) {
		struct json_object *object = json_object_new_object();

		put_text(b, object, "name", cause->labels[i].name);
		put_u64(b, object, "count", cause->labels[i].count);
		put_u64(b, object, "sum_ns", cause->labels[i].sum_ns);
		put(b, list, NULL, object);
	}
	return list;
}

static void put_worst(struct builder *b, struct json_object *to, const struct explain_cause *cause)
{
	const struct rec_stall *stall = cause->worst;
	struct json_object *object;

	if (!stall) {
		put_null(b, to, "worst");
		return;
	}
	object = json_object_new_object();
	put_u64(b, object, "at_ns", stall->at_ns);
	put(b, object, "tid", json_object_new_int(stall->tid));
	put(b, object, "cpu", json_object_new_int(stall->cpu));
	put_u64(b, object, "duration_ns", stall->duration_ns);
	put_u64(b, object, "ns", cause->worst_ns);
	put(b, to, "worst", object);
}

/* @rank 0: a hint has none. */
static struct json_object *cause_of(struct builder *b, const struct explain_cause *cause,
				    unsigned int rank)
{
	struct json_object *object = json_object_new_object();
	struct json_object *parts = json_object_new_array();
	const struct explain_rule *rule = cause->rule;
	const char *because = rule->because;

	if (rank)
		put(b, object, "rank", json_object_new_int((int)rank));
	put_text(b, object, "row", cause->row);
	put_text(b, object, "name", cause->name);
	put_u64(b, object, "ns", cause->ns);
	put_share(b, object, cause->share);
	put_u64(b, object, "count", cause->count);
	put_u64(b, object, "max_ns", cause->max_ns);
	for (unsigned int i = 0; i < cause->n_parts; i++)
		put(b, parts, NULL, part_of(b, &cause->parts[i]));
	put(b, object, b->explain->of_cpus ? "cpus" : "victims", parts);
	if (b->explain->of_cpus)
		put(b, object, "victims", json_object_new_array());
	put_words(b, object, "remedy", explain_add_remedy, cause);
	put_text(b, object, "remedy_kind", explain_remedy_name(rule->remedy));
	put_text(b, object, "knob", rule->knob);
	put_text(b, object, "rule", rule->id);
	put_text(b, object, "kind", cause->kind);
	put_text(b, object, "id", cause->id);
	put_text(b, object, "what", rule->what);
	put_text(b, object, "confidence",
		 cause->followed_ns || (because && str_starts(because, "inferred: ")) ? "inferred"
										      : "measured");
	put_words(b, object, "because", explain_add_sure, cause);
	put(b, object, "labels", labels_of(b, cause));
	put_worst(b, object, cause);
	return object;
}

static struct json_object *limits_of(struct builder *b)
{
	struct json_object *list = json_object_new_array();
	int err = 0;

	for (unsigned int i = 0; !err; i++) {
		auto_str struct str line = { .s = NULL };

		err = explain_add_limit(b->explain, i, &line);
		if (!err)
			put(b, list, NULL, json_object_new_string(line.s));
	}
	if (err != -ENOENT)
		b->err = b->err ?: err;
	return list;
}

static void put_head(struct builder *b, struct json_object *to)
{
	const struct explain *explain = b->explain;
	auto_str struct str sentence = { .s = NULL };
	int err = explain_add_verdict(explain, &sentence);

	b->err = b->err ?: err;
	put_text(b, to, "schema", SCHEMA);
	put_text(b, to, "verdict", explain_verdict_name(explain->verdict));
	put_text(b, to, "sentence", sentence.s ?: "");
	put(b, to, "complete", json_object_new_boolean(explain->is_whole));
	put_u64(b, to, "duration_ns", explain->rec->duration_ns);
	put_u64(b, to, "wanted_ns", explain->wanted_ns);
	put_u64(b, to, "taken_ns", explain->taken_ns);
	put_share(b, to, share_of(explain, explain->taken_ns));
	put_u64(b, to, "longest_ns", explain->longest_ns);
	put(b, to, "n_causes", json_object_new_int((int)explain->n_causes));
}

int report_explain_write_json(const struct explain *explain, unsigned int top, FILE *out)
{
	struct builder b = { .explain = explain };
	struct json_object *document = json_object_new_object();
	struct json_object *causes = json_object_new_array();
	struct json_object *hints = json_object_new_array();
	const char *text;

	put_head(&b, document);
	for (unsigned int i = 0; i < explain->n_causes && (!top || i < top); i++)
		put(&b, causes, NULL, cause_of(&b, &explain->causes[i], i + 1));
	for (unsigned int i = 0; i < explain->n_hints; i++)
		put(&b, hints, NULL, cause_of(&b, &explain->hints[i], 0));
	put(&b, document, "causes", causes);
	put(&b, document, "hints", hints);
	put(&b, document, "not_measured", limits_of(&b));
	text = b.err ? NULL : json_object_to_json_string_ext(document, TEXT_FLAGS);
	errno = 0;
	if (!b.err && !text)
		b.err = -ENOMEM;
	else if (!b.err && (fputs(text, out) < 0 || fputc('\n', out) < 0 || fflush(out)))
		b.err = errno ? -errno : -EIO;
	json_object_put(document);
	return b.err;
}
