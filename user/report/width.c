/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * width: names of VMs may be in any script, so bytes are not columns. The wide ranges are those
 * of Unicode's East Asian Width W and F, joined where only unassigned points lie between.
 */
#include "report/width.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	uint32_t first, last;
} wide[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },	  { 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },	  { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x20000, 0x3fffd },
};

static unsigned int width_of_point(uint32_t point)
{
	/* Combining marks, joiners and variation selectors stand on the letter before them. */
	if ((point >= 0x300 && point <= 0x36f) || (point >= 0x200b && point <= 0x200f) ||
	    (point >= 0xfe00 && point <= 0xfe0f))
		return 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(wide); i++) {
		if (point >= wide[i].first && point <= wide[i].last)
			return 2;
	}
	return 1;
}

#define NO_WIDTH 0x200b

/* A colour of ours, "\033[1;32m", has no width; names have lost their control characters by now. */
static size_t colour_length(const char *text, size_t len)
{
	size_t n = 2;

	if (len < 2 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (n < len && (text[n] == ';' || (text[n] >= '0' && text[n] <= '9')))
		n++;
	return n < len && text[n] == 'm' ? n + 1 : 0;
}

/* Decodes one point; a byte that begins none counts as one by itself. */
static size_t next_point(const char *text, size_t len, uint32_t *ret)
{
	size_t colour = colour_length(text, len);
	const unsigned char *s = (const unsigned char *)text;
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc0 ? 2 : 1;
	uint32_t point = n == 1 ? s[0] : s[0] & (0x7fu >> n);

	if (colour) {
		*ret = NO_WIDTH;
		return colour;
	}
	for (size_t i = 1; i < n; i++) {
		if (i >= len || (s[i] & 0xc0) != 0x80) {
			*ret = '?';
			return 1;
		}
		point = point << 6 | (s[i] & 0x3f);
	}
	*ret = point;
	return n;
}

unsigned int width_of_part(const char *text, size_t len)
{
	unsigned int width = 0;

	for (size_t i = 0; i < len;) {
		uint32_t point;

		i += next_point(text + i, len - i, &point);
		width += width_of_point(point);
	}
	return width;
}

unsigned int width_of(const char *text)
{
	return width_of_part(text, strlen(text));
}

size_t width_cut(const char *text, unsigned int columns)
{
	size_t len = strlen(text), i = 0;
	unsigned int width = 0;

	while (i < len) {
		uint32_t point;
		size_t n = next_point(text + i, len - i, &point);

		width += width_of_point(point);
		if (width > columns)
			break;
		i += n;
	}
	return i;
}
