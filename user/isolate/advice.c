/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * advice: boot parameters that the kernel was not started with.
 */
#include "isolate/advice.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"

/* Is the parameter @name there, and does @part (NULL: any) stand in its value? */
static bool has_parameter(const char *line, const char *name, const char *part)
{
	size_t len = strlen(name);

	for (const char *word = line; *word; word += strcspn(word, " ")) {
		size_t n;

		word += strspn(word, " ");
		n = strcspn(word, " ");
		if (strncmp(word, name, len) != 0 || word[len] != '=')
			continue;
		if (!part || memmem(word, n, part, strlen(part)))
			return true;
	}
	return false;
}

static bool has_managed(const struct plan *plan)
{
	for (unsigned int i = 0; i < plan->n_stays; i++)
		if (str_starts(plan->stays[i].why, "managed by the kernel"))
			return true;
	return false;
}

int advice_add(const struct root *root, const struct cpuset *guest, struct plan *plan)
{
	auto_free char *line = NULL, *list = cpuset_format(guest);
	int err = fs_read_line(root, &line, "proc/cmdline");

	if (!list)
		return -ENOMEM;
	if (err)
		return err == -ENOMEM ? err : 0;
	if (has_managed(plan) && !has_parameter(line, "isolcpus", "managed_irq"))
		err = plan_advise(plan,
				  "managed interrupts stay away from the guest's CPUs, as far as "
				  "they can, after a boot with isolcpus=managed_irq,%s",
				  list);
	if (!err && !has_parameter(line, "nohz_full", NULL))
		err = plan_advise(plan,
				  "the timer tick leaves a CPU with one task alone, and RCU's "
				  "callbacks run on the host's CPUs, after a boot with "
				  "nohz_full=%s",
				  list);
	return err;
}
