/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins: gives each vCPU of a shielded VM a CPU of its own, and the VMM's other threads the host's CPUs.
 * Only the threads' affinities are set: the cpusets of libvirt are left as they are, so that it can
 * pin the next vCPU; where they do not have the CPU, the step fails. What is pinned within the
 * guest's CPUs already keeps its CPU. vCPUs that are neighbours get CPUs of one core.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_task.h"
#include "sys/topo.h"
#include "sys/vms.h"

/* The guest's CPUs that no vCPU has yet. */
struct places {
	struct cpuset guest, left;
	struct topo topo;
};

/* The next one: what is left of the core of the last, else the first that is left. -1: none. */
static int take_place(struct places *places, int last)
{
	struct cpuset core;
	int cpu = -1;

	if (last >= 0) {
		topo_core_cpus(&places->topo, (unsigned int)last, &core);
		cpuset_and(&core, &places->left);
		cpu = cpuset_next(&core, 0);
	}
	if (cpu < 0)
		cpu = cpuset_next(&places->left, 0);
	if (cpu >= 0)
		cpuset_remove(&places->left, (unsigned int)cpu);
	return cpu;
}

/* The one CPU of the guest to which it is pinned already; -1: none, or another vCPU has it. */
static int own_place(const struct places *places, const struct cpuset *orig)
{
	int cpu = cpuset_next(orig, 0);

	return cpuset_count(orig) == 1 && cpuset_has(&places->left, (unsigned int)cpu) ? cpu : -1;
}

static int look(const struct root *root, const struct plan *plan, const struct vcpu *vcpu,
		struct knob_task *ret)
{
	return vcpu->tid ? knob_task_look(root, plan, vcpu->tid, ret) : 1;
}

/* First those that have their place, so that nobody else gets it. */
static int keep_places(const struct root *root, const struct plan *plan, const struct vm *vm,
		       struct places *places, int *owned)
{
	struct knob_task task;
	int err;

	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		owned[i] = -1;
		err = look(root, plan, &vm->vcpus[i], &task);
		if (err < 0)
			return err;
		if (err)
			continue;
		owned[i] = own_place(places, &task.orig);
		if (owned[i] >= 0)
			cpuset_remove(&places->left, (unsigned int)owned[i]);
	}
	return 0;
}

/* @place: its CPU; -1: there are more vCPUs than CPUs. */
static int plan_vcpu(const struct root *root, struct plan *plan, const struct vcpu *vcpu,
		     const struct cpuset *guest, int place)
{
	struct cpuset want = *guest;
	struct knob_task task;
	int err = look(root, plan, vcpu, &task);

	if (err)
		return err == 1 ? 0 : err;
	if (place >= 0) {
		cpuset_clear(&want);
		cpuset_add(&want, (unsigned int)place);
	}
	return knob_task_change(plan, &task, &want, "vCPU",
				place >= 0 ? "a vCPU: a CPU of its own"
					   : "more vCPUs than CPUs: on the guest's CPUs");
}

static int plan_vcpus(const struct root *root, struct plan *plan, const struct vm *vm,
		      struct places *places)
{
	auto_free int *owned = calloc(vm->n_vcpus + 1, sizeof(*owned));
	bool is_shared = vm->n_vcpus > cpuset_count(&places->guest);
	int last = -1, err = owned ? keep_places(root, plan, vm, places, owned) : -ENOMEM;

	for (unsigned int i = 0; i < vm->n_vcpus && !err; i++) {
		int place = owned[i];

		if (place < 0 && !is_shared)
			place = take_place(places, last);
		if (place >= 0)
			last = place;
		err = plan_vcpu(root, plan, &vm->vcpus[i], &places->guest, place);
	}
	return err;
}

static int plan_others(const struct root *root, const struct goal *goal, struct plan *plan,
		       const struct vm *vm)
{
	struct knob_task task;
	struct cpuset want;
	int err = 0;

	for (unsigned int i = 0; i < vm->n_threads && !err; i++) {
		err = vm->threads[i].tid ? knob_task_look(root, plan, vm->threads[i].tid, &task)
					 : 1;
		if (!err) {
			goal_keep_out(goal, &task.orig, &want);
			err = knob_task_change(plan, &task, &want, "thread",
					       "of the VMM, no vCPU: on the host's CPUs");
		}
		err = err == 1 ? 0 : err;
	}
	return err;
}

static int plan_layer(const struct root *root, const struct goal *goal, struct plan *plan,
		      const struct layer *layer)
{
	struct places places = { .guest = layer->guest, .left = layer->guest };
	int err;

	if (!layer->vm)
		return plan_stay(plan, layer->name ?: "shield",
				 "no VM is shielded: nothing to pin");
	err = topo_read(root, &places.topo);
	if (err)
		return err;
	err = plan_vcpus(root, plan, layer->vm, &places);
	topo_done(&places.topo);
	return err ?: plan_others(root, goal, plan, layer->vm);
}

static int plan_pins(const struct root *root, const struct goal *goal, struct plan *plan)
{
	int err = 0;

	for (unsigned int i = 0; i < goal->n_layers && !err; i++)
		err = plan_layer(root, goal, plan, goal->layers[i]);
	return err;
}

static const char *refusal(int err)
{
	return err == -EPERM || err == -EBUSY ? "the kernel keeps this thread on its CPUs" : NULL;
}

const struct knob_ops knob_pins = {
	.plan = plan_pins,
	.identify = knob_task_identify,
	.read = knob_task_read,
	.write = knob_task_write,
	.refusal = refusal,
	.shell = knob_task_shell,
};
