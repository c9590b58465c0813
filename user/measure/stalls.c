/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/stalls.h"

#include <errno.h>

#include "base/cleanup.h"

int stalls_init(struct stalls *stalls, unsigned int max_kept)
{
	*stalls = (struct stalls){ .max = max_kept };
	stalls->heap = calloc(max_kept ? max_kept : 1, sizeof(struct stall *));
	return stalls->heap ? 0 : -ENOMEM;
}

void stalls_done(struct stalls *stalls)
{
	for (unsigned int i = 0; i < stalls->n; i++)
		free(stalls->heap[i]);
	free(stalls->heap);
	*stalls = (struct stalls){ 0 };
}

static void swap(struct stall **a, struct stall **b)
{
	struct stall *tmp = *a;

	*a = *b;
	*b = tmp;
}

static void heap_up(struct stalls *stalls, unsigned int i)
{
	while (i && stalls->heap[(i - 1) / 2]->duration_ns > stalls->heap[i]->duration_ns) {
		swap(&stalls->heap[(i - 1) / 2], &stalls->heap[i]);
		i = (i - 1) / 2;
	}
}

static void heap_down(struct stalls *stalls, unsigned int i)
{
	for (;;) {
		unsigned int least = i;

		for (unsigned int kid = 2 * i + 1; kid <= 2 * i + 2 && kid < stalls->n; kid++)
			if (stalls->heap[kid]->duration_ns < stalls->heap[least]->duration_ns)
				least = kid;
		if (least == i)
			return;
		swap(&stalls->heap[i], &stalls->heap[least]);
		i = least;
	}
}

static uint32_t frames(int64_t bytes)
{
	return bytes <= 0 ? 0 : (uint32_t)min((uint64_t)bytes / sizeof(uint64_t), LULL_STACK);
}

/* A compact copy, one allocation. Segments before first_segment belong to a halt, not to the stall. */
static struct stall *stall_copy(const struct lull_stall *raw, size_t len)
{
	uint32_t first = min(raw->first_segment, (uint32_t)LULL_SEGMENTS);
	uint32_t n = min(raw->n_segments, (uint32_t)LULL_SEGMENTS) - min(first, raw->n_segments);
	uint32_t nk = len >= sizeof(*raw) ? frames(raw->n_kstack) : 0;
	uint32_t nu = len >= sizeof(*raw) ? frames(raw->n_ustack) : 0;
	struct stall *s =
		malloc(sizeof(*s) + n * sizeof(*s->segments) + (nk + nu) * sizeof(uint64_t));

	if (!s)
		return NULL;
	*s = (struct stall){
		.at_ns = raw->at_ns,
		.duration_ns = raw->duration_ns,
		.waker = raw->waker,
		.waker_comm = { raw->waker_comm[0], raw->waker_comm[1] },
		.victim = raw->victim,
		.cpu = raw->cpu,
		.mode = raw->mode,
		.n_segments = n,
		.segments_dropped = raw->segments_dropped,
		.n_kstack = nk,
		.n_ustack = nu,
		.segments = (struct lull_segment *)(s + 1),
	};
	s->kstack = (uint64_t *)(s->segments + n);
	s->ustack = s->kstack + nk;
	memcpy(s->segments, raw->segment + first, n * sizeof(*s->segments));
	if (nk)
		memcpy(s->kstack, raw->kstack, nk * sizeof(uint64_t));
	if (nu)
		memcpy(s->ustack, raw->ustack, nu * sizeof(uint64_t));
	return s;
}

int stalls_add(struct stalls *stalls, const struct lull_stall *raw, size_t len)
{
	struct stall *s;

	if (len < LULL_STALL_SHORT)
		return -EINVAL;
	stalls->longest_ns = max(stalls->longest_ns, raw->duration_ns);
	if (!stalls->max || raw->duration_ns < stalls_floor_ns(stalls))
		return 0;
	s = stall_copy(raw, len);
	if (!s)
		return -ENOMEM;
	if (stalls->n < stalls->max) {
		stalls->heap[stalls->n++] = s;
		heap_up(stalls, stalls->n - 1);
		return 0;
	}
	free(stalls->heap[0]);
	stalls->heap[0] = s;
	heap_down(stalls, 0);
	return 0;
}

uint64_t stalls_floor_ns(const struct stalls *stalls)
{
	return stalls->n && stalls->n == stalls->max ? stalls->heap[0]->duration_ns + 1 : 0;
}

static int longer_first(const void *a, const void *b)
{
	const struct stall *x = *(struct stall *const *)a, *y = *(struct stall *const *)b;

	if (x->duration_ns != y->duration_ns)
		return x->duration_ns < y->duration_ns ? 1 : -1;
	return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

void stalls_sort(struct stalls *stalls)
{
	qsort(stalls->heap, stalls->n, sizeof(struct stall *), longer_first);
}
