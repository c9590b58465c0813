/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/target.h"

#include <errno.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"
#include "lull_abi.h"
#include "measure/find.h"
#include "sys/threads.h"
#include "sys/topo.h"

void target_done(struct target *target)
{
	free(target->threads);
	vms_done(&target->vms);
	*target = (struct target){ 0 };
}

int target_add(struct target *target, const struct capture_target *thread)
{
	for (unsigned int i = 0; i < target->n_threads; i++)
		if (target->threads[i].tid == thread->tid) {
			target->threads[i].inherit |= thread->inherit;
			return 0;
		}
	if (target->n_threads == target->cap) {
		unsigned int cap = target->cap ? 2 * target->cap : 16;
		void *grown = reallocarray(target->threads, cap, sizeof(*target->threads));

		if (!grown)
			return -ENOMEM;
		target->threads = grown;
		target->cap = cap;
	}
	target->threads[target->n_threads++] = *thread;
	return 0;
}

static int no_memory(void)
{
	log_error("out of memory");
	return EXIT_ERROR;
}

static void list_vms(const struct vm_list *vms)
{
	for (unsigned int i = 0; i < vms->n; i++)
		log_error("  --vm %-20s %s, pid %d, %u vCPUs%s%s", vms->vms[i].name,
			  vms->vms[i].vmm, vms->vms[i].pid, vms->vms[i].n_vcpus,
			  *vms->vms[i].uuid ? ", uuid " : "", vms->vms[i].uuid);
}

int target_find_vms(const struct root *root, struct vm_list *ret)
{
	auto_free struct vcpu_hint *hints = NULL;
	struct vm_list list = { 0 };
	unsigned int n = 0;
	int err = vms_find(root, NULL, 0, &list);

	if (err || !list.n || !fs_root_is_live(root) || fs_exists(root, "sys/kernel/debug/kvm") ||
	    find_vcpus(root, &hints, &n) || !n) {
		if (!err)
			*ret = list;
		return err;
	}
	vms_done(&list);
	return vms_find(root, hints, n, ret);
}

/* The VM that was named, or the only one. */
static int choose_vm(const struct root *root, const char *what, struct target *target,
		     const struct vm **ret)
{
	int err;

	err = target_find_vms(root, &target->vms);
	if (err) {
		log_error("finding virtual machines: %s", strerror(-err));
		return EXIT_ERROR;
	}
	err = what ? vms_match(&target->vms, what, ret) : -ENOENT;
	if (!err)
		return 0;
	if (!what && target->vms.n == 1) {
		*ret = &target->vms.vms[0];
		return 0;
	}
	/* What may not be looked into may be the one. */
	if (err == -ENOENT && (what || !target->vms.n) && target->vms.n_denied && geteuid()) {
		log_error("finding virtual machines needs root");
		return EXIT_REFUSED;
	}
	if (what) {
		log_error("%s --vm %s%s",
			  err == -EEXIST ? "more than one VM is called" : "no VM matches", what,
			  target->vms.n ? "; there are:" : ": no VM is running on this host");
		list_vms(&target->vms);
		return EXIT_REFUSED;
	}
	log_error(target->vms.n
			  ? "several VMs are running; choose one:"
			  : "no VM is running; name a target: --vm, -t TID, -p PID, -c CPUS or "
			    "-- COMMAND");
	list_vms(&target->vms);
	return EXIT_REFUSED;
}

static int add_vm(const struct vm *vm, struct target *target)
{
	target->vm_pid = vm->pid;
	if (!vm->n_vcpus) {
		log_error("VM %s (pid %d): no vCPU thread was found; it may not have run yet",
			  vm->name, vm->pid);
		return EXIT_REFUSED;
	}
	if (vm->n_expected > vm->n_vcpus)
		log_warn("VM %s: %u of %u vCPU threads were found", vm->name, vm->n_vcpus,
			 vm->n_expected);
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		const struct capture_target t = {
			.tid = vm->vcpus[i].tid,
			.pid = vm->pid,
			.vm = vm->name,
			.vcpu = vm->vcpus[i].index,
		};

		if (target_add(target, &t))
			return no_memory();
	}
	return 0;
}

static int parse_id(const char *option, const char *text, pid_t *ret)
{
	uint32_t id;

	if (parse_u32(text, &id) || !id || id > 1U << 22) {
		log_error("record: %s %s: not a thread or process number", option, text);
		return EXIT_ERROR;
	}
	*ret = (pid_t)id;
	return 0;
}

static int add_tid(const struct root *root, const char *text, struct target *target)
{
	struct capture_target t = { .vcpu = -1 };
	int code = parse_id("-t", text, &t.tid);

	if (code)
		return code;
	if (threads_tgid(root, t.tid, &t.pid)) {
		log_error("no thread %s", text);
		return EXIT_REFUSED;
	}
	return target_add(target, &t) ? no_memory() : 0;
}

static int add_pid(const struct root *root, const char *text, struct target *target)
{
	auto_free pid_t *tids = NULL;
	unsigned int n;
	pid_t pid;
	int code = parse_id("-p", text, &pid);

	if (code)
		return code;
	if (threads_list(root, pid, &tids, &n) || !n) {
		log_error("no process %s", text);
		return EXIT_REFUSED;
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct capture_target t = {
			.tid = tids[i],
			.pid = pid,
			.vcpu = -1,
			.inherit = LULL_INHERIT_THREADS,
		};

		if (target_add(target, &t))
			return no_memory();
	}
	return 0;
}

/* -c alone: every vCPU thread is a victim, wherever it is; there may be none. */
static int add_all_vcpus(const struct root *root, struct target *target)
{
	int code = 0;

	if (target_find_vms(root, &target->vms))
		return 0;
	for (unsigned int i = 0; i < target->vms.n && !code; i++)
		if (target->vms.vms[i].n_vcpus)
			code = add_vm(&target->vms.vms[i], target);
	target->vm_pid = 0;
	return code;
}

int target_check_cpus(const struct root *root, const struct cpuset *cpus)
{
	struct cpuset offline = *cpus, online;
	auto_free char *list = NULL;
	int err = topo_read_online(root, &online);

	if (err) {
		log_error("reading the online CPUs: %s", strerror(-err));
		return EXIT_ERROR;
	}
	cpuset_subtract(&offline, &online);
	if (cpuset_is_empty(&offline))
		return 0;
	list = cpuset_format(&offline);
	log_error("CPU %s is not online", list ? list : "?");
	return EXIT_REFUSED;
}

int target_resolve(const struct root *root, const struct target_request *request,
		   struct target *ret)
{
	bool cpus = !cpuset_is_empty(request->cpus);
	bool threads = request->tids.n || request->pids.n || request->command;
	const struct vm *vm;
	int code = 0;

	*ret = (struct target){ 0 };
	if (cpus)
		code = target_check_cpus(root, request->cpus);
	for (unsigned int i = 0; i < request->tids.n && !code; i++)
		code = add_tid(root, request->tids.v[i], ret);
	for (unsigned int i = 0; i < request->pids.n && !code; i++)
		code = add_pid(root, request->pids.v[i], ret);
	if (!code && (request->vm || (!threads && !cpus))) {
		code = choose_vm(root, request->vm, ret, &vm);
		code = code ?: add_vm(vm, ret);
	} else if (!code && !threads) {
		code = add_all_vcpus(root, ret);
	}
	if (code)
		target_done(ret);
	return code;
}

int target_watch(const struct root *root, const struct target_request *request,
		 struct target *target)
{
	struct cpuset online, mask;

	if (!cpuset_is_empty(request->cpus)) {
		target->cpus = *request->cpus;
		return 0;
	}
	cpuset_clear(&target->cpus);
	for (unsigned int i = 0; i < target->n_threads; i++)
		if (!threads_read_affinity(root, target->threads[i].tid, &mask))
			cpuset_or(&target->cpus, &mask);
	if (topo_read_online(root, &online)) {
		log_error("reading the online CPUs failed");
		return EXIT_ERROR;
	}
	cpuset_and(&target->cpus, &online);
	if (cpuset_is_empty(&target->cpus))
		target->cpus = online;
	return 0;
}
