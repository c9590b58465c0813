/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a verification, word for word, of rounds that are made from a recording in
 * tests/golden. After a wanted change run the tests once with LULL_GOLDEN_UPDATE=1 and read the
 * difference.
 */
#include "report/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "golden.h"
#include "model/comparison.h"
#include "model/gate.h"
#include "model/recording.h"
#include "model/verification.h"
#include "test.h"

#define PAIRS 6U
#define MS    1000000ULL

/* The task is gone, and the guest has its time; @by makes rounds differ. */
static void shield(struct rec_thread *thread, uint64_t by)
{
	struct rec_entry *guest = NULL;

	for (unsigned int i = 0; i < thread->n_ledger; i++)
		if (streq(thread->ledger[i].kind, "guest"))
			guest = &thread->ledger[i];
	CHECK(guest != NULL);
	for (unsigned int i = 0; i < thread->n_ledger; i++) {
		struct rec_entry *entry = &thread->ledger[i];

		entry->max_ns = min(entry->max_ns, 21000ULL);
		if (!str_starts(entry->name, "demo-noise"))
			continue;
		guest->sum_ns += entry->sum_ns;
		entry->sum_ns = entry->count = entry->max_ns = 0;
	}
	hist_done(&thread->gap);
	CHECK_EQ(hist_init(&thread->gap, 2), 0);
	hist_add(&thread->gap, 900, 4000);
	hist_add(&thread->gap, 1500, 9000);
	hist_add(&thread->gap, 7000 + by, 300);
	hist_add(&thread->gap, 21000, 2);
}

/* Time from the guest to its timers, or the other way: no round is like another. */
static void vary(struct rec_thread *thread, uint64_t by)
{
	for (unsigned int i = 0; i < thread->n_ledger; i++) {
		if (streq(thread->ledger[i].kind, "guest"))
			thread->ledger[i].sum_ns -= by;
		if (streq(thread->ledger[i].kind, "vector"))
			thread->ledger[i].sum_ns += by;
	}
	hist_add(&thread->gap, 3 * MS + by, 5);
}

struct made {
	struct recording recs[2 * PAIRS];
	struct comparison comparison;
	struct gate gate;
	struct verification found;
};

static void make_recordings(struct made *made)
{
	for (unsigned int i = 0; i < 2 * PAIRS; i++) {
		struct recording *rec = &made->recs[i];

		golden_read("noise", rec);
		for (unsigned int t = 0; t < rec->n_threads; t++)
			vary(&rec->threads[t], i * 7UL % 5 * 100000);
		for (unsigned int t = 0; t < rec->n_threads && i >= PAIRS; t++)
			shield(&rec->threads[t], i * 100ULL);
		if (i >= PAIRS)
			rec->stalls_total = rec->stalls_total_ns = 0;
	}
}

static void make(struct made *made)
{
	static const struct gate_limit limits[] = { { .kind = GATE_LONGEST, .most = 50000 },
						    { .kind = GATE_STALLS, .most = 0 } };
	static struct fired moved[] = { { .cpu = 2, .a = 4949 }, { .cpu = 0, .b = 4953 } };
	static struct fired strayed[] = { { .cpu = 3, .a = 12, .b = 1 }, { .cpu = 1, .b = 9 } };
	static char names[4][48] = { "irq 131 nvme0q3 (0000:01:00.0 nvme)",
				     "irq 140 xhci_hcd (0000:00:14.0 xhci_hcd)", "irq 9 acpi",
				     "0-1" };
	static const struct moved_irq irqs[] = {
		{ .line = "131",
		  .name = names[0],
		  .wanted = names[3],
		  .fired = moved,
		  .n_fired = 2 },
		{ .line = "140",
		  .name = names[1],
		  .wanted = names[3],
		  .fired = strayed,
		  .n_fired = 2,
		  .strayed = 1 },
		{ .line = "9", .name = names[2], .wanted = names[3] },
	};
	static char note[] = "Changed by somebody else while shielded: irq 140 (irq), now 2-3.";
	static char *const notes[] = { note };
	struct comparison_round rounds[2 * PAIRS];
	const struct recording *after[PAIRS];
	const struct comparison_sides both = {
		.a = rounds, .n_a = PAIRS, .b = rounds + PAIRS, .n_b = PAIRS, .is_paired = true
	};

	memset(made, 0, sizeof(*made));
	make_recordings(made);
	made->recs[1].dropped = 3;
	for (unsigned int i = 0; i < 2 * PAIRS; i++)
		rounds[i] = (struct comparison_round){ .rec = &made->recs[i], .name = "a round" };
	for (unsigned int i = 0; i < PAIRS; i++)
		after[i] = &made->recs[PAIRS + i];
	CHECK_EQ(comparison_make(&both, &verdict_defaults, &made->comparison), 0);
	CHECK_EQ(gate_judge(after, PAIRS, limits, ARRAY_SIZE(limits), &made->gate), 0);
	made->found = (struct verification){
		.rec = &made->recs[0],
		.gate = &made->gate,
		.comparison = &made->comparison,
		.order = "abbabaababba",
		.round_ns = 10000 * MS,
		.seed = 4711,
		.n_steps = 41,
		.n_held = 40,
		.irqs = irqs,
		.n_irqs = ARRAY_SIZE(irqs),
		.notes = notes,
		.n_notes = 1,
		.restored = "Restored 41 of 41 settings, verified",
	};
}

static void made_done(struct made *made)
{
	for (unsigned int i = 0; i < 2 * PAIRS; i++)
		recording_done(&made->recs[i]);
	comparison_done(&made->comparison);
}

static char *text_of(const struct made *made, const struct report_style *style)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	CHECK_EQ(report_verify_text(&made->found, style, out), 0);
	(void)fclose(out);
	return text;
}

static void check_golden(const struct report_style *style, const char *golden)
{
	auto_free char *text = NULL, *want = NULL;
	struct root root = { .fd = -1 };
	struct made made;

	make(&made);
	text = text_of(&made, style);
	made_done(&made);
	if (getenv("LULL_GOLDEN_UPDATE"))
		golden_update(text, golden);
	CHECK_EQ(fs_root_open(&root, "."), 0);
	CHECK_EQ(fs_read_file(&root, &want, NULL, "tests/golden/%s", golden), 0);
	fs_root_done(&root);
	CHECK_STREQ(text, want);
}

TEST(report_verify_text__at_80_columns)
{
	check_golden(&golden_style, "verify.80.txt");
}

TEST(report_verify_text__at_120_columns_in_colour)
{
	struct report_style style = golden_style;

	style.width = 120;
	style.color = true;
	check_golden(&style, "verify.120.txt");
}

TEST(report_verify_text__in_ascii)
{
	struct report_style style = golden_style;

	style.utf8 = false;
	check_golden(&style, "verify.ascii.txt");
}
