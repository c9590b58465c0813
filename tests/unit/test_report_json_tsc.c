/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of report/json_tsc: what is written is read back; without the key nothing is known.
 */
#include "report/json_tsc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "golden.h"
#include "model/rec_tsc.h"
#include "model/recording.h"
#include "test.h"

static char *written(void)
{
	const struct rec_tsc_vcpu vcpu = {
		.tid = 4711, .offset = -1234567890123456, .ratio = 3579139413, .ratio_bits = 32
	};
	auto_recording struct recording rec = { .hostname = NULL };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	golden_read("quiet", &rec);
	CHECK(rec.tsc == NULL);
	CHECK_EQ(rec_tsc_new(&rec, 1000, 9007199254740993), 0);
	CHECK_EQ(rec_tsc_add_vcpu(rec.tsc, &vcpu), 0);
	CHECK(out != NULL);
	CHECK_EQ(report_json_write(&rec, out), 0);
	(void)fclose(out);
	return text;
}

TEST(json_tsc__is_read_back)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };
	auto_free char *text = written();

	CHECK_EQ(report_json_read(text, strlen(text), &rec, &why), 0);
	CHECK(rec.tsc != NULL);
	CHECK_EQ(rec.tsc->start, 1000);
	CHECK_EQ(rec.tsc->end, 9007199254740993);
	CHECK_EQ(rec.tsc->n_vcpus, 1);
	CHECK_EQ(rec.tsc->vcpus[0].tid, 4711);
	CHECK(rec.tsc->vcpus[0].offset == -1234567890123456);
	CHECK_EQ(rec.tsc->vcpus[0].ratio, 3579139413);
	CHECK_EQ(rec.tsc->vcpus[0].ratio_bits, 32);
}

TEST(json_tsc__refuses_what_is_no_number)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };
	auto_free char *text = written();
	char *at = strstr(text, "\"ratio_bits\":32");

	CHECK(at != NULL);
	at[strlen("\"ratio_bits\":")] = '9'; /* 92 */
	CHECK_EQ(report_json_read(text, strlen(text), &rec, &why), -EINVAL);
	CHECK(why.s && str_starts(why.s, "tsc.vcpus[0].ratio_bits: "));
}
