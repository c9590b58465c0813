/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_split: takes the long lists out of a JSON document, so that their elements are parsed one
 * at a time: parsed at once, a recording needs twenty times the memory of its text. It looks for
 * strings and brackets only; whether the rest is JSON is for the parser of the pieces to say.
 */
#ifndef LULL_REPORT_JSON_SPLIT_H
#define LULL_REPORT_JSON_SPLIT_H

#include <stddef.h>

#include "base/str.h"

/* An element of a list, as it stands in the text. */
struct json_part {
	const char *text;
	size_t len;
	unsigned int list; /* number of its key in @keys */
};

struct json_split {
	struct str rest; /* the document, its long lists empty */
	struct json_part *parts;
	size_t n_parts;
};

/*
 * Splits the lists that the members @keys (until a NULL) of the document are. -EINVAL: no such
 * document, or a key twice: it has to be parsed as a whole. -ENOMEM. The parts point into @text.
 */
int json_split(const char *text, size_t len, const char *const *keys, struct json_split *ret);
void json_split_done(struct json_split *split);

#endif
