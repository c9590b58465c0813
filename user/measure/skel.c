/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/skel.h"

#include <errno.h>

#include "base/cleanup.h"

bool skel_may_see_modules(void)
{
	__u32 id;

	return !bpf_btf_get_next_id(0, &id) || errno != EPERM;
}

struct lull_bpf *skel_open(void)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = "/sys/kernel/btf/vmlinux");

	/* Named, it is the only one that libbpf looks at; else a type that is not there sends it to
	 * the modules', and it gives up where it may not list them. */
	return lull_bpf__open_opts(skel_may_see_modules() ? NULL : &opts);
}
