/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_inventory: `lull list` for people: each VM with its threads, devices and settings, then
 * who has which CPU. What is wrong with it is in text_findings.c.
 */
#include "report/text_inventory.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/inventory.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

/* "2-3,10-11", or "-" for nothing. Into @to, which is emptied before. */
static int format_cpus(const struct cpuset *set, struct str *to)
{
	auto_free char *list = cpuset_format(set);

	str_done(to);
	if (!list)
		return -ENOMEM;
	return str_add(to, *list ? list : "-");
}

static int add_number(struct str *to, int number)
{
	return number < 0 ? str_add(to, "-") : str_addf(to, "%d", number);
}

/* The CPUs of @cpus with their kin, by core or last-level cache. */
static int format_kin(const struct inventory *inv, const struct cpuset *cpus,
		      void (*kin_of)(const struct inventory *, unsigned int, struct cpuset *),
		      struct str *to)
{
	struct cpuset all, kin;
	int cpu;

	cpuset_clear(&all);
	for_each_cpu(cpu, cpus) {
		kin_of(inv, (unsigned int)cpu, &kin);
		cpuset_or(&all, &kin);
	}
	return format_cpus(&all, to);
}

/* The NUMA nodes of the CPUs: "0", "0-1"; "-" where the machine has none. */
static int format_nodes(const struct inventory *inv, const struct cpuset *cpus, struct str *to)
{
	struct cpuset nodes;
	int cpu;

	cpuset_clear(&nodes);
	for_each_cpu(cpu, cpus)
		if ((unsigned int)cpu < inv->n_cpus && inv->cpus[cpu].node >= 0)
			cpuset_add(&nodes, (unsigned int)inv->cpus[cpu].node);
	return format_cpus(&nodes, to);
}

static int add_vcpu(struct table *table, const struct inventory *inv,
		    const struct inv_thread *thread, bool is_running)
{
	auto_str struct str number = { 0 }, tid = { 0 }, cpus = { 0 }, core = { 0 }, l3 = { 0 },
			    node = { 0 };
	int err = add_number(&number, thread->number);

	err = err ?: add_number(&tid, is_running ? thread->tid : -1);
	err = err ?: format_cpus(&thread->cpus, &cpus);
	err = err ?: format_kin(inv, &thread->cpus, inv_core_cpus, &core);
	err = err ?: format_kin(inv, &thread->cpus, inv_l3_cpus, &l3);
	err = err ?: format_nodes(inv, &thread->cpus, &node);
	if (err)
		return err;
	table_cell(table, "%s", number.s);
	table_cell(table, "%s", tid.s);
	table_cell(table, "%s", cpus.s);
	table_cell(table, "%s", core.s);
	table_cell(table, "%s", l3.s);
	table_cell(table, "%s", node.s);
	if (thread->priority)
		table_cell(table, "%s %u", inv_policy_name(thread->policy), thread->priority);
	else
		table_cell(table, "%s", inv_policy_name(thread->policy));
	return 0;
}

static int vcpus_write(const struct text *text, const struct inventory *inv,
		       const struct inv_vm *vm)
{
	auto_table struct table *table = table_new();
	int err = 0;

	if (!table)
		return -ENOMEM;
	table_group(table, "");
	table_column(table, "vCPU", TABLE_RIGHT, 0);
	table_column(table, "thread", TABLE_RIGHT, TABLE_OPTIONAL);
	table_column(table, "may run on", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "cores", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "L3", TABLE_LEFT, TABLE_SHRINK | TABLE_SPARE);
	table_column(table, "node", TABLE_LEFT, TABLE_OPTIONAL);
	table_column(table, "policy", TABLE_LEFT, 0);
	for (unsigned int i = 0; i < vm->n_threads && !err; i++)
		if (vm->threads[i].kind == INV_VCPU)
			err = add_vcpu(table, inv, &vm->threads[i], vm->pid > 0);
	return err ?: table_write(table, text->style, 2, text->out);
}

static int add_other(struct table *table, const struct inv_thread *thread)
{
	auto_str struct str tid = { 0 }, cpus = { 0 };
	int err = add_number(&tid, thread->tid ?: -1);

	err = err ?: format_cpus(&thread->cpus, &cpus);
	if (err)
		return err;
	if (thread->kind == INV_IO && thread->number >= 0)
		table_cell(table, "I/O %d", thread->number);
	else
		table_cell(table, "%s", inv_kind_name(thread->kind));
	table_cell(table, "%s", tid.s);
	table_cell(table, "%s", cpus.s);
	table_cell(table, "%s%s%s", thread->comm, thread->is_kernel ? " (kernel)" : "",
		   thread->is_unused ? " (unused)" : "");
	return 0;
}

static int others_write(const struct text *text, const struct inv_vm *vm)
{
	auto_table struct table *table = table_new();
	bool has_any = false;
	int err = 0;

	if (!table)
		return -ENOMEM;
	table_group(table, "");
	table_column(table, "other threads", TABLE_LEFT, 0);
	table_column(table, "thread", TABLE_RIGHT, TABLE_OPTIONAL);
	table_column(table, "may run on", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "name", TABLE_LEFT, TABLE_OPTIONAL);
	for (unsigned int i = 0; i < vm->n_threads && !err; i++) {
		if (vm->threads[i].kind == INV_VCPU)
			continue;
		err = add_other(table, &vm->threads[i]);
		has_any = true;
	}
	if (err || !has_any)
		return err;
	(void)fputc('\n', text->out);
	return table_write(table, text->style, 2, text->out);
}

/* "131 MSI", "25 INTx, shared", "140-147 MSI-X". A device may have hundreds, most in a row. */
static int format_irqs(const struct inv_device *device, struct str *to)
{
	const struct inv_irq *irqs = device->irqs;
	int err = 0;

	for (unsigned int i = 0, end; i < device->n_irqs && !err; i = end) {
		for (end = i + 1; end < device->n_irqs && irqs[end].irq == irqs[end - 1].irq + 1;
		     end++)
			;
		err = str_addf(to, "%s%u", i ? "," : "", irqs[i].irq);
		if (!err && end > i + 1)
			err = str_addf(to, "-%u", irqs[end - 1].irq);
	}
	if (err || !device->n_irqs)
		return err ?: str_add(to, "-");
	return str_addf(to, " %s%s",
			irqs->is_intx	? "INTx"
			: irqs->is_msix ? "MSI-X"
					: "MSI",
			irqs->is_shared ? ", shared" : "");
}

static int add_device(struct table *table, const struct inv_device *device)
{
	auto_str struct str node = { 0 }, group = { 0 }, irqs = { 0 };
	int err = add_number(&node, device->node);

	err = err ?: add_number(&group, device->group);
	err = err ?: format_irqs(device, &irqs);
	if (err)
		return err;
	table_cell(table, "%s", device->bdf);
	table_cell(table, "%s", device->name);
	table_cell(table, "%s", device->driver);
	table_cell(table, "%s", node.s);
	table_cell(table, "%s", group.s);
	table_cell(table, "%s", irqs.s);
	return 0;
}

static int devices_write(const struct text *text, const struct inv_vm *vm)
{
	auto_table struct table *table = table_new();
	int err = 0;

	if (!table)
		return -ENOMEM;
	if (!vm->n_devices)
		return 0;
	table_group(table, "");
	table_column(table, "passed through", TABLE_LEFT, 0);
	table_column(table, "is", TABLE_LEFT, TABLE_OPTIONAL);
	table_column(table, "driver", TABLE_LEFT, TABLE_OPTIONAL);
	table_column(table, "node", TABLE_RIGHT, TABLE_OPTIONAL);
	table_column(table, "group", TABLE_RIGHT, TABLE_OPTIONAL);
	table_column(table, "interrupts", TABLE_LEFT, TABLE_OPTIONAL | TABLE_SHRINK);
	for (unsigned int i = 0; i < vm->n_devices && !err; i++)
		err = add_device(table, &vm->devices[i]);
	if (err)
		return err;
	(void)fputc('\n', text->out);
	return table_write(table, text->style, 2, text->out);
}

/* Only what is known: "settings: memory balloon off, HPET on". */
static int settings_write(const struct text *text, const struct inv_vm *vm)
{
	auto_str struct str line = { 0 };
	int err = 0;

	for (unsigned int i = 0; i < INV_N_SETTINGS && !err; i++)
		if (vm->settings[i] != INV_UNKNOWN)
			err = str_addf(&line, "%s%s %s", line.len ? ", " : "settings: ",
				       inv_setting_name((enum inv_setting)i),
				       vm->settings[i] == INV_ON ? "on" : "off");
	if (err || !line.len)
		return err;
	(void)fputc('\n', text->out);
	text_paragraph(text, 2, 4, line.s);
	return 0;
}

/* "qemu of libvirt, pid 3000, uuid ..." */
static int origin_write(const struct text *text, const struct inv_vm *vm)
{
	static const char *const managers[] = {
		[INV_BARE] = "", [INV_LIBVIRT] = " of libvirt", [INV_PROXMOX] = " of Proxmox"
	};
	auto_str struct str line = { 0 };
	int err = str_addf(&line, "%s%s", vm->vmm, managers[vm->manager]);

	if (!err && *vm->id)
		err = str_addf(&line, " (%s)", vm->id);
	err = err
		      ?: vm->pid ? str_addf(&line, ", pid %d", vm->pid)
				 : str_add(&line, ", as configured: not running");
	if (!err && *vm->uuid)
		err = str_addf(&line, ", uuid %s", vm->uuid);
	if (!err)
		text_paragraph(text, 2, 4, line.s);
	return err;
}

static int vm_write(const struct text *text, const struct inventory *inv, const struct inv_vm *vm)
{
	auto_str struct str missing = { 0 };
	unsigned int n = max(vm->n_expected, vm->n_vcpus);
	int err;

	(void)fprintf(text->out,
		      text->style->color ? "\033[1m%s: %u vCPU%s\033[0m\n" : "%s: %u vCPU%s\n",
		      vm->name, n, n == 1 ? "" : "s");
	err = origin_write(text, vm);
	if (!err && vm->n_expected > vm->n_vcpus) {
		err = str_addf(
			&missing,
			"%u of its %u vCPU threads could not be told from its other threads: "
			"it may not have run yet, and its threads have no names "
			"(-name debug-threads=on)",
			vm->n_expected - vm->n_vcpus, vm->n_expected);
		if (!err)
			text_paragraph(text, 2, 4, missing.s);
	}
	if (err)
		return err;
	if (vm->n_vcpus) {
		(void)fputc('\n', text->out);
		err = vcpus_write(text, inv, vm);
	}
	err = err ?: others_write(text, vm);
	err = err ?: devices_write(text, vm);
	return err ?: settings_write(text, vm);
}

static int split_line(const struct text *text, const struct inventory *inv, const char *who,
		      const struct cpuset *set)
{
	auto_free char *list = cpuset_format(set);
	auto_str struct str line = { 0 };
	unsigned int cores = inv_count_cores(inv, set);
	int err;

	if (!list)
		return -ENOMEM;
	err = str_addf(&line, "%-7s%s", who, *list ? list : "none");
	if (!err && *list)
		err = str_addf(&line, "  (%u CPU%s, %u whole core%s)", cpuset_count(set),
			       cpuset_count(set) == 1 ? "" : "s", cores, cores == 1 ? "" : "s");
	if (!err)
		text_paragraph(text, 2, 9, line.s);
	return err;
}

static int split_write(const struct text *text, const struct inventory *inv)
{
	struct cpuset host = inv->online;
	int err;

	if (cpuset_is_empty(&inv->online))
		return 0;
	cpuset_subtract(&host, &inv->guest_cpus);
	err = text_title(text, "CPUs");
	err = err ?: split_line(text, inv, "guests", &inv->guest_cpus);
	return err ?: split_line(text, inv, "host", &host);
}

static int denied_write(const struct text *text, const struct inventory *inv)
{
	auto_str struct str line = { 0 };
	int err;

	if (!inv->n_denied)
		return 0;
	err = str_addf(&line, "%u process%s could not be looked into, and may be %s%s",
		       inv->n_denied, inv->n_denied == 1 ? "" : "es",
		       inv->n_denied == 1 ? "a VM" : "VMs", inv->is_root ? "" : ": root sees more");
	if (!err) {
		(void)fputc('\n', text->out);
		text_paragraph(text, 0, 2, line.s);
	}
	return err;
}

int report_inventory_text_write(const struct inventory *inv, const struct report_style *style,
				FILE *out)
{
	const struct text text = { .style = style, .out = out };
	int err = 0;

	if (!inv->n_vms)
		text_paragraph(&text, 0, 2,
			       inv->n_denied ? "no VM can be seen on this host"
					     : "no VM is running on this host");
	for (unsigned int i = 0; i < inv->n_vms && !err; i++) {
		if (i)
			(void)fputc('\n', out);
		err = vm_write(&text, inv, &inv->vms[i]);
	}
	err = err ?: split_write(&text, inv);
	err = err ?: text_findings_write(&text, inv);
	err = err ?: denied_write(&text, inv);
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return err;
}
