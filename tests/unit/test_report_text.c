/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The summaries of the recordings in tests/golden, word for word. After a wanted change run the
 * tests once with LULL_GOLDEN_UPDATE=1 and read the difference. Run from the top of the tree.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "golden.h"
#include "report/text.h"
#include "report/width.h"
#include "test.h"

static void check_golden(const char *recording, const struct report_style *style,
			 const char *golden)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct root root = { .fd = -1 };
	auto_free char *text = NULL;
	auto_free char *want = NULL;

	golden_read(recording, &rec);
	text = golden_text(&rec, style);
	if (getenv("LULL_GOLDEN_UPDATE"))
		golden_update(text, golden);
	CHECK_EQ(fs_root_open(&root, "."), 0);
	CHECK_EQ(fs_read_file(&root, &want, NULL, "tests/golden/%s", golden), 0);
	fs_root_done(&root);
	CHECK_STREQ(text, want);
}

TEST(report_text__noise_at_80_columns)
{
	check_golden("noise", &golden_style, "noise.80.txt");
}

TEST(report_text__noise_at_120_columns_in_colour)
{
	struct report_style style = golden_style;

	style.width = 120;
	style.color = true;
	check_golden("noise", &style, "noise.120.txt");
}

TEST(report_text__noise_in_ascii_in_full)
{
	struct report_style style = golden_style;

	style.utf8 = false;
	style.verbose = true;
	check_golden("noise", &style, "noise.ascii.txt");
}

TEST(report_text__quiet)
{
	check_golden("quiet", &golden_style, "quiet.80.txt");
}

TEST(report_text__lossy_never_says_quiet)
{
	check_golden("lossy", &golden_style, "lossy.80.txt");
}

TEST(report_text__cpus_without_victims)
{
	check_golden("cpus", &golden_style, "cpus.80.txt");
}

TEST(report_text__nothing_at_all)
{
	check_golden("empty", &golden_style, "empty.80.txt");
}

/* No line is wider than the style allows, whatever the width. */
TEST(report_text__fits_the_width)
{
	static const char *const names[] = { "noise", "quiet", "lossy", "cpus" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		auto_recording struct recording rec = { .hostname = NULL };

		golden_read(names[i], &rec);
		for (unsigned int width = 72; width <= 200; width += 8) {
			struct report_style style = golden_style;
			auto_free char *text = NULL;
			char *rest, *line;

			style.width = width;
			text = golden_text(&rec, &style);
			rest = text;
			while ((line = strsep(&rest, "\n")))
				if (width_of(line) > width)
					CHECK_STREQ(line, "a line that fits");
		}
	}
	CHECK(true);
}

TEST(report_text__has_no_blanks_at_line_ends)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;

	golden_read("noise", &rec);
	text = golden_text(&rec, &golden_style);
	CHECK(strstr(text, " \n") == NULL);
}

TEST(report_text__loss_is_said_first_and_silence_is_not_quiet)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;

	golden_read("quiet", &rec);
	CHECK_EQ(recording_add_anomaly(&rec, "causes without a place", 1), 0);
	text = golden_text(&rec, &golden_style);
	CHECK(str_starts(text, "INCOMPLETE"));
	CHECK(strstr(text, "no stall over 100 us was seen in 10.0 s, but") != NULL);
	CHECK(strstr(text, "no stall over 100 us in") == NULL);
	CHECK(strstr(text, "nothing lost") == NULL);
}

TEST(report_text__a_ledger_that_does_not_sum_is_not_hidden)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;

	golden_read("quiet", &rec);
	rec.threads[0].wall_ns += 1000000000;
	text = golden_text(&rec, &golden_style);
	CHECK(strstr(text, "the ledger does not sum to it") != NULL);
	CHECK(strstr(text, "= wall time") == NULL);
}

TEST(report_text__a_long_row_is_folded_and_still_sums)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct report_style style = golden_style;
	auto_free char *text = NULL;
	auto_free char *full = NULL;

	golden_read("quiet", &rec);
	for (unsigned int i = 0; i < 40; i++) {
		struct rec_entry *entry = NULL;

		CHECK_EQ(rec_entry_add(&rec.threads[0].ledger, &rec.threads[0].n_ledger, &entry),
			 0);
		entry->kind = "preempted";
		CHECK(asprintf(&entry->name, "task-%u[%u]", i, i) > 0);
		entry->sum_ns = 1000 + i;
		entry->count = 1;
		rec.threads[0].wall_ns += entry->sum_ns;
	}
	text = golden_text(&rec, &style);
	CHECK(strstr(text, "28 more") != NULL);
	CHECK(strstr(text, "task-28[28]") != NULL); /* the last of the 12 largest */
	CHECK(strstr(text, "task-27[27]") == NULL);
	CHECK(strstr(text, "= wall time") != NULL);
	style.verbose = true;
	full = golden_text(&rec, &style);
	CHECK(strstr(full, "task-0[0]") != NULL);
}

/* Adds a theft of @sum_ns with one label of the same name to the only thread. */
static void add_labelled(struct recording *rec, unsigned int number, uint64_t sum_ns)
{
	struct rec_entry *entry = NULL;

	CHECK_EQ(rec_entry_add(&rec->threads[0].ledger, &rec->threads[0].n_ledger, &entry), 0);
	entry->kind = "vector";
	CHECK(asprintf(&entry->name, "vector-%u", number) > 0);
	CHECK_EQ(rec_label_add(entry, entry->name, 1, 0), 0);
	entry->labels[0].name[0] = 'V';
	entry->sum_ns = sum_ns;
	rec->threads[0].wall_ns += sum_ns;
}

TEST(report_text__only_the_largest_thefts_show_their_labels)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct report_style style = golden_style;
	auto_free char *text = NULL;
	auto_free char *full = NULL;

	golden_read("quiet", &rec);
	for (unsigned int i = 1; i <= 7; i++)
		add_labelled(&rec, i, (uint64_t)1000000 * i);
	text = golden_text(&rec, &style);
	CHECK(strstr(text, "Vector-7") && strstr(text, "Vector-3"));
	CHECK(!strstr(text, "Vector-2") && strstr(text, "vector-2"));
	style.verbose = true;
	full = golden_text(&rec, &style);
	CHECK(strstr(full, "Vector-1") != NULL);
}

/* What can be read can be shown, however odd the numbers are. */
TEST(report_text__survives_every_changed_byte)
{
	static const char bytes[] = "9e-0]7";
	struct root root = { .fd = -1 };
	auto_free char *json = NULL;
	unsigned int n_shown = 0;
	size_t len;

	CHECK_EQ(fs_root_open(&root, "."), 0);
	CHECK_EQ(fs_read_file(&root, &json, &len, "tests/golden/quiet.json"), 0);
	fs_root_done(&root);
	for (size_t i = 0; i < len; i++) {
		auto_str struct str why = { .s = NULL };
		auto_free char *text = NULL;
		char original = json[i];
		struct recording rec;

		json[i] = bytes[i % 6];
		if (!report_json_read(json, len, &rec, &why)) {
			text = golden_text(&rec, &golden_style);
			n_shown += *text != '\0';
			recording_done(&rec);
		}
		json[i] = original;
	}
	CHECK(n_shown > 500);
}

TEST(text_share__is_no_finer_than_a_hundredth)
{
	char buf[32];

	CHECK_STREQ(text_share(0, 100, buf, sizeof(buf)), "-");
	CHECK_STREQ(text_share(5, 0, buf, sizeof(buf)), "-");
	CHECK_STREQ(text_share(612, 1000, buf, sizeof(buf)), "61.2");
	CHECK_STREQ(text_share(1, 1, buf, sizeof(buf)), "100.0");
	CHECK_STREQ(text_share(31, 1000, buf, sizeof(buf)), "3.1");
	CHECK_STREQ(text_share(996, 100000, buf, sizeof(buf)), "1.0");
	CHECK_STREQ(text_share(11, 10000, buf, sizeof(buf)), "0.11");
	CHECK_STREQ(text_share(41, 100000, buf, sizeof(buf)), "0.04");
	CHECK_STREQ(text_share(1, 10000, buf, sizeof(buf)), "0.01");
	CHECK_STREQ(text_share(99, 1000000, buf, sizeof(buf)), "<0.01");
	CHECK_STREQ(text_share(1, 1000000000, buf, sizeof(buf)), "<0.01");
}

TEST(text_count__groups_thousands)
{
	char buf[32];

	CHECK_STREQ(text_count(0, buf, sizeof(buf)), "0");
	CHECK_STREQ(text_count(999, buf, sizeof(buf)), "999");
	CHECK_STREQ(text_count(1000, buf, sizeof(buf)), "1,000");
	CHECK_STREQ(text_count(UINT64_MAX, buf, sizeof(buf)), "18,446,744,073,709,551,615");
}

TEST(text_ns_short__has_no_zeros_behind_the_point)
{
	char buf[32];

	CHECK_STREQ(text_ns_short(100000, buf, sizeof(buf)), "100 us");
	CHECK_STREQ(text_ns_short(10000000000, buf, sizeof(buf)), "10 s");
	CHECK_STREQ(text_ns_short(1000, buf, sizeof(buf)), "1 us");
	CHECK_STREQ(text_ns_short(1500, buf, sizeof(buf)), "1.50 us");
	CHECK_STREQ(text_ns_short(7, buf, sizeof(buf)), "7 ns");
}

TEST(text_rate__is_per_second)
{
	char buf[32];

	CHECK_STREQ(text_rate(0, 1000000000, buf, sizeof(buf)), "-");
	CHECK_STREQ(text_rate(5, 0, buf, sizeof(buf)), "-");
	CHECK_STREQ(text_rate(15, 10000000000, buf, sizeof(buf)), "1.5");
	CHECK_STREQ(text_rate(2, 10000000000, buf, sizeof(buf)), "0.20");
	CHECK_STREQ(text_rate(20000, 10000000000, buf, sizeof(buf)), "2,000");
	CHECK_STREQ(text_rate(1, 86400000000000, buf, sizeof(buf)), "<0.01");
}
