/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of frames/read and of every format, on the smallest files of each.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frame_texts.h"
#include "test.h"

static bool is(double got, double want)
{
	return fabs(got - want) < 1e-9;
}

/* Format, column, number of frames and the last frame's time. */
static void check_frames(const struct frames *frames, const char *format, const char *column,
			 size_t n, double last_ms)
{
	CHECK_STREQ(frames->report.format, format);
	CHECK_STREQ(frames->report.column, column);
	CHECK_EQ(frames->n, n);
	CHECK(is(frames->ms[n - 1], last_ms));
}

#define MANGOHUD                                                                     \
	"os,cpu,gpu,ram,kernel,driver,cpuscheduler\n"                                \
	"Steam Runtime 3 (sniper),AMD, Ryzen 7,RX 9070,65438132,6.17,,performance\n" \
	"fps,frametime,cpu_load,elapsed\n"

TEST(frames_mangohud__reads_a_row_a_frame)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read(MANGOHUD "100,10,20,10000000\n50,20,20,30000000\n", &frames);
	check_frames(&frames, "MangoHud", "frametime", 2, 20);
	CHECK_STREQ(frames.clock, "elapsed");
	CHECK(is(frames.at_s[1], 0.03));
	CHECK_EQ(frames.report.bad, 0);
}

TEST(frames_mangohud__reads_versioned_logs)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read(
		"v1\n0.8.1\n---------------------SYSTEM INFO---------------------\n"
		"os,cpu,gpu\nArch,x,y\n--------------------FRAME METRICS--------------------\n"
		"fps,frametime,cpu_load,cpu_mhz,elapsed\n100,10.5,20,4000,10500000\n",
		&frames);
	check_frames(&frames, "MangoHud", "frametime", 1, 10.5);
}

TEST(frames_mangohud__refuses_what_is_sampled)
{
	auto_free char *why = frame_text_refusal(
		MANGOHUD "250,4,20,100000000\n250,4,20,200000000\n250,4,20,300000000\n");

	CHECK(strstr(why, "about 1 frame in 17 is in it") != NULL);
	CHECK(strstr(why, "log_interval=0") != NULL);
}

#define V1 \
	"Application,ProcessID,SwapChainAddress,Runtime,SyncInterval,PresentFlags,Dropped,TimeInSeconds,"

TEST(frames_presentmon1__reads_both_spellings)
{
	auto_frames struct frames lower = { .ms = NULL }, upper = { .ms = NULL };

	frame_text_read("\xef\xbb\xbf" V1 "msInPresentAPI,msBetweenPresents\n"
			"Game.exe,1268,0x1,DXGI,1,0,0,0.3490,0.08,0.0\n"
			"Game.exe,1268,0x1,DXGI,1,0,0,0.3655,0.08,16.4754\n"
			"Game.exe,1268,0x1,DXGI,1,0,1,0.3820,0.08,16.5\n",
			&lower);
	check_frames(&lower, "PresentMon 1", "msBetweenPresents", 2, 16.5);
	CHECK_EQ(lower.report.not_shown, 1);
	CHECK_STREQ(lower.report.stream, "Game.exe");
	CHECK(is(lower.at_s[1], 0.3820));
	frame_text_read(
		V1 "MsBetweenPresents,MsInPresentAPI\r\nGame.exe,1,0x1,DXGI,1,0,0,1,9.5,0.1\r\n",
		&upper);
	check_frames(&upper, "PresentMon 1", "MsBetweenPresents", 1, 9.5);
}

#define V2                                                                                 \
	"Application,ProcessID,SwapChainAddress,PresentRuntime,SyncInterval,PresentFlags," \
	"FrameType,CPUStartTime,FrameTime,CPUBusy,DisplayedTime\n"

TEST(frames_presentmon2__leaves_generated_frames_out)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read(V2 "g.exe,1,0x2,DXGI,1,0,Application,100,16.0,9,16\n"
			   "g.exe,1,0x2,DXGI,1,0,AMD_AFMF,108,8.0,9,8\n"
			   "g.exe,1,0x2,DXGI,1,0,Application,116,17.5,9,NA\n"
			   "g.exe,1,0x2,DXGI,1,0,Application,134,NA,NA,NA\n",
			&frames);
	check_frames(&frames, "PresentMon v2", "FrameTime", 2, 17.5);
	CHECK_EQ(frames.report.generated, 1);
	CHECK_EQ(frames.report.not_shown, 1);
	CHECK_EQ(frames.report.bad, 0);
	CHECK(is(frames.at_s[1], 0.1335));
}

TEST(frames_presentmon__reads_the_default_metrics)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("Application,ProcessID,SwapChainAddress,TimeInSeconds,"
			"MsBetweenSimulationStart,MsBetweenPresents,MsBetweenDisplayChange,"
			"MsInPresentAPI,MsBetweenAppStart\n"
			"g.exe,1,0x2,0.5,NA,16.25,16,0.1,15\ng.exe,1,0x2,0.516,NA,16,NA,0.1,15\n",
			&frames);
	check_frames(&frames, "PresentMon", "MsBetweenPresents", 2, 16);
	CHECK_EQ(frames.report.not_shown, 1);
}

/* A counter beside the clock, or in its place; of the stream that was taken. */
TEST(frames_ticks__are_those_of_the_counter)
{
	auto_frames struct frames first = { .ms = NULL }, begin = { .ms = NULL };
	auto_frames struct frames json = { .ms = NULL }, none = { .ms = NULL };

	frame_text_read(V1 "msBetweenPresents,QPCTime\n"
			   "g.exe,1,0x1,DXGI,1,0,0,1.0,10,3000\ndwm.exe,1,0x1,DXGI,1,0,0,1,1,7\n"
			   "g.exe,1,0x1,DXGI,1,0,0,1.5,10,8000\n",
			&first);
	CHECK(first.ticks.is_known);
	CHECK(is(first.ticks.first, 3000) && is(first.ticks.last, 8000));
	CHECK(is(first.ticks.first_s, 1.0) && is(first.ticks.last_s, 1.5));
	frame_text_read("Application,CPUStartQPC,FrameTime,CPUBusy\ng.exe,500,20,1\n"
			"g.exe,700,20,1\n",
			&begin);
	CHECK(is(begin.ticks.first, 500) && is(begin.ticks.first_s, 0));
	CHECK(is(begin.ticks.last, 700) && is(begin.ticks.last_s, 0.02));
	frame_text_read("{\"Runs\":[{\"CaptureData\":{\"TimeInSeconds\":[1,2],"
			"\"MsBetweenPresents\":[10,12],\"QPCTime\":[44,55]}}]}",
			&json);
	CHECK(is(json.ticks.first, 44) && is(json.ticks.last_s, 2));
	frame_text_read(V1 "msBetweenPresents\ng.exe,1,0x1,DXGI,1,0,0,1.0,10\n", &none);
	CHECK(!none.ticks.is_known);
}

/* A stream that has no place any more has none for its counter either. */
TEST(frames_ticks__are_not_those_of_a_stream_without_a_place)
{
	auto_frames struct frames frames = { .ms = NULL };
	auto_str struct str text = { .s = NULL };

	CHECK_EQ(str_add(&text, V1 "msBetweenPresents,QPCTime\n"), 0);
	for (unsigned int i = 1; i < 64; i++)
		CHECK_EQ(str_addf(&text, "x.exe,%u,0x1,DXGI,1,0,0,1.0,10,5\n", i), 0);
	CHECK_EQ(str_add(&text, "g.exe,1,0x1,DXGI,1,0,0,1.0,10,3000\n"
				"g.exe,1,0x1,DXGI,1,0,0,1.5,10,8000\n"
				"late.exe,1,0x1,DXGI,1,0,0,9.0,10,83000\n"),
		 0);
	frame_text_read(text.s, &frames);
	CHECK_STREQ(frames.report.stream, "g.exe");
	CHECK_EQ(frames.report.rows_left, 64);
	CHECK(is(frames.ticks.first, 3000) && is(frames.ticks.last, 8000));
}

TEST(frames_presentmon__takes_the_largest_stream_and_says_what_is_left)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read(V1 "msBetweenPresents\n"
			   "dwm.exe,1,0x1,DXGI,1,0,0,1,1\ndwm.exe,1,0x1,DXGI,1,0,0,1,1\n"
			   "dwm.exe,1,0x1,DXGI,1,0,0,1,1\ndwm.exe,1,0x1,DXGI,1,0,0,1,1\n"
			   "g.exe,2,0x1,DXGI,1,0,0,1,2\ng.exe,2,0x9,DXGI,1,0,0,1,3\n"
			   "g.exe,2,0x9,DXGI,1,0,0,1,3\n",
			&frames);
	CHECK_EQ(frames.n, 2);
	CHECK(is(frames.ms[0], 3));
	CHECK_STREQ(frames.report.stream, "g.exe");
	CHECK_EQ(frames.report.streams_left, 2);
	CHECK_EQ(frames.report.rows_left, 5);
}

TEST(frames_ocat__reads_ragged_rows_with_quotes)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("Application,ProcessID,SwapChainAddress,Runtime,WasBatched,DwmNotified,"
			"Dropped,TimeInSeconds,MsBetweenPresents,Motherboard,OS\n"
			"\"a,b.exe\",1,0x1,DXGI,0,0,0,1.0,12.5,\"ASUS, X570\",W10\n"
			"\"a,b.exe\",1,0x1,DXGI,0,0,0,1.1,13.5\n",
			&frames);
	check_frames(&frames, "OCAT", "MsBetweenPresents", 2, 13.5);
	CHECK_STREQ(frames.report.stream, "a,b.exe");
}

TEST(frames_capframex__reads_remarks_above)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read(
		"//GameName=X\n//Comment=a,b\nApplication,ProcessID,SwapChainAddress,Dropped,"
		"TimeInSeconds,MsBetweenPresents\ng.exe,1,0x1,0,1,7.25\n",
		&frames);
	check_frames(&frames, "CapFrameX CSV", "MsBetweenPresents", 1, 7.25);
}

TEST(frames_capframex_linux__has_no_clock)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("MsBetweenPresents,MsUntilRenderComplete,MsUntilDisplayed,MsActualPresent\n"
			"16.70,0,0,0\n16.60,0,0,0\n",
			&frames);
	check_frames(&frames, "CapFrameX for Linux", "MsBetweenPresents", 2, 16.6);
	CHECK(frames.clock == NULL);
	CHECK(is(frames.at_s[1], 0.0333));
}

TEST(frames_capframex_json__reads_all_runs)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("{\"Hash\":\"x\",\"Info\":{\"ProcessName\":\"g.exe\"},\"Runs\":["
			"{\"CaptureData\":{\"TimeInSeconds\":[0,0.01,0.03],"
			"\"MsBetweenPresents\":[0,10,20.5],\"Dropped\":[false,false,true]}},"
			"{\"CaptureData\":{\"TimeInSeconds\":[0,0.008],"
			"\"MsBetweenPresents\":[\"x\",8],\"Dropped\":null}}]}",
			&frames);
	check_frames(&frames, "CapFrameX JSON", "MsBetweenPresents", 3, 8);
	CHECK_STREQ(frames.report.stream, "g.exe");
	CHECK_EQ(frames.report.not_shown, 1);
	CHECK_EQ(frames.report.bad, 1);
	CHECK(is(frames.at_s[2], 0.038));
}

TEST(frames_capframex_json__refuses_other_documents)
{
	auto_free char *cut = frame_text_refusal("{\"Runs\":[{\"Capt");
	auto_free char *other = frame_text_refusal("{\"a\":1}");
	auto_free char *empty = frame_text_refusal("{\"Runs\":[{\"CaptureData\":5},7,null]}");

	CHECK(strstr(cut, "cut or damaged JSON at byte 15") != NULL);
	CHECK(strstr(other, "without \"Runs\"") != NULL);
	CHECK(strstr(empty, "without a single frame") != NULL);
}

TEST(frames_frameview__reads_padded_numbers)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("Application,GPU,CPU,Resolution,Runtime,ProcessID,SwapChainAddress,Dropped,"
			"TimeInSeconds,MsBetweenPresents,GPU0Util(%)\n"
			"g.exe,RTX,i7,1x1,DXGI,1,0x1,0,1.5,  46.897, 82\n",
			&frames);
	check_frames(&frames, "FrameView", "MsBetweenPresents", 1, 46.897);
}

TEST(frames_tombraider__skips_the_first_row_and_keeps_loads)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read(" Frame, Time (ms), Delta (ms) , Memory (mb)\n    1, 0.000, 0.000,2691\n"
			"    2,11.216,11.216,5480\n 6131,88169.203,7813.936,5480\n",
			&frames);
	check_frames(&frames, "Tomb Raider benchmark", "Delta (ms)", 2, 7813.936);
	CHECK_EQ(frames.report.loads, 1);
	CHECK(is(frames.report.loads_ms, 7813.936));
	CHECK_EQ(frames.report.bad, 0);
}

TEST(frames_fraps__takes_differences)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("Frame, Time (ms)\n    1,     0.000\n    2,    16.683\n    3,    33.100\n",
			&frames);
	check_frames(&frames, "FRAPS", "Time (ms)", 2, 33.1 - 16.683);
	CHECK(is(frames.at_s[1], 0.0331));
}

TEST(frames_fraps__survives_a_bad_row)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("Frame, Time (ms)\n1,0\n2,x\n3,33\n4,20\n5,40\n", &frames);
	CHECK_EQ(frames.n, 1);
	CHECK(is(frames.ms[0], 20));
	CHECK_EQ(frames.report.bad, 2);
	CHECK_EQ(frames.report.bad_lines[0], 3);
	CHECK_EQ(frames.report.bad_lines[1], 5);
}

TEST(frames_cyberpunk__reads_frames)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("Frame index, Frame time (ms), DLSS Frame Generation (ms)\n0,12.25,0\n",
			&frames);
	check_frames(&frames, "Cyberpunk 2077", "Frame time (ms)", 1, 12.25);
}

TEST(frames_read__takes_decimal_commas)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read("Frame; Time (ms); Delta (ms)\n1;0,000;0,000\n2;11,216;11,216\n", &frames);
	check_frames(&frames, "Tomb Raider benchmark", "Delta (ms)", 1, 11.216);
}

TEST(frames_read__counts_and_names_bad_rows)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read(MANGOHUD "100,10,20,10000000\n100,x,20,20000000\n100,-5,2,3\n100\n"
				 "100,1e9,2,3\n100,10,20,20000000\n",
			&frames);
	CHECK_EQ(frames.n, 2);
	CHECK_EQ(frames.report.bad, 4);
	CHECK_EQ(frames.report.bad_lines[0], 5);
	CHECK_EQ(frames.report.bad_lines[3], 8);
}

TEST(frames_read__sanitises_names)
{
	auto_frames struct frames frames = { .ms = NULL };

	frame_text_read(V1 "msBetweenPresents\n\033[31mx.exe,1,0x1,DXGI,1,0,0,1,5\n", &frames);
	CHECK_STREQ(frames.report.stream, "?[31mx.exe");
}

/* Each with its reason, and what to take in its place. */
TEST(frames_read__refuses_summaries)
{
	static const struct {
		const char *text, *says;
	} files[] = {
		{ "0.1% Min FPS,1% Min FPS,97% Percentile FPS,Average FPS\n1,2,3,4\n",
		  "summary of MangoHud" },
		{ "Application,Avg FPS,1% Low FPS,Min FPS\ng,1,2,3\n", "summary of FrameView" },
		{ "\xef\xbb\xbf"
		  "File,99th-percentile frame time (ms) (Application)\nx,3\n",
		  "a summary" },
		{ "00, 24-10-2025 16:56:12, Hardware monitoring log v1.6\n", "one row a second" },
		{ "a,b\n1,2\n", "no known format" },
		{ "", "no known format" },
		{ "\n\n\n", "no known format" },
		{ MANGOHUD, "without a single frame" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		auto_free char *why = frame_text_refusal(files[i].text);

		CHECK(why && strstr(why, files[i].says) != NULL);
	}
}

TEST(frames_read__takes_the_column_that_the_user_names)
{
	static const char text[] = "time;frame us\n1;16700\n2;16600\n";
	const struct frames_options options = { .column = "frame us", .unit_ms = 1e-3 };
	auto_frames struct frames frames = { .ms = NULL };
	auto_str struct str why = { .s = NULL };
	auto_fclose FILE *in = tmpfile();

	CHECK(in != NULL);
	CHECK(fputs(text, in) >= 0);
	rewind(in);
	CHECK_EQ(frames_read(in, &options, &frames, &why), 0);
	check_frames(&frames, "CSV", "frame us", 2, 16.6);
}

TEST(frames_format_at__lists_all)
{
	const char *help;
	unsigned int n = 0;

	while (frames_format_at(n, &help))
		n++;
	CHECK_EQ(n, 12);
}
