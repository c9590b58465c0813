/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/lockdown.h"

#include "base/cleanup.h"

bool lockdown_hides_memory(const struct root *root)
{
	auto_free char *line = NULL;

	/* "none integrity [confidentiality]"; without securityfs there is no lockdown to see. */
	if (fs_read_line(root, &line, "sys/kernel/security/lockdown"))
		return false;
	return strstr(line, "[confidentiality]") != NULL;
}
