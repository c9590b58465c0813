/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_percentiles: how long the gaps were, over 1/(1-p): every decade to the right is one in ten
 * of what is left. Both axes are logarithmic. A thin line is one victim, a thick one all of them;
 * without victims a line is one kind of what ran on the CPUs. Lines end at the exact maximum.
 */
#include <errno.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/html.h"
#include "report/text.h"

#define HEIGHT	     392
#define LINES_MAX    64 /* thin ones */
#define STEP_PX	     1.0
#define THIN_STEP_PX 2.0 /* for so many lines; the more there are, the coarser they are */
#define THIN_FINE    8
#define DECADES_MIN  2
#define LEVEL_MAX    UINT32_MAX

struct line {
	struct hist hist; /* its own copy */
	const char *class;
	bool is_thin;
};

struct chart {
	struct line *lines;
	unsigned int n_lines;
	double x_decades;	   /* from 1 to 10^this */
	double y_first, y_decades; /* from 10^this ns */
	double left, top, width, height;
};

static int add_line(struct chart *chart, const struct hist *hist, const char *class, bool is_thin)
{
	struct line *lines = reallocarray(chart->lines, chart->n_lines + 1, sizeof(*lines));
	int err;

	if (!lines)
		return -ENOMEM;
	chart->lines = lines;
	lines[chart->n_lines] = (struct line){ .class = class, .is_thin = is_thin };
	err = hist_init(&lines[chart->n_lines].hist, hist->digits);
	err = err ?: hist_merge(&lines[chart->n_lines].hist, hist);
	chart->n_lines++;
	return err;
}

/* A line for each round. */
static int add_rounds(struct chart *chart, const struct html *h, unsigned int side)
{
	const struct recording *rec;
	int err = 0;

	for (unsigned int i = 0; i < LINES_MAX && !err && (rec = html_round(h, side, i)); i++) {
		struct hist gaps = { .digits = 0 };

		err = html_merge_gaps(rec, &gaps);
		if (!err && gaps.count)
			err = add_line(chart, &gaps, html_side_class(side), true);
		hist_done(&gaps);
	}
	return err;
}

static int add_victims(struct chart *chart, const struct html *h, unsigned int side)
{
	const struct recording *rec = h->what->sides[side].rec;
	int err = 0;

	for (unsigned int i = 0; i < rec->n_threads && i < LINES_MAX && !err; i++) {
		if (rec->n_threads > 1 && rec->threads[i].gap.count)
			err = add_line(chart, &rec->threads[i].gap, html_side_class(side), true);
	}
	return err;
}

static int add_side(struct chart *chart, const struct html *h, unsigned int side)
{
	struct hist all = { .digits = 0 };
	int err = html_has_rounds(h) ? add_rounds(chart, h, side) : add_victims(chart, h, side);

	err = err ?: html_side_gaps(h, side, &all);
	if (!err && all.count)
		err = add_line(chart, &all, html_side_class(side), false);
	hist_done(&all);
	return err;
}

/* What ran on the CPUs, by kind. */
static int add_kinds(struct chart *chart, const struct recording *rec)
{
	static const char *const kinds[] = { "irq", "vector", "softirq" };
	int err = 0;

	for (unsigned int k = 0; k < ARRAY_SIZE(kinds) && !err; k++) {
		struct hist sum = { .digits = 0 };

		err = hist_init(&sum, 1);
		for (unsigned int i = 0; i < rec->n_cpus && !err; i++) {
			for (unsigned int j = 0; j < rec->cpus[i].n_sources; j++) {
				const struct rec_entry *entry = &rec->cpus[i].sources[j];

				if (streq(entry->kind, kinds[k]))
					(void)hist_merge(&sum, &entry->hist);
			}
		}
		if (!err && sum.count)
			err = add_line(chart, &sum, html_kind_class(kinds[k]), false);
		hist_done(&sum);
	}
	return err;
}

static void scale(struct chart *chart)
{
	double low = INFINITY, high = 0, n = 0;

	for (unsigned int i = 0; i < chart->n_lines; i++) {
		const struct hist *hist = &chart->lines[i].hist;

		low = min(low, (double)max(hist->min, (uint64_t)1));
		high = max(high, (double)hist->max);
		n = max(n, (double)hist->count);
	}
	chart->x_decades = max(ceil(log10(max(n, 10.0)) * 2) / 2, (double)DECADES_MIN);
	chart->y_first = floor(log10(low));
	chart->y_decades = max(ceil(log10(max(high, 10.0))) - chart->y_first, 1.0);
}

static double x_of(const struct chart *chart, double above)
{
	double decades = min(log10(max(above, 1.0)), chart->x_decades);

	return chart->left + chart->width * decades / chart->x_decades;
}

static double y_of(const struct chart *chart, double ns)
{
	double decades = log10(max(ns, 1.0)) - chart->y_first;

	return chart->top + chart->height * (1 - max(decades, 0.0) / chart->y_decades);
}

static void draw_grid(struct html *h, const struct chart *chart)
{
	static const char *const levels[] = { "0 %",	 "90 %",     "99 %",	"99.9 %",
					      "99.99 %", "99.999 %", "6 nines", "7 nines" };
	static const char *const units[] = { "1 ns", "10 ns", "100 ns", "1 us", "10 us", "100 us",
					     "1 ms", "10 ms", "100 ms", "1 s",	"10 s",	 "100 s" };
	static const char *const odds[] = { "",		  "1 in 10",	 "1 in 100",
					    "1 in 1,000", "1 in 10,000", "1 in 100,000",
					    "1 in 10^6",  "1 in 10^7" };
	double bottom = chart->top + chart->height;

	for (unsigned int i = 0; i <= chart->x_decades; i++) {
		double x = x_of(chart, pow(10, i));
		const char *class = !i			       ? "tick"
				    : i + 1 > chart->x_decades ? "tick end"
							       : "tick mid";

		html_print(h, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>\n", x, chart->top,
			   bottom);
		/* In a narrow window there is room for every second one. */
		if (i >= ARRAY_SIZE(levels) || (chart->width < 500 && i % 2))
			continue;
		html_svg_text(h, x, bottom + 18, class, levels[i]);
		html_svg_text(h, x, bottom + 34, class, odds[i]);
	}
	for (unsigned int i = 0; i <= chart->y_decades; i++) {
		double y = y_of(chart, pow(10, chart->y_first + i));
		size_t unit = (size_t)(chart->y_first + i);

		html_print(h, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>\n", chart->left, y,
			   chart->left + chart->width);
		if (unit < ARRAY_SIZE(units))
			html_svg_text(h, chart->left - 8, y + 4, "tick end", units[unit]);
	}
}

static void draw_line(struct html *h, const struct chart *chart, const struct line *line)
{
	const struct hist *hist = &line->hist;
	double last_x = -10, last_y = -10, x = 0, y = 0, step = STEP_PX;
	uint64_t seen = 0;

	if (line->is_thin)
		step = THIN_STEP_PX * max(chart->n_lines, THIN_FINE) / THIN_FINE;
	html_print(h, "<path class=\"line %s%s\" d=\"", line->class, line->is_thin ? " thin" : "");
	for (unsigned int i = 0; i <= hist_slots(hist->digits) && seen < hist->count; i++) {
		uint64_t low, high;

		if (!hist->counts[i])
			continue;
		hist_range(hist->digits, i, &low, &high);
		y = y_of(chart, (double)min(high, hist->max));
		if (last_x < 0)
			html_print(h, "M%.1f %.1f", chart->left, y);
		seen += hist->counts[i];
		x = seen == hist->count
			    ? x_of(chart, (double)hist->count)
			    : x_of(chart, (double)hist->count / (double)(hist->count - seen));
		if (fabs(x - last_x) < step && fabs(y - last_y) < step)
			continue;
		html_print(h, "V%.1fH%.1f", y, x);
		last_x = x;
		last_y = y;
	}
	html_print(h, "V%.1fH%.1f\"/>\n", y, x);
	if (!line->is_thin)
		html_print(h, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n",
			   line->class, x, y);
}

/* The maximum beside its dot; of two at one height the second goes below. */
static void draw_max(struct html *h, const struct chart *chart, const struct line *line,
		     double *last_y)
{
	double x = x_of(chart, (double)line->hist.count);
	double y = y_of(chart, (double)line->hist.max) - 9;
	char time[32], words[48];

	if (fabs(y - *last_y) < 16)
		y = *last_y + 16;
	*last_y = y;
	(void)snprintf(words, sizeof(words), "max %s",
		       str_format_ns(line->hist.max, time, sizeof(time)));
	/* The colours of kinds are for marks: too light for letters. */
	html_print(h, "<text x=\"%.1f\" y=\"%.1f\" class=\"value end %s\">%s</text>\n",
		   min(x + 4, chart->left + chart->width), y,
		   str_starts(line->class, "k-") ? "" : line->class, words);
}

static void draw(struct html *h, const struct html_canvas *canvas, const void *arg)
{
	struct chart chart = *(const struct chart *)arg;
	double last_y = -100;

	chart.left = canvas->is_narrow ? 56 : 64;
	chart.top = 24;
	chart.width = canvas->width - chart.left - (canvas->is_narrow ? 14 : 28);
	chart.height = canvas->height - chart.top - 58;
	draw_grid(h, &chart);
	for (unsigned int thin = 2; thin-- > 0;) {
		for (unsigned int i = 0; i < chart.n_lines; i++) {
			if (chart.lines[i].is_thin == thin)
				draw_line(h, &chart, &chart.lines[i]);
		}
	}
	for (unsigned int i = 0; i < chart.n_lines; i++) {
		if (!chart.lines[i].is_thin)
			draw_max(h, &chart, &chart.lines[i], &last_y);
	}
	html_svg_text(h, chart.left + chart.width, chart.top + chart.height + 52, "tick end",
		      canvas->is_narrow ? "share that is not longer; how many are"
					: "share of all that is not longer; how many are");
}

/* A cell for each side. @level: millionths; above them all is the maximum, 0 the number. */
static void write_level(struct html *h, const char *name, uint32_t level, const struct hist *sides)
{
	char text[32];

	html_print(h, "<tr><th scope=\"row\">%s</th>", name);
	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		const struct hist *all = &sides[side];

		html_print(h, "<td%s>%s</td>", level == LEVEL_MAX && !side ? " id=\"gap-max\"" : "",
			   !level ? text_count(all->count, text, sizeof(text))
				  : str_format_ns(level == LEVEL_MAX ? all->max
								     : hist_percentile(all, level),
						  text, sizeof(text)));
	}
	html_print(h, "</tr>\n");
}

static void write_table(struct html *h)
{
	static const struct {
		const char *name;
		uint32_t level;
	} levels[] = {
		{ "p50", 500000 },    { "p99", 990000 },    { "p99.9", 999000 },
		{ "p99.99", 999900 }, { "max", LEVEL_MAX }, { "number", 0 },
	};
	struct hist sides[HTML_SIDES_MAX] = { { .digits = 0 } };

	html_print(h, "<table class=\"numbers few\"><thead><tr><th scope=\"col\">gaps</th>");
	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		html_fail(h, html_side_gaps(h, side, &sides[side]));
		html_print(h, "<th scope=\"col\"><i class=\"key %s\"></i>", html_side_class(side));
		html_text(h, h->what->n_sides > 1 ? html_side_name(h, side) : "all victims");
		html_print(h, "</th>");
	}
	html_print(h, "</tr></thead><tbody>\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(levels); i++)
		write_level(h, levels[i].name, levels[i].level, sides);
	html_print(h, "</tbody></table>\n");
	for (unsigned int side = 0; side < h->what->n_sides; side++)
		hist_done(&sides[side]);
}

static void write_legend(struct html *h)
{
	static const char *const kinds[] = { "irq", "vector", "softirq" };

	html_print(h, "<p class=\"legend\">");
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		html_print(h, "<span><i class=\"key %s\"></i>%s</span> ", html_kind_class(kinds[i]),
			   kinds[i]);
	html_print(h, "</p>\n");
}

void html_percentiles(struct html *h)
{
	bool has_victims = h->what->sides[0].rec->n_threads > 0;
	struct chart chart = { .n_lines = 0 };
	int err = 0;

	for (unsigned int side = 0; side < h->what->n_sides && !err; side++)
		err = has_victims ? add_side(&chart, h, side)
				  : add_kinds(&chart, h->what->sides[side].rec);
	html_fail(h, err);
	if (!err && chart.n_lines) {
		scale(&chart);
		html_section(h, "percentiles",
			     has_victims ? "How long the gaps were"
					 : "How long interruptions were");
		html_print(h, "<p class=\"about\">%s%s</p>\n",
			   has_victims ? "From losing the CPU, or guest mode, to having it again. "
				       : "Each time that one of these ran on a watched CPU.",
			   !has_victims ? ""
			   : html_has_rounds(h)
				   ? "A thin line is one round, the thick one all of them."
				   : "A thin line is one victim, the thick one all of "
				     "them.");
		html_picture(h, "percentiles of the gaps, on logarithmic axes", HEIGHT, draw,
			     &chart);
		if (has_victims)
			write_table(h);
		else
			write_legend(h);
		html_section_end(h);
	}
	for (unsigned int i = 0; i < chart.n_lines; i++)
		hist_done(&chart.lines[i].hist);
	free(chart.lines);
}
