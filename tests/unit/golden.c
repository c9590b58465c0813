/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * golden: reads recordings and writes summaries for the tests; it judges nothing.
 */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "test.h"

const struct report_style golden_style = {
	.utf8 = true, .width = 80, .top = 10, .stalls_shown = 10
};

void golden_read(const char *name, struct recording *ret)
{
	auto_str struct str why = { .s = NULL };
	struct root root = { .fd = -1 };
	auto_free char *text = NULL;
	size_t len;

	CHECK_EQ(fs_root_open(&root, "."), 0);
	CHECK_EQ(fs_read_file(&root, &text, &len, "tests/golden/%s.json", name), 0);
	fs_root_done(&root);
	CHECK_EQ(report_json_read(text, len, ret, &why), 0);
}

char *golden_json(const struct recording *rec)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	CHECK_EQ(report_json_write(rec, out), 0);
	(void)fclose(out);
	return text;
}

char *golden_text(const struct recording *rec, const struct report_style *style)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	CHECK_EQ(report_text_write(rec, style, out), 0);
	(void)fclose(out);
	return text;
}

bool golden_says(const char *text, const char *words)
{
	auto_free char *flat = malloc(strlen(text) + 1);
	size_t n = 0;

	if (!flat)
		return false;
	for (; *text; text++) {
		bool is_blank = *text == ' ' || *text == '\n';

		if (!is_blank || !n || flat[n - 1] != ' ')
			flat[n++] = *text;
		if (is_blank)
			flat[n - 1] = ' ';
	}
	flat[n] = '\0';
	return strstr(flat, words) != NULL;
}

void golden_update(const char *text, const char *golden)
{
	auto_free char *path = NULL;
	FILE *out;

	CHECK(asprintf(&path, "tests/golden/%s", golden) > 0);
	out = fopen(path, "w");
	CHECK(out != NULL);
	CHECK(fputs(text, out) >= 0);
	CHECK_EQ(fclose(out), 0);
}
