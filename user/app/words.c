/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words: a command line is written out in full first, then parsed as often as words interrupt it.
 */
#include "app/words.h"

#include <errno.h>
#include <stdbool.h>

#include "base/cleanup.h"

void words_done(struct words *words)
{
	free(words->v);
	*words = (struct words){ .v = NULL };
}

static bool is_group(const char *word)
{
	return streq(word, "--before") || streq(word, "--after");
}

/* "--before a b" becomes "--before a --before b"; at most twice as long. */
static int spell_out(int argc, char **argv, char **to)
{
	char *group = NULL;
	bool is_first = false, is_over = false;
	int n = 0;

	for (int i = 0; i < argc; i++) {
		bool is_word = i == 0 || is_over || argv[i][0] != '-' || !argv[i][1];

		is_over = is_over || streq(argv[i], "--");
		if (!is_word) {
			group = is_group(argv[i]) ? argv[i] : NULL;
			is_first = true;
		} else if (group && !is_first && !is_over) {
			to[n++] = group;
		}
		is_first = is_first && !is_word;
		to[n++] = argv[i];
	}
	return n;
}

int words_parse(const struct opt_spec *spec, int argc, char **argv, void *config, struct words *ret)
{
	auto_free char **all = calloc(2 * (size_t)argc + 2, sizeof(*all));
	auto_free const char **words = calloc(2 * (size_t)argc + 2, sizeof(*words));
	unsigned int n_words = 0;
	int n, at = 0, rest, err;

	if (!all || !words)
		return -ENOMEM;
	n = spell_out(argc, argv, all);
	for (bool is_over = false; at < n - 1;) {
		if (is_over) {
			words[n_words++] = all[++at];
			continue;
		}
		err = opts_parse(spec, n - at, all + at, config, &rest);
		if (err)
			return err;
		is_over = rest > 0 && streq(all[at + rest - 1], "--");
		at += rest;
		if (!is_over && at < n)
			words[n_words++] = all[at];
		else if (is_over)
			at--; /* the "--", which the next word follows */
	}
	*ret = (struct words){ .v = take_ptr(words), .n = n_words };
	return 0;
}
