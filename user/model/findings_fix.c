/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings_fix: fixes as they are typed, for who manages the VM: virsh, taskset, or a line of
 * libvirt's XML when it does not run. It runs none of them. A name is the VMM's word: it goes into
 * a command quoted.
 */
#define LULL_MODEL_FINDINGS_PRIVATE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/findings_p.h"

char *finder_list(struct finder *f, const struct cpuset *set)
{
	char *list = cpuset_format(set);

	if (!list)
		f->err = -ENOMEM;
	return list;
}

static bool is_uuid(const char *uuid)
{
	return strlen(uuid) == 36 && !uuid[strspn(uuid, "0123456789abcdefABCDEF-")] && *uuid != '-';
}

char *finder_name(struct finder *f)
{
	const char *name = f->vm->name;
	struct str quoted = { .s = NULL };
	int err;

	err = str_add_word(&quoted, name);
	/* A UUID is easier to read than what needs quotes, and than what looks like an option. */
	if (!err && *quoted.s == '\'' && is_uuid(f->vm->uuid)) {
		str_done(&quoted);
		err = str_add(&quoted, f->vm->uuid);
	}
	if (err)
		f->err = err;
	return quoted.s;
}

unsigned int finder_number(const struct finder *f, const struct inv_thread *vcpu)
{
	return vcpu->number >= 0 ? (unsigned int)vcpu->number
				 : (unsigned int)(vcpu - f->vm->threads);
}

int finder_pin(const struct inv_thread *thread)
{
	return cpuset_count(&thread->cpus) == 1 ? cpuset_next(&thread->cpus, 0) : -1;
}

void finder_fix_vcpu(struct finder *f, const struct inv_thread *vcpu, int cpu)
{
	auto_free char *name = NULL;

	if (cpu < 0) {
		finder_fix(f, "no CPU is left for vCPU %u: give the VM fewer",
			   finder_number(f, vcpu));
		return;
	}
	if (!f->vm->pid) {
		finder_fix(f, "<vcpupin vcpu='%u' cpuset='%d'/>", finder_number(f, vcpu), cpu);
		return;
	}
	if (f->vm->manager != INV_LIBVIRT) {
		finder_fix(f, "taskset -cp %d %d", cpu, (int)vcpu->tid);
		return;
	}
	name = finder_name(f);
	if (name)
		finder_fix(f, "virsh vcpupin %s %u %d --live --config", name,
			   finder_number(f, vcpu), cpu);
}

void finder_fix_moves(struct finder *f, const struct placement *place)
{
	for (unsigned int i = 0; i < f->vm->n_threads; i++)
		if (f->vm->threads[i].kind == INV_VCPU &&
		    place->cpus[i] != finder_pin(&f->vm->threads[i]))
			finder_fix_vcpu(f, &f->vm->threads[i], place->cpus[i]);
}

/* libvirt knows its I/O threads one by one, and all else as the emulator. */
static void fix_by_libvirt(struct finder *f, const struct inv_thread *thread, const char *list)
{
	bool is_numbered = thread->kind == INV_IO && thread->number >= 0;
	auto_free char *name = NULL;

	if (!f->vm->pid && is_numbered) {
		finder_fix(f, "<iothreadpin iothread='%d' cpuset='%s'/>", thread->number, list);
		return;
	}
	if (!f->vm->pid) {
		finder_fix(f, "<emulatorpin cpuset='%s'/>", list);
		return;
	}
	name = finder_name(f);
	if (name && is_numbered)
		finder_fix(f, "virsh iothreadpin %s %d %s --live --config", name, thread->number,
			   list);
	else if (name)
		finder_fix(f, "virsh emulatorpin %s %s --live --config", name, list);
}

void finder_fix_thread(struct finder *f, const struct inv_thread *thread, const struct cpuset *cpus)
{
	auto_free char *list = finder_list(f, cpus);

	if (!list)
		return;
	if (!f->vm->pid || f->vm->manager == INV_LIBVIRT)
		fix_by_libvirt(f, thread, list);
	else
		finder_fix(f, "taskset -cp %s %d", list, (int)thread->tid);
}

void finder_fix_topology(struct finder *f, unsigned int threads, unsigned int dies)
{
	unsigned int n = f->vm->n_vcpus, sockets = f->vm->guest_sockets ?: 1, cores;

	cores = n / (threads * dies * sockets);
	if (cores * threads * dies * sockets != n) {
		sockets = 1;
		cores = n / (threads * dies);
	}
	if (cores * threads * dies * sockets != n) {
		finder_fix(f, "give it a number of vCPUs that %u divides", threads * dies);
		return;
	}
	if (!f->vm->pid || f->vm->manager == INV_LIBVIRT)
		finder_fix(f, "<topology sockets='%u' dies='%u' cores='%u' threads='%u'/>", sockets,
			   dies, cores, threads);
	else if (f->vm->manager == INV_PROXMOX)
		finder_fix(f,
			   "args: -smp %u,sockets=%u,dies=%u,cores=%u,threads=%u    # in "
			   "/etc/pve/qemu-server/%s.conf",
			   n, sockets, dies, cores, threads, f->vm->id);
	else
		finder_fix(f, "-smp %u,sockets=%u,dies=%u,cores=%u,threads=%u", n, sockets, dies,
			   cores, threads);
}
