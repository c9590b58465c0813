/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vector: system vectors. Two programs for all rows of vectors.def: a raw tracepoint program can be
 * attached to many tracepoints, and all of these pass the number of the vector. The loader does
 * that; the section name holds no tracepoint.
 * Hooks: irq_vectors:*_entry and *_exit as raw_tp; interrupts off.
 * Not covered: vector entry and EOI; vectors without tracepoints.
 */
#include "hook.bpf.h"

static __always_inline __u32 vector_id(__u32 nr)
{
	switch (nr) {
#define VECTOR(id, nr, tp, label, name) \
	case nr:                        \
		return LULL_VECTOR_##id;
#define VECTOR_ALSO(id, nr, tp) VECTOR(id, nr, tp, , )
#include "vectors.def"
	default:
		return LULL_N_VECTORS;
	}
}

SEC("?raw_tp")
int BPF_PROG(vector__entry, int nr)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_vector__entry);

	if (c)
		vector_begin(c, bpf_ktime_get_ns(), vector_id(nr));
	return 0;
}

SEC("?raw_tp")
int BPF_PROG(vector__exit, int nr)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_vector__exit);

	if (c)
		frame_pop(c, bpf_ktime_get_ns(), LULL_CAUSE(LULL_KIND_VECTOR, vector_id(nr), 0),
			  false);
	return 0;
}
