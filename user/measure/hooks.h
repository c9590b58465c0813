/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks: which programs this kernel can take, and attaching them. What is not there is left out
 * with its group and named. Decided by the kernel's type information, never by its version.
 */
#ifndef LULL_MEASURE_HOOKS_H
#define LULL_MEASURE_HOOKS_H

#include <stdbool.h>

#include "lull_abi.h"
#include "measure/tracepoints.h"

struct bpf_object;
struct bpf_program;
struct bpf_link;
struct root;
struct str;

struct hook {
	const char *name;  /* of the program */
	const char *group; /* all of a group or none */
	enum lull_source source;
};

/* The rows of sources.def, in the order of enum lull_hook. */
const struct hook *hook_at(unsigned int i);
/* Do they stand and fall together? */
bool hook_same_group(const struct hook *a, const struct hook *b);
const char *hook_source_name(enum lull_source source);
/* Does it only refine what others count? */
bool hook_source_is_label(enum lull_source source);

/* Type information of the kernel and of the modules that hold tracepoints of ours. */
struct hook_types {
	struct tracepoints vmlinux;
	struct tracepoints kvm; /* empty: built in, not loaded, or not to be seen */
};

/* -ENOENT: the kernel has no BTF. -EBADMSG, -ENOMEM. */
int hooks_types_open(const struct root *root, struct hook_types *ret);
void hooks_types_done(struct hook_types *types);
/* Is there a tracepoint of that name? */
bool hooks_types_have(const struct hook_types *types, const char *tracepoint);

/*
 * Appends to @ret what this kernel lacks that nothing can stand in for, in words; nothing: all is
 * there. Floor: 6.1. Parses all types, which takes its time. -ENOMEM; -EBADMSG: they are broken.
 */
int hooks_types_lack(const struct hook_types *types, struct str *ret);

/*
 * Decides which programs of @obj are loaded: on[hook] is set, and missing(what, ctx) is called with
 * a sentence for each group that is left out. -ENOMEM, or what @missing returned.
 */
int hooks_select(struct bpf_object *obj, const struct hook_types *types, bool on[LULL_N_HOOKS],
		 int (*missing)(const char *text, void *ctx), void *ctx);

#define HOOKS_MAX_LINKS 96
struct hook_links {
	struct bpf_link *links[HOOKS_MAX_LINKS];
	unsigned int n;
};

/* Attaches one program to all of its tracepoints; the links are added to @links. */
int hooks_attach(struct bpf_program *prog, const struct hook_types *types,
		 struct hook_links *links);
void hooks_detach(struct hook_links *links);

#endif
