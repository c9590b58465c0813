/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_rounds: rounds are written and read one at a time, each as the recording that it is.
 */
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "report/json_split.h"
#include "report/report.h"
#include "report/rounds.h"

void report_rounds_free(struct round *rounds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		recording_done(&rounds[i].rec);
	free(rounds);
}

/* The document of a recording, from its first bracket to its last. */
static int document_of(const struct recording *rec, char **ret, char **ret_begin, char **ret_end)
{
	auto_free char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int err;

	if (!memory)
		return -ENOMEM;
	err = report_json_write(rec, memory);
	if (fclose(memory) && !err)
		err = -ENOMEM;
	if (err)
		return err;
	*ret_begin = strchr(text, '{');
	*ret_end = strrchr(text, '}');
	*ret = take_ptr(text);
	return *ret_begin && *ret_end ? 0 : -EINVAL;
}

int report_rounds_write(const struct recording *whole, const struct round *rounds, unsigned int n,
			FILE *out)
{
	auto_free char *text = NULL;
	char *begin, *end;
	int err = document_of(whole, &text, &begin, &end);

	if (err)
		return err;
	*end = '\0';
	(void)fprintf(out, "%s,\n\"rounds\": [", text);
	for (unsigned int i = 0; i < n && !err; i++) {
		auto_free char *round = NULL;

		err = document_of(&rounds[i].rec, &round, &begin, &end);
		if (err)
			return err;
		end[1] = '\0';
		(void)fprintf(out, "%s\n{\"side\": \"%c\",%s", i ? "," : "",
			      rounds[i].is_b ? 'b' : 'a', begin + 1);
	}
	(void)fputs("\n]}\n", out);
	errno = 0;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return err;
}

/* The member "side" of one element. */
static int read_side(const struct json_part *part, bool *ret_is_b, struct str *why)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object, *side = NULL;
	const char *name = "";
	int err = 0;

	if (!tokener)
		return -ENOMEM;
	object = json_tokener_parse_ex(tokener, part->text, (int)min(part->len, (size_t)INT_MAX));
	if (json_object_is_type(object, json_type_object) &&
	    json_object_object_get_ex(object, "side", &side) &&
	    json_object_is_type(side, json_type_string))
		name = json_object_get_string(side);
	*ret_is_b = streq(name, "b");
	if (!*ret_is_b && !streq(name, "a"))
		err = str_add(why, "side: \"a\" or \"b\" expected") ?: -EINVAL;
	json_object_put(object);
	json_tokener_free(tokener);
	return err;
}

static int read_round(const struct json_part *part, size_t number, struct round *ret,
		      struct str *ret_why)
{
	auto_str struct str why = { .s = NULL };
	struct round round = { .is_b = false };
	int err = read_side(part, &round.is_b, &why);

	err = err ?: report_json_read(part->text, part->len, &round.rec, &why);
	if (err == -EINVAL)
		return str_addf(ret_why, "rounds[%zu]: %s", number, why.s ?: "damaged") ?: err;
	if (!err)
		*ret = round;
	return err;
}

int report_rounds_read(const char *text, size_t len, struct round **ret, unsigned int *ret_n,
		       struct str *ret_why)
{
	static const char *const keys[] = { "rounds", NULL };
	struct json_split split = { .parts = NULL };
	struct round *rounds = NULL;
	unsigned int n = 0;
	int err = json_split(text, len, keys, &split);

	if (err == -EINVAL || (!err && !split.n_parts)) {
		json_split_done(&split);
		return -ENOENT;
	}
	if (!err) {
		rounds = calloc(split.n_parts, sizeof(*rounds));
		err = rounds ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < split.n_parts && !err; i++) {
		err = read_round(&split.parts[i], i, &rounds[n], ret_why);
		n += !err;
	}
	json_split_done(&split);
	if (err) {
		report_rounds_free(rounds, n);
		return err;
	}
	*ret = rounds;
	*ret_n = n;
	return 0;
}
