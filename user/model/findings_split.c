/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings_split: a VM against the host: whose core is whose, and how far apart the vCPUs, their
 * memory and their devices are.
 */
#define LULL_MODEL_FINDINGS_PRIVATE
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/findings_p.h"

/* Where the pinned vCPUs of this VM may run. */
static void own_cpus(const struct finder *f, struct cpuset *ret)
{
	cpuset_clear(ret);
	for (unsigned int i = 0; i < f->vm->n_threads; i++)
		if (f->vm->threads[i].kind == INV_VCPU && inv_is_pinned(f->inv, &f->vm->threads[i]))
			cpuset_or(ret, &f->vm->threads[i].cpus);
	cpuset_and(ret, &f->inv->online);
}

void finding_core_split(struct finder *f)
{
	auto_free char *guest = NULL, *host = NULL;
	struct cpuset own, shared, siblings;
	int cpu;

	own_cpus(f, &own);
	siblings = own;
	inv_add_siblings(f->inv, &siblings);
	cpuset_subtract(&siblings, &f->inv->guest_cpus);
	if (cpuset_is_empty(&siblings))
		return;
	shared = siblings;
	inv_add_siblings(f->inv, &shared);
	cpuset_and(&shared, &own);
	guest = finder_list(f, &shared);
	host = finder_list(f, &siblings);
	if (!guest || !host)
		return;
	finder_begin(f, "CPU %s", guest);
	finder_is(f, "the host has the siblings %s", host);
	for_each_cpu(cpu, &siblings)
		if (cpu == 0) {
			/* It cannot be taken away from the host. */
			finder_fix(f, "keep vCPUs off the core of CPU 0");
			return;
		}
	finder_fix(f, "chcpu -d %s    # or give them to the VM too", host);
}

/* Once for the host: at the first VM that has CPUs of its own. */
static bool is_first_pinned(const struct finder *f)
{
	for (const struct inv_vm *vm = f->inv->vms; vm <= f->vm; vm++)
		for (unsigned int i = 0; i < vm->n_threads; i++)
			if (vm->threads[i].kind == INV_VCPU &&
			    inv_is_pinned(f->inv, &vm->threads[i]))
				return vm == f->vm;
	return false;
}

/* All vCPUs of @vm that may run on @core have to leave it. */
static void fix_host_core(struct finder *f, const struct cpuset *core)
{
	auto_free char *list = finder_list(f, core);
	struct finder other = *f;

	if (!list)
		return;
	for (unsigned int v = 0; v < f->inv->n_vms && !other.err; v++) {
		auto_placement struct placement place = { .cpus = NULL };

		other.vm = &f->inv->vms[v];
		other.err = placement_make(f->inv, other.vm, false, &place);
		for (unsigned int i = 0; i < other.vm->n_threads && !other.err; i++) {
			const struct inv_thread *thread = &other.vm->threads[i];
			struct cpuset there = thread->cpus;

			cpuset_and(&there, core);
			if (thread->kind != INV_VCPU || cpuset_is_empty(&there))
				continue;
			/* Where it should be may be taken by one that stays: named, not moved. */
			finder_fix(&other, "take vCPU %u of %s off CPU %s",
				   finder_number(&other, thread), other.vm->name, list);
		}
	}
	f->err = other.err;
}

void finding_no_host_core(struct finder *f)
{
	struct cpuset host = f->inv->online, core;
	auto_free char *list = NULL;
	int first = cpuset_next(&host, 0);

	cpuset_subtract(&host, &f->inv->guest_cpus);
	if (first < 0 || !is_first_pinned(f) || inv_count_cores(f->inv, &host))
		return;
	list = finder_list(f, &host);
	finder_begin(f, "the host");
	if (f->err || !list)
		return;
	f->inv->findings[f->inv->n_findings - 1].vm = NULL;
	finder_is(f, *list ? "it has CPU %s" : "%sthe guests own every CPU", list);
	inv_core_cpus(f->inv, (unsigned int)first, &core);
	fix_host_core(f, &core);
}

/* The different values of l3 or node of the VM's CPUs. */
static unsigned int count_kinds(const struct finder *f, bool of_nodes, struct cpuset *ret)
{
	struct cpuset own;
	int cpu, kind;

	own_cpus(f, &own);
	cpuset_clear(ret);
	for_each_cpu(cpu, &own) {
		if ((unsigned int)cpu >= f->inv->n_cpus)
			continue;
		kind = of_nodes ? f->inv->cpus[cpu].node : f->inv->cpus[cpu].l3;
		if (kind >= 0)
			cpuset_add(ret, (unsigned int)kind);
	}
	return cpuset_count(ret);
}

/* Would the placement put all of them on one? */
static bool fits(const struct finder *f, bool of_nodes, const struct placement *place)
{
	int kind = -1;

	for (unsigned int i = 0; i < f->vm->n_threads; i++) {
		const struct inv_cpu *cpu;

		if (f->vm->threads[i].kind != INV_VCPU)
			continue;
		if (place->cpus[i] < 0)
			return false;
		cpu = &f->inv->cpus[place->cpus[i]];
		if (kind >= 0 && kind != (of_nodes ? cpu->node : cpu->l3))
			return false;
		kind = of_nodes ? cpu->node : cpu->l3;
	}
	return true;
}

void finding_node_split(struct finder *f)
{
	auto_placement struct placement place = { .cpus = NULL };
	auto_free char *list = NULL;
	struct cpuset nodes;

	if (count_kinds(f, true, &nodes) < 2)
		return;
	f->err = placement_make(f->inv, f->vm, false, &place);
	list = f->err ? NULL : finder_list(f, &nodes);
	if (!list)
		return;
	finder_begin(f, "its vCPUs");
	finder_is(f, "nodes %s", list);
	if (fits(f, true, &place))
		finder_fix_moves(f, &place);
	else
		finder_fix(f, "it fits no single node: give the guest as many NUMA cells "
			      "(<numa><cell .../>), each bound by <memnode .../>");
}

/* Of one node: across nodes there is more to lose than a cache. */
void finding_l3_split(struct finder *f)
{
	auto_placement struct placement place = { .cpus = NULL };
	unsigned int n, cells = (f->vm->guest_dies ?: 1) * (f->vm->guest_sockets ?: 1);
	struct cpuset l3s, nodes;
	bool does_fit;

	n = count_kinds(f, false, &l3s);
	if (n < 2 || count_kinds(f, true, &nodes) > 1)
		return;
	f->err = placement_make(f->inv, f->vm, false, &place);
	if (f->err)
		return;
	does_fit = fits(f, false, &place);
	/* One that is too large for one is as good as it gets when the guest knows of it. */
	if (!does_fit && (cells == n || !f->vm->guest_threads))
		return;
	finder_begin(f, "its vCPUs");
	finder_is(f,
		  does_fit ? "%u of them, and one would do"
			   : "%u of them, which the guest does not know",
		  n);
	if (does_fit)
		finder_fix_moves(f, &place);
	else
		finder_fix_topology(f, finder_has_pairs(f) ? 2 : f->vm->guest_threads, n);
}

void finding_memory_node(struct finder *f)
{
	auto_free char *memory = NULL, *cpus = NULL;
	struct cpuset nodes, common;

	if (cpuset_is_empty(&f->vm->mem_nodes) || !count_kinds(f, true, &nodes))
		return;
	common = nodes;
	cpuset_and(&common, &f->vm->mem_nodes);
	if (!cpuset_is_empty(&common))
		return;
	memory = finder_list(f, &f->vm->mem_nodes);
	cpus = finder_list(f, &nodes);
	if (!memory || !cpus)
		return;
	finder_begin(f, "its memory");
	finder_is(f, "memory on node %s, vCPUs on node %s", memory, cpus);
	if (!f->vm->pid || f->vm->manager == INV_LIBVIRT)
		finder_fix(f, "<numatune><memory mode='strict' nodeset='%s'/></numatune>", cpus);
	else
		finder_fix(f, "host-nodes=%s in its -object memory-backend", cpus);
}

void finding_device_node(struct finder *f)
{
	auto_placement struct placement place = { .cpus = NULL };
	auto_free char *list = NULL;
	struct cpuset nodes;

	if (!count_kinds(f, true, &nodes))
		return;
	list = finder_list(f, &nodes);
	for (unsigned int i = 0; i < f->vm->n_devices && list && !f->err; i++) {
		const struct inv_device *device = &f->vm->devices[i];

		if (device->node < 0 || cpuset_has(&nodes, (unsigned int)device->node))
			continue;
		finder_begin(f, "%s", device->bdf);
		finder_is(f, "it is on node %d, the vCPUs on %s", device->node, list);
		placement_done(&place);
		f->err = f->err ?: placement_make(f->inv, f->vm, false, &place);
		if (!f->err)
			finder_fix_moves(f, &place);
	}
}
