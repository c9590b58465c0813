/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings_pins: each vCPU by itself and against the other vCPUs: pinned, to one CPU, of its own,
 * on a core as the guest believes.
 */
#define LULL_MODEL_FINDINGS_PRIVATE
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/findings_p.h"

/* What vCPUs may run on when nothing is said: everywhere, for one that does not run. */
static bool is_unpinned(const struct finder *f, const struct inv_thread *vcpu)
{
	if (vcpu->kind != INV_VCPU || cpuset_count(&f->inv->online) < 2)
		return false;
	if (cpuset_is_empty(&vcpu->cpus))
		return !f->vm->pid;
	return !inv_is_pinned(f->inv, vcpu);
}

static bool is_ranged(const struct finder *f, const struct inv_thread *vcpu)
{
	return vcpu->kind == INV_VCPU && cpuset_count(&vcpu->cpus) > 1 && !is_unpinned(f, vcpu);
}

/* "vCPU 0-3": all that @has and @like share, from thread @first on. */
static void begin_vcpus(struct finder *f, unsigned int first,
			bool (*has)(const struct finder *, const struct inv_thread *),
			const struct cpuset *like)
{
	auto_free char *list = NULL;
	struct cpuset numbers;

	cpuset_clear(&numbers);
	for (unsigned int i = first; i < f->vm->n_threads; i++)
		if (has(f, &f->vm->threads[i]) &&
		    (!like || cpuset_is_equal(&f->vm->threads[i].cpus, like)))
			cpuset_add(&numbers,
				   min(finder_number(f, &f->vm->threads[i]), CPUSET_MAX - 1U));
	list = finder_list(f, &numbers);
	if (list)
		finder_begin(f, "vCPU %s", list);
}

void finding_unpinned(struct finder *f)
{
	auto_free char *list = NULL;
	bool is_first = true;

	for (unsigned int i = 0; i < f->vm->n_threads; i++) {
		if (!is_unpinned(f, &f->vm->threads[i]))
			continue;
		if (is_first) {
			begin_vcpus(f, i, is_unpinned, NULL);
			list = finder_list(f, &f->inv->online);
			if (list)
				finder_is(f, "may run on %s", list);
		}
		is_first = false;
		finder_fix_vcpu(f, &f->vm->threads[i], f->place->cpus[i]);
	}
}

/* One finding for all that share a range. */
void finding_range(struct finder *f)
{
	const struct inv_thread *threads = f->vm->threads;

	for (unsigned int i = 0; i < f->vm->n_threads; i++) {
		auto_free char *list = NULL;
		bool is_first = true;

		if (!is_ranged(f, &threads[i]))
			continue;
		for (unsigned int j = 0; j < i; j++)
			is_first &= !is_ranged(f, &threads[j]) ||
				    !cpuset_is_equal(&threads[j].cpus, &threads[i].cpus);
		list = is_first ? finder_list(f, &threads[i].cpus) : NULL;
		if (!list)
			continue;
		begin_vcpus(f, i, is_ranged, &threads[i].cpus);
		finder_is(f, "to %s", list);
		for (unsigned int j = i; j < f->vm->n_threads; j++)
			if (is_ranged(f, &threads[j]) &&
			    cpuset_is_equal(&threads[j].cpus, &threads[i].cpus))
				finder_fix_vcpu(f, &threads[j], f->place->cpus[j]);
	}
}

/* The vCPU that is pinned to @cpu and comes before thread @end of VM @f->vm, also of another VM. */
static const struct inv_thread *find_earlier(const struct finder *f, int cpu, unsigned int end,
					     const struct inv_vm **ret_vm)
{
	for (const struct inv_vm *vm = f->inv->vms; vm <= f->vm; vm++)
		for (unsigned int i = 0; i < (vm == f->vm ? end : vm->n_threads); i++)
			if (vm->threads[i].kind == INV_VCPU && finder_pin(&vm->threads[i]) == cpu) {
				*ret_vm = vm;
				return &vm->threads[i];
			}
	return NULL;
}

void finding_share_cpu(struct finder *f)
{
	for (unsigned int i = 0; i < f->vm->n_threads; i++) {
		const struct inv_thread *vcpu = &f->vm->threads[i], *other;
		const struct inv_vm *vm;
		int cpu = finder_pin(vcpu);

		if (vcpu->kind != INV_VCPU || cpu < 0)
			continue;
		other = find_earlier(f, cpu, i, &vm);
		if (!other)
			continue;
		finder_begin(f, "vCPU %u", finder_number(f, vcpu));
		if (vm == f->vm)
			finder_is(f, "it and vCPU %u are pinned to CPU %d", finder_number(f, other),
				  cpu);
		else
			finder_is(f, "it and vCPU %d of %s are pinned to CPU %d", other->number,
				  vm->name, cpu);
		finder_fix_vcpu(f, vcpu, f->place->cpus[i] == cpu ? -1 : f->place->cpus[i]);
	}
}

static int core_of(const struct finder *f, int cpu)
{
	return cpu >= 0 && (unsigned int)cpu < f->inv->n_cpus ? f->inv->cpus[cpu].core : cpu;
}

/* Does the core of thread @i's CPU run another vCPU of this VM, on another CPU? */
static bool shares_core(const struct finder *f, unsigned int i)
{
	const struct inv_thread *threads = f->vm->threads;
	int cpu = finder_pin(&threads[i]);

	if (threads[i].kind != INV_VCPU || cpu < 0)
		return false;
	for (unsigned int j = 0; j < f->vm->n_threads; j++) {
		int other = finder_pin(&threads[j]);

		if (threads[j].kind == INV_VCPU && other >= 0 && other != cpu &&
		    core_of(f, other) == core_of(f, cpu))
			return true;
	}
	return false;
}

bool finder_has_pairs(const struct finder *f)
{
	const struct inv_thread *threads = f->vm->threads;

	for (unsigned int i = 0; i + 1 < f->vm->n_vcpus; i += 2) {
		int a = finder_pin(&threads[i]), b = finder_pin(&threads[i + 1]);

		if (a < 0 || b < 0 || a == b || core_of(f, a) != core_of(f, b))
			return false;
	}
	return f->vm->n_vcpus && f->vm->n_vcpus % 2 == 0;
}

/* Has each placed vCPU a core of its own? */
static bool is_spread(const struct finder *f, const struct placement *place)
{
	for (unsigned int i = 0; i < f->vm->n_vcpus; i++)
		for (unsigned int j = 0; j < i; j++)
			if (place->cpus[i] < 0 ||
			    core_of(f, place->cpus[i]) == core_of(f, place->cpus[j]))
				return false;
	return true;
}

/* A core for each if there are as many; else two to a core, and the guest told so. */
static void fix_share_core(struct finder *f)
{
	auto_placement struct placement place = { .cpus = NULL };
	struct inv_vm paired = *f->vm;
	bool is_told = false;

	if (finder_has_pairs(f)) {
		finder_fix_topology(f, 2, f->vm->guest_dies ?: 1);
		return;
	}
	f->err = f->err ?: placement_make(f->inv, f->vm, false, &place);
	if (!f->err && !is_spread(f, &place)) {
		placement_done(&place);
		paired.guest_threads = 2;
		is_told = true;
		f->err = placement_make(f->inv, &paired, false, &place);
	}
	if (!f->err)
		finder_fix_moves(f, &place);
	if (!f->err && is_told)
		finder_fix_topology(f, 2, f->vm->guest_dies ?: 1);
}

void finding_share_core(struct finder *f)
{
	auto_free char *list = NULL;
	struct cpuset cpus;

	if (f->vm->guest_threads != 1)
		return;
	cpuset_clear(&cpus);
	for (unsigned int i = 0; i < f->vm->n_threads; i++)
		if (shares_core(f, i))
			cpuset_add(&cpus, (unsigned int)finder_pin(&f->vm->threads[i]));
	if (cpuset_is_empty(&cpus))
		return;
	list = finder_list(f, &cpus);
	if (!list)
		return;
	finder_begin(f, "vCPUs on CPU %s", list);
	finder_is(f, "to the guest each core has one thread");
	fix_share_core(f);
}

void finding_topology(struct finder *f)
{
	const struct inv_thread *threads = f->vm->threads;
	unsigned int n = f->vm->guest_threads;

	for (unsigned int i = 0; n > 1 && i < f->vm->n_vcpus; i++) {
		unsigned int first = i - i % n;
		int cpu = finder_pin(&threads[i]), with = finder_pin(&threads[first]);

		if (cpu < 0 || with < 0 || core_of(f, cpu) == core_of(f, with))
			continue;
		finder_begin(f, "vCPU %u and %u", finder_number(f, &threads[first]),
			     finder_number(f, &threads[i]));
		finder_is(f, "CPU %d and %d are two cores", with, cpu);
		finder_fix_topology(f, 1, f->vm->guest_dies ?: 1);
		return; /* one stands for all: the remedy is the same */
	}
}
