/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/find.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "measure/lockdown.h"
#include "measure/messages.h"
#include "measure/skel.h"
#include "sys/vms.h"

static void skel_free(struct lull_bpf **skel)
{
	lull_bpf__destroy(*skel);
}

static void link_free(struct bpf_link **link)
{
	(void)bpf_link__destroy(*link);
}

static int read_marks(int fd, struct vcpu_hint **ret, unsigned int *ret_n)
{
	auto_free struct vcpu_hint *hints = NULL;
	struct lull_mark mark;
	unsigned int n = 0;
	ssize_t got;

	while ((got = read(fd, &mark, sizeof(mark))) == sizeof(mark)) {
		struct vcpu_hint *more = reallocarray(hints, n + 1, sizeof(*hints));

		if (!more)
			return -ENOMEM;
		hints = more;
		hints[n++] = (struct vcpu_hint){ .tid = (pid_t)mark.tid, .index = mark.index };
	}
	if (got < 0)
		return -errno;
	*ret = take_ptr(hints);
	*ret_n = n;
	return 0;
}

int find_vcpus(const struct root *root, struct vcpu_hint **ret, unsigned int *ret_n)
{
	struct lull_bpf *skel __attribute__((cleanup(skel_free))) = skel_open();
	struct bpf_link *link __attribute__((cleanup(link_free))) = NULL;
	auto_close int fd = -1;
	int err;

	messages_take();
	if (!skel)
		return -errno;
	skel->rodata->lull_probe_reads = !lockdown_hides_memory(root);
	(void)bpf_program__set_autoload(skel->progs.find__vcpus, true);
	err = lull_bpf__load(skel);
	if (err)
		return err;
	link = bpf_program__attach_iter(skel->progs.find__vcpus, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	return fd < 0 ? -errno : read_marks(fd, ret, ret_n);
}
