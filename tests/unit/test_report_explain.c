/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What explain says, word for word, of the recordings in tests/golden; and what must hold of its
 * words for any. After a wanted change run once with LULL_GOLDEN_UPDATE=1 and read the difference.
 */
#include "report/explain.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "golden.h"
#include "model/explain.h"
#include "model/rec_thread.h"
#include "model/rows.h"
#include "report/text.h"
#include "report/width.h"
#include "test.h"

#define auto_explain __attribute__((cleanup(explain_done)))

/* As text, or with @top 0 as JSON. Free it. */
static char *explained(const struct recording *rec, unsigned int top, unsigned int width)
{
	const struct report_style style = { .utf8 = true, .width = width, .top = top };
	auto_explain struct explain explain = { .rec = NULL };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	CHECK_EQ(explain_recording(rec, &explain), 0);
	if (top)
		CHECK_EQ(report_explain_write(&explain, &style, out), 0);
	else
		CHECK_EQ(report_explain_write_json(&explain, 0, out), 0);
	(void)fclose(out);
	return text;
}

static void check_golden(const char *recording, unsigned int top, const char *golden)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct root root = { .fd = -1 };
	auto_free char *text = NULL;
	auto_free char *want = NULL;
	auto_free char *path = NULL;

	golden_read(recording, &rec);
	text = explained(&rec, top, 80);
	CHECK(asprintf(&path, "tests/golden/%s", golden) > 0);
	if (getenv("LULL_GOLDEN_UPDATE")) {
		FILE *out = fopen(path, "w");

		CHECK(out && fputs(text, out) >= 0 && fclose(out) == 0);
	}
	CHECK_EQ(fs_root_open(&root, "."), 0);
	CHECK_EQ(fs_read_file(&root, &want, NULL, "%s", path), 0);
	fs_root_done(&root);
	CHECK_STREQ(text, want);
}

TEST(report_explain__a_task_over_a_thread)
{
	check_golden("fifo", 10, "fifo.explain.txt");
}

TEST(report_explain__virtual_cpus)
{
	check_golden("noise", 10, "noise.explain.txt");
}

TEST(report_explain__clean_says_look_in_the_guest)
{
	check_golden("quiet", 10, "quiet.explain.txt");
}

TEST(report_explain__lossy_never_says_clean)
{
	check_golden("lossy", 3, "lossy.explain.txt");
}

TEST(report_explain__cpus_without_victims)
{
	check_golden("cpus", 10, "cpus.explain.txt");
}

TEST(report_explain__as_json)
{
	check_golden("fifo", 0, "fifo.explain.json");
}

TEST(report_explain__fits_the_width_and_ends_no_line_in_a_blank)
{
	static const char *const names[] = { "fifo", "noise", "quiet", "lossy", "cpus", "empty" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		auto_recording struct recording rec = { .hostname = NULL };

		golden_read(names[i], &rec);
		for (unsigned int width = 72; width <= 200; width += 16) {
			auto_free char *text = explained(&rec, 100, width);
			char *rest = text, *line;

			CHECK(strstr(text, " \n") == NULL);
			while ((line = strsep(&rest, "\n")))
				if (width_of(line) > width && !strchr(line, '/'))
					CHECK_STREQ(line, "a line that fits");
		}
	}
}

/* The share is the summary's, to the digit. */
TEST(report_explain__agrees_with_the_summary)
{
	static const char *const names[] = { "fifo", "noise" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_free char *summary = NULL;
		auto_free char *text = NULL;
		auto_str struct str lost = { .s = NULL };
		const char *begin;

		golden_read(names[i], &rec);
		summary = golden_text(&rec, &golden_style);
		text = explained(&rec, 1, 80);
		begin = strstr(summary, " lost ");
		CHECK(begin != NULL);
		begin += strlen(" lost ");
		CHECK_EQ(str_add(&lost, "The host took "), 0);
		CHECK_EQ(str_addn(&lost, begin, strcspn(begin, "%")), 0);
		CHECK(golden_says(text, lost.s));
	}
}

TEST(report_explain__loss_is_said_and_never_clean)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;
	auto_free char *json = NULL;

	golden_read("quiet", &rec);
	CHECK_EQ(recording_add_anomaly(&rec, "causes without a place", 1), 0);
	text = explained(&rec, 10, 80);
	json = explained(&rec, 0, 80);
	CHECK(str_starts(text, "INCOMPLETE"));
	CHECK(golden_says(text, "As far as was recorded: The host took less than 0.01 %"));
	CHECK(!strstr(text, "clean") && !strstr(json, "clean"));
	CHECK(strstr(json, "\"verdict\": \"incomplete\"") != NULL);
	CHECK(strstr(json, "Incomplete: 1 causes without a place.") != NULL);
}

TEST(report_explain__run_of_a_vcpu_hides_its_exits)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;
	auto_free char *other = NULL;

	golden_read("quiet", &rec);
	text = explained(&rec, 10, 80);
	CHECK(!golden_says(text, "hidden in the row run"));
	rec.threads[0].vcpu = 0;
	other = explained(&rec, 10, 80);
	CHECK(golden_says(other, "hidden in the row run"));
}

/* A VM may be called anything, and its name goes into commands. */
TEST(explain_add_remedy__quotes_names_for_a_shell)
{
	static const char *const names[][2] = {
		{ "win11", "vcpupin win11 VCPU" },
		{ "x; rm -rf ~", "vcpupin 'x; rm -rf ~' VCPU" },
		{ "it's", "vcpupin 'it'\\''s' VCPU" },
		{ "-all", "vcpupin '-all' VCPU" },
		{ "", "vcpupin '' VCPU" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_explain struct explain explain = { .rec = NULL };
		auto_str struct str words = { .s = NULL };
		struct rec_entry *entry = NULL;

		golden_read("noise", &rec);
		for (unsigned int j = 0; j < 2; j++) {
			free(rec.threads[j].vm);
			rec.threads[j].vm = strdup(names[i][0]);
		}
		CHECK_EQ(rec_entry_add(&rec.threads[0].ledger, &rec.threads[0].n_ledger, &entry),
			 0);
		entry->kind = rows_find("preempted")->name;
		CHECK(asprintf(&entry->name, "CPU 1/KVM %d", rec.threads[1].tid) > 0);
		entry->id = strdup("");
		entry->sum_ns = 3000000000;
		CHECK_EQ(explain_recording(&rec, &explain), 0);
		CHECK_STREQ(explain.causes[0].rule->id, "vcpu-shares-cpu");
		CHECK_EQ(explain_add_remedy(&explain, &explain.causes[0], &words), 0);
		CHECK(strstr(words.s, names[i][1]) != NULL);
		CHECK(!strchr(words.s, '{'));
	}
}

/* No brace is left in any remedy, whatever the recording has. */
TEST(explain_add_remedy__fills_in_all_that_rules_ask_for)
{
	auto_recording struct recording rec = { .hostname = NULL };
	const struct explain explain = { .rec = &rec };
	char id[] = "7";
	struct explain_cause cause = { .id = id, .name = id };

	rec.cpus_online = strdup("0-3,40");
	rec.watch_cpus = strdup("2-3");
	for (unsigned int i = 0; explain_rule_at(i); i++) {
		auto_str struct str words = { .s = NULL };

		cause.rule = explain_rule_at(i);
		CHECK_EQ(explain_add_remedy(&explain, &cause, &words), 0);
		CHECK(!strpbrk(words.s, "{}"));
		if (strstr(cause.rule->to_do, "{host}"))
			CHECK(strstr(words.s, "0-1,40") != NULL);
		if (strstr(cause.rule->to_do, "{mask}"))
			CHECK(strstr(words.s, "echo 100,00000003 >") != NULL);
		if (strstr(cause.rule->to_do, "{guest}"))
			CHECK(strstr(words.s, "2-3") != NULL);
	}
}

/* A file may say anything, and the list goes into commands. */
TEST(explain_add_remedy__names_the_guests_cpus_only_beside_the_hosts)
{
	static const char *const cpus[][2] = {
		{ "2-3", "nohz_full=2-3 on" },
		{ "0-15", "nohz_full=GUEST-CPUS on" },
		{ "", "nohz_full=GUEST-CPUS on" },
		{ "2;$(reboot)", "nohz_full=GUEST-CPUS on" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cpus); i++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_free char *text = NULL;

		golden_read("noise", &rec);
		free(rec.watch_cpus);
		rec.watch_cpus = strdup(cpus[i][0]);
		text = explained(&rec, 10, 80);
		CHECK(golden_says(text, cpus[i][1]));
	}
}

TEST(report_explain__who_slept_is_to_be_recorded_again)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;
	auto_free char *other = NULL;
	struct rec_entry *entry = NULL;

	golden_read("quiet", &rec);
	text = explained(&rec, 10, 80);
	CHECK(!golden_says(text, "They slept"));
	entry = &rec.threads[0].ledger[0];
	CHECK_STREQ(entry->kind, "run");
	entry->kind = rows_find("blocked")->name;
	other = explained(&rec, 10, 80);
	CHECK(golden_says(other, "They slept 100.0 % of the time: record again while they work."));
}
