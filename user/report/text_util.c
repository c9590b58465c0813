/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_util: numbers, names and paragraphs of the summary. It formats and prints; what is said
 * is decided in the parts.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "model/rows.h"
#include "report/report.h"
#include "report/text.h"
#include "report/width.h"

int text_title(const struct text *text, const char *fmt, ...)
{
	auto_str struct str title = { .s = NULL };
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = str_addv(&title, fmt, ap);
	va_end(ap);
	if (err)
		return err;
	(void)fputs(text->style->color ? "\n\033[1m" : "\n", text->out);
	text_paragraph(text, 0, 2, title.s);
	(void)fputs(text->style->color ? "\033[0m" : "", text->out);
	return 0;
}

void text_wrap(const struct text *text, unsigned int at, unsigned int hang, const char *words)
{
	unsigned int width = max(text->style->width ?: 80, hang + 20);

	for (bool is_first = true; *words; is_first = false) {
		size_t blanks = strspn(words, " ");
		size_t len = strcspn(words + blanks, " ");
		unsigned int columns = width_of_part(words, blanks + len);

		if (!is_first && at + columns > width) {
			(void)fprintf(text->out, "\n%*s", (int)hang, "");
			at = hang;
			words += blanks;
			columns -= (unsigned int)blanks;
			blanks = 0;
		}
		for (size_t i = 0; i < blanks + len; i++)
			(void)fputc(words[i] == *TEXT_GLUE ? ' ' : words[i], text->out);
		at += columns;
		words += blanks + len;
	}
	(void)fputc('\n', text->out);
}

void text_paragraph(const struct text *text, unsigned int indent, unsigned int hang,
		    const char *words)
{
	(void)fprintf(text->out, "%*s", (int)indent, "");
	text_wrap(text, indent, hang, words);
}

const char *text_share(uint64_t part, uint64_t whole, char *buf, size_t cap)
{
	double share = whole ? 100.0 * (double)part / (double)whole : 0;

	if (!part || !whole) {
		(void)snprintf(buf, cap, "-");
		return buf;
	}
	if (share < 0.01)
		(void)snprintf(buf, cap, "<0.01");
	else /* 0.995 is 1.0, not 1.00: the digits are those of the rounded value */
		(void)snprintf(buf, cap, "%.*f", share < 0.995 ? 2 : 1, share);
	return buf;
}

const char *text_count(uint64_t count, char *buf, size_t cap)
{
	char plain[24];
	size_t len, n = 0;

	(void)snprintf(plain, sizeof(plain), "%" PRIu64, count);
	len = strlen(plain);
	for (size_t i = 0; i < len && n + 2 < cap; i++) {
		if (i && (len - i) % 3 == 0)
			buf[n++] = ',';
		buf[n++] = plain[i];
	}
	buf[n] = '\0';
	return buf;
}

const char *text_rate(uint64_t count, uint64_t duration_ns, char *buf, size_t cap)
{
	double rate = duration_ns ? 1e9 * (double)count / (double)duration_ns : 0;

	if (!count || !duration_ns)
		(void)snprintf(buf, cap, "-");
	else if (rate >= 9.95)
		(void)text_count((uint64_t)min(rate + 0.5, 1e18), buf, cap);
	else if (rate >= 0.0095)
		(void)snprintf(buf, cap, "%.*f", rate < 0.095 ? 3 : rate < 0.95 ? 2 : 1, rate);
	else
		(void)snprintf(buf, cap, "<0.01");
	return buf;
}

const char *text_ns_short(uint64_t ns, char *buf, size_t cap)
{
	char *point, *end;

	(void)str_format_ns(ns, buf, cap);
	point = strchr(buf, '.');
	end = strchr(buf, ' ');
	if (point && end && strspn(point + 1, "0") == (size_t)(end - point - 1))
		memmove(point, end, strlen(end) + 1);
	return buf;
}

int text_add_victim(const struct text *text, const struct rec_thread *thread, struct str *to)
{
	if (thread->vcpu < 0)
		return str_addf(to, "%s %d", thread->comm ?: "", thread->tid);
	if (text->one_vm || !thread->vm)
		return str_addf(to, "vcpu %d", thread->vcpu);
	return str_addf(to, "%s vcpu %d", thread->vm, thread->vcpu);
}

int text_add_victims(const struct text *text, struct str *to)
{
	const struct recording *rec = text->rec;
	bool are_vcpus = true;

	if (rec->n_threads == 1)
		return text_add_victim(text, &rec->threads[0], to);
	for (unsigned int i = 0; i < rec->n_threads; i++)
		are_vcpus = are_vcpus && rec->threads[i].vcpu >= 0;
	return str_addf(to, "the %u %s", rec->n_threads, are_vcpus ? "vCPUs" : "threads");
}

bool text_is_one_vm(const struct recording *rec)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		const struct rec_thread *thread = &rec->threads[i];

		if (thread->vcpu < 0 || !thread->vm || !streq(thread->vm, rec->threads[0].vm))
			return false;
	}
	return true;
}

const struct rec_thread *text_thread_of(const struct recording *rec, int tid)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		if (rec->threads[i].tid == tid)
			return &rec->threads[i];
	}
	return NULL;
}

const char *text_entry_name(const struct rec_entry *entry)
{
	return entry->name && *entry->name ? entry->name : entry->kind;
}
