/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/interrupts.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "model/interrupts.h"
#include "sys/irqs.h"
#include "sys/irqs_class.h"

#define auto_irqs __attribute__((cleanup(irqs_done)))

/* "ahci, xhci_hcd" */
static int split_actions(const char *text, struct interrupt *line)
{
	for (const char *p = text; *p;) {
		const char *comma = strstr(p, ", ");
		size_t len = comma ? (size_t)(comma - p) : strlen(p);
		char **grown = reallocarray(line->actions, line->n_actions + 1, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		line->actions = grown;
		grown[line->n_actions] = strndup(p, len);
		if (!grown[line->n_actions])
			return -ENOMEM;
		line->n_actions++;
		p += len + (comma ? 2 : 0);
	}
	return 0;
}

static int copy_set(bool is_known, const struct cpuset *set, struct cpuset **ret)
{
	if (!is_known)
		return 0;
	*ret = malloc(sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	**ret = *set;
	return 0;
}

static int copy_line(const struct irq_line *from, const struct irq_info *info, struct interrupt *to)
{
	int err;

	*to = (struct interrupt){
		.irq = from->irq,
		.name = strdup(from->name),
		.class = irqs_class_name(info->class),
		.is_per_cpu = info->class == IRQ_PER_CPU || info->class == IRQ_POSTED,
		.is_posted = info->is_posted,
		.is_writable = info->is_writable,
		.chip = strdup(from->chip),
		.trigger = strdup(from->trigger),
		.description = strdup(from->irq < 0 ? from->actions : ""),
		.counts = calloc(from->n_counts + 1, sizeof(*to->counts)),
		.n_counts = from->n_counts,
		.bdf = strdup(info->bdf),
		.device = strdup(info->device),
		.node = info->node,
		.vm_pid = info->vm_pid,
		.why = strdup(info->why),
	};
	if (!to->name || !to->chip || !to->trigger || !to->description || !to->counts || !to->bdf ||
	    !to->device || !to->why)
		return -ENOMEM;
	memcpy(to->counts, from->counts, from->n_counts * sizeof(*to->counts));
	err = from->irq < 0 ? 0 : split_actions(from->actions, to);
	err = err ?: copy_set(info->has_affinity, &info->affinity, &to->affinity);
	return err ?: copy_set(info->has_effective, &info->effective, &to->effective);
}

static int copy_table(const struct irq_table *table, const struct irq_infos *infos,
		      struct interrupts *to)
{
	to->cpus = calloc(table->n_cpus + 1, sizeof(*to->cpus));
	to->lines = calloc(table->n_lines + 1, sizeof(*to->lines));
	if (!to->cpus || !to->lines)
		return -ENOMEM;
	memcpy(to->cpus, table->cpus, table->n_cpus * sizeof(*to->cpus));
	to->n_cpus = table->n_cpus;
	for (unsigned int i = 0; i < table->n_lines; i++) {
		to->n_lines++;
		if (copy_line(&table->lines[i], &infos->infos[i], &to->lines[i]))
			return -ENOMEM;
	}
	return 0;
}

/* The same line before: same label, chip and actions; a number is given away again. */
static const struct irq_line *line_before(const struct irq_table *before, unsigned int hint,
					  const struct irq_line *line)
{
	const struct irq_line *old = NULL;

	/* Nearly always at the same place. */
	if (hint < before->n_lines && streq(before->lines[hint].name, line->name))
		old = &before->lines[hint];
	else
		old = irqs_find(before, line->name);
	if (!old || !streq(old->chip, line->chip) || !streq(old->actions, line->actions))
		return NULL;
	return old;
}

/*
 * What was counted in between. A CPU that came is new, and a count that fell began again: both
 * count from 0.
 */
static void subtract(const struct irq_table *before, struct irq_table *now)
{
	for (unsigned int i = 0; i < now->n_lines; i++) {
		struct irq_line *line = &now->lines[i];
		const struct irq_line *old = line_before(before, i, line);

		if (!old)
			continue;
		for (unsigned int k = 0, m = 0; k < line->n_counts; k++) {
			/* Columns rise. */
			while (m < old->n_counts && before->cpus[m] < now->cpus[k])
				m++;
			if (m < old->n_counts && before->cpus[m] == now->cpus[k] &&
			    line->counts[k] >= old->counts[m])
				line->counts[k] -= old->counts[m];
		}
	}
}

static int read_table(const struct root *root, struct irq_table *ret)
{
	unsigned int line = 0;
	int err = irqs_read(root, ret, &line);
	const char *slash = fs_root_is_live(root) ? "" : root->path;

	if (!err)
		return 0;
	if (line)
		log_error("list: %s/proc/interrupts, line %u: not as the kernel writes it", slash,
			  line);
	else
		log_error("list: %s/proc/interrupts: %s", slash, strerror(-err));
	return EXIT_ERROR;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* @before becomes what is there, *ret what is there after @interval_ns; *ret_ns really passed. */
static int read_both(const struct root *root, uint64_t interval_ns, struct irq_table *before,
		     struct irq_table *ret, uint64_t *ret_ns)
{
	struct timespec wait = {
		.tv_sec = (time_t)(interval_ns / 1000000000),
		.tv_nsec = (long)(interval_ns % 1000000000),
	};
	uint64_t began = now_ns();
	int code = read_table(root, before);

	if (code)
		return code;
	while (nanosleep(&wait, &wait) && errno == EINTR)
		;
	*ret_ns = now_ns() - began;
	return read_table(root, ret);
}

int interrupts_read(const struct root *root, const struct vm_list *vms, uint64_t interval_ns,
		    struct interrupts *ret)
{
	auto_irqs struct irq_table before = { .cpus = NULL }, table = { .cpus = NULL };
	auto_irq_infos struct irq_infos infos = { .n = 0 };
	struct interrupts all = { .cpus = NULL };
	int code, err;

	if (interval_ns)
		code = read_both(root, interval_ns, &before, &table, &all.interval_ns);
	else
		code = read_table(root, &table);
	if (code)
		return code;
	/* By all that a line did since boot, else a quiet one would pass for posted. */
	err = irqs_classify(root, &table, vms, &infos);
	if (!err && interval_ns)
		subtract(&before, &table);
	if (!err)
		err = copy_table(&table, &infos, &all);
	if (err) {
		log_error("list: out of memory");
		interrupts_done(&all);
		return EXIT_ERROR;
	}
	*ret = all;
	return 0;
}
