/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irq: where interrupts go (/proc/irq/N/smp_affinity_list). Those of devices that are passed through go
 * to the CPUs of the VM that has the device, all others away from the guests' CPUs. What an
 * interrupt is, is told by its action and device, never by its trigger; which one it is, by chip,
 * number at the chip and actions, since Linux uses the numbers again. Written after cpuset
 * partitions, which rewrite masks (6.12). What the kernel manages is left alone and said.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "isolate/knob.h"
#include "sys/irqs.h"
#include "sys/irqs_class.h"

#define DIR_LEN (sizeof("proc/irq/") - 1)

/* The line's number from "proc/irq/131/smp_affinity_list". */
static int number_of(const struct plan_step *step, unsigned int *ret)
{
	char number[16];

	if (!str_starts(step->object, "proc/irq/"))
		return -EINVAL;
	str_copy(number, sizeof(number), step->object + DIR_LEN,
		 strcspn(step->object + DIR_LEN, "/"));
	return parse_u32(number, ret);
}

static int identity_part(const struct root *root, unsigned int irq, const char *file,
			 const char *separator, struct str *to)
{
	auto_free char *text = NULL;
	int err = fs_read_line(root, &text, "sys/kernel/irq/%u/%s", irq, file);

	if (err && err != -ENOENT)
		return err;
	return str_addf(to, "%s%s", separator, text ?: "");
}

/*
 * "PCI-MSIX-0000:00:02.0|1|nvme0q1|4711"; without sys/kernel/irq (sparse irqs) the number must do.
 * A driver that is loaded again can get a line with all that as before, but for the inode of its
 * directory: kernfs gives those out in a ring. One in a recorded machine says nothing.
 */
static int identify_irq(const struct root *root, unsigned int irq, char **ret)
{
	auto_str struct str text = { 0 };
	struct stat st;
	int err = fs_stat(root, &st, "proc/irq/%u", irq);

	if (err)
		return err;
	err = fs_stat(root, &st, "sys/kernel/irq/%u", irq);
	if (!err) {
		err = identity_part(root, irq, "chip_name", "", &text);
		err = err ?: identity_part(root, irq, "hwirq", "|", &text);
		err = err ?: identity_part(root, irq, "actions", "|", &text);
		if (!err && fs_root_is_live(root))
			err = str_addf(&text, "|%llu", (unsigned long long)st.st_ino);
	} else if (err == -ENOENT) {
		err = str_add(&text, "");
	}
	if (err)
		return err;
	str_sanitize(text.s);
	*ret = take_ptr(text.s);
	return 0;
}

static int identify(const struct root *root, const struct plan_step *step, char **ret)
{
	unsigned int irq;
	int err = number_of(step, &irq);

	return err ?: identify_irq(root, irq, ret);
}

/*
 * The layer whose VM has the device; NULL: none of them. Where nobody knows the owner, CPUs that were
 * named as the guest's without a VM are meant.
 */
static const struct layer *owner_of(const struct goal *goal, const struct irq_info *info)
{
	if (info->class != IRQ_PASSED_THROUGH)
		return NULL;
	for (unsigned int i = 0; i < goal->n_layers && info->vm_pid; i++)
		if (goal->layers[i]->vm_pid == info->vm_pid)
			return goal->layers[i];
	if (info->vm_pid || goal->n_layers != 1 || goal->layers[0]->vm_pid)
		return NULL;
	return goal->layers[0];
}

#define DEFAULT_MASK "proc/irq/default_smp_affinity"

/*
 * What an interrupt was before any shield. One that was born under ours began with our default; as
 * long as only the default is shielded it shall stay so.
 */
static int original(const struct goal *goal, const struct plan *plan,
		    const struct plan_change *change, const struct cpuset *now, struct cpuset *ret)
{
	const struct knob *knob = knob_find("irq-default");
	const struct plan_step *initial = plan_recorded(plan, knob, DEFAULT_MASK);
	const struct plan_step *wanted = plan_planned(plan, knob, DEFAULT_MASK);
	const struct plan_step *known = plan_recorded(plan, plan->knob, change->object);
	auto_free char *list = NULL;
	struct cpuset orig;
	int err = plan_orig_cpus(plan, change->object, change->identity, now, &orig);

	if (err || (known && streq(known->identity, change->identity))) {
		if (!err)
			*ret = orig;
		return err;
	}
	list = cpuset_format(&orig);
	if (!list)
		return -ENOMEM;
	if (!goal->n_layers && wanted && !streq(wanted->next, wanted->orig))
		initial = NULL;
	if (initial && streq(list, initial->prev) && !streq(initial->prev, initial->orig))
		err = cpuset_parse(initial->orig, &orig);
	if (!err)
		*ret = orig;
	return err;
}

/*
 * An interrupt that is now as our default mask will be has to be remembered, though nothing is
 * written: it must not be taken later for one that was born with that mask.
 */
static bool is_like_default(const struct plan *plan, const char *now)
{
	const struct plan_step *initial =
		plan_planned(plan, knob_find("irq-default"), DEFAULT_MASK);

	return initial && streq(initial->next, now);
}

/* One line while it is planned. */
struct candidate {
	const struct irq_line *line;
	const struct irq_info *info;
	struct cpuset now;
};

static int plan_move(const struct goal *goal, struct plan *plan, struct plan_change *change,
		     const struct candidate *c)
{
	const struct layer *owner = owner_of(goal, c->info);
	auto_free char *born = NULL;
	struct cpuset orig, want;
	int err = original(goal, plan, change, &c->now, &orig);

	if (err)
		return err;
	goal_keep_out(goal, &orig, &want);
	change->why = "a host interrupt: away from the guest's CPUs";
	if (owner) {
		want = owner->guest;
		change->why = "a passed-through device: to the guest that has it";
	} else if (c->info->class == IRQ_PASSED_THROUGH) {
		change->why = "of another VM: away from the guest's CPUs";
	}
	born = cpuset_format(&orig);
	if (!born)
		return -ENOMEM;
	change->orig = born;
	change->is_remembered = is_like_default(plan, born);
	return plan_change_cpus(plan, change, &c->now, &want);
}

static int name_line(const struct candidate *c, char **ret)
{
	const struct irq_line *line = c->line;
	bool is_named = c->info->bdf[0] && strstr(line->actions, c->info->bdf);
	const char *device = is_named ? "" : c->info->device;
	char *name = NULL;

	if (asprintf(&name, "irq %d %s%s%s%s", line->irq, line->actions[0] ? line->actions : "-",
		     device[0] ? " (" : "", device, device[0] ? ")" : "") < 0)
		return -ENOMEM;
	*ret = name;
	return 0;
}

/* The classes forgive what could not be read; here it could. */
static bool is_movable(const struct candidate *c)
{
	if (c->info->class == IRQ_UNKNOWN)
		return c->line->actions[0] && !c->info->has_affinity;
	return c->info->class == IRQ_HOST ||
	       (c->info->class == IRQ_PASSED_THROUGH && !c->info->is_posted);
}

/* 0, or 1: it does not take part. */
static int read_now(const struct root *root, const char *path, const struct candidate *c,
		    struct cpuset *ret)
{
	auto_free char *text = NULL;
	int err = fs_read_line(root, &text, "%s", path);

	if (err == -ENOENT) /* gone, or not recorded */
		return 1;
	err = err ?: cpuset_parse(text, ret);
	return err ?: !is_movable(c);
}

static int plan_line(const struct root *root, const struct goal *goal, struct plan *plan,
		     struct candidate *c)
{
	auto_free char *identity = NULL, *name = NULL;
	char path[64];
	struct plan_change change = { .object = path };
	int err = name_line(c, &name);

	(void)snprintf(path, sizeof(path), "proc/irq/%d/smp_affinity_list", c->line->irq);
	err = err ?: read_now(root, path, c, &c->now);
	if (err == 1 && goal->n_layers)
		return plan_stay(plan, name, "%s",
				 c->info->class == IRQ_HOST ? "its affinity is not known"
							    : c->info->why);
	err = err ?: identify_irq(root, (unsigned int)c->line->irq, &identity);
	if (err)
		return err == -ENOENT || err == 1 ? 0 : err; /* gone meanwhile */
	change.identity = identity;
	change.name = name;
	return plan_move(goal, plan, &change, c);
}

/* A row of what belongs to each CPU, or is delivered without the host, when it came to a guest's. */
static int stay_row(const struct goal *goal, struct plan *plan, const struct irq_table *table,
		    const struct candidate *c)
{
	auto_free char *name = NULL;
	uint64_t count = 0;
	int cpu;

	if (c->info->class != IRQ_PER_CPU && c->info->class != IRQ_POSTED)
		return 0;
	for_each_cpu(cpu, &goal->guest)
		count += irqs_count(table, c->line->name, cpu);
	if (!count)
		return 0;
	if (asprintf(&name, "%s %s", c->line->name, c->line->actions) < 0)
		return -ENOMEM;
	return plan_stay(plan, name, "%s", c->info->why);
}

static int plan_irqs(const struct root *root, const struct goal *goal, struct plan *plan)
{
	auto_irq_infos struct irq_infos infos = { 0 };
	struct irq_table table = { 0 };
	int err = irqs_read(root, &table, NULL);

	err = err ?: irqs_classify(root, &table, goal->vms, &infos);
	for (unsigned int i = 0; !err && i < table.n_lines; i++) {
		struct candidate c = { .line = &table.lines[i], .info = &infos.infos[i] };

		err = c.line->irq >= 0 ? plan_line(root, goal, plan, &c)
				       : stay_row(goal, plan, &table, &c);
	}
	irqs_done(&table);
	return err;
}

/* Where it really arrives; without interrupt remapping only the next one moves it. */
static int settle(const struct root *root, const struct plan_step *step)
{
	auto_free char *line = NULL;
	struct cpuset effective, want;
	unsigned int irq;
	int err = number_of(step, &irq);

	err = err ?: fs_read_line(root, &line, "proc/irq/%u/effective_affinity_list", irq);
	if (err) /* before 4.15, or gone: nothing to look at */
		return err == -ENOENT ? 0 : err;
	err = cpuset_parse(line, &effective);
	err = err ?: cpuset_parse(step->next, &want);
	if (err)
		return err;
	cpuset_subtract(&effective, &want);
	return cpuset_is_empty(&effective) ? 0 : -EINPROGRESS;
}

/* Before 6.12 EIO, since then EPERM: managed, per-CPU, or the chip cannot. */
static const char *refusal(int err)
{
	return err == -EIO || err == -EPERM || err == -EACCES ? "managed by the kernel, cannot be "
								"moved"
							      : NULL;
}

const struct knob_ops knob_irq = {
	.plan = plan_irqs,
	.identify = identify,
	.read = knob_file_read_list,
	.write = knob_file_write_list,
	.settle = settle,
	.refusal = refusal,
	.is_reset_by_kernel = true,
	.is_scanned_twice = true,
	.is_good_in_part = true, /* irqbalance picks one of a line's CPUs */
};
