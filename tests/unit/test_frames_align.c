/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of frames/align, on hitches that were put where stalls are.
 */
#include "frames/align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frame_texts.h"
#include "frames/frames.h"
#include "golden.h"
#include "model/rec_tsc.h"
#include "model/recording.h"
#include "model/stats.h"
#include "test.h"

#define FRAMES	7500 /* 8 ms each: 60 s */
#define OFFSET	12.345
#define NO_HINT ((struct align_hint){ .is_known = false })

static void add_stall(struct recording *rec, double at_s, uint64_t ns, const char *name)
{
	struct rec_stall *stall;

	CHECK_EQ(recording_add_stall(rec, &stall), 0);
	stall->at_ns = (uint64_t)(at_s * 1e9);
	stall->duration_ns = ns;
	CHECK_EQ(rec_segment_add(stall, "irq", "timer", ns / 10), 0);
	CHECK_EQ(rec_segment_add(stall, "preempted", name, ns - ns / 10), 0);
}

/*
 * @n_host hitches that stalls of 20 ms made, @n_own that the guest made. The file's clock is
 * OFFSET behind the recording's.
 */
static void make(unsigned int n_host, unsigned int n_own, struct frames *frames,
		 struct recording *rec)
{
	auto_free double *ms = calloc(FRAMES, sizeof(*ms));
	uint64_t state = 5;

	CHECK(ms != NULL);
	for (unsigned int i = 0; i < FRAMES; i++)
		ms[i] = 8;
	for (unsigned int i = 0; i < n_host + n_own; i++)
		ms[100 + i * 200 + stats_random_below(&state, 100)] += i < n_host ? 20 : 30;
	frames_make(ms, FRAMES, frames);
	rec->duration_ns = 100000000000ULL;
	for (unsigned int i = 0, k = 0; i < FRAMES && k < n_host; i++) {
		if (ms[i] > 25 && ms[i] < 30) {
			add_stall(rec, frames->at_s[i] + OFFSET - 0.021, 20000000,
				  k % 3 ? "z_wr_iss 933" : "ksmd 40");
			k++;
		}
	}
}

TEST(align_frames__finds_the_offset_and_the_causes)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct frame_alignment alignment;

	make(29, 8, &frames, &rec);
	CHECK_EQ(align_frames(&frames, &rec, &NO_HINT, &alignment), 0);
	CHECK(alignment.is_aligned);
	CHECK(fabs(alignment.offset_s - OFFSET) <= alignment.error_s + 0.002);
	CHECK(alignment.error_s < 0.03);
	CHECK_EQ(alignment.hitches, 37);
	CHECK_EQ(alignment.overlaps, 29);
	CHECK(alignment.chance < 1);
	CHECK_EQ(alignment.n_causes, 2);
	CHECK_STREQ(alignment.causes[0].name, "z_wr_iss 933");
	CHECK_EQ(alignment.causes[0].hitches, 19);
	align_done(&alignment);
}

/* At every tenth of a second a stall: hitches fit everywhere. */
TEST(align_frames__refuses_what_fits_everywhere)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct frame_alignment alignment;

	make(0, 30, &frames, &rec);
	for (unsigned int i = 0; i < 1000; i++)
		add_stall(&rec, i * 0.1, 5000000, "x");
	CHECK_EQ(align_frames(&frames, &rec, &NO_HINT, &alignment), 0);
	CHECK(!alignment.is_aligned);
	CHECK_EQ(alignment.n_causes, 0);
	align_done(&alignment);
}

TEST(align_frames__refuses_stalls_that_fit_nowhere)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct frame_alignment alignment;
	uint64_t state = 77;

	make(0, 30, &frames, &rec);
	for (unsigned int i = 0; i < 40; i++)
		add_stall(&rec, (double)stats_random_below(&state, 100000) / 1000, 3000000, "x");
	CHECK_EQ(align_frames(&frames, &rec, &NO_HINT, &alignment), 0);
	CHECK(!alignment.is_aligned);
	align_done(&alignment);
}

TEST(align_frames__ignores_stalls_of_a_millisecond)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct frame_alignment alignment;

	make(30, 0, &frames, &rec);
	for (unsigned int i = 0; i < rec.n_stalls; i++)
		rec.stalls[i].duration_ns = 1000000;
	CHECK_EQ(align_frames(&frames, &rec, &NO_HINT, &alignment), 0);
	CHECK(!alignment.is_aligned);
	CHECK_EQ(alignment.peak, 0);
	align_done(&alignment);
}

TEST(align_frames__keeps_to_the_hint)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct align_hint hint = { .is_known = true,
				   .begin_unix_s = 1000 + OFFSET + 0.4,
				   .error_s = 1.5 };
	struct frame_alignment alignment;

	make(20, 0, &frames, &rec);
	rec.started_unix_ns = 1000000000000ULL;
	CHECK_EQ(align_frames(&frames, &rec, &hint, &alignment), 0);
	CHECK(alignment.is_aligned);
	CHECK_EQ(alignment.overlaps, 20);
	align_done(&alignment);
	hint.begin_unix_s += 5; /* the true offset is out of reach */
	CHECK_EQ(align_frames(&frames, &rec, &hint, &alignment), 0);
	CHECK(!alignment.is_aligned);
	align_done(&alignment);
}

TEST(align_frames__of_a_recording_without_stalls)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct frame_alignment alignment;

	make(0, 5, &frames, &rec);
	CHECK_EQ(align_frames(&frames, &rec, &NO_HINT, &alignment), 0);
	CHECK(!alignment.is_aligned);
	align_done(&alignment);
}

TEST(align_hint_from_name__reads_mangohuds_name)
{
	struct frames frames = { .report = { .format = "MangoHud" } };
	struct align_hint hint;

	CHECK_EQ(setenv("TZ", "UTC", 1), 0);
	align_hint_from_name(&frames, "/tmp/SOTTR_2026-11-24_20-15-03.csv", &hint);
	CHECK(hint.is_known);
	CHECK(fabs(hint.begin_unix_s - 1795551303.5) < 1e-3);
	align_hint_from_name(&frames, "SOTTR.csv", &hint);
	CHECK(!hint.is_known);
	align_hint_from_name(&frames, "SOTTR_2026-13-24_20-15-03.csv", &hint);
	CHECK(!hint.is_known);
	frames.report.format = "PresentMon";
	align_hint_from_name(&frames, "SOTTR_2026-11-24_20-15-03.csv", &hint);
	CHECK(!hint.is_known);
	CHECK_EQ(unsetenv("TZ"), 0);
}

#define GUEST_HZ 2500000000.0
#define COUNTED	 2000 /* frames of a file with a counter: 8 ms each, three of them 28 */

/*
 * A log of PresentMon with a counter of @per_s ticks a second, that began 4 s after the recording did:
 * the guest's was 1e12 then. Three stalls, under the hitches; too few to find an offset by.
 */
static void make_counted(double per_s, struct frames *frames, struct recording *rec)
{
	const struct rec_tsc_vcpu vcpu = { .tid = 7, .offset = -2000000000000 };
	auto_str struct str text = { .s = NULL };
	double at_s = 4, ms;

	CHECK_EQ(str_add(&text, "Application,ProcessID,SwapChainAddress,CPUStartQPC,FrameTime,"
				"CPUBusy\n"),
		 0);
	for (unsigned int i = 0; i < COUNTED; i++) {
		ms = i % 700 == 350 ? 28 : 8;
		CHECK_EQ(str_addf(&text, "game.exe,1,0x1,%.0f,%.4f,1\n",
				  (1e12 / GUEST_HZ + at_s) * per_s, ms),
			 0);
		if (ms > 20)
			add_stall(rec, at_s + 0.004, 20000000, "ksmd 40");
		at_s += ms / 1000;
	}
	frame_text_read(text.s, frames);
	rec->duration_ns = 40000000000ULL;
	CHECK_EQ(rec_tsc_new(rec, 3000000000000, 3000000000000 + 100000000000), 0);
	CHECK_EQ(rec_tsc_add_vcpu(rec->tsc, &vcpu), 0);
}

static void check_exact(double per_s)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct frame_alignment alignment;
	struct align_hint hint;

	make_counted(per_s, &frames, &rec);
	align_hint_find(&frames, &rec, "log.csv", &hint);
	CHECK(hint.is_exact);
	CHECK(fabs(hint.offset_s - 4) < 1e-5);
	CHECK_EQ(align_frames(&frames, &rec, &hint, &alignment), 0);
	CHECK(alignment.is_aligned);
	CHECK_EQ(alignment.hitches, 3);
	CHECK_EQ(alignment.overlaps, 3);
	CHECK_STREQ(alignment.causes[0].name, "ksmd 40");
	align_done(&alignment);
}

TEST(align_hint_from_ticks__takes_the_time_stamp_counter)
{
	check_exact(GUEST_HZ);
	check_exact(GUEST_HZ / 1024);
}

/* Windows' own counter: it says why it has to be searched for. */
TEST(align_hint_from_ticks__cannot_take_a_page_of_kvm)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct frame_alignment alignment;
	struct align_hint hint;

	make_counted(1e7, &frames, &rec);
	align_hint_find(&frames, &rec, "log.csv", &hint);
	CHECK(!hint.is_exact && hint.is_windows);
	CHECK_EQ(align_frames(&frames, &rec, &hint, &alignment), 0);
	CHECK(!alignment.is_aligned);
	CHECK(strstr(alignment.clock, "10 MHz is Windows'") != NULL);
	align_done(&alignment);
}

TEST(align_hint_from_ticks__needs_the_guests_counter)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct align_hint hint;

	make_counted(GUEST_HZ, &frames, &rec);
	rec.tsc->n_vcpus = 0;
	align_hint_find(&frames, &rec, "log.csv", &hint);
	CHECK(!hint.is_exact && !hint.is_known);
}

/* Of a recording of another day the counter is another one, too. */
TEST(align_frames__of_another_time_is_not_aligned)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_recording struct recording rec = { .hostname = NULL };
	struct frame_alignment alignment;
	struct align_hint hint;

	make_counted(GUEST_HZ, &frames, &rec);
	rec.tsc->vcpus[0].offset -= 1000000000000;
	align_hint_find(&frames, &rec, "log.csv", &hint);
	CHECK(hint.is_exact);
	CHECK_EQ(align_frames(&frames, &rec, &hint, &alignment), 0);
	CHECK(!alignment.is_aligned);
	align_done(&alignment);
}
