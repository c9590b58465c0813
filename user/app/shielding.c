/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/shielding.h"

#include <errno.h>
#include <unistd.h>

#include "app/arrivals.h"
#include "app/cmd.h"
#include "app/domain.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "isolate/knob.h"
#include "isolate/limits.h"
#include "sys/threads.h"
#include "sys/topo.h"

static int no_memory(const char *command)
{
	log_error("%s: out of memory", command);
	return EXIT_ERROR;
}

int shielding_open(const char *command, const char *sysroot, struct shielding *ret)
{
	struct shielding s = { .root = { .fd = -1 } };
	int err = fs_root_open(&s.root, sysroot);

	*ret = s;
	if (err) {
		log_error("%s: --sysroot %s: %s", command, sysroot, strerror(-err));
		return EXIT_ERROR;
	}
	*ret = s;
	err = target_find_vms(&ret->root, &ret->vms);
	if (err == -ENOENT && !fs_root_is_live(&ret->root))
		err = 0;
	err = err ?: vms_describe(&ret->root, ret->vms.vms, ret->vms.n);
	err = err ?: topo_read_online(&ret->root, &ret->online);
	if (!err)
		return 0;
	log_error("%s: reading the machine below %s: %s", command, ret->root.path, strerror(-err));
	return EXIT_ERROR;
}

void shielding_read_vms(struct shielding *s)
{
	struct vm_list vms = { 0 };

	if (vms_find(&s->root, NULL, 0, &vms))
		return;
	if (vms_describe(&s->root, vms.vms, vms.n)) {
		vms_done(&vms);
		return;
	}
	if (s->layer)
		s->layer->vm = NULL; /* that of the list which goes */
	vms_done(&s->vms);
	s->vms = vms;
}

void shielding_done(struct shielding *s)
{
	if (s->is_open)
		apply_close(&s->apply);
	layer_free(&s->layer);
	target_done(&s->target);
	vms_done(&s->vms);
	vms_vm_done(&s->configured);
	fs_root_done(&s->root);
	plan_done(&s->fresh);
	free(s->steps.rows);
	free(s->steps.fresh);
	free(s->steps.stays);
	for (unsigned int i = 0; i < s->steps.n_shields; i++) {
		free(s->steps.shields[i].owner);
		free(s->steps.shields[i].cpus);
	}
	free(s->steps.shields);
	arrivals_done(&s->steps.arrivals);
	free(s->said);
	free(s->guest_text);
	free(s->host_text);
	free(s->title);
}

/* --only, --without, or the default set. */
static int choose_knobs(const struct shielding_request *request, uint64_t *ret)
{
	const char *list = request->only ?: request->without, *bad = NULL;
	uint64_t set = 0;

	if (request->only && request->without) {
		log_error("%s: --only and --without exclude each other", request->command);
		return EXIT_ERROR;
	}
	if (list && knob_parse_set(list, &set, &bad)) {
		auto_str struct str all = { 0 };
		unsigned int n;
		const struct knob *knobs = knob_table(&n);

		for (unsigned int i = 0; i < n; i++)
			(void)str_addf(&all, " %s", knobs[i].name);
		log_error("%s: no knob is called %.*s; there are:%s", request->command,
			  (int)strcspn(bad, ","), bad, all.s ? all.s : "");
		return EXIT_ERROR;
	}
	*ret = request->only ? set : knob_default_set() & ~set;
	return 0;
}

static const struct vm *find_vm(const struct shielding *s, pid_t pid)
{
	for (unsigned int i = 0; pid && i < s->vms.n; i++)
		if (s->vms.vms[i].pid == pid)
			return &s->vms.vms[i];
	return NULL;
}

/* CPUs that are named without a VM: the one whose virtual CPUs all run there, if it is one. */
static const struct vm *vm_on(const struct shielding *s, const struct cpuset *cpus)
{
	const struct vm *found = NULL;

	for (unsigned int i = 0; i < s->vms.n; i++) {
		const struct vm *vm = &s->vms.vms[i];
		bool is_inside = vm->n_vcpus > 0;

		for (unsigned int k = 0; k < vm->n_vcpus; k++) {
			struct cpuset rest = vm->vcpus[k].cpus;

			cpuset_subtract(&rest, cpus);
			is_inside &= cpuset_is_empty(&rest);
		}
		if (is_inside && found)
			return NULL;
		found = is_inside ? vm : found;
	}
	return found;
}

static int set_owner(const struct shielding *s, pid_t pid, enum owner_kind kind,
		     struct layer *layer)
{
	struct thread_stat stat;
	int err = threads_read_stat(&s->root, pid, pid, &stat);

	if (err)
		return err;
	layer->owner = (struct owner){ .kind = kind, .pid = pid, .start_ticks = stat.start_ticks };
	return 0;
}

/* What it is in, of every hierarchy; "": not to be known. */
static char *read_groups(const struct shielding *s, pid_t tid)
{
	char *text;

	return fs_read_file(&s->root, &text, NULL, "proc/%d/cgroup", (int)tid) ? strdup("") : text;
}

/* One of each cgroup: it is the cgroup that is spared. */
static int add_victims(const struct shielding *s, const char *command, struct layer *layer)
{
	char *groups[LAYER_VICTIMS_MAX];
	bool is_full = false;
	int err = 0;

	for (unsigned int i = 0, k; i < s->target.n_threads && !is_full && !err; i++) {
		auto_free char *text = read_groups(s, s->target.threads[i].tid);

		if (!text)
			err = -ENOMEM;
		for (k = 0; !err && k < layer->n_victims && !streq(groups[k], text); k++)
			;
		is_full = k == LAYER_VICTIMS_MAX;
		if (err || k < layer->n_victims || is_full)
			continue;
		layer->victims[k] = s->target.threads[i].tid;
		groups[layer->n_victims++] = take_ptr(text);
	}
	if (is_full)
		log_warn("%s: threads in more than %d cgroups: the others are not spared", command,
			 LAYER_VICTIMS_MAX);
	for (unsigned int i = 0; i < layer->n_victims; i++)
		free(groups[i]);
	return err;
}

/* The first owns the layer, unless a lull that stays does (shielding_own_layer()). */
static int set_victims(const struct shielding *s, const char *command, struct layer *layer)
{
	int err = add_victims(s, command, layer);

	return err ?: set_owner(s, s->target.threads[0].tid, OWNER_THREAD, layer);
}

int shielding_own_layer(struct shielding *s)
{
	return set_owner(s, getpid(), OWNER_LULL, s->layer);
}

/* Who it is, by what it was named. */
static int name_layer(const struct shielding *s, const struct shielding_request *request,
		      struct layer *layer)
{
	const struct vm *vm = layer->vm;
	const struct target *target = &s->target;
	auto_free char *list = cpuset_format(&layer->guest);
	bool is_named = target->vm_pid || request->target.tids.n || request->target.pids.n;
	int n = -1;

	if (!list)
		return -ENOMEM;
	if (vm && (target->vm_pid || request->xml)) {
		layer->name = strdup(vm->name);
		n = *vm->uuid ? asprintf(&layer->id, "%s", vm->uuid)
			      : asprintf(&layer->id, "pid-%d", vm->pid);
	} else if (is_named && target->n_threads) {
		n = asprintf(&layer->id, "tid-%d", target->threads[0].tid);
		layer->name = n < 0 ? NULL : strdup(layer->id);
	} else {
		n = asprintf(&layer->id, "cpus-%s", list);
		if (asprintf(&layer->name, "-c %s", list) < 0)
			layer->name = NULL;
	}
	if (n < 0)
		layer->id = NULL;
	return layer->id && layer->name ? 0 : -ENOMEM;
}

static int refuse(const struct shielding_request *request, int err, const struct str *why)
{
	if (err == -ENOMEM || !why->s)
		return no_memory(request->command);
	log_error("%s: %s", request->command, why->s);
	return EXIT_REFUSED;
}

/* From the threads that were named: where they may run, if that says anything. */
static int guest_of_threads(const struct shielding *s, const struct shielding_request *request,
			    struct cpuset *ret)
{
	struct cpuset rest = s->online;

	cpuset_subtract(&rest, &s->target.cpus);
	if (cpuset_is_empty(&rest)) {
		log_error("%s: the thread may run on every CPU, so there is no telling which are "
			  "its own: pin it (taskset), or say so with -c",
			  request->command);
		return EXIT_REFUSED;
	}
	*ret = s->target.cpus;
	return 0;
}

static int find_guest(struct shielding *s, const struct shielding_request *request,
		      struct layer *layer)
{
	auto_str struct str why = { 0 };
	unsigned int n_loose = 0;
	int err, code;

	layer->vm = find_vm(s, s->target.vm_pid);
	if (request->xml)
		layer->vm = &s->configured;
	if (!cpuset_is_empty(request->target.cpus)) {
		layer->guest = *request->target.cpus;
		if (!layer->vm && !request->target.tids.n && !request->target.pids.n)
			layer->vm = vm_on(s, &layer->guest);
		return 0;
	}
	if (!request->xml && !layer->vm) {
		code = target_watch(&s->root, &request->target, &s->target);
		return code ?: guest_of_threads(s, request, &layer->guest);
	}
	err = limits_guest_of(layer->vm, &s->online, &layer->guest, &n_loose, &why);
	if (err)
		return refuse(request, err, &why);
	if (n_loose)
		log_warn("%u of %u virtual CPUs of %s are not pinned and may run elsewhere",
			 n_loose, layer->vm->n_vcpus, layer->vm->name);
	return 0;
}

static int check_guest(const struct shielding *s, const struct shielding_request *request,
		       const struct layer *layer)
{
	auto_str struct str why = { 0 };
	auto_topo struct topo topo = { 0 };
	int err = topo_read(&s->root, &topo);

	if (err) {
		log_error("%s: reading the CPUs: %s", request->command, strerror(-err));
		return EXIT_ERROR;
	}
	err = limits_check(&topo, &layer->guest, request->is_forced, &why);
	return err ? refuse(request, err, &why) : 0;
}

int shielding_resolve(struct shielding *s, const struct shielding_request *request)
{
	struct layer layer = { .id = NULL };
	int err = 0, code = choose_knobs(request, &layer.knobs);

	if (!code && request->xml)
		code = domain_load(request->command, request->xml, &s->configured);
	else
		code = code ?: target_resolve(&s->root, &request->target, &s->target);
	code = code ?: find_guest(s, request, &layer);
	code = code ?: check_guest(s, request, &layer);
	if (code)
		return code;
	layer.vm_pid = layer.vm ? layer.vm->pid : 0;
	if (s->target.vm_pid)
		err = set_owner(s, s->target.vm_pid, OWNER_VM, &layer);
	else if (s->target.n_threads && (request->target.tids.n || request->target.pids.n))
		err = set_victims(s, request->command, &layer);
	err = err ?: name_layer(s, request, &layer);
	err = err ?: layer_copy(&layer, &s->layer);
	layer_done(&layer);
	if (err)
		log_error("%s: the target: %s", request->command, strerror(-err));
	return err ? EXIT_REFUSED : 0;
}

/* What is tried again and again says the same once. */
__attribute__((format(printf, 2, 3))) static void say(struct shielding *s, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = str_vformat(fmt, ap);
	va_end(ap);
	if (text && s->said && streq(text, s->said)) {
		free(text);
		return;
	}
	log_error("%s", text ?: "out of memory");
	free(s->said);
	s->said = text;
}

/* What went wrong with the journal, or with the lock; 0: something else did. */
static int journal_error(struct shielding *s, const char *command, int err)
{
	const char *dir = "/run/lull";

	switch (err) {
	case -EWOULDBLOCK:
		say(s, "%s: another lull (pid %d) is changing the host; try again", command,
		    s->apply.lock_holder);
		return EXIT_REFUSED;
	case -EBADMSG:
		say(s,
		    "%s: %s/journal is damaged, so nothing is touched; lull status shows "
		    "nothing either: put back by hand, or reboot, and remove it",
		    command, dir);
		return EXIT_ERROR;
	case -EPROTONOSUPPORT:
		say(s,
		    "%s: %s/journal was written by another version of lull: use that one to "
		    "restore",
		    command, dir);
		return EXIT_ERROR;
	case -ELOOP:
	case -EPERM:
		say(s,
		    "%s: %s is a link, or not root's alone: somebody else made it; look at "
		    "it, then remove it",
		    command, dir);
		return EXIT_REFUSED;
	case -EACCES:
		say(s, "%s: needs root", command);
		return EXIT_REFUSED;
	default:
		return 0;
	}
}

int shielding_error(struct shielding *s, const char *command, int err)
{
	/* The same errors mean something else of what a knob could not read. */
	bool is_knobs = s->apply.bad && (err != -EACCES || !geteuid());
	int code = is_knobs ? 0 : journal_error(s, command, err);

	if (code)
		return code;
	if (err == -ENOMEM)
		return no_memory(command);
	if (err == -EBUSY) {
		say(s, "%s: %s", command,
		    s->apply.plan.refusal ? s->apply.plan.refusal : "the host is busy");
		return EXIT_REFUSED;
	}
	if (s->apply.has_begun)
		say(s, "%s: stopped in the midst: %s; lull restore puts everything back", command,
		    strerror(-err));
	else if (s->apply.bad)
		say(s, "%s: planning %s: %s; nothing was changed", command, s->apply.bad->name,
		    strerror(-err));
	else
		say(s, "%s: /run/lull: %s; nothing was changed", command, strerror(-err));
	return EXIT_ERROR;
}

bool shielding_forget_error(struct shielding *s)
{
	bool had = s->said;

	free(s->said);
	s->said = NULL;
	return had;
}

int shielding_open_journal(struct shielding *s, const char *command, bool is_writer,
			   uint64_t wait_ns)
{
	const struct apply_config config = { .root = &s->root, .vms = &s->vms, .wait_ns = wait_ns };
	int err;

	if (is_writer && geteuid() && fs_root_is_live(&s->root)) {
		log_error("%s: changing the host needs root", command);
		return EXIT_REFUSED;
	}
	err = is_writer ? apply_open_writer(&s->apply, &config)
			: apply_open_reader(&s->apply, &config);
	s->is_open = true;
	if (err)
		return shielding_error(s, command, err);
	if (is_writer && s->apply.was_interrupted)
		log_warn("a run of lull that was interrupted has been ended");
	if (s->apply.n_swept)
		log_warn("%u %s lifted: who had %s is gone", s->apply.n_swept,
			 s->apply.n_swept == 1 ? "shield was" : "shields were",
			 s->apply.n_swept == 1 ? "it" : "them");
	return 0;
}

int shielding_check(struct shielding *s, const char *command)
{
	auto_str struct str why = { 0 };
	auto_topo struct topo topo = { 0 };
	int err = topo_read(&s->root, &topo);

	err = err
		      ?: limits_check_others(&topo, &s->apply.journal, s->layer->id,
					     &s->layer->guest, &why);

	if (!err)
		return 0;
	log_error("%s: %s", command, why.s ? why.s : strerror(-err));
	return EXIT_REFUSED;
}
