/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vector: system vectors. Two programs for all rows of vectors.def: a raw tracepoint program can be
 * attached to many tracepoints, and all of these pass the number of the vector. The loader does
 * that; the section name holds no tracepoint.
 * Hooks: irq_vectors:*_entry and *_exit as raw_tp; interrupts off.
 * Not covered: vector entry and EOI; vectors without tracepoints.
 */
#include "hook.bpf.h"

/* enum lull_vector of each vector number; 0 is the first one's own, and that of all that are none. */
static const __u8 vector_ids[256] = {
#define VECTOR(id, nr, tp, label, name) [nr] = LULL_VECTOR_##id,
#define VECTOR_ALSO(id, nr, tp)		[nr] = LULL_VECTOR_##id,
#include "vectors.def"
};

SEC("?raw_tp")
int BPF_PROG(vector__entry, int nr)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_vector__entry);

	if (c)
		vector_begin(c, bpf_ktime_get_ns(), vector_ids[nr & 255]);
	return 0;
}

SEC("?raw_tp")
int BPF_PROG(vector__exit, int nr)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_vector__exit);

	if (c)
		frame_pop(c, bpf_ktime_get_ns(),
			  LULL_CAUSE(LULL_KIND_VECTOR, vector_ids[nr & 255], 0), false);
	return 0;
}
