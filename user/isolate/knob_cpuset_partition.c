/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_partition: the way of kernels from 6.7 on, for VMs of libvirt: each vCPU thread has a cgroup
 * of its own there, which becomes an isolated partition. All else leaves its CPU, kernel threads and
 * work queues too, and nothing is balanced onto it; it ends with the cgroup, so with the VM.
 *
 * The cgroups above get cpuset.cpus.exclusive. That of the vCPU does not: what its partition has is then
 * what libvirt says in cpuset.cpus, and follows when libvirt pins the vCPU to another CPU. With a file of
 * its own the kernel would refuse such a pin.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_dir.h"
#include "sys/vms.h"

#define EXCLUSIVE "cpuset.cpus.exclusive"
#define PARTITION CPUSET_PARTITION

/* A cgroup of a vCPU, or one above it, with the CPUs of all partitions below. */
struct group {
	char *path;
	struct cpuset cpus;
	const struct vm *vm; /* of a vCPU: whose */
	int index;
};

struct groups {
	struct group *v;
	unsigned int n;
};

static void groups_done(struct groups *groups)
{
	for (unsigned int i = 0; i < groups->n; i++)
		free(groups->v[i].path);
	free(groups->v);
}
#define auto_groups __attribute__((cleanup(groups_done)))

/* The one at the first @len bytes of @path; made if need be. NULL: no memory. */
static struct group *groups_get(struct groups *groups, const char *path, size_t len)
{
	struct group *grown;

	for (unsigned int i = 0; i < groups->n; i++)
		if (strlen(groups->v[i].path) == len && !strncmp(groups->v[i].path, path, len))
			return &groups->v[i];
	grown = reallocarray(groups->v, groups->n + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	groups->v = grown;
	grown = &groups->v[groups->n];
	*grown = (struct group){ .path = strndup(path, len) };
	if (!grown->path)
		return NULL;
	groups->n++;
	return grown;
}

static bool is_within(const struct cpuset *inner, const struct cpuset *outer)
{
	struct cpuset rest = *inner;

	cpuset_subtract(&rest, outer);
	return cpuset_is_empty(&rest);
}

static bool meets(const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset both = *a;

	cpuset_and(&both, b);
	return !cpuset_is_empty(&both);
}

static int probe(const struct root *root, const char **ret_why)
{
	char mount[PATH_MAX];
	int err = cpuset_v2_mount(root, mount);

	if (err == -EXDEV)
		*ret_why = "only a part of the host's cgroups is to be seen here";
	else if (err)
		*ret_why = "no cgroup hierarchy has the controller cpuset";
	return err;
}

struct look {
	const struct root *root;
	const struct layer *layer;
	char mount[PATH_MAX];
	char note[CPUSET_NOTE_MAX];
};

__attribute__((format(printf, 2, 3))) static int say_no(struct look *look, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(look->note, CPUSET_NOTE_MAX, fmt, ap);
	va_end(ap);
	str_sanitize(look->note);
	return 0;
}

/* Is the thread alone in its cgroup, and that one libvirt's for the vCPU? */
static bool is_own_group(const struct look *look, const char *path, pid_t tid)
{
	auto_free char *text = NULL;
	const char *name = strrchr(path, '/');
	char want[16];

	if (!name || !str_starts(name, "/vcpu") || !strstr(path, "/libvirt/"))
		return false;
	(void)snprintf(want, sizeof(want), "%d\n", (int)tid);
	return !fs_read_file(look->root, &text, NULL, "%s%s/cgroup.threads", look->mount, path) &&
	       streq(text, want);
}

/* 1: a vCPU with a cgroup and a CPU of its own; 0 and the note; -errno. */
static int look_at_vcpu(struct look *look, const struct vcpu *vcpu, struct groups *groups)
{
	pid_t pid = look->layer->vm->pid;
	auto_free char *path = NULL;
	struct group *group;
	struct cpuset cpus;
	int err = vcpu->tid ? cpuset_group_of(look->root, pid, vcpu->tid, &path) : -ENOENT;

	if (err)
		return err == -ENOENT || err == -ESRCH
			       ? say_no(look, "vCPU %d is not there yet", vcpu->index)
			       : err;
	if (!is_own_group(look, path, vcpu->tid))
		return say_no(look, "vCPU %d has no cgroup of its own, as libvirt makes them",
			      vcpu->index);
	if (!fs_exists(look->root, "%s%s/" EXCLUSIVE, look->mount, path))
		return say_no(look, "this kernel has no remote partitions; those from 6.7 on do");
	err = cpuset_read_cpus(look->root, look->mount, path, "cpuset.cpus", &cpus);
	if (err)
		return err;
	if (cpuset_count(&cpus) != 1 || !is_within(&cpus, &look->layer->guest))
		return say_no(look, "vCPU %d is not pinned to one CPU by its cgroup (vcpupin)",
			      vcpu->index);
	for (unsigned int i = 0; i < groups->n; i++)
		if (meets(&groups->v[i].cpus, &cpus))
			return say_no(look, "vCPU %d shares its CPU with another", vcpu->index);
	group = groups_get(groups, path, strlen(path));
	if (!group)
		return -ENOMEM;
	group->cpus = cpus;
	group->vm = look->layer->vm;
	group->index = vcpu->index;
	return 1;
}

/* May one beside keep CPUs from the partitions? @is_last: beside the vCPUs' own. */
static int look_at_sibling(struct look *look, const char *path, bool is_last)
{
	const struct cpuset *guest = &look->layer->guest;
	struct cpuset cpus, exclusive;
	int err = cpuset_read_cpus(look->root, look->mount, path, "cpuset.cpus", &cpus);

	err = err ?: cpuset_read_cpus(look->root, look->mount, path, EXCLUSIVE, &exclusive);
	if (err)
		return err;
	if (meets(&exclusive, guest))
		return say_no(look, "the cgroup %s has some of the CPUs for itself", path + 1);
	if (is_last && meets(&cpus, guest))
		return say_no(look, "%s of the VM may run on the guest's CPUs (emulatorpin)",
			      strrchr(path, '/') + 1);
	if (!cpuset_is_empty(&cpus) && is_within(&cpus, guest))
		return say_no(look, "the cgroup %s has no other CPUs", path + 1);
	return 1;
}

/* All cgroups beside the path to @groups, level by level. */
static int look_beside(struct look *look, const struct groups *groups, const char *path)
{
	int is_good = 1;

	for (const char *slash = path; slash && is_good == 1; slash = strchr(slash + 1, '/')) {
		auto_knob_dir struct knob_dir dir = { .names = NULL };
		const char *end = strchr(slash + 1, '/');
		int len = (int)(slash - path), err;

		err = knob_dir_read(look->root, &dir, "%s%.*s", look->mount, len, path);
		if (err)
			return err;
		for (unsigned int i = 0; i < dir.n && is_good == 1; i++) {
			auto_free char *beside = NULL;
			bool is_ours = false;

			if (asprintf(&beside, "%.*s/%s", len, path, dir.names[i]) < 0) {
				beside = NULL;
				return -ENOMEM;
			}
			for (unsigned int k = 0; k < groups->n; k++)
				is_ours |= cpuset_is_below(groups->v[k].path, beside);
			if (!is_ours)
				is_good = look_at_sibling(look, beside, !end);
		}
	}
	return is_good;
}

/* Another VM could not be pinned to CPUs that this one has for itself. */
static int look_at_others(struct look *look, const struct vm_list *vms)
{
	for (unsigned int i = 0; vms && i < vms->n; i++) {
		const struct vm *vm = &vms->vms[i];

		for (unsigned int k = 0; k < vm->n_vcpus && vm->pid != look->layer->vm->pid; k++)
			if (!cpuset_is_empty(&vm->vcpus[k].cpus) &&
			    is_within(&vm->vcpus[k].cpus, &look->layer->guest))
				return say_no(look, "%s is pinned to the same CPUs", vm->name);
	}
	return 1;
}

/* 1 and the vCPUs' cgroups; 0 and a note; -errno. */
static int find_groups(struct look *look, const struct vm_list *vms, struct groups *groups)
{
	const struct vm *vm = look->layer->vm;
	struct cpuset all = { 0 };
	int err = cpuset_v2_mount(look->root, look->mount), is_good = 1;

	if (err)
		return err;
	if (!vm)
		return say_no(look, "no VM is named");
	if (!vm->n_vcpus || vm->n_expected > vm->n_vcpus)
		return say_no(look, "not all vCPUs are known");
	for (unsigned int i = 0; i < vm->n_vcpus && is_good == 1; i++)
		is_good = look_at_vcpu(look, &vm->vcpus[i], groups);
	if (is_good != 1)
		return is_good;
	for (unsigned int i = 0; i < groups->n; i++)
		cpuset_or(&all, &groups->v[i].cpus);
	if (!cpuset_is_equal(&all, &look->layer->guest))
		return say_no(look, "the guest has CPUs without a vCPU");
	is_good = look_at_others(look, vms);
	return is_good == 1 && groups->n ? look_beside(look, groups, groups->v[0].path) : is_good;
}

static int takes(const struct root *root, const struct goal *goal, const struct layer *layer,
		 char ret_note[CPUSET_NOTE_MAX])
{
	struct look look = { .root = root, .layer = layer };
	auto_groups struct groups groups = { .v = NULL };
	int is_good = find_groups(&look, goal->vms, &groups);

	if (!is_good)
		memcpy(ret_note, look.note, sizeof(look.note));
	return is_good;
}

/* The CPUs of the cgroups above: what is below is added. */
static int add_above(struct groups *above, const struct groups *vcpus)
{
	for (unsigned int i = 0; i < vcpus->n; i++) {
		const char *path = vcpus->v[i].path;

		for (const char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
			struct group *group = groups_get(above, path, (size_t)(end - path));

			if (!group)
				return -ENOMEM;
			cpuset_or(&group->cpus, &vcpus->v[i].cpus);
		}
	}
	return 0;
}

struct writer {
	const struct root *root;
	struct plan *plan;
	char mount[PATH_MAX];
};

static int plan_exclusive(const struct writer *w, const struct group *group)
{
	char object[CPUSET_OBJECT_MAX], identity[CPUSET_IDENTITY_MAX], name[NAME_MAX + 32];
	const struct plan_change change = { .object = object,
					    .identity = identity,
					    .name = name,
					    .why = "for the partitions below" };
	struct cpuset now, orig;
	int err = cpuset_read_identity(w->root, w->mount, group->path, identity);

	(void)snprintf(object, sizeof(object), "%s%s/" EXCLUSIVE, w->mount, group->path);
	(void)snprintf(name, sizeof(name), "exclusive CPUs of %.*s", NAME_MAX,
		       strrchr(group->path, '/') + 1);
	str_sanitize(name);
	err = err ?: cpuset_read_cpus(w->root, w->mount, group->path, EXCLUSIVE, &now);
	err = err ?: plan_orig_cpus(w->plan, object, identity, &now, &orig);
	if (err)
		return err == -ENOENT ? 0 : err;
	cpuset_or(&orig, &group->cpus);
	return plan_change_cpus(w->plan, &change, &now, &orig);
}

static int plan_partition(const struct writer *w, const struct group *group)
{
	char object[CPUSET_OBJECT_MAX], identity[CPUSET_IDENTITY_MAX], name[NAME_MAX + 32];
	struct plan_change change = {
		.object = object,
		.identity = identity,
		.name = name,
		.want = "isolated",
		.why = "isolated partition: no other task, kernel thread or work on its CPU"
	};
	auto_free char *now = NULL;
	int err = cpuset_read_identity(w->root, w->mount, group->path, identity);

	(void)snprintf(object, sizeof(object), "%s%s/" PARTITION, w->mount, group->path);
	(void)snprintf(name, sizeof(name), "cgroup of vCPU %d, %s", group->index, group->vm->name);
	err = err ?: fs_read_line(w->root, &now, "%s", object);
	if (err)
		return err == -ENOENT || err == -ENODEV ? 0 : err;
	if (!plan_recorded(w->plan, w->plan->knob, object) && !streq(now, "member"))
		return plan_refuse(w->plan, "the %s is a partition already (%s), and not by lull",
				   name, now);
	str_sanitize(now);
	change.now = now;
	return plan_change(w->plan, &change);
}

static int plan_groups(const struct root *root, const struct goal *goal, const char *note,
		       struct plan *plan)
{
	struct writer w = { .root = root, .plan = plan };
	auto_groups struct groups vcpus = { .v = NULL }, above = { .v = NULL };
	int err = cpuset_v2_mount(root, w.mount);

	(void)note;
	for (unsigned int i = 0; i < goal->n_layers && !err; i++) {
		auto_groups struct groups some = { .v = NULL };
		struct look look = { .root = root, .layer = goal->layers[i] };
		int is_good = find_groups(&look, goal->vms, &some);

		err = is_good < 0 ? is_good : 0;
		for (unsigned int k = 0; is_good == 1 && k < some.n && !err; k++) {
			struct group *to =
				groups_get(&vcpus, some.v[k].path, strlen(some.v[k].path));
			char *path = to ? to->path : NULL;

			err = to ? 0 : -ENOMEM;
			if (to) {
				*to = some.v[k];
				to->path = path;
			}
		}
	}
	err = err ?: add_above(&above, &vcpus);
	err = err ?: cpuset_check_owners(root, goal, plan);
	for (unsigned int i = 0; i < above.n && !err; i++)
		err = plan_exclusive(&w, &above.v[i]);
	for (unsigned int i = 0; i < vcpus.n && !err; i++)
		err = plan_partition(&w, &vcpus.v[i]);
	return err;
}

static bool is_partition(const struct plan_step *step)
{
	return str_ends(step->object, "/" PARTITION);
}

/* "isolated", "member", or "isolated invalid (why)": the kernel's verdict. */
static int read_verdict(const struct root *root, const struct plan_step *step, char **ret)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "%s", step->object);

	if (err)
		return err;
	str_sanitize(line);
	*ret = take_ptr(line);
	return 0;
}

/* What the kernel has found invalid stays so, until it was a member once. */
static int write_verdict(const struct root *root, const struct plan_step *step, const char *value)
{
	auto_free char *now = NULL;
	int err = read_verdict(root, step, &now);

	if (!err && strstr(now, " invalid") && !streq(value, "member"))
		err = knob_file_write_text(root, step, "member");
	return err ?: knob_file_write_text(root, step, value);
}

/* Nobody can write that: a CPU went, or its pin changed. */
static bool is_lost(const struct root *root, const struct plan_step *step)
{
	(void)root;
	return strstr(step->now, " invalid") != NULL;
}

const struct cpuset_way cpuset_way_partition = {
	.probe = probe,
	.takes = takes,
	.plan = plan_groups,
	.has = is_partition,
	.read = read_verdict,
	.write = write_verdict,
	.is_lost = is_lost,
};
