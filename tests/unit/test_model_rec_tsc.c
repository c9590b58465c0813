/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of model/rec_tsc: where a recording began by the guest's counter; scaled, and many of them.
 */
#include "model/rec_tsc.h"

#include <math.h>

#include "golden.h"
#include "model/recording.h"
#include "test.h"

#define HZ	3000000000ULL
#define STARTED (HZ * 86400 * 30)

static void make(struct recording *rec)
{
	rec->duration_ns = 10000000000ULL;
	CHECK_EQ(rec_tsc_new(rec, STARTED, STARTED + 10 * HZ), 0);
}

static void add(struct recording *rec, int64_t offset, uint64_t ratio, uint64_t bits)
{
	const struct rec_tsc_vcpu vcpu = {
		.tid = 7, .offset = offset, .ratio = ratio, .ratio_bits = bits
	};

	CHECK_EQ(rec_tsc_add_vcpu(rec->tsc, &vcpu), 0);
}

TEST(rec_tsc_guest__is_the_hosts_and_an_offset)
{
	auto_recording struct recording rec = { .hostname = NULL };
	double hz = 0, start = 0;

	make(&rec);
	CHECK(!rec_tsc_guest(&rec, &hz, &start));
	add(&rec, -(int64_t)STARTED + 12345, 0, 0);
	add(&rec, -(int64_t)STARTED + 12399, 0, 0);
	CHECK(rec_tsc_guest(&rec, &hz, &start));
	CHECK(fabs(hz - (double)HZ) < 1);
	CHECK(fabs(start - 12345) < 1);
}

/* AMD's ratio has 32 bits behind the point: 5/6 of 3 GHz. */
TEST(rec_tsc_guest__is_scaled)
{
	auto_recording struct recording rec = { .hostname = NULL };
	double hz = 0, start = 0;

	make(&rec);
	add(&rec, 0, (5ULL << 32) / 6, 32);
	CHECK(rec_tsc_guest(&rec, &hz, &start));
	CHECK(fabs(hz - 2.5e9) < 2);
	CHECK(fabs(start / (STARTED / 6.0 * 5) - 1) < 1e-9);
}

TEST(rec_tsc_guest__of_counters_that_differ_is_none)
{
	auto_recording struct recording rec = { .hostname = NULL };
	double hz = 0, start = 0;

	make(&rec);
	add(&rec, 0, 0, 0);
	add(&rec, HZ / 1000, 0, 0);
	CHECK(!rec_tsc_guest(&rec, &hz, &start));
}

TEST(rec_tsc_host_hz__is_not_known_without)
{
	auto_recording struct recording rec = { .duration_ns = 1 };

	CHECK(!(rec_tsc_host_hz(&rec) > 0));
	CHECK_EQ(rec_tsc_new(&rec, 5, 5), 0);
	CHECK(!(rec_tsc_host_hz(&rec) > 0));
}
