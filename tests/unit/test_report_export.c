/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the exporters share: tags that are unique and plain, text made fit for JSON, counts beyond
 * the last bin. What each format holds is tested by the programs that read it, in tests/cli.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "golden.h"
#include "report/export.h"
#include "report/hdr.h"
#include "test.h"

static int add_tag(const struct export_hist *hist, void *arg)
{
	return str_addf(arg, "%s ", hist->tag);
}

static void add_entry(struct rec_thread *thread, const char *kind, const char *name)
{
	struct rec_entry *entry;

	CHECK_EQ(rec_entry_add(&thread->ledger, &thread->n_ledger, &entry), 0);
	entry->kind = kind;
	entry->name = strdup(name);
	CHECK_EQ(hist_init(&entry->hist, 1), 0);
}

static char *tags_of(const struct recording *rec, const char *label)
{
	const struct export_side side = { .label = label, .rec = rec };
	struct str tags = { .s = NULL };

	CHECK_EQ(export_hists(&side, add_tag, &tags), 0);
	return tags.s;
}

TEST(export_hists__tags_are_plain_and_unique)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *tags = NULL;
	struct rec_thread *thread;

	CHECK_EQ(recording_add_thread(&rec, &thread), 0);
	thread->tid = 7;
	CHECK_EQ(hist_init(&thread->wake, 2), 0);
	add_entry(thread, "wake", "");
	add_entry(thread, "preempted", "a, b\nTag=x");
	add_entry(thread, "preempted", "a; b\"Tag=x");
	tags = tags_of(&rec, "B.1");
	CHECK_STREQ(tags, "B.1.tid7.wake B.1.tid7.wake~2 B.1.tid7.preempted.a__b_Tag_x "
			  "B.1.tid7.preempted.a__b_Tag_x~2 ");
}

TEST(export_hists__a_vcpu_of_two_vms_goes_by_its_thread)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *tags = NULL, *one = NULL;

	for (int i = 0; i < 2; i++) {
		struct rec_thread *thread;

		CHECK_EQ(recording_add_thread(&rec, &thread), 0);
		thread->tid = 10 + i;
		thread->vcpu = i;
		thread->vm = strdup("same");
		CHECK_EQ(hist_init(&thread->gap, 2), 0);
	}
	one = tags_of(&rec, "");
	CHECK_STREQ(one, "vcpu0.gap vcpu1.gap ");
	rec.threads[1].vm[0] = 'S';
	tags = tags_of(&rec, "");
	CHECK_STREQ(tags, "tid10.gap tid11.gap ");
}

TEST(export_add_json__escapes_for_json_and_html)
{
	auto_str struct str to = { .s = NULL };

	CHECK_EQ(export_add_json("a\"\\\n</script>&\x7f\xc3\xbc", &to), 0);
	CHECK_STREQ(to.s, "\"a\\\"\\\\\\u000a\\u003c/script\\u003e\\u0026\\u007f\xc3\xbc\"");
}

TEST(hdr_index__is_our_bin_as_far_as_there_is_one)
{
	for (uint64_t value = 0; value < (uint64_t)1 << 36; value = value * 3 / 2 + 1) {
		CHECK_EQ(hdr_index(1, value), hist_slot(1, value));
		CHECK_EQ(hdr_index(2, value), hist_slot(2, value));
	}
	CHECK_EQ(hdr_index(2, (uint64_t)1 << 36), hist_slots(2));
	CHECK_EQ(hdr_index(2, (uint64_t)1 << 37), hist_slots(2) + 128);
}
