/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/hooks.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "measure/skel.h"

static const struct hook hooks[] = {
#define HOOK(src, program, grp) \
	[LULL_HOOK_##program] = { .name = #program, .group = grp, .source = LULL_SRC_##src },
#include "sources.def"
};

static const struct {
	const char *name;
	bool is_label;
} sources[] = {
#define SOURCE(id, nam, label, help) [LULL_SRC_##id] = { .name = #nam, .is_label = label },
#include "sources.def"
};

/* Tracepoints of the two programs of the source vector. */
static const char *const vector_tps[] = {
#define VECTOR(id, nr, tp, label, name) #tp,
#define VECTOR_ALSO(id, nr, tp)		#tp,
#include "vectors.def"
};

const struct hook *hook_at(unsigned int i)
{
	return i < ARRAY_SIZE(hooks) ? &hooks[i] : NULL;
}

bool hook_same_group(const struct hook *a, const struct hook *b)
{
	return a->source == b->source && streq(a->group, b->group);
}

const char *hook_source_name(enum lull_source source)
{
	return sources[source].name;
}

bool hook_source_is_label(enum lull_source source)
{
	return sources[source].is_label;
}

int hooks_types_open(const struct root *root, struct hook_types *ret)
{
	struct hook_types types = { 0 };
	int err = tracepoints_read(root, "vmlinux", &types.vmlinux);

	if (err)
		return err;
	if (skel_may_see_modules())
		err = tracepoints_read(root, "kvm", &types.kvm);
	if (err == -ENOMEM) {
		hooks_types_done(&types);
		return err;
	}
	*ret = types;
	return 0;
}

void hooks_types_done(struct hook_types *types)
{
	tracepoints_done(&types->kvm);
	tracepoints_done(&types->vmlinux);
}

bool hooks_types_have(const struct hook_types *types, const char *tracepoint)
{
	return tracepoints_have(&types->vmlinux, tracepoint) ||
	       tracepoints_have(&types->kvm, tracepoint);
}

static bool have_helper(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, "bpf_func_id", BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++)
		if (streq(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
			return true;
	return false;
}

/* The number of arguments of a tracepoint, without the first that all have; -1: there is none. */
static int tracepoint_args(const struct btf *btf, const char *typedef_name)
{
	int id = btf__find_by_name_kind(btf, typedef_name, BTF_KIND_TYPEDEF);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	t = t ? btf__type_by_id(btf, t->type) : NULL; /* a pointer */
	t = t ? btf__type_by_id(btf, t->type) : NULL; /* to a function */
	return t && btf_is_func_proto(t) ? btf_vlen(t) - 1 : -1;
}

int hooks_types_lack(const struct hook_types *types, struct str *ret)
{
	struct btf *btf = btf__new(types->vmlinux.btf, (__u32)types->vmlinux.len);
	int err = 0;

	if (!btf)
		return errno == ENOMEM ? -ENOMEM : -EBADMSG;
	if (!have_helper(btf, "BPF_FUNC_loop"))
		err = str_add(ret, " the BPF helper bpf_loop (5.17);");
	if (!err && tracepoint_args(btf, "btf_trace_sched_switch") < 4)
		err = str_add(ret, " the state of the leaving task in sched_switch (5.18);");
	if (!err && !hooks_types_have(types, "irq_handler_entry"))
		err = str_add(ret, " type information of tracepoints (5.5);");
	btf__free(btf);
	return err;
}

/* The tracepoint in a program's section name; NULL: it has several. */
static const char *hook_tracepoint(const struct bpf_program *prog)
{
	const char *slash = strchr(bpf_program__section_name(prog), '/');

	return slash ? slash + 1 : NULL;
}

static bool vector_have(const struct hook_types *types, const char *tp, const char *end)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s_%s", tp, end);
	return hooks_types_have(types, name);
}

/* What the programs of one hook lack: 0 nothing, 1 everything, and the names are in @ret. */
static int hook_lacks(const struct bpf_program *prog, const struct hook_types *types,
		      struct str *ret)
{
	const char *tp = hook_tracepoint(prog);
	bool any = false;

	if (tp)
		return hooks_types_have(types, tp) ? 0 : (str_addf(ret, " %s", tp) ?: 1);
	for (size_t i = 0; i < ARRAY_SIZE(vector_tps); i++) {
		bool have = vector_have(types, vector_tps[i], "entry");

		any |= have;
		/* Named once, by the program of the entries. */
		if (!have && strstr(bpf_program__name(prog), "__entry") &&
		    str_addf(ret, " %s", vector_tps[i]))
			return -ENOMEM;
	}
	return any ? 0 : 1;
}

/* Is any program of the hook's group without its tracepoint? */
static int group_lacks(const struct bpf_object *obj, const struct hook_types *types,
		       const struct hook *first, struct str *ret)
{
	int lacks = 0;

	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct bpf_program *prog;
		int r;

		if (!hook_same_group(&hooks[i], first))
			continue;
		prog = bpf_object__find_program_by_name(obj, hooks[i].name);
		if (!prog)
			return -ENOENT;
		r = hook_lacks(prog, types, ret);
		if (r < 0)
			return r;
		lacks |= r;
	}
	return lacks;
}

static int group_select(struct bpf_object *obj, const struct hook *first, bool enable,
			bool on[LULL_N_HOOKS])
{
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		int err;

		if (!hook_same_group(&hooks[i], first))
			continue;
		on[i] = enable;
		err = bpf_program__set_autoload(
			bpf_object__find_program_by_name(obj, hooks[i].name), enable);
		if (err)
			return err;
	}
	return 0;
}

static bool group_is_first(unsigned int i)
{
	return i == 0 || !hook_same_group(&hooks[i - 1], &hooks[i]);
}

int hooks_select(struct bpf_object *obj, const struct hook_types *types, bool on[LULL_N_HOOKS],
		 int (*missing)(const char *text, void *ctx), void *ctx)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(hooks); i++) {
		auto_str struct str lacking = { 0 }, text = { 0 };
		int lacks, err;

		if (!group_is_first(i))
			continue;
		lacks = group_lacks(obj, types, &hooks[i], &lacking);
		if (lacks < 0)
			return lacks;
		err = group_select(obj, &hooks[i], lacks == 0, on);
		if (err)
			return err;
		if (!lacking.s)
			continue;
		err = str_addf(&text, "%s: this kernel has no tracepoint%s",
			       sources[hooks[i].source].name, lacking.s);
		err = err ?: missing(text.s, ctx);
		if (err)
			return err;
	}
	return 0;
}

static int links_add(struct hook_links *links, struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (links->n == HOOKS_MAX_LINKS) {
		(void)bpf_link__destroy(link);
		return -E2BIG;
	}
	links->links[links->n++] = link;
	return 0;
}

int hooks_attach(struct bpf_program *prog, const struct hook_types *types, struct hook_links *links)
{
	const char *end = strstr(bpf_program__name(prog), "__entry") ? "entry" : "exit";

	if (hook_tracepoint(prog))
		return links_add(links, bpf_program__attach(prog));
	for (size_t i = 0; i < ARRAY_SIZE(vector_tps); i++) {
		char name[64];
		int err;

		if (!vector_have(types, vector_tps[i], end))
			continue;
		(void)snprintf(name, sizeof(name), "%s_%s", vector_tps[i], end);
		err = links_add(links, bpf_program__attach_raw_tracepoint(prog, name));
		if (err)
			return err;
	}
	return 0;
}

void hooks_detach(struct hook_links *links)
{
	while (links->n)
		(void)bpf_link__destroy(links->links[--links->n]);
}
