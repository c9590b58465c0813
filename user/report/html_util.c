/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_util: escaping, frames of sections and pictures, names of colours.
 */
#include <errno.h>
#include <stdarg.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "model/subject.h"
#include "report/html.h"
#include "report/text.h"

void html_fail(struct html *h, int err)
{
	h->err = h->err ?: err;
}

void html_text(struct html *h, const char *text)
{
	for (; text && *text; text++) {
		switch (*text) {
		case '&':
			(void)fputs("&amp;", h->out);
			break;
		case '<':
			(void)fputs("&lt;", h->out);
			break;
		case '>':
			(void)fputs("&gt;", h->out);
			break;
		case '"':
			(void)fputs("&quot;", h->out);
			break;
		case '\'':
			(void)fputs("&#39;", h->out);
			break;
		default:
			(void)fputc(*text, h->out);
		}
	}
}

void html_print(struct html *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(h->out, fmt, ap);
	va_end(ap);
}

void html_str(struct html *h, const struct str *str)
{
	html_text(h, str->s);
}

void html_section(struct html *h, const char *id, const char *title)
{
	html_print(
		h,
		"<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n",
		id, id, id, title);
}

void html_section_end(struct html *h)
{
	html_print(h, "</section>\n");
}

void html_picture(struct html *h, const char *words, unsigned int height,
		  void (*draw)(struct html *h, const struct html_canvas *canvas, const void *arg),
		  const void *arg)
{
	const struct html_canvas canvases[] = {
		{ .width = 960, .height = height },
		{ .width = 368, .height = height, .is_narrow = true },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(canvases); i++) {
		html_print(h, "<svg class=\"%s\" viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"",
			   canvases[i].is_narrow ? "narrow" : "wide", canvases[i].width, height);
		html_text(h, words);
		html_print(h, "\">\n");
		draw(h, &canvases[i], arg);
		html_print(h, "</svg>\n");
	}
}

void html_svg_text(struct html *h, double x, double y, const char *class, const char *text)
{
	html_print(h, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	html_text(h, text);
	html_print(h, "</text>\n");
}

static const char *escape_less(char *buf, size_t cap)
{
	char plain[32];

	if (*buf != '<')
		return buf;
	str_copy(plain, sizeof(plain), buf + 1, sizeof(plain));
	(void)snprintf(buf, cap, "&lt;%s", plain);
	return buf;
}

const char *html_share(uint64_t part, uint64_t whole, char *buf, size_t cap)
{
	(void)text_share(part, whole, buf, cap);
	return escape_less(buf, cap);
}

const char *html_rate(uint64_t count, uint64_t duration_ns, char *buf, size_t cap)
{
	(void)text_rate(count, duration_ns, buf, cap);
	return escape_less(buf, cap);
}

const char *html_kind_class(const char *kind)
{
	static const struct {
		const char *kind, *class;
	} classes[] = {
		{ "task", "k-task" },	  { "worker", "k-task" },     { "wait", "k-wake" },
		{ "idle", "k-wake" },	  { "throttled", "k-wake" },  { "irq", "k-irq" },
		{ "vector", "k-vector" }, { "softirq", "k-softirq" }, { "victim", "k-victim" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		if (streq(classes[i].kind, kind))
			return classes[i].class;
	}
	return "k-other";
}

const char *html_subject_class(const char *row, const char *name)
{
	static const char *const own[] = { "run", "guest", "halted", "blocked" };
	struct subject subject;

	for (unsigned int i = 0; i < ARRAY_SIZE(own); i++) {
		if (streq(own[i], row))
			return "k-other";
	}
	subject_of_segment(row, name, &subject);
	switch (subject.class) {
	case EXPLAIN_TASK:
	case EXPLAIN_WORKER:
		return "k-task";
	case EXPLAIN_QUEUE:
	case EXPLAIN_IDLE:
	case EXPLAIN_THROTTLED:
		return "k-wake";
	case EXPLAIN_IRQ:
		return "k-irq";
	case EXPLAIN_VECTOR:
		return "k-vector";
	case EXPLAIN_SOFTIRQ:
		return "k-softirq";
	default:
		return "k-other";
	}
}

const char *html_side_class(unsigned int side)
{
	return side ? "b" : "a";
}

const char *html_side_name(const struct html *h, unsigned int side)
{
	const char *label = h->what->sides[side].label;

	if (*label)
		return label;
	return side ? "after" : "before";
}

int html_merge_gaps(const struct recording *rec, struct hist *ret)
{
	int err = 0;

	for (unsigned int i = 0; i < rec->n_threads && !err; i++) {
		const struct hist *gap = &rec->threads[i].gap;

		if (!gap->counts)
			continue;
		if (!ret->counts)
			err = hist_init(ret, gap->digits);
		if (!err && gap->digits == ret->digits)
			err = hist_merge(ret, gap);
	}
	return err;
}

int html_side_gaps(const struct html *h, unsigned int side, struct hist *ret)
{
	const struct recording *rec;
	int err = 0;

	for (unsigned int i = 0; !err && (rec = html_round(h, side, i)); i++)
		err = html_merge_gaps(rec, ret);
	return err;
}
