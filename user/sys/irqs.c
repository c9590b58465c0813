/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqs: /proc/interrupts as a table, in one pass and three allocations, since the file of a large
 * machine has 13 MB. The layout differs by architecture, chip and age, and names in it come from
 * drivers and users, so a row is read by the shape of its words and not by columns. What a line
 * is for (which class of interrupt) is not decided here.
 */
#include "sys/irqs.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

/* One block behind irq_table.lines: the lines, then all counts, then all strings. */
struct filler {
	unsigned int n_cpus;
	uint64_t *counts;
	char *strings;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

static char *word_end(char *p)
{
	while (*p && !is_blank(*p))
		p++;
	return p;
}

/* Reads digits. NULL: no number, or it does not fit. */
static char *read_count(char *p, uint64_t *ret)
{
	char *start = p;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return NULL;
	if (p == start)
		return NULL;
	*ret = v;
	return p;
}

static int parse_header(char *header, struct irq_table *ret)
{
	auto_free int *cpus = NULL;
	unsigned int n = 0, n_max = 0;
	uint64_t cpu;

	for (char *p = header; (p = strstr(p, "CPU")); p += 3)
		n_max++;
	if (!n_max)
		return -EINVAL;
	cpus = malloc(n_max * sizeof(*cpus));
	if (!cpus)
		return -ENOMEM;
	for (char *p = skip_blanks(header); *p; p = skip_blanks(p)) {
		if (!str_starts(p, "CPU"))
			return -EINVAL;
		p = read_count(p + 3, &cpu);
		if (!p || (*p && !is_blank(*p)) || cpu >= CPUSET_MAX)
			return -EINVAL;
		cpus[n++] = (int)cpu;
	}
	ret->cpus = take_ptr(cpus);
	ret->n_cpus = n;
	return 0;
}

static char *keep(struct filler *filler, const char *text, size_t len)
{
	char *kept = filler->strings;

	memcpy(kept, text, len);
	kept[len] = '\0';
	filler->strings += len + 1;
	str_sanitize(kept);
	return kept;
}

static bool is_word(const char *word, size_t len, const char *what)
{
	return strlen(what) == len && memcmp(word, what, len) == 0;
}

static bool is_level_word(const char *word, size_t len)
{
	return is_word(word, len, "Level") || is_word(word, len, "Edge");
}

/*
 * "IO-APIC-edge": up to 3.x the flow hangs on the chip and there is no hardware number. Returns
 * the length of the chip; 0: another form.
 */
static size_t old_chip_len(const char *word, size_t len)
{
	static const char *const flows[] = { "-ioapic-edge", "-ioapic-level", "-edge",	 "-level",
					     "-fasteoi",     "-percpu",	      "-XT-PIC", "-XT",
					     "-event",	     "-ipi",	      "-virq",	 "-noprobe",
					     "-bad" };

	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		size_t flow_len = strlen(flows[i]);

		if (len > flow_len && memcmp(word + len - flow_len, flows[i], flow_len) == 0)
			return len - flow_len;
	}
	return 0;
}

struct span {
	char *start;
	size_t len;
};

/* "524288" of "524288-edge" or "30 Level"; -1: none, or it does not fit. */
static int64_t read_hwirq(char *word)
{
	uint64_t number;

	return read_count(word, &number) && number <= INT64_MAX ? (int64_t)number : -1;
}

/*
 * Is @word, after @gap blanks, the trigger? Forms: "1-edge" (hardware number and flow), "-event"
 * (Xen, no number), "30 Level" (where the kernel shows the level), "30" (neither). A lone number
 * after more blanks than its field is wide (@field, the kernel's `prec`) is an action. Returns
 * where the trigger ends.
 */
static char *match_trigger(char *word, size_t gap, size_t field, struct span *ret)
{
	char *end = word_end(word), *next = skip_blanks(end), *next_end = word_end(next);
	size_t digits = strspn(word, "0123456789");
	size_t len = (size_t)(end - word);

	if (is_level_word(word, len) || (digits && word[digits] == '-')) {
		*ret = (struct span){ word, len };
		return end;
	}
	if (*word == '-' && isalpha((unsigned char)word[1])) {
		*ret = (struct span){ word + 1, len - 1 };
		return end;
	}
	if (digits != len)
		return NULL;
	if (is_level_word(next, (size_t)(next_end - next))) {
		*ret = (struct span){ next, (size_t)(next_end - next) };
		return next_end;
	}
	if (gap > field)
		return NULL;
	*ret = (struct span){ word, len };
	return end;
}

/* Finds chip and trigger at the start of @rest; returns where the actions start. */
static char *split_chip(char *rest, size_t field, struct span *ret_chip, struct span *ret_trigger)
{
	char *end = word_end(rest), *actions;
	size_t chip_len = old_chip_len(rest, (size_t)(end - rest));
	char *word = skip_blanks(end);

	/* "xen-percpu    -virq" only looks like it. */
	if (chip_len && !(word[0] == '-' && isalpha((unsigned char)word[1]))) {
		*ret_chip = (struct span){ rest, chip_len };
		*ret_trigger =
			(struct span){ rest + chip_len + 1, (size_t)(end - rest) - chip_len - 1 };
		return end;
	}
	*ret_chip = (struct span){ rest, (size_t)(end - rest) };
	for (char *chip_end = end;;) {
		size_t gap;

		word = skip_blanks(chip_end);
		gap = (size_t)(word - chip_end);
		if (!*word)
			return end;
		actions = match_trigger(word, gap, field, ret_trigger);
		if (actions) {
			ret_chip->len = (size_t)(chip_end - rest);
			return actions;
		}
		/* A chip's name has single blanks in it; two end it ("Hyper-V PCIe MSI"). */
		if (gap > 1) {
			ret_chip->len = (size_t)(chip_end - rest);
			return chip_end;
		}
		chip_end = word_end(word);
	}
}

static void fill_names(struct filler *filler, struct irq_line *line, char *rest, size_t field)
{
	struct span chip = { rest, 0 }, trigger = { rest, 0 };
	size_t len;

	rest = skip_blanks(rest);
	line->hwirq = -1;
	if (line->irq >= 0 && *rest) {
		rest = skip_blanks(split_chip(rest, field, &chip, &trigger));
		if (trigger.len)
			line->hwirq = read_hwirq(skip_blanks(chip.start + chip.len));
	}
	for (len = strlen(rest); len && is_blank(rest[len - 1]); len--)
		;
	line->chip = keep(filler, chip.start, chip.len);
	line->trigger = keep(filler, trigger.start, trigger.len);
	line->actions = keep(filler, rest, len);
}

/* The colon that ends a row's label, or NULL when @row is no row. */
static char *label_end(char *row)
{
	char *p = row;

	while (*p && *p != ':' && !is_blank(*p))
		p++;
	return *p == ':' && p > row ? p : NULL;
}

static int fill_line(struct filler *filler, struct irq_line *line, char *label, size_t field)
{
	char *colon = label_end(label), *p = colon + 1, *end;
	uint32_t irq;
	uint64_t count;

	*colon = '\0';
	str_copy(line->name, sizeof(line->name), label, (size_t)(colon - label));
	str_sanitize(line->name);
	line->irq = parse_u32(label, &irq) || irq > INT_MAX ? -1 : (int)irq;
	line->counts = filler->counts;
	line->n_counts = 0;
	/* 32-bit ARM prints more counters than columns; they belong to no CPU we can name. */
	for (p = skip_blanks(p); *p >= '0' && *p <= '9'; p = skip_blanks(end)) {
		end = word_end(p);
		if (strspn(p, "0123456789") != (size_t)(end - p))
			break;
		if (!read_count(p, &count))
			return -EINVAL;
		if (line->n_counts < filler->n_cpus)
			line->counts[line->n_counts++] = count;
	}
	filler->counts += line->n_counts;
	fill_names(filler, line, p, field);
	return 0;
}

/* Every count and every string comes from its own bytes of the text, which bounds the block. */
static int allocate(const char *rows, struct irq_table *table, struct filler *ret)
{
	size_t len = strlen(rows), n_lines = 1, n_counts;
	char *block;

	for (const char *p = rows; (p = strchr(p, '\n')); p++)
		n_lines++;
	n_counts = min(n_lines * table->n_cpus, len / 2 + 1);
	block = malloc(n_lines * sizeof(struct irq_line) + n_counts * sizeof(uint64_t) + len +
		       3 * n_lines);
	if (!block)
		return -ENOMEM;
	table->lines = (struct irq_line *)(void *)block;
	ret->n_cpus = table->n_cpus;
	ret->counts = (uint64_t *)(void *)(table->lines + n_lines);
	ret->strings = (char *)(ret->counts + n_counts);
	return 0;
}

static char *cut_line(char *p)
{
	char *end = strchr(p, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

static int parse_rows(char *rows, struct irq_table *table, unsigned int *line_no)
{
	struct filler filler;
	int err;

	err = allocate(rows, table, &filler);
	if (err)
		return err;
	for (char *p = rows, *next; p; p = next) {
		struct irq_line *line = &table->lines[table->n_lines];
		char *label, *colon;

		(*line_no)++;
		next = cut_line(p);
		label = skip_blanks(p);
		colon = label_end(label);
		if (!*label)
			continue;
		/* The name of an action may hold a newline (a GPIO user chooses it): its rest. */
		if (!colon && table->n_lines && line[-1].irq >= 0)
			continue;
		if (!colon)
			return -EINVAL;
		err = fill_line(&filler, line, label, (size_t)(colon - p));
		if (err)
			return err;
		table->n_lines++;
	}
	return 0;
}

int irqs_parse(char *text, struct irq_table *ret, unsigned int *ret_line)
{
	struct irq_table table = { .cpus = NULL };
	unsigned int line_no = 1;
	char *rows;
	int err;

	rows = cut_line(text);
	err = parse_header(text, &table);
	if (!err)
		err = parse_rows(rows ? rows : text + strlen(text), &table, &line_no);
	if (err) {
		if (ret_line)
			*ret_line = line_no;
		irqs_done(&table);
		return err;
	}
	*ret = table;
	return 0;
}

int irqs_read(const struct root *root, struct irq_table *ret, unsigned int *ret_line)
{
	auto_free char *text = NULL;
	int err;

	if (ret_line)
		*ret_line = 0;
	err = fs_read_file(root, &text, NULL, "proc/interrupts");
	if (err)
		return err;
	return irqs_parse(text, ret, ret_line);
}

int irqs_read_softirqs(const struct root *root, struct irq_table *ret, unsigned int *ret_line)
{
	auto_free char *text = NULL;
	int err;

	if (ret_line)
		*ret_line = 0;
	err = fs_read_file(root, &text, NULL, "proc/softirqs");
	if (err)
		return err;
	return irqs_parse(text, ret, ret_line);
}

void irqs_done(struct irq_table *table)
{
	free(table->cpus);
	free(table->lines);
	*table = (struct irq_table){ .cpus = NULL };
}

const struct irq_line *irqs_find(const struct irq_table *table, const char *name)
{
	for (unsigned int i = 0; i < table->n_lines; i++)
		if (streq(table->lines[i].name, name))
			return &table->lines[i];
	return NULL;
}

const struct irq_line *irqs_row_of(const struct root *root, const struct irq_table *table,
				   uint32_t irq)
{
	auto_free char *actions = NULL;
	const struct irq_line *line;
	unsigned long long hwirq;
	char label[32];

	(void)snprintf(label, sizeof(label), "%u", irq);
	line = irqs_find(table, label);
	if (line || fs_read_line(root, &actions, "sys/kernel/irq/%u/actions", irq) ||
	    !streq(actions, "IPI") || fs_read_u64(root, &hwirq, "sys/kernel/irq/%u/hwirq", irq))
		return line;
	(void)snprintf(label, sizeof(label), "IPI%llu", hwirq);
	return irqs_find(table, label);
}

uint64_t irqs_count(const struct irq_table *table, const char *name, int cpu)
{
	const struct irq_line *line = irqs_find(table, name);

	/* A row with fewer counters than columns (ERR) does not say whose they are. */
	if (!line || line->n_counts < table->n_cpus)
		return 0;
	for (unsigned int i = 0; i < table->n_cpus; i++)
		if (table->cpus[i] == cpu)
			return line->counts[i];
	return 0;
}
