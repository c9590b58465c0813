/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_frames: the document lull.frames/1. Rates are frames a second; times that frames have are
 * milliseconds and say so in their key, as the files that they come from. What a definition does
 * not have is null.
 */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>

#include "base/cleanup.h"
#include "model/frame_figures.h"
#include "report/frames.h"
#include "report/json_value.h"

static int add_lows(struct json_object *to, const struct frame_figures *figures)
{
	struct json_object *lows = json_value_list(to, "lows");
	int err = lows ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < FRAME_LOWS && !err; i++) {
		const struct frame_low *low = &figures->lows[i];
		struct json_object *item = json_value_item(lows);

		err = json_value_number(item, "p", low->p);
		err = err ?: json_value_number(item, "percentile_fps", low->percentile_fps);
		err = err ?: json_value_number(item, "mean_fps", low->mean_fps);
		if (!err && isfinite(low->integral_fps))
			err = json_value_number(item, "integral_fps", low->integral_fps);
	}
	return err;
}

static int add_stutters(struct json_object *to, const struct frame_figures *figures)
{
	struct json_object *stutters = json_value_object(to, "stutters");
	struct json_object *capframex = json_value_object(to, "capframex");
	struct json_object *pacing = json_value_object(to, "pacing");
	struct json_object *shares = json_value_list(pacing, "shares");
	int err = json_value_u64(stutters, "count", figures->stutters);

	err = err ?: json_value_number(stutters, "time_share", figures->stutter_share);
	err = err
		      ?: json_value_text(stutters, "rule",
					 "over twice the median of the 20 frames around");
	err = err
		      ?: json_value_number(capframex, "stutter_time_share",
					   figures->capframex_stutter_share);
	err = err
		      ?: json_value_number(capframex, "low_fps_time_share",
					   figures->capframex_slow_share);
	err = err ?: json_value_number(pacing, "mean_step_ms", figures->step_ms);
	for (unsigned int i = 0; i < FRAME_PACING && !err; i++)
		err = json_value_add_number(shares, figures->pacing[i]);
	return err;
}

static int add_file(struct json_object *files, const struct frame_report *file)
{
	const struct frame_figures *figures = &file->figures;
	struct json_object *item = json_value_item(files);
	struct json_object *bad = NULL;
	int err = json_value_text(item, "file", file->path);

	err = err ?: json_value_text(item, "format", file->format);
	err = err ?: json_value_text(item, "column", file->column);
	err = err ?: json_value_text(item, "process", file->stream);
	err = err ?: json_value_u64(item, "frames", figures->n);
	err = err ?: json_value_number(item, "seconds", figures->seconds);
	err = err ?: json_value_number(item, "fps_avg", figures->fps_avg);
	err = err ?: json_value_number(item, "fps_min", figures->fps_min);
	err = err ?: json_value_number(item, "median_ms", figures->median_ms);
	err = err ?: add_lows(item, figures);
	err = err ?: add_stutters(item, figures);
	err = err ?: json_value_u64(item, "scene_loads", file->loads);
	err = err ?: json_value_u64(item, "generated", file->generated);
	err = err ?: json_value_u64(item, "not_shown", file->not_shown);
	err = err ?: json_value_u64(item, "rows_of_others", file->rows_left);
	err = err ?: json_value_u64(item, "bad_rows", file->bad);
	bad = json_value_list(item, "bad_lines");
	for (unsigned int i = 0; i < FRAME_BAD_LINES && i < file->bad && !err; i++)
		err = json_value_add_number(bad, (double)file->bad_lines[i]);
	return err;
}

static int add_comparison(struct json_object *to, const struct frame_comparison *comparison)
{
	struct json_object *object = json_value_object(to, "comparison");
	struct json_object *figures = json_value_list(object, "figures");
	int err = json_value_text(object, "verdict", verdict_word(comparison->verdict));

	err = err ?: json_value_u64(object, "before_files", comparison->n_a);
	err = err ?: json_value_u64(object, "after_files", comparison->n_b);
	err = err ?: json_value_text(object, "method", comparison->method);
	for (unsigned int i = 0; i < comparison->n_changes && !err; i++) {
		const struct frame_change *change = &comparison->changes[i];
		struct json_object *item = json_value_item(figures);

		err = json_value_text(item, "name", change->name);
		err = err ?: json_value_number(item, "a", change->a);
		err = err ?: json_value_number(item, "b", change->b);
		err = err ?: json_value_effect(item, &change->effect);
		err = err
			      ?: json_value_text(item, "verdict",
						 verdict_word(comparison->within_runs
								      ? VERDICT_INCOMPLETE
								      : change->verdict));
	}
	return err;
}

static int add_alignment(struct json_object *to, const struct frame_alignment *alignment)
{
	struct json_object *object = json_value_object(to, "alignment");
	struct json_object *causes;
	int err = json_value_bool(object, "aligned", alignment->is_aligned);

	err = err ?: json_value_text(object, "clock", alignment->clock);
	err = err ?: json_value_u64(object, "peak", alignment->peak);
	err = err ?: json_value_u64(object, "second_peak", alignment->second);
	if (err || !alignment->is_aligned)
		return err;
	err = json_value_i64(object, "offset_ns", (int64_t)llround(alignment->offset_s * 1e9));
	err = err ?: json_value_i64(object, "error_ns", (int64_t)llround(alignment->error_s * 1e9));
	err = err ?: json_value_u64(object, "stutters", alignment->hitches);
	err = err ?: json_value_u64(object, "overlaps", alignment->overlaps);
	err = err ?: json_value_number(object, "chance", alignment->chance);
	causes = json_value_list(object, "causes");
	for (unsigned int i = 0; i < alignment->n_causes && !err; i++) {
		struct json_object *item = json_value_item(causes);

		err = json_value_text(item, "name", alignment->causes[i].name);
		err = err ?: json_value_u64(item, "stutters", alignment->causes[i].hitches);
	}
	return err;
}

static int fill(struct json_object *document, const struct report_frames *report)
{
	struct json_object *files;
	int err = json_value_text(document, "schema", "lull.frames/1");

	if (!err && report->like)
		err = json_value_text(document, "like", report->like);
	files = json_value_list(document, "files");
	for (unsigned int i = 0; i < report->n_files && !err; i++)
		err = add_file(files, report->files[i]);
	if (!err && report->comparison)
		err = add_comparison(document, report->comparison);
	if (!err && report->alignment)
		err = add_alignment(document, report->alignment);
	return err;
}

int report_frames_json(const struct report_frames *report, FILE *out)
{
	struct json_object *document = json_object_new_object();
	int err = document ? fill(document, report) : -ENOMEM;

	err = err ?: json_value_write(document, out);
	json_object_put(document);
	return err;
}
