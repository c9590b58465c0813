/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_hist: reads histograms back. A bin must be one of our layout and the sums must fit, so that
 * whoever computes with one need not look again.
 */
#include "report/json_hist.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "model/hist.h"
#include "report/json_fields.h"
#include "report/json_node.h"
#include "report/json_tables.h"

/* A histogram whose buckets are being read: the bin that may come next. */
struct bucket_list {
	struct hist *hist;
	unsigned int next;
};

/* [low, high, count] ascending, each one a bin of our layout. */
static int put_bucket(struct bucket_list *list, const struct json_node *node,
		      const uint64_t values[JSON_TRIPLE])
{
	struct hist *hist = list->hist;
	unsigned int slot = hist_slot(hist->digits, values[0]);
	uint64_t low, high;

	hist_range(hist->digits, slot, &low, &high);
	if (low != values[0] || high != values[1])
		return json_node_refuse(node, "no bucket of a histogram with %u digits",
					hist->digits);
	if (slot < list->next)
		return json_node_refuse(node, slot + 1 == list->next ? "the same bucket again"
								     : "buckets out of order");
	list->next = slot + 1;
	hist->counts[slot] = values[2];
	return 0;
}

static int read_bucket(const struct json_node *item, void *to)
{
	struct bucket_list *list = to;
	uint64_t values[JSON_TRIPLE];
	int err = json_node_want(item, json_type_array, "[low, high, count]");

	if (err)
		return err;
	if (json_object_array_length(item->value) != ARRAY_SIZE(values))
		return json_node_refuse(item, "[low, high, count] expected");
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct json_node number = { .value = json_object_array_get_idx(item->value, i),
					    .up = item,
					    .index = i,
					    .why = item->why };

		err = json_node_read_u64(&number, UINT64_MAX, &values[i]);
		if (err)
			return err;
	}
	return put_bucket(list, item, values);
}

/* "buckets", from its table where it has one. */
static int read_buckets(const struct json_node *up, struct bucket_list *list)
{
	struct json_node node = { .value = NULL };
	const uint64_t *values = NULL;
	size_t n = 0;
	int err = json_node_get(up, "buckets", true, &node);

	if (err)
		return err;
	values = json_node_table(&node, &n);
	if (!values)
		return json_node_read_list(up, "buckets", true, read_bucket, list);
	for (size_t i = 0; i < n && !err; i++)
		err = put_bucket(list, &node, values + JSON_TRIPLE * i);
	return err;
}

static int check_hist(const struct json_node *node, const struct hist *hist)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i <= hist_slots(hist->digits); i++) {
		if (__builtin_add_overflow(sum, hist->counts[i], &sum))
			return json_node_refuse(node, "the buckets hold more than 2^64 samples");
	}
	if (sum != hist->count)
		return json_node_refuse(node, "count is %" PRIu64 ", the buckets hold %" PRIu64,
					hist->count, sum);
	if (hist->min > hist->max)
		return json_node_refuse(node, "min is larger than max");
	return 0;
}

/* A histogram that was not kept is null or left out. */
int json_hist_read(const struct json_node *up, const char *key, struct hist *ret)
{
	struct json_node node = { .value = NULL };
	struct json_node unit = { .value = NULL };
	struct bucket_list list = { .hist = ret };
	struct hist given = { .digits = 0 };
	auto_free char *unit_name = NULL;
	int err = json_node_get(up, key, false, &node);

	if (err == -ENOENT || (!err && !node.value))
		return 0;
	err = err ?: json_node_read_fields(&node, json_hist_fields, &given);
	err = err ?: json_node_get(&node, "unit", true, &unit);
	err = err ?: json_node_read_text(&unit, &unit_name);
	if (err)
		return err;
	if (!streq(unit_name, "ns"))
		return json_node_refuse(&unit, "\"ns\" expected");
	err = hist_init(ret, given.digits);
	if (err)
		return err == -EINVAL ? json_node_refuse(&node, "digits may be 1 or 2") : err;
	ret->count = given.count;
	ret->sum = given.sum;
	ret->min = given.min;
	ret->max = given.max;
	err = read_buckets(&node, &list);
	return err ?: check_hist(&node, ret);
}

/* threads[].gap and its like: an object that holds the histogram. */
int json_hist_read_held(const struct json_node *up, const char *key, struct hist *ret)
{
	struct json_node holder = { .value = NULL };
	int err = json_node_get(up, key, false, &holder);

	if (err == -ENOENT || (!err && !holder.value))
		return 0;
	err = err ?: json_node_want(&holder, json_type_object, "an object");
	return err ?: json_hist_read(&holder, "hist", ret);
}
