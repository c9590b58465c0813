/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the text of /proc/interrupts, and the classes of what it says: whatever is accepted has
 * counts for its columns alone, words that are safe to show, and a class with a reason for each
 * line; whatever is refused names a line of the text and leaves the result alone.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sys/irqs.h"
#include "sys/irqs_class.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const char *words)
{
	for (const char *c = words; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			abort();
}

static void check_line(const struct irq_table *table, const struct irq_line *line)
{
	uint64_t largest = 0;

	if (line->n_counts > table->n_cpus || line->irq < -1 || line->hwirq < -1)
		abort();
	for (unsigned int i = 0; i < line->n_counts; i++)
		largest = max(largest, line->counts[i]);
	check_words(line->name);
	check_words(line->chip);
	check_words(line->trigger);
	check_words(line->actions);
	/* Reading every count is what the sanitizer watches. */
	if (!irqs_find(table, line->name) || (largest && !line->n_counts))
		abort();
}

static void check_refused(const char *text, unsigned int line)
{
	unsigned int n = 1;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	if (!line || line > n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct root nowhere = { .fd = -1, .path = "nowhere" };
	auto_free char *text = malloc(size + 1), *copy = NULL;
	auto_irq_infos struct irq_infos infos = { .n = 0 };
	struct irq_table table = { .n_cpus = 4711 };
	unsigned int line = 0;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	copy = strdup(text);
	if (!copy)
		return 0;
	if (irqs_parse(text, &table, &line)) {
		if (table.n_cpus != 4711)
			abort();
		check_refused(copy, line);
		return 0;
	}
	for (unsigned int i = 0; i < table.n_lines; i++)
		check_line(&table, &table.lines[i]);
	if (irqs_classify(&nowhere, &table, NULL, &infos) || infos.n != table.n_lines)
		abort();
	for (unsigned int i = 0; i < infos.n; i++)
		if (!infos.infos[i].why || infos.infos[i].class >= IRQ_N_CLASSES)
			abort();
	irqs_done(&table);
	return 0;
}
