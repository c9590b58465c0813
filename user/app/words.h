/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words: command lines with files, and with the two groups of a comparison:
 * "--before A... --after B...".
 */
#ifndef LULL_APP_WORDS_H
#define LULL_APP_WORDS_H

#include "app/opts.h"

struct words {
	char **v; /* the words that are no options; in argv */
	unsigned int n;
};

/*
 * opts_parse_words() over all of argv. The words behind --before and --after, up to the next option,
 * belong to these: each is as if the option stood before it. 0, 1 and -EINVAL as opts_parse();
 * -ENOMEM. words_done() on success.
 */
int words_parse(const struct opt_spec *spec, int argc, char **argv, void *config,
		struct words *ret);
void words_done(struct words *words);

#endif
