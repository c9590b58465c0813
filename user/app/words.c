/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words: a command line is written out in full, then parsed like any other.
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
	auto_free char **all = calloc(2 * (size_t)argc + 2, sizeof(char *));
	unsigned int n = 0;
	int err;

	if (!all)
		return -ENOMEM;
	err = opts_parse_words(spec, spell_out(argc, argv, all), all, config, &n);
	if (!err)
		*ret = (struct words){ .v = take_ptr(all), .n = n };
	return err;
}
