/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placement: see the header. Greedy, vCPU by vCPU, by a score for each free CPU: good enough to
 * type in, and easy to follow. It changes nothing and finds nothing wrong.
 */
#include "model/placement.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/inventory.h"

struct search {
	const struct inventory *inv;
	const struct inv_vm *vm;
	struct placement *place;
	struct cpuset taken; /* by another vCPU, or kept for the host */
	int node, l3;	     /* where this VM belongs; -1: anywhere */
};

void placement_done(struct placement *place)
{
	free(place->cpus);
	place->cpus = NULL;
}

static bool is_free(const struct search *s, unsigned int cpu)
{
	return cpuset_has(&s->inv->online, cpu) && !cpuset_has(&s->taken, cpu);
}

static bool is_core_free(const struct search *s, unsigned int cpu)
{
	struct cpuset core;

	inv_core_cpus(s->inv, cpu, &core);
	cpuset_and(&core, &s->taken);
	return cpuset_is_empty(&core);
}

/* What the vCPUs of other VMs may use, and the core of the first CPU. */
static void take_foreign(struct search *s)
{
	const struct inventory *inv = s->inv;
	int first = cpuset_next(&inv->online, 0);

	cpuset_clear(&s->taken);
	for (unsigned int i = 0; i < inv->n_vms; i++)
		for (unsigned int j = 0; j < inv->vms[i].n_threads; j++)
			/* By the threads: the VM may be a copy, with another topology. */
			if (inv->vms[i].threads != s->vm->threads &&
			    inv->vms[i].threads[j].kind == INV_VCPU &&
			    inv_is_pinned(inv, &inv->vms[i].threads[j]))
				cpuset_or(&s->taken, &inv->vms[i].threads[j].cpus);
	if (first >= 0)
		cpuset_add(&s->taken, (unsigned int)first);
	inv_add_siblings(inv, &s->taken);
}

/* Of two VMs with a vCPU pinned to one CPU the later has to go. */
static bool is_claimed(const struct search *s, unsigned int cpu)
{
	for (unsigned int i = 0; i < s->inv->n_vms; i++) {
		const struct inv_vm *vm = &s->inv->vms[i];

		if (vm->threads == s->vm->threads)
			return false;
		for (unsigned int j = 0; j < vm->n_threads; j++)
			if (vm->threads[j].kind == INV_VCPU &&
			    cpuset_count(&vm->threads[j].cpus) == 1 &&
			    cpuset_has(&vm->threads[j].cpus, cpu))
				return true;
	}
	return false;
}

/* Keeps what has a CPU of its own: the first of several that share one. */
static void keep_pins(struct search *s)
{
	struct cpuset kept;

	cpuset_clear(&kept);
	for (unsigned int i = 0; i < s->vm->n_threads; i++) {
		const struct inv_thread *thread = &s->vm->threads[i];
		int cpu = cpuset_next(&thread->cpus, 0);

		if (thread->kind != INV_VCPU || cpuset_count(&thread->cpus) != 1 ||
		    cpuset_has(&kept, (unsigned int)cpu) || is_claimed(s, (unsigned int)cpu) ||
		    !cpuset_has(&s->inv->online, (unsigned int)cpu))
			continue;
		s->place->cpus[i] = cpu;
		cpuset_add(&kept, (unsigned int)cpu);
		if (s->l3 < 0 && (unsigned int)cpu < s->inv->n_cpus)
			s->l3 = s->inv->cpus[cpu].l3;
	}
	cpuset_or(&s->taken, &kept);
}

/* How many vCPUs have room in whole free cores? More than one on a core only if the guest knows. */
static unsigned int count_room(const struct search *s, int l3)
{
	struct cpuset room;
	bool is_threaded = s->vm->guest_threads > 1;

	cpuset_clear(&room);
	for (unsigned int i = 0; i < s->inv->n_cpus; i++)
		if (s->inv->cpus[i].l3 == l3 && is_free(s, i) && is_core_free(s, i))
			cpuset_add(&room, i);
	return is_threaded ? cpuset_count(&room) : inv_count_cores(s->inv, &room);
}

/* How well would it do? That all fit comes first, then that most are there already. */
static unsigned int rate_l3(const struct search *s, int l3)
{
	unsigned int n_there = 0;

	for (unsigned int i = 0; i < s->vm->n_threads; i++) {
		int cpu = cpuset_next(&s->vm->threads[i].cpus, 0);

		n_there += s->vm->threads[i].kind == INV_VCPU &&
			   inv_is_pinned(s->inv, &s->vm->threads[i]) &&
			   (unsigned int)cpu < s->inv->n_cpus && s->inv->cpus[cpu].l3 == l3;
	}
	return min(count_room(s, l3), s->vm->n_vcpus) * CPUSET_MAX + n_there + 1;
}

/* On the node of the devices, where that is known. */
static void choose_l3(struct search *s)
{
	unsigned int best = 0, points;

	for (unsigned int i = 0; i < s->inv->n_cpus; i++) {
		const struct inv_cpu *cpu = &s->inv->cpus[i];

		if (!cpu->online || cpu->l3 != (int)i || (s->node >= 0 && cpu->node != s->node))
			continue;
		points = rate_l3(s, (int)i);
		if (points > best) {
			best = points;
			s->l3 = (int)i;
		}
	}
}

/* The CPU of the vCPU before it, if the guest takes both for threads of one core; else -1. */
static int partner(const struct search *s, unsigned int thread)
{
	unsigned int threads = s->vm->guest_threads;

	return threads < 2 || thread % threads == 0 ? -1 : s->place->cpus[thread - 1];
}

/* Smaller is better. */
static int score(const struct search *s, unsigned int thread, unsigned int cpu)
{
	const struct inv_cpu *c = &s->inv->cpus[cpu];
	int with = partner(s, thread), points = 0;

	if (s->node >= 0 && c->node != s->node)
		points += 16;
	if (s->l3 >= 0 && c->l3 != s->l3)
		points += 8;
	if (cpuset_count(&s->vm->threads[thread].cpus) > 1 &&
	    !cpuset_has(&s->vm->threads[thread].cpus, cpu))
		points += 4;
	if (with >= 0 && c->core == s->inv->cpus[with].core)
		points -= 32;
	else if (!is_core_free(s, cpu))
		points += 2;
	return points;
}

static void place_vcpu(struct search *s, unsigned int thread)
{
	int best = INT_MAX;

	for (unsigned int cpu = 0; cpu < s->inv->n_cpus; cpu++) {
		int points;

		if (!is_free(s, cpu))
			continue;
		points = score(s, thread, cpu);
		if (points >= best)
			continue;
		best = points;
		s->place->cpus[thread] = (int)cpu;
	}
	if (s->place->cpus[thread] >= 0)
		cpuset_add(&s->taken, (unsigned int)s->place->cpus[thread]);
}

/* What no vCPU has, and is no sibling of one that has; at the least, the first core. */
static void place_others(struct search *s)
{
	struct cpuset guest = s->inv->guest_cpus;
	int first = cpuset_next(&s->inv->online, 0);

	for (unsigned int i = 0; i < s->vm->n_threads; i++)
		if (s->place->cpus[i] >= 0)
			cpuset_add(&guest, (unsigned int)s->place->cpus[i]);
	inv_add_siblings(s->inv, &guest);
	s->place->others = s->inv->online;
	cpuset_subtract(&s->place->others, &guest);
	if (cpuset_is_empty(&s->place->others) && first >= 0)
		inv_core_cpus(s->inv, (unsigned int)first, &s->place->others);
}

int placement_make(const struct inventory *inv, const struct inv_vm *vm, bool keep,
		   struct placement *ret)
{
	struct placement place = { .cpus = calloc(vm->n_threads + 1, sizeof(*place.cpus)) };
	struct search s = { .inv = inv, .vm = vm, .place = &place, .node = -1, .l3 = -1 };

	if (!place.cpus)
		return -ENOMEM;
	for (unsigned int i = 0; i < vm->n_threads; i++)
		place.cpus[i] = -1;
	for (unsigned int i = 0; i < vm->n_devices && s.node < 0; i++)
		s.node = vm->devices[i].node;
	take_foreign(&s);
	if (keep)
		keep_pins(&s);
	if (s.l3 < 0)
		choose_l3(&s);
	for (unsigned int i = 0; i < vm->n_threads; i++)
		if (vm->threads[i].kind == INV_VCPU && place.cpus[i] < 0)
			place_vcpu(&s, i);
	place_others(&s);
	*ret = place;
	return 0;
}
