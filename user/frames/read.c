/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * read: finds the format of a text and reads its rows by the format's table of columns. Lines are
 * read one at a time: a file may be larger than memory.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frames/format.h"

#define HEADER_LINES  100	/* the header is in these, or there is none */
#define FRAME_MAX_MS  3600000.0 /* an hour: what is longer is no frame */
#define SAMPLED_SHARE 0.9	/* of the time that passed; less, and frames are missing */
#define NOT_AVAILABLE "NA"
#define WHOLE_MAX     (256UL << 20)

static const struct {
	const struct frames_format *format;
	const char *help;
} formats[] = {
#define FORMAT(id, help_) { .format = &frames_##id, .help = (help_) },
#include "frames/formats.def"
#undef FORMAT
};

const char *frames_format_at(unsigned int index, const char **ret_help)
{
	if (index >= ARRAY_SIZE(formats))
		return NULL;
	*ret_help = formats[index].help;
	return formats[index].format->name;
}

void frames_done(struct frames *frames)
{
	free(frames->report.path);
	free(frames->report.column);
	free(frames->report.stream);
	free(frames->ms);
	free(frames->at_s);
	*frames = (struct frames){ .ms = NULL };
}

/* Where the columns of a format are in this file; -1: it has none. */
struct columns {
	const struct frames_format *format;
	const struct frames_clock *time, *clock, *ticks;
	int at_time, at_clock, at_ticks, at_dropped, at_shown, at_frame_type;
	int at_process, at_process_id, at_swap_chain;
	char delimiter;
};

struct reader {
	struct lines lines;
	struct columns columns;
	struct frames_clock by_user; /* the column that the user names */
	struct gather *gather;
	char stream[512]; /* of the row at hand */
	double previous;  /* of a running clock */
	bool has_previous, has_remarks;
	uint64_t rows;
	double sum_ms, first_s, last_s; /* for may_be_sampled */
};

static bool has_all(const struct csv_row *header, const char *const *names)
{
	for (unsigned int i = 0; i < FORMAT_COLUMNS_MAX && names[i]; i++) {
		if (csv_find(header, names[i]) < 0)
			return false;
	}
	return true;
}

static bool has_any(const struct csv_row *header, const char *const *names)
{
	for (unsigned int i = 0; i < FORMAT_COLUMNS_MAX && names[i]; i++) {
		if (csv_find(header, names[i]) >= 0)
			return true;
	}
	return false;
}

static const struct frames_clock *find_clock(const struct csv_row *header,
					     const struct frames_clock *clocks, unsigned int n,
					     int *ret_at)
{
	for (unsigned int i = 0; i < n && clocks[i].column; i++) {
		*ret_at = csv_find(header, clocks[i].column);
		if (*ret_at >= 0)
			return &clocks[i];
	}
	*ret_at = -1;
	return NULL;
}

static int find_optional(const struct csv_row *header, const char *name)
{
	return name ? csv_find(header, name) : -1;
}

/* Is this line the header of @format? Then the places of its columns. */
static bool match(const struct frames_format *format, const struct csv_row *header,
		  bool has_remarks, struct columns *ret)
{
	struct columns columns = { .format = format };

	if (format->read || (format->fields && header->n != format->fields) ||
	    !has_all(header, format->needs) || has_any(header, format->lacks))
		return false;
	if (format->has_remarks && !has_remarks)
		return false;
	columns.time =
		find_clock(header, format->times, ARRAY_SIZE(format->times), &columns.at_time);
	columns.clock = find_clock(header, format->clocks, FORMAT_CLOCKS_MAX, &columns.at_clock);
	columns.ticks =
		find_clock(header, format->ticks, ARRAY_SIZE(format->ticks), &columns.at_ticks);
	columns.at_dropped = find_optional(header, format->dropped);
	columns.at_shown = find_optional(header, format->shown);
	columns.at_frame_type = find_optional(header, format->frame_type);
	columns.at_process = find_optional(header, format->process);
	columns.at_process_id = find_optional(header, format->process_id);
	columns.at_swap_chain = find_optional(header, format->swap_chain);
	*ret = columns;
	return columns.time != NULL;
}

static const char *field_at(const struct csv_row *row, int at)
{
	return at >= 0 && (unsigned int)at < row->n ? row->fields[at] : "";
}

/* "Game.exe\n1234 0x1A2B": the process, and behind a line end what tells its streams apart. */
static const char *stream_of(struct reader *reader, const struct csv_row *row)
{
	const struct columns *columns = &reader->columns;

	if (columns->at_process < 0)
		return "";
	(void)snprintf(reader->stream, sizeof(reader->stream), "%.200s\n%.100s %.100s",
		       field_at(row, columns->at_process), field_at(row, columns->at_process_id),
		       field_at(row, columns->at_swap_chain));
	return reader->stream;
}

/* The frame time of a row. 1: a frame; 0: none, as it should be; -EINVAL: it cannot be read. */
static int row_ms(struct reader *reader, const struct csv_row *row, double *ret_ms)
{
	const struct columns *columns = &reader->columns;
	const char *field = field_at(row, columns->at_time);
	double value, ms;

	if (streq(field, NOT_AVAILABLE))
		return 0;
	if (csv_parse_number(field, &value)) {
		reader->has_previous = false; /* what follows would be more than one frame */
		return -EINVAL;
	}
	ms = value * 1000 / columns->time->per_second;
	if (columns->format && columns->format->is_running) {
		ms -= reader->previous;
		reader->previous += ms;
		if (!reader->has_previous) {
			reader->has_previous = true;
			return 0;
		}
	}
	/* No frame lies before the first row. */
	if (fabs(ms) < 1e-12 && reader->rows == 1)
		return 0;
	if (!(ms > 0 && ms <= FRAME_MAX_MS))
		return -EINVAL;
	*ret_ms = ms;
	return 1;
}

static double row_end_s(const struct reader *reader, const struct csv_row *row, double ms)
{
	const struct frames_clock *clock = reader->columns.clock;
	double value;

	if (!clock || csv_parse_number(field_at(row, reader->columns.at_clock), &value))
		return NAN;
	return value / clock->per_second + (clock->is_start ? ms / 1000 : 0);
}

static int add_ticks(struct reader *reader, const struct csv_row *row)
{
	const struct frames_clock *ticks = reader->columns.ticks;
	double value;

	if (ticks && !csv_parse_number(field_at(row, reader->columns.at_ticks), &value))
		gather_add_ticks(reader->gather, value, ticks->is_start);
	return 0;
}

static int add_row(struct reader *reader, const struct csv_row *row)
{
	const struct columns *columns = &reader->columns;
	const char *type = field_at(row, columns->at_frame_type);
	double ms = 0, at_s;
	int is_frame;

	reader->rows++;
	if (*type && !streq(type, "Application") && !streq(type, NOT_AVAILABLE)) {
		gather_count_generated(reader->gather);
		return 0;
	}
	is_frame = row_ms(reader, row, &ms);
	if (is_frame < 0)
		gather_count_bad(reader->gather, reader->lines.number);
	if (is_frame <= 0)
		return 0;
	if (streq(field_at(row, columns->at_dropped), "1") ||
	    streq(field_at(row, columns->at_shown), NOT_AVAILABLE))
		gather_count_not_shown(reader->gather);
	at_s = row_end_s(reader, row, ms);
	if (!reader->sum_ms)
		reader->first_s = at_s - ms / 1000;
	reader->sum_ms += ms;
	reader->last_s = at_s;
	return gather_add(reader->gather, stream_of(reader, row), ms, at_s)
		       ?: add_ticks(reader, row);
}

static int read_rows(struct reader *reader)
{
	struct csv_row row;
	char *line;
	size_t len;
	int err = 0, more;

	while (!err && (more = lines_next(&reader->lines, &line, &len)) != 0) {
		if (more < 0)
			return more;
		if (!line[strspn(line, " \t,;")])
			continue;
		csv_split(line, reader->columns.delimiter, &row);
		err = add_row(reader, &row);
	}
	return err;
}

/* One row for many frames: nothing can be said of the slowest ones. */
static int refuse_sampled(const struct reader *reader, struct str *ret_why)
{
	const struct frames_format *format = reader->columns.format;
	double passed_ms = (reader->last_s - reader->first_s) * 1000;

	if (!format || !format->may_be_sampled || !(passed_ms > 0) ||
	    reader->sum_ms >= SAMPLED_SHARE * passed_ms)
		return 0;
	return str_addf(
		       ret_why,
		       "a sampled log: about 1 frame in %.0f is in it, the slowest of all frames cannot be known; log with log_interval=0",
		       passed_ms / reader->sum_ms)
		       ?: -EINVAL;
}

static int read_table(struct reader *reader, struct frames *ret, struct str *ret_why)
{
	const struct columns *columns = &reader->columns;
	int err = gather_new(&reader->gather);

	err = err ?: read_rows(reader);
	err = err ?: refuse_sampled(reader, ret_why);
	err = err
		      ?: gather_finish(
				 reader->gather, columns->format ? columns->format->name : "CSV",
				 columns->time->column,
				 columns->clock ? columns->clock->column : NULL, ret, ret_why);
	gather_free(&reader->gather);
	return err;
}

/* A known format, or the column that the user names. */
static bool find_format(const struct csv_row *header, bool has_remarks,
			const struct frames_clock *by_user, struct columns *ret)
{
	const struct columns none = { .at_clock = -1,
				      .at_ticks = -1,
				      .at_dropped = -1,
				      .at_shown = -1,
				      .at_frame_type = -1,
				      .at_process = -1 };

	if (by_user->column) {
		*ret = none;
		ret->time = by_user;
		ret->at_time = csv_find(header, by_user->column);
		return ret->at_time >= 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++) {
		if (match(formats[i].format, header, has_remarks, ret))
			return true;
	}
	return false;
}

static int refuse_unknown(const char *first, const struct frames_options *options,
			  struct str *ret_why)
{
	int err;

	if (options->column)
		err = str_addf(ret_why, "no column \"%.80s\" in the first %d lines",
			       options->column, HEADER_LINES);
	else
		err = str_addf(
			ret_why,
			"no known format (see lull-frames(8)); its first line is \"%.60s\"; for another CSV name the column with --column",
			first);
	if (!err)
		str_sanitize(ret_why->s);
	return err ?: -EINVAL;
}

#define HEADER_FOUND 1

/* Is this line the header? HEADER_FOUND, 0, or -EINVAL with the reason to refuse the file. */
static int try_header(struct reader *reader, char *line, struct csv_row *row, struct str *ret_why)
{
	bool is_log = strstr(line, ", Hardware monitoring log v") != NULL;
	bool is_remark = str_starts(line, "//");
	char delimiter = csv_find_delimiter(line);
	const char *why;

	csv_split(line, delimiter, row);
	if (find_format(row, reader->has_remarks, &reader->by_user, &reader->columns)) {
		reader->columns.delimiter = delimiter;
		return HEADER_FOUND;
	}
	reader->has_remarks |= is_remark;
	why = reader->by_user.column ? NULL : frames_refusal(row, is_log);
	return why ? str_add(ret_why, why) ?: -EINVAL : 0;
}

/* Finds the header and reads what follows. */
static int read_lines(struct reader *reader, const struct frames_options *options,
		      struct frames *ret, struct str *ret_why)
{
	auto_free struct csv_row *row = malloc(sizeof(*row));
	auto_str struct str first = { .s = NULL };
	int found = row ? 0 : -ENOMEM;

	reader->by_user = (struct frames_clock){ .column = options->column,
						 .per_second = 1000 / (options->unit_ms ?: 1) };
	while (!found && reader->lines.number < HEADER_LINES) {
		char *line;
		size_t len;
		int more = lines_next(&reader->lines, &line, &len);

		if (more <= 0) {
			found = more;
			break;
		}
		if (!first.s)
			found = str_addf(&first, "%.60s", line);
		found = found ?: try_header(reader, line, row, ret_why);
	}
	if (found == HEADER_FOUND)
		return read_table(reader, ret, ret_why);
	return found ?: refuse_unknown(first.s ?: "", options, ret_why);
}

/* A format that reads the whole text itself. 0: *ret_is_read says whether one does. */
static int read_whole(struct lines *lines, const struct frames_options *options, bool *ret_is_read,
		      struct frames *ret, struct str *ret_why)
{
	auto_str struct str text = { .s = NULL };
	char first = '\0';
	int err = lines_peek(lines, &first);

	for (unsigned int i = 0; i < ARRAY_SIZE(formats) && !err && !options->column; i++) {
		const struct frames_format *format = formats[i].format;

		if (!format->read || format->first != first)
			continue;
		*ret_is_read = true;
		err = lines_read_all(lines, WHOLE_MAX, &text);
		if (err == -EFBIG)
			return str_addf(ret_why, "larger than 256 MiB") ?: -EINVAL;
		return err ?: format->read(text.s, text.len, ret, ret_why);
	}
	return err;
}

int frames_read(FILE *in, const struct frames_options *options, struct frames *ret,
		struct str *ret_why)
{
	struct reader reader = { .lines = { .in = in } };
	bool is_read = false;
	int err = read_whole(&reader.lines, options, &is_read, ret, ret_why);

	if (!err && !is_read)
		err = read_lines(&reader, options, ret, ret_why);
	lines_done(&reader.lines);
	return err;
}
