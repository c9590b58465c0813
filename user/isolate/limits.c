/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits: refusals, each with its reason in words.
 */
#include "isolate/limits.h"

#include <errno.h>

#include "base/cleanup.h"
#include "isolate/journal.h"
#include "sys/topo.h"
#include "sys/vms.h"

/* Appends the reason; -EPERM, or -ENOMEM. */
__attribute__((format(printf, 2, 3))) static int refuse(struct str *why, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = str_addv(why, fmt, ap);
	va_end(ap);
	return err ?: -EPERM;
}

/* Is there a core whose CPUs are all the host's? */
static bool has_full_core(const struct topo *topo, const struct cpuset *host)
{
	int cpu;

	for_each_cpu(cpu, host) {
		struct cpuset core;

		topo_core_cpus(topo, (unsigned int)cpu, &core);
		cpuset_subtract(&core, host);
		if (cpuset_is_empty(&core))
			return true;
	}
	return false;
}

/* What the kernel leaves to the host's CPUs needs one that was not set aside at boot. */
static int check_boot(const struct topo *topo, const struct cpuset *host, struct str *ret_why)
{
	struct cpuset keepers = *host, common = *host;
	auto_free char *list = cpuset_format(host);

	cpuset_subtract(&keepers, &topo->tickless);
	cpuset_subtract(&common, &topo->isolated);
	if (cpuset_is_empty(&keepers))
		return refuse(ret_why,
			      "no CPU would be left to keep the time: the host's (%s) are all "
			      "nohz_full",
			      list ? list : "?");
	if (cpuset_is_empty(&common))
		return refuse(ret_why,
			      "the host's CPUs (%s) are all isolated since boot (isolcpus): its "
			      "tasks would not be spread over them",
			      list ? list : "?");
	return 0;
}

int limits_check(const struct topo *topo, const struct cpuset *guest, bool is_forced,
		 struct str *ret_why)
{
	struct cpuset host = topo->online, offline = *guest;
	auto_free char *list = NULL;

	cpuset_subtract(&host, guest);
	cpuset_subtract(&offline, &topo->online);
	if (cpuset_is_empty(guest))
		return refuse(ret_why, "there is no CPU to shield");
	if (!cpuset_is_empty(&offline)) {
		list = cpuset_format(&offline);
		return refuse(ret_why, "CPU %s is not online", list ? list : "?");
	}
	if (!has_full_core(topo, &host)) {
		list = cpuset_format(&host);
		return refuse(ret_why,
			      "the host would keep less than one full core (%s): leave it a core "
			      "with all its threads",
			      list && *list ? list : "no CPU");
	}
	if (cpuset_has(guest, 0) && !is_forced)
		return refuse(ret_why, "CPU 0 keeps the time of the host and cannot be relieved of "
				       "all its work: leave it to the host, or use --force");
	return check_boot(topo, &host, ret_why);
}

int limits_check_others(const struct topo *topo, const struct journal *journal, const char *id,
			const struct cpuset *guest, struct str *ret_why)
{
	auto_str struct str sum = { 0 };
	struct cpuset all = *guest;
	int err;

	for (unsigned int i = 0; i < journal->n_layers; i++) {
		const struct layer *layer = journal->layers[i];
		struct cpuset both = layer->guest;
		auto_free char *list = NULL;

		if (streq(layer->id, id))
			continue;
		cpuset_or(&all, &layer->guest);
		cpuset_and(&both, guest);
		if (cpuset_is_empty(&both))
			continue;
		list = cpuset_format(&both);
		return refuse(ret_why, "CPU %s is shielded already, for %s: lull restore --vm %s",
			      list ? list : "?", layer->name, layer->id);
	}
	/* Those of guests that went offline meanwhile are nobody's. */
	cpuset_and(&all, &topo->online);
	err = limits_check(topo, &all, true, &sum);
	return err == -EPERM ? refuse(ret_why, "together with the shields in force: %s", sum.s)
			     : err;
}

int limits_guest_of(const struct vm *vm, const struct cpuset *online, struct cpuset *ret,
		    unsigned int *ret_n_loose, struct str *ret_why)
{
	struct cpuset guest = { 0 };
	unsigned int n_loose = 0;

	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		struct cpuset rest = *online;

		cpuset_subtract(&rest, &vm->vcpus[i].cpus);
		if (cpuset_is_empty(&vm->vcpus[i].cpus) || cpuset_is_empty(&rest))
			n_loose++;
		else
			cpuset_or(&guest, &vm->vcpus[i].cpus);
	}
	cpuset_and(&guest, online);
	if (cpuset_is_empty(&guest))
		return refuse(
			ret_why,
			"no virtual CPU of %s is pinned, so there is no telling which CPUs are "
			"the guest's: pin them (vcpupin), or say so with -c",
			vm->name);
	*ret = guest;
	*ret_n_loose = n_loose;
	return 0;
}
