/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes recordings: what is read can be explained and shown; the causes sum to what was taken; no
 * control character comes out; and what is refused says why.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/explain.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f)
			abort();
}

static void check_sum(const struct explain *explain)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < explain->n_causes; i++)
		sum = sum > UINT64_MAX - explain->causes[i].ns ? UINT64_MAX
							       : sum + explain->causes[i].ns;
	/* Sums of one thread wrap where numbers are absurd; then they say nothing. */
	if (explain->taken_ns < UINT64_MAX / 2 && sum < UINT64_MAX / 2 && sum != explain->taken_ns)
		abort();
}

/* What is read keeps its promise. */
static void check_ledgers(const struct recording *rec)
{
	for (unsigned int i = 0; i < rec->n_threads; i++)
		if (rec_thread_row_ns(&rec->threads[i], NULL) != rec->threads[i].wall_ns)
			abort();
}

static void show(const struct explain *explain, bool as_json)
{
	const struct report_style style = { .width = 80, .top = 1000 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	if (as_json)
		(void)report_explain_write_json(explain, 0, out);
	else
		(void)report_explain_write(explain, &style, out);
	(void)fclose(out);
	check_text(text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_str struct str why = { .s = NULL };
	struct recording rec = { .hostname = NULL };
	struct explain explain = { .rec = NULL };
	int err = report_json_read((const char *)data, size, &rec, &why);

	if (err == -EINVAL && (!why.s || !*why.s))
		abort();
	if (why.s)
		check_text(why.s);
	if (err)
		return 0;
	check_ledgers(&rec);
	if (!explain_recording(&rec, &explain)) {
		check_sum(&explain);
		show(&explain, false);
		show(&explain, true);
	}
	explain_done(&explain);
	recording_done(&rec);
	return 0;
}
