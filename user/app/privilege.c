/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/privilege.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#if LULL_WITH_CAPNG
#include <cap-ng.h>
#endif

#include "base/cleanup.h"
#include "sys/topo.h"

#define OWN_NICE (-15)

static int set_affinity(const struct cpuset *cpus)
{
	cpu_set_t *set = CPU_ALLOC(CPUSET_MAX);
	size_t size = CPU_ALLOC_SIZE(CPUSET_MAX);
	int cpu, err = 0;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	for_each_cpu(cpu, cpus)
		CPU_SET_S((size_t)cpu, size, set);
	if (sched_setaffinity(0, size, set))
		err = -errno;
	CPU_FREE(set);
	return err;
}

int privilege_take_host_cpus(const struct root *root, const struct cpuset *guest, struct str *said)
{
	auto_free char *list = NULL;
	struct cpuset host;
	bool raised = !setpriority(PRIO_PROCESS, 0, OWN_NICE);

	if (topo_read_online(root, &host))
		return 0;
	cpuset_subtract(&host, guest);
	if (cpuset_is_empty(&host))
		return str_add(said, "every CPU is watched: lull ran on one of them");
	if (set_affinity(&host))
		return str_add(said, "lull could not move to the host's CPUs");
	list = cpuset_format(&host);
	if (!list)
		return -ENOMEM;
	return str_addf(said, "lull ran on CPU %s%s", list, raised ? ", at nice -15" : "");
}

int privilege_keep_files(void)
{
#if LULL_WITH_CAPNG
	bool root = !geteuid();

	capng_clear(CAPNG_SELECT_BOTH);
	if (root && capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_OVERRIDE))
		return -EPERM;
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
#else
	return 0;
#endif
}

int privilege_drop(void)
{
#if LULL_WITH_CAPNG
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE ? 0 : -EPERM;
#else
	return -ENOSYS;
#endif
}
