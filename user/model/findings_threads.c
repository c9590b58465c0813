/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings_threads: the threads of a VM that run no vCPU, against the CPUs of all guests. Where no
 * vCPU is pinned there is nothing that they could disturb, and nothing is found.
 */
#define LULL_MODEL_FINDINGS_PRIVATE
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/findings_p.h"

enum where { NOWHERE, ON_GUEST, ON_SIBLING };

/* Where may it meet a vCPU? One that does not run may go everywhere unless something is said. */
static enum where meets(const struct finder *f, const struct inv_thread *thread, struct cpuset *ret)
{
	struct cpuset guest = f->inv->guest_cpus;

	*ret = thread->cpus;
	if (cpuset_is_empty(ret) && !f->vm->pid)
		*ret = f->inv->online;
	cpuset_and(ret, &guest);
	if (!cpuset_is_empty(ret))
		return ON_GUEST;
	inv_add_siblings(f->inv, &guest);
	*ret = thread->cpus;
	cpuset_and(ret, &guest);
	return cpuset_is_empty(ret) ? NOWHERE : ON_SIBLING;
}

/* The emulator's: all that emulatorpin moves. The kernel's own (kvm-pit) hardly ever run. */
static bool is_of(const struct inv_thread *thread, enum inv_kind kind)
{
	if (thread->kind == INV_VCPU || (thread->kind == INV_OTHER && thread->is_kernel))
		return false;
	if (thread->kind == INV_IO || thread->kind == INV_VHOST)
		return thread->kind == kind;
	return kind == INV_EMULATOR;
}

static const char *object_of(enum inv_kind kind)
{
	return kind == INV_IO ? "I/O threads" : kind == INV_VHOST ? "vhost threads" : "emulator";
}

/* One finding for all threads of a kind; one fix where one command moves them all. */
static void find(struct finder *f, enum inv_kind kind, enum where where)
{
	bool is_one_by_one = f->vm->pid && f->vm->manager != INV_LIBVIRT;
	auto_free char *list = NULL;
	struct cpuset all, cpus;
	unsigned int n = 0;

	cpuset_clear(&all);
	for (unsigned int i = 0; i < f->vm->n_threads; i++)
		if (is_of(&f->vm->threads[i], kind) &&
		    meets(f, &f->vm->threads[i], &cpus) == where) {
			cpuset_or(&all, &cpus);
			n++;
		}
	list = n ? finder_list(f, &all) : NULL;
	if (!list)
		return;
	finder_begin(f, "%s", object_of(kind));
	finder_is(f, "%u thread%s, on CPU %s", n, n == 1 ? "" : "s", list);
	for (unsigned int i = 0; i < f->vm->n_threads; i++) {
		const struct inv_thread *thread = &f->vm->threads[i];

		if (!is_of(thread, kind) || meets(f, thread, &cpus) != where)
			continue;
		finder_fix_thread(f, thread, &f->place->others);
		if (!is_one_by_one && !(kind == INV_IO && thread->number >= 0))
			return;
	}
}

void finding_emulator_on_guest(struct finder *f)
{
	find(f, INV_EMULATOR, ON_GUEST);
}

void finding_emulator_on_sibling(struct finder *f)
{
	find(f, INV_EMULATOR, ON_SIBLING);
}

void finding_io_on_guest(struct finder *f)
{
	find(f, INV_IO, ON_GUEST);
}

void finding_io_on_sibling(struct finder *f)
{
	find(f, INV_IO, ON_SIBLING);
}

void finding_vhost_on_guest(struct finder *f)
{
	find(f, INV_VHOST, ON_GUEST);
}

void finding_vhost_on_sibling(struct finder *f)
{
	find(f, INV_VHOST, ON_SIBLING);
}

void finding_iothread_unused(struct finder *f)
{
	for (unsigned int i = 0; i < f->vm->n_threads; i++) {
		const struct inv_thread *thread = &f->vm->threads[i];

		if (thread->kind != INV_IO || !thread->is_unused)
			continue;
		if (thread->number >= 0)
			finder_begin(f, "I/O thread %d", thread->number);
		else
			finder_begin(f, "%s", thread->comm);
		if (!f->vm->pid || f->vm->manager == INV_LIBVIRT)
			finder_fix(f,
				   "<driver name='qemu' iothread='%d'/> in a <disk>, or fewer "
				   "<iothreads>",
				   max(thread->number, 1));
		else
			finder_fix(f,
				   "iothread=ID in the -device of a disk, or no -object iothread");
	}
}
