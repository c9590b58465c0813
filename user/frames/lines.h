/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lines: the lines of a text that other programs wrote: UTF-8 or UTF-16 with their marks, any line
 * end, NULs, no end of line for megabytes. The memory that it takes has a limit; the text has not.
 */
#ifndef LULL_FRAMES_LINES_H
#define LULL_FRAMES_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINES_MAX 65536 /* bytes of one line; the rest of a longer one is left out */

struct str;

enum lines_encoding { LINES_BYTES, LINES_UTF16LE, LINES_UTF16BE };

/* Zero-initialise with .in; the caller closes that. */
struct lines {
	FILE *in;
	uint64_t number; /* of the line that was read last, from 1 */
	bool is_cut;	 /* it was longer than LINES_MAX */
	enum lines_encoding encoding;
	char *data;
	size_t begin, end;
	bool is_started, is_at_end, must_skip;
};

/*
 * The next line without its end, NUL-terminated, good until the next call. A NUL in the text
 * becomes a blank. 1: a line; 0: the end; -errno of the stream, -ENOMEM.
 */
int lines_next(struct lines *lines, char **ret, size_t *ret_len);
/*
 * Before the first lines_next(): the first character that is no white space, which stays to be
 * read; '\0' in an empty text. 0, -errno, -ENOMEM.
 */
int lines_peek(struct lines *lines, char *ret);
/* All that is left, appended to @to. -EFBIG: it is more than @limit bytes. */
int lines_read_all(struct lines *lines, size_t limit, struct str *to);
void lines_done(struct lines *lines);

#endif
