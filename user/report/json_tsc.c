/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_tsc: {"start", "end", "vcpus": [{"tid", "offset", "ratio", "ratio_bits"}]}. An offset is most
 * often negative: the guest's counter began later than the host's.
 */
#include "report/json_tsc.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>

#include "base/cleanup.h"
#include "model/rec_tsc.h"
#include "model/recording.h"
#include "report/json_node.h"

void json_tsc_write(const struct rec_tsc *tsc, FILE *out)
{
	(void)fprintf(out, ",\n\"tsc\":{\"start\":%" PRIu64 ",\"end\":%" PRIu64 ",\"vcpus\":[",
		      tsc->start, tsc->end);
	for (unsigned int i = 0; i < tsc->n_vcpus; i++) {
		const struct rec_tsc_vcpu *vcpu = &tsc->vcpus[i];

		(void)fprintf(out,
			      "%s{\"tid\":%d,\"offset\":%" PRId64 ",\"ratio\":%" PRIu64
			      ",\"ratio_bits\":%" PRIu64 "}",
			      i ? "," : "", (int)vcpu->tid, vcpu->offset, vcpu->ratio,
			      vcpu->ratio_bits);
	}
	(void)fputs("]}", out);
}

static int read_u64(const struct json_node *up, const char *key, uint64_t most, uint64_t *ret)
{
	struct json_node node = { .value = NULL };
	int err = json_node_get(up, key, true, &node);

	return err ?: json_node_read_u64(&node, most, ret);
}

static int read_offset(const struct json_node *up, int64_t *ret)
{
	struct json_node node = { .value = NULL };
	int err = json_node_get(up, "offset", true, &node);

	err = err ?: json_node_want(&node, json_type_int, "a whole number");
	if (!err)
		*ret = json_object_get_int64(node.value);
	return err;
}

static int read_vcpu(const struct json_node *item, void *to)
{
	struct rec_tsc_vcpu vcpu = { .tid = 0 };
	uint64_t tid = 0;
	int err = json_node_want(item, json_type_object, "an object");

	err = err ?: read_u64(item, "tid", INT_MAX, &tid);
	err = err ?: read_offset(item, &vcpu.offset);
	err = err ?: read_u64(item, "ratio", UINT64_MAX, &vcpu.ratio);
	err = err ?: read_u64(item, "ratio_bits", 63, &vcpu.ratio_bits);
	vcpu.tid = (pid_t)tid;
	return err ?: rec_tsc_add_vcpu(to, &vcpu);
}

int json_tsc_read(const struct json_node *document, struct recording *rec)
{
	struct json_node node = { .value = NULL };
	uint64_t start = 0, end = 0;
	int err = json_node_get(document, "tsc", false, &node);

	if (err == -ENOENT || (!err && !node.value))
		return 0;
	err = err ?: json_node_want(&node, json_type_object, "an object");
	err = err ?: read_u64(&node, "start", UINT64_MAX, &start);
	err = err ?: read_u64(&node, "end", UINT64_MAX, &end);
	err = err ?: rec_tsc_new(rec, start, end);
	return err ?: json_node_read_list(&node, "vcpus", true, read_vcpu, rec->tsc);
}
