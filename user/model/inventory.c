/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory: the data behind `lull list`, its names, and who owns which CPU. It reads nothing;
 * what is wrong with a set-up is in findings.c.
 */
#include "model/inventory.h"

#include <sched.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"

static void done_vm(struct inv_vm *vm)
{
	free(vm->name);
	free(vm->uuid);
	free(vm->vmm);
	free(vm->id);
	for (unsigned int i = 0; i < vm->n_threads; i++)
		free(vm->threads[i].comm);
	free(vm->threads);
	for (unsigned int i = 0; i < vm->n_devices; i++) {
		free(vm->devices[i].bdf);
		free(vm->devices[i].driver);
		free(vm->devices[i].name);
		free(vm->devices[i].irqs);
	}
	free(vm->devices);
}

static void done_finding(struct inv_finding *finding)
{
	free(finding->object);
	free(finding->is);
	for (unsigned int i = 0; i < finding->n_fixes; i++)
		free(finding->fixes[i]);
	free(finding->fixes);
}

void inventory_done(struct inventory *inv)
{
	for (unsigned int i = 0; i < inv->n_vms; i++)
		done_vm(&inv->vms[i]);
	free(inv->vms);
	free(inv->cpus);
	for (unsigned int i = 0; i < inv->n_findings; i++)
		done_finding(&inv->findings[i]);
	free(inv->findings);
	*inv = (struct inventory){ .cpus = NULL };
}

bool inv_is_pinned(const struct inventory *inv, const struct inv_thread *thread)
{
	struct cpuset kept_from = inv->online;

	cpuset_subtract(&kept_from, &thread->cpus);
	return !cpuset_is_empty(&thread->cpus) && !cpuset_is_empty(&kept_from);
}

void inventory_split(struct inventory *inv)
{
	cpuset_clear(&inv->guest_cpus);
	for (unsigned int i = 0; i < inv->n_vms; i++)
		for (unsigned int j = 0; j < inv->vms[i].n_threads; j++) {
			const struct inv_thread *thread = &inv->vms[i].threads[j];

			if (thread->kind == INV_VCPU && inv_is_pinned(inv, thread))
				cpuset_or(&inv->guest_cpus, &thread->cpus);
		}
	cpuset_and(&inv->guest_cpus, &inv->online);
}

void inventory_keep_vm(struct inventory *inv, pid_t pid)
{
	const char *name = NULL;
	unsigned int n = 0;

	for (unsigned int i = 0; i < inv->n_vms; i++)
		if (inv->vms[i].pid == pid)
			name = inv->vms[i].name;
	for (unsigned int i = 0; i < inv->n_findings; i++) {
		struct inv_finding *finding = &inv->findings[i];

		/* They point to the very name: two VMs may be called the same. */
		if (finding->vm && finding->vm != name)
			done_finding(finding);
		else
			inv->findings[n++] = *finding;
	}
	inv->n_findings = n;
	n = 0;
	for (unsigned int i = 0; i < inv->n_vms; i++) {
		if (inv->vms[i].pid != pid)
			done_vm(&inv->vms[i]);
		else
			inv->vms[n++] = inv->vms[i];
	}
	inv->n_vms = n;
}

void inventory_drop_vm(struct inventory *inv, const char *name, const char *uuid)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < inv->n_vms; i++) {
		struct inv_vm *vm = &inv->vms[i];
		bool is_same = *uuid && *vm->uuid ? strcasecmp(uuid, vm->uuid) == 0
						  : streq(name, vm->name);

		if (is_same)
			done_vm(vm);
		else
			inv->vms[n++] = *vm;
	}
	inv->n_vms = n;
}

void inv_core_cpus(const struct inventory *inv, unsigned int cpu, struct cpuset *ret)
{
	cpuset_clear(ret);
	cpuset_add(ret, cpu);
	for (unsigned int i = 0; cpu < inv->n_cpus && i < inv->n_cpus; i++)
		if (inv->cpus[i].online && inv->cpus[i].core == inv->cpus[cpu].core)
			cpuset_add(ret, i);
}

void inv_l3_cpus(const struct inventory *inv, unsigned int cpu, struct cpuset *ret)
{
	if (cpu >= inv->n_cpus || inv->cpus[cpu].l3 < 0) {
		*ret = inv->online;
		return;
	}
	cpuset_clear(ret);
	for (unsigned int i = 0; i < inv->n_cpus; i++)
		if (inv->cpus[i].online && inv->cpus[i].l3 == inv->cpus[cpu].l3)
			cpuset_add(ret, i);
}

void inv_add_siblings(const struct inventory *inv, struct cpuset *set)
{
	const struct cpuset given = *set;
	struct cpuset core;
	int cpu;

	for_each_cpu(cpu, &given) {
		inv_core_cpus(inv, (unsigned int)cpu, &core);
		cpuset_or(set, &core);
	}
}

unsigned int inv_count_cores(const struct inventory *inv, const struct cpuset *set)
{
	unsigned int n = 0;
	struct cpuset core;
	int cpu;

	for_each_cpu(cpu, set) {
		inv_core_cpus(inv, (unsigned int)cpu, &core);
		/* Counted once, by its first CPU. */
		if (cpuset_next(&core, 0) != cpu)
			continue;
		cpuset_subtract(&core, set);
		n += cpuset_is_empty(&core);
	}
	return n;
}

const char *inv_kind_name(enum inv_kind kind)
{
	static const char *const names[] = {
		[INV_VCPU] = "vCPU",   [INV_EMULATOR] = "emulator", [INV_IO] = "I/O",
		[INV_VHOST] = "vhost", [INV_WORKER] = "worker",	    [INV_OTHER] = "other",
	};

	return kind < ARRAY_SIZE(names) ? names[kind] : "other";
}

static const struct {
	const char *name, *key;
} settings[] = {
	[INV_BALLOON] = { .name = "memory balloon", .key = "memory_balloon" },
	[INV_HPET] = { .name = "HPET", .key = "hpet" },
	[INV_PIT_CATCHUP] = { .name = "PIT catch-up", .key = "pit_catch_up" },
	[INV_HUGE_PAGES] = { .name = "huge pages", .key = "huge_pages" },
	[INV_MEM_LOCKED] = { .name = "locked memory", .key = "locked_memory" },
	[INV_KSM] = { .name = "memory merging", .key = "memory_merging" },
};

const char *inv_setting_name(enum inv_setting setting)
{
	return settings[setting].name;
}

const char *inv_setting_key(enum inv_setting setting)
{
	return settings[setting].key;
}

const char *inv_policy_name(unsigned int policy)
{
	static const char *const names[] = {
		[SCHED_OTHER] = "other",
		[SCHED_FIFO] = "fifo",
		[SCHED_RR] = "rr",
		[SCHED_BATCH] = "batch",
		[SCHED_IDLE] = "idle",
		[6] = "deadline",
		[7] = "ext", /* sched_ext, since 6.12 */
	};
	const char *name = policy < ARRAY_SIZE(names) ? names[policy] : NULL;

	return name ?: "unknown";
}
