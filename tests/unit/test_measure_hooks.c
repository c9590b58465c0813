/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of measure/hooks: the rows of sources.def against the programs in the object, and what
 * is left out on kernels that lack something. Kernels are type tables by hand; nothing is loaded.
 */
#include "measure/hooks.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "measure/skel.h"
#include "test.h"

static void skel_done(struct lull_bpf **skel)
{
	lull_bpf__destroy(*skel);
}

#define auto_skel  __attribute__((cleanup(skel_done)))
#define auto_types __attribute__((cleanup(hooks_types_done)))

static struct lull_bpf *open_skel(void)
{
	struct lull_bpf *skel = lull_bpf__open();

	CHECK(skel);
	return skel;
}

static void tracepoint_add(struct btf *btf, const char *tp, const char *end)
{
	char name[96];

	(void)snprintf(name, sizeof(name), "btf_trace_%s%s", tp, end);
	CHECK(btf__add_typedef(btf, name, 1) > 0);
}

/* As the kernel would give it. */
static struct tracepoints take_names(struct btf *btf)
{
	struct tracepoints tracepoints = { 0 };
	__u32 size = 0;
	const void *raw = btf__raw_data(btf, &size);
	void *copy = malloc(size);

	CHECK(raw && copy);
	memcpy(copy, raw, size);
	btf__free(btf);
	CHECK_EQ(tracepoints_parse(copy, size, &tracepoints), 0);
	return tracepoints;
}

/* Every tracepoint that the object's programs want, but those in @without (" a b "). */
static struct tracepoints kernel_without(const struct lull_bpf *skel, const char *without)
{
	static const char *const vectors[] = {
#define VECTOR(id, nr, tp, label, name) #tp,
#define VECTOR_ALSO(id, nr, tp)		#tp,
#include "vectors.def"
	};
	struct btf *btf = btf__new_empty();

	CHECK(btf);
	CHECK(btf__add_int(btf, "int", 4, BTF_INT_SIGNED) == 1);
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++) {
		const struct bpf_program *prog =
			bpf_object__find_program_by_name(skel->obj, hook_at(i)->name);
		const char *tp = strchr(bpf_program__section_name(prog), '/');
		char word[96];

		(void)snprintf(word, sizeof(word), " %s ", tp ? tp + 1 : "");
		if (tp && !strstr(without, word))
			tracepoint_add(btf, tp + 1, "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		char word[96];

		(void)snprintf(word, sizeof(word), " %s ", vectors[i]);
		if (strstr(without, word))
			continue;
		tracepoint_add(btf, vectors[i], "_entry");
		tracepoint_add(btf, vectors[i], "_exit");
	}
	return take_names(btf);
}

static int note(const char *text, void *ctx)
{
	return str_add(ctx, text) ?: str_add(ctx, "\n");
}

static int refuse(const char *text, void *ctx)
{
	(void)text;
	(void)ctx;
	return -ENOSPC;
}

TEST(hook_at__has_each_row_once_and_ends)
{
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++) {
		const char *source = hook_source_name(hook_at(i)->source);
		const char *name = hook_at(i)->name;

		CHECK(str_starts(name, source));
		CHECK(str_starts(name + strlen(source), "__"));
		CHECK(strlen(name) <= 15); /* what the kernel keeps of it */
		for (unsigned int k = 0; k < i; k++)
			CHECK(!streq(name, hook_at(k)->name));
	}
	CHECK(!hook_at(LULL_N_HOOKS));
}

TEST(hooks__every_row_has_a_program)
{
	auto_skel struct lull_bpf *skel = open_skel();

	for (unsigned int i = 0; i < LULL_N_HOOKS; i++)
		CHECK(bpf_object__find_program_by_name(skel->obj, hook_at(i)->name));
}

TEST(hooks__no_program_is_loaded_unless_it_is_chosen)
{
	auto_skel struct lull_bpf *skel = open_skel();
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj) {
		CHECK(!bpf_program__autoload(prog));
	}
}

TEST(hooks_select__takes_all_rows_and_nothing_else_where_nothing_is_missing)
{
	auto_skel struct lull_bpf *skel = open_skel();
	auto_types struct hook_types types = { .vmlinux = kernel_without(skel, "") };
	auto_str struct str missing = { 0 };
	bool on[LULL_N_HOOKS] = { false };
	struct bpf_program *prog;
	unsigned int n = 0;

	CHECK_EQ(hooks_select(skel->obj, &types, on, note, &missing), 0);
	CHECK(!missing.s);
	bpf_object__for_each_program(prog, skel->obj) {
		n += bpf_program__autoload(prog);
	}
	CHECK_EQ(n, LULL_N_HOOKS);
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++)
		CHECK(on[i]);
	CHECK(!bpf_program__autoload(skel->progs.selftest__run));
}

TEST(hooks_select__leaves_out_the_whole_group_and_names_what_is_missing)
{
	auto_skel struct lull_bpf *skel = open_skel();
	auto_types struct hook_types types = {
		.vmlinux = kernel_without(skel, " hrtimer_expire_exit ipi_send_cpu "),
	};
	auto_str struct str missing = { 0 };
	bool on[LULL_N_HOOKS] = { false };

	CHECK_EQ(hooks_select(skel->obj, &types, on, note, &missing), 0);
	CHECK_STREQ(missing.s, "hrtimer: this kernel has no tracepoint hrtimer_expire_exit\n"
			       "ipi: this kernel has no tracepoint ipi_send_cpu\n");
	CHECK(!on[LULL_HOOK_hrtimer__entry]);
	CHECK(!on[LULL_HOOK_hrtimer__exit]);
	CHECK(!on[LULL_HOOK_ipi__send]);
	CHECK(on[LULL_HOOK_irq__entry]);
	CHECK(!bpf_program__autoload(skel->progs.hrtimer__entry));
}

TEST(hooks_select__a_group_of_a_source_does_not_take_the_others_along)
{
	auto_skel struct lull_bpf *skel = open_skel();
	auto_types struct hook_types types = { .vmlinux = kernel_without(skel, " csd_queue_cpu ") };
	auto_str struct str missing = { 0 };
	bool on[LULL_N_HOOKS] = { false };

	CHECK_EQ(hooks_select(skel->obj, &types, on, note, &missing), 0);
	CHECK(!on[LULL_HOOK_csd__queue]);
	CHECK(on[LULL_HOOK_csd__entry]);
	CHECK(on[LULL_HOOK_csd__exit]);
}

TEST(hooks_select__a_vector_that_is_missing_is_named_once_and_the_others_stay)
{
	auto_skel struct lull_bpf *skel = open_skel();
	auto_types struct hook_types types = {
		.vmlinux = kernel_without(skel, " threshold_apic "),
	};
	auto_str struct str missing = { 0 };
	bool on[LULL_N_HOOKS] = { false };

	CHECK_EQ(hooks_select(skel->obj, &types, on, note, &missing), 0);
	CHECK_STREQ(missing.s, "vector: this kernel has no tracepoint threshold_apic\n");
	CHECK(on[LULL_HOOK_vector__entry]);
	CHECK(on[LULL_HOOK_vector__exit]);
}

TEST(hooks_select__says_what_the_caller_said)
{
	auto_skel struct lull_bpf *skel = open_skel();
	auto_types struct hook_types types = { .vmlinux = kernel_without(skel, " ipi_send_cpu ") };
	bool on[LULL_N_HOOKS] = { false };

	CHECK_EQ(hooks_select(skel->obj, &types, on, refuse, NULL), -ENOSPC);
}

TEST(hooks_types_have__looks_into_the_kvm_module_too)
{
	struct btf *vmlinux = btf__new_empty(), *kvm = btf__new_empty();
	auto_types struct hook_types types = { 0 };

	CHECK(vmlinux && kvm);
	CHECK(btf__add_int(kvm, "int", 4, BTF_INT_SIGNED) == 1);
	tracepoint_add(kvm, "kvm_entry", "");
	types.vmlinux = take_names(vmlinux);
	types.kvm = take_names(kvm);
	CHECK(hooks_types_have(&types, "kvm_entry"));
	CHECK(!hooks_types_have(&types, "kvm_exit"));
	CHECK(!hooks_types_have(&types, "kvm_entr"));
}

TEST(hooks_types_lack__names_what_nothing_can_stand_in_for)
{
	auto_types struct hook_types types = { .vmlinux = take_names(btf__new_empty()) };
	auto_str struct str lack = { 0 };

	CHECK_EQ(hooks_types_lack(&types, &lack), 0);
	CHECK(strstr(lack.s, "bpf_loop"));
	CHECK(strstr(lack.s, "sched_switch"));
	CHECK(strstr(lack.s, "type information of tracepoints"));
}

TEST(hooks_types_lack__refuses_types_that_are_broken)
{
	auto_types struct hook_types types = { .vmlinux = take_names(btf__new_empty()) };
	auto_str struct str lack = { 0 };

	types.vmlinux.len--;
	CHECK_EQ(hooks_types_lack(&types, &lack), -EBADMSG);
	CHECK(!lack.s);
}

TEST(hooks_types_open__reads_this_kernel)
{
	auto_types struct hook_types types = { 0 };
	auto_str struct str lack = { 0 };
	struct root root;
	int err;

	CHECK_EQ(fs_root_open(&root, "/"), 0);
	err = hooks_types_open(&root, &types);
	fs_root_done(&root);
	if (err == -ENOENT)
		SKIP("this kernel has no BTF");
	CHECK_EQ(err, 0);
	CHECK(hooks_types_have(&types, "sched_switch"));
	CHECK(!hooks_types_have(&types, "no_such_tracepoint"));
	CHECK_EQ(hooks_types_lack(&types, &lack), 0);
}

TEST(hooks_types_open__says_when_there_is_no_BTF)
{
	struct hook_types types = { .vmlinux.n = 7 };
	struct root root;

	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(hooks_types_open(&root, &types), -ENOENT);
	CHECK_EQ(types.vmlinux.n, 7);
	fs_root_done(&root);
}
