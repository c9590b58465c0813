/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of report/rounds: what is written is read back, and is a recording by itself.
 */
#include "report/rounds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "golden.h"
#include "test.h"

static char *written(void)
{
	struct round rounds[2] = { { .is_b = false }, { .is_b = true } };
	auto_recording struct recording whole = { .hostname = NULL };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	golden_read("noise", &whole);
	golden_read("noise", &rounds[0].rec);
	golden_read("quiet", &rounds[1].rec);
	CHECK(out != NULL);
	CHECK_EQ(report_rounds_write(&whole, rounds, 2, out), 0);
	(void)fclose(out);
	recording_done(&rounds[0].rec);
	recording_done(&rounds[1].rec);
	return text;
}

TEST(report_rounds__are_read_back)
{
	auto_free char *text = written();
	auto_str struct str why = { .s = NULL };
	struct round *rounds;
	unsigned int n;

	CHECK_EQ(report_rounds_read(text, strlen(text), &rounds, &n, &why), 0);
	CHECK_EQ(n, 2);
	CHECK(!rounds[0].is_b && rounds[1].is_b);
	CHECK_EQ(rounds[0].rec.n_stalls, 4);
	CHECK_EQ(rounds[1].rec.n_stalls, 0);
	report_rounds_free(rounds, n);
}

TEST(report_rounds__are_a_recording)
{
	auto_free char *text = written();
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };

	CHECK_EQ(report_json_read(text, strlen(text), &rec, &why), 0);
	CHECK_EQ(rec.n_stalls, 4);
}

TEST(report_rounds_read__finds_none_in_a_plain_recording)
{
	auto_str struct str why = { .s = NULL };
	struct round *rounds;
	unsigned int n;

	CHECK_EQ(report_rounds_read("{\"rounds\": []}", 14, &rounds, &n, &why), -ENOENT);
	CHECK_EQ(report_rounds_read("{}", 2, &rounds, &n, &why), -ENOENT);
}

TEST(report_rounds_read__names_the_round_that_is_damaged)
{
	static const char text[] = "{\"rounds\": [{\"side\": \"a\", \"schema\": \"x\"}]}";
	auto_str struct str why = { .s = NULL };
	struct round *rounds;
	unsigned int n;

	CHECK_EQ(report_rounds_read(text, strlen(text), &rounds, &n, &why), -EINVAL);
	CHECK(why.s && str_starts(why.s, "rounds[0]: "));
}
