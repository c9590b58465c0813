/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/tracepoints.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"

/* The type of each is named so, and nothing else is. */
#define PREFIX "btf_trace_"

/* The strings of a BTF, one after the other; the last byte ends one. */
static int find_strings(const void *btf, size_t len, const char **ret, const char **ret_end)
{
	struct btf_header header;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, btf, sizeof(header));
	if (header.magic != BTF_MAGIC || header.hdr_len < sizeof(header) || header.hdr_len > len)
		return -EBADMSG;
	len -= header.hdr_len;
	if (header.str_off > len || header.str_len > len - header.str_off || !header.str_len)
		return -EBADMSG;
	*ret = (const char *)btf + header.hdr_len + header.str_off;
	*ret_end = *ret + header.str_len;
	return (*ret_end)[-1] ? -EBADMSG : 0;
}

/* There is room for a power of two of them. */
static int add(struct tracepoints *to, const char *name)
{
	if ((to->n & (to->n - 1)) == 0) {
		const char **grown =
			reallocarray(to->names, to->n ? 2 * to->n : 1, sizeof(*to->names));

		if (!grown)
			return -ENOMEM;
		to->names = grown;
	}
	to->names[to->n++] = name;
	return 0;
}

/* Fills in the names. */
static int parse(struct tracepoints *to)
{
	const char *s, *end;
	int err = find_strings(to->btf, to->len, &s, &end);

	for (; !err && s < end; s += strlen(s) + 1)
		if (*s == *PREFIX && str_starts(s, PREFIX)) /* most do not begin so */
			err = add(to, s + strlen(PREFIX));
	return err;
}

int tracepoints_parse(void *btf, size_t len, struct tracepoints *ret)
{
	struct tracepoints to = { .btf = btf, .len = len };
	int err = parse(&to);

	if (err) {
		free(to.names);
		return err;
	}
	*ret = to;
	return 0;
}

/* From 6.16 on the kernel's own can be mapped (a539e2a6d51d); reading 5 MB of it takes 5 ms. */
static int map(const struct root *root, const char *object, struct tracepoints *to)
{
	auto_close int fd = fs_open(root, O_RDONLY, "sys/kernel/btf/%s", object);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	to->len = (size_t)st.st_size;
	to->btf = mmap(NULL, to->len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (to->btf == MAP_FAILED)
		return -errno;
	to->is_mapped = true;
	return 0;
}

int tracepoints_read(const struct root *root, const char *object, struct tracepoints *ret)
{
	struct tracepoints to = { 0 };
	char *text = NULL;
	int err = map(root, object, &to);

	if (err) {
		err = fs_read_file(root, &text, &to.len, "sys/kernel/btf/%s", object);
		to.btf = text;
	}
	err = err ?: parse(&to);
	if (err) {
		tracepoints_done(&to);
		return err;
	}
	*ret = to;
	return 0;
}

void tracepoints_done(struct tracepoints *tracepoints)
{
	if (tracepoints->is_mapped)
		(void)munmap(tracepoints->btf, tracepoints->len);
	else
		free(tracepoints->btf);
	free(tracepoints->names);
	*tracepoints = (struct tracepoints){ 0 };
}

bool tracepoints_have(const struct tracepoints *tracepoints, const char *name)
{
	for (size_t i = 0; i < tracepoints->n; i++)
		if (streq(tracepoints->names[i], name))
			return true;
	return false;
}
