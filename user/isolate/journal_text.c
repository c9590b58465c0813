/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_text: the journal as text, a line per layer and step, words apart by one blank, every odd
 * byte as %XX. There is one text for each journal: what is read is printed again and compared, so
 * that a damaged one is never believed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "isolate/journal.h"
#include "isolate/knob.h"

#define MAGIC	  "lull-journal"
#define VERSION	  "1"
#define WORDS_MAX 16
#define TEXT_MAX  ((size_t)16 << 20)

static const char *const state_names[] = {
	[JOURNAL_CLEAN] = "clean",
	[JOURNAL_ADDING] = "adding",
	[JOURNAL_LIFTING] = "lifting",
};

static const char *const owner_names[] = {
	[OWNER_NOBODY] = "nobody",
	[OWNER_VM] = "vm",
	[OWNER_THREAD] = "thread",
	[OWNER_LULL] = "lull",
};

/* Castagnoli's, reflected; a journal has some ten kilobytes, so no table is needed. */
static uint32_t crc32c(const char *data, size_t len)
{
	uint32_t crc = ~0U;

	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned char)data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	return ~crc;
}

/* " word"; the empty one is "-". */
static int add_word(struct str *to, const char *word)
{
	int err = str_add(to, !*word ? " -" : streq(word, "-") ? " %2D" : " ");

	if (!*word || streq(word, "-"))
		return err;
	for (const char *c = word; *c && !err; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte > 0x20 && byte < 0x7f && byte != '%')
			err = str_addn(to, c, 1);
		else
			err = str_addf(to, "%%%02X", byte);
	}
	return err;
}

static int add_cpus(struct str *to, const struct cpuset *cpus)
{
	auto_free char *list = cpuset_format(cpus);

	return list ? add_word(to, list) : -ENOMEM;
}

static int add_knobs(struct str *to, uint64_t set)
{
	unsigned int n;
	const struct knob *knobs = knob_table(&n);
	const char *separator = " ";
	int err = set ? 0 : str_add(to, " -");

	for (unsigned int i = 0; i < n && !err; i++)
		if (set >> i & 1) {
			err = str_addf(to, "%s%s", separator, knobs[i].name);
			separator = ",";
		}
	return err;
}

static int add_layer(struct str *to, const struct layer *layer)
{
	int err = str_add(to, "layer");

	err = err ?: add_word(to, layer->id);
	err = err ?: add_word(to, layer->name);
	err = err
		      ?: str_addf(to, " %s %d %" PRIu64, owner_names[layer->owner.kind],
				  layer->owner.pid, layer->owner.start_ticks);
	err = err ?: str_addf(to, " %d %" PRIu64, layer->vm_pid, layer->since_ns);
	err = err ?: add_cpus(to, &layer->guest);
	err = err ?: add_knobs(to, layer->knobs);
	err = err
		      ?: str_addf(to, " %s %s", layer->is_new ? "new" : "held",
				  layer->is_best_effort ? "best-effort" : "all");
	for (unsigned int i = 0; i < layer->n_victims && !err; i++)
		err = str_addf(to, "%c%d", i ? ',' : ' ', layer->victims[i]);
	return err ?: str_add(to, "\n");
}

static int add_step(struct str *to, const struct plan_step *step)
{
	const char *words[] = { step->object, step->identity, step->name,
				step->orig,   step->prev,     step->next };
	int err = str_addf(to, "step %s", step->knob->name);

	for (size_t i = 0; i < ARRAY_SIZE(words) && !err; i++)
		err = add_word(to, words[i]);
	return err ?: str_add(to, "\n");
}

int journal_format(const struct journal *journal, struct str *to)
{
	auto_str struct str text = { 0 };
	int err = str_addf(&text, MAGIC " " VERSION " %s %" PRIu64 " %s", journal->boot_id,
			   journal->seq, state_names[journal->state]);

	err = err ?: add_cpus(&text, &journal->online);
	err = err ?: str_addf(&text, " %" PRIu64 "\n", journal->suspended_ns);
	for (unsigned int i = 0; i < journal->n_layers && !err; i++)
		err = add_layer(&text, journal->layers[i]);
	for (unsigned int i = 0; i < journal->n_steps && !err; i++)
		err = add_step(&text, &journal->steps[i]);
	err = err ?: str_addf(&text, "end %08x\n", crc32c(text.s, text.len));
	return err ?: str_addn(to, text.s, text.len);
}

/* Cuts a line into its words, in place; their number, or -EBADMSG. */
static int split(char *line, char **words)
{
	int n = 0;

	for (char *word = line; word; n++) {
		char *end = strchr(word, ' ');

		if (n == WORDS_MAX)
			return -EBADMSG;
		words[n] = word;
		if (end)
			*end++ = '\0';
		word = end;
	}
	return n;
}

/* Undoes add_word(), in place. */
static int take_word(char *word)
{
	char *to = word;

	if (streq(word, "-"))
		*word = '\0';
	for (const char *c = word; *c; c++) {
		int high, low;

		if (*c != '%') {
			*to++ = *c;
			continue;
		}
		high = parse_hex_digit(c[1]);
		low = high < 0 ? -1 : parse_hex_digit(c[2]);
		if (low < 0 || !(high * 16 + low))
			return -EBADMSG;
		*to++ = (char)(high * 16 + low);
		c += 2;
	}
	*to = '\0';
	return 0;
}

static int copy_word(char *word, char **ret)
{
	int err = take_word(word);

	if (err)
		return err;
	*ret = strdup(word);
	return *ret ? 0 : -ENOMEM;
}

static int take_cpus(char *word, struct cpuset *ret)
{
	return take_word(word) || cpuset_parse(word, ret) ? -EBADMSG : 0;
}

static int take_pid(const char *word, pid_t *ret)
{
	uint32_t value;

	if (parse_u32(word, &value) || value > INT32_MAX)
		return -EBADMSG;
	*ret = (pid_t)value;
	return 0;
}

static int take_name(const char *word, const char *const *names, size_t n, unsigned int *ret)
{
	for (size_t i = 0; i < n; i++)
		if (streq(word, names[i])) {
			*ret = (unsigned int)i;
			return 0;
		}
	return -EBADMSG;
}

/* A knob that this lull does not have was written by another one. */
static int take_knobs(const char *word, uint64_t *ret)
{
	if (streq(word, "-")) {
		*ret = 0;
		return 0;
	}
	return knob_parse_set(word, ret, NULL) ? -EPROTONOSUPPORT : 0;
}

/* "4242,4250" */
static int take_victims(char *word, struct layer *layer)
{
	char *next = word;
	int err = 0;

	while (next && !err) {
		word = next;
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		if (layer->n_victims == LAYER_VICTIMS_MAX)
			return -EBADMSG;
		err = take_pid(word, &layer->victims[layer->n_victims]);
		if (!err && !layer->victims[layer->n_victims++])
			err = -EBADMSG;
	}
	return err;
}

static int parse_layer(char **words, int n, struct layer *layer)
{
	unsigned int kind = 0;
	int err = n == 12 || n == 13 ? 0 : -EBADMSG;

	err = err ?: copy_word(words[1], &layer->id);
	err = err ?: copy_word(words[2], &layer->name);
	err = err ?: take_name(words[3], owner_names, ARRAY_SIZE(owner_names), &kind);
	err = err ?: take_pid(words[4], &layer->owner.pid);
	err = err ?: parse_u64(words[5], &layer->owner.start_ticks) ? -EBADMSG : 0;
	err = err ?: take_pid(words[6], &layer->vm_pid);
	err = err ?: parse_u64(words[7], &layer->since_ns) ? -EBADMSG : 0;
	err = err ?: take_cpus(words[8], &layer->guest);
	err = err ?: take_knobs(words[9], &layer->knobs);
	if (!err && n == 13)
		err = take_victims(words[12], layer);
	if (err)
		return err;
	layer->owner.kind = kind;
	layer->is_new = streq(words[10], "new");
	layer->is_best_effort = streq(words[11], "best-effort");
	return 0;
}

static int add_parsed_layer(char **words, int n, struct journal *journal)
{
	struct layer **grown = reallocarray(journal->layers, journal->n_layers + 1, sizeof(void *));
	struct layer *layer = calloc(1, sizeof(*layer));
	int err = grown && layer ? 0 : -ENOMEM;

	if (grown)
		journal->layers = grown;
	err = err ?: parse_layer(words, n, layer);
	if (err) {
		layer_free(&layer);
		return err;
	}
	journal->layers[journal->n_layers++] = layer;
	return 0;
}

static int parse_step(char **words, int n, struct plan_step *step)
{
	char **members[] = { &step->object, &step->identity, &step->name,
			     &step->orig,   &step->prev,     &step->next };
	int err = n == 8 ? 0 : -EBADMSG;

	if (err)
		return err;
	step->knob = knob_find(words[1]);
	if (!step->knob)
		return -EPROTONOSUPPORT;
	for (size_t i = 0; i < ARRAY_SIZE(members) && !err; i++)
		err = copy_word(words[i + 2], members[i]);
	step->why = err ? NULL : strdup("");
	return err ?: step->why ? 0 : -ENOMEM;
}

static int add_parsed_step(char **words, int n, struct journal *journal)
{
	struct plan_step *grown =
		reallocarray(journal->steps, journal->n_steps + 1, sizeof(*journal->steps));
	struct plan_step step = { .knob = NULL };
	int err;

	if (!grown)
		return -ENOMEM;
	journal->steps = grown;
	err = parse_step(words, n, &step);
	if (err) {
		plan_step_done(&step);
		return err;
	}
	journal->steps[journal->n_steps++] = step;
	return 0;
}

static int parse_head(char **words, int n, struct journal *journal)
{
	unsigned int state = 0;
	int err = n >= 2 && streq(words[0], MAGIC) ? 0 : -EBADMSG;

	if (!err && !streq(words[1], VERSION))
		return -EPROTONOSUPPORT;
	if (err || n != 7 || strlen(words[2]) >= sizeof(journal->boot_id))
		return -EBADMSG;
	str_copy(journal->boot_id, sizeof(journal->boot_id), words[2], strlen(words[2]));
	err = parse_u64(words[3], &journal->seq) ? -EBADMSG : 0;
	err = err ?: take_name(words[4], state_names, ARRAY_SIZE(state_names), &state);
	err = err ?: take_cpus(words[5], &journal->online);
	err = err ?: parse_u64(words[6], &journal->suspended_ns) ? -EBADMSG : 0;
	if (!err)
		journal->state = state;
	return err;
}

static int parse_line(char *line, bool is_first, struct journal *journal)
{
	char *words[WORDS_MAX] = { NULL };
	int n = split(line, words);

	if (n < 0)
		return n;
	if (is_first)
		return parse_head(words, n, journal);
	if (streq(words[0], "layer"))
		return add_parsed_layer(words, n, journal);
	if (streq(words[0], "step"))
		return add_parsed_step(words, n, journal);
	return streq(words[0], "end") ? 0 : -EBADMSG;
}

static int parse_lines(char *text, struct journal *journal)
{
	int err = 0;

	for (char *line = text, *next; *line && !err; line = next) {
		next = strchr(line, '\n');
		if (!next)
			return -EBADMSG;
		*next++ = '\0';
		err = parse_line(line, line == text, journal);
	}
	return err;
}

/* The checksum over all before the last line. Another version may have another one. */
static int check_sum(const char *text, size_t len)
{
	const size_t end_len = sizeof("end 01234567\n") - 1;
	char end[sizeof("end 01234567\n")];

	if (len < end_len || strlen(text) != len)
		return -EBADMSG;
	(void)snprintf(end, sizeof(end), "end %08x\n", crc32c(text, len - end_len));
	return streq(text + len - end_len, end) ? 0 : -EBADMSG;
}

int journal_parse(const char *text, size_t len, struct journal *ret)
{
	auto_free char *copy = len <= TEXT_MAX ? strndup(text, len) : NULL;
	auto_str struct str again = { 0 };
	struct journal journal = { .seq = 0 };
	int err;

	if (!copy)
		return len <= TEXT_MAX ? -ENOMEM : -EBADMSG;
	err = check_sum(copy, len);
	err = err ?: parse_lines(copy, &journal);
	err = err ?: journal_format(&journal, &again);
	if (!err && (again.len != len || memcmp(again.s, text, len) != 0))
		err = -EBADMSG;
	if (err) {
		journal_done(&journal);
		return err;
	}
	*ret = journal;
	return 0;
}
