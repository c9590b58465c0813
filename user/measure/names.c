/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/irqs.h"
#include "sys/kallsyms.h"
#include "sys/threads.h"

struct task_name {
	uint64_t cause, group; /* its own; that of all tasks of its comm */
	uint64_t sum_ns;
	char comm[17];
};

struct names {
	struct names_sources from;
	struct task_name *tasks; /* sorted by cause */
	unsigned int n_tasks;
	struct kallsyms_query *symbols; /* sorted by address */
	unsigned int n_symbols;
};

static const char *const softirq_names[] = {
#define SOFTIRQ(nr, name) [nr] = name,
#include "measure/softirqs.def"
#undef SOFTIRQ
};

static const struct {
	const char *label, *name;
} vectors[] = {
#define VECTOR(id, nr, tp, lab, nam) [LULL_VECTOR_##id] = { .label = lab, .name = nam },
#include "vectors.def"
};

static const struct {
	unsigned int isa, reason;
	const char *name;
} exits[] = {
#define EXIT(i, r, n) { .isa = i, .reason = r, .name = n },
#include "measure/exits.def"
#undef EXIT
};

static int by_cause(const void *a, const void *b)
{
	uint64_t x = ((const struct task_name *)a)->cause, y = ((const struct task_name *)b)->cause;

	return x < y ? -1 : x > y;
}

/* Of one cause the entry first under whose comm it ran longest. */
static int by_cause_and_time(const void *a, const void *b)
{
	const struct task_name *x = a, *y = b;

	return by_cause(a, b) ?: (x->sum_ns < y->sum_ns) - (x->sum_ns > y->sum_ns);
}

static int by_addr(const void *a, const void *b)
{
	uint64_t x = ((const struct kallsyms_query *)a)->addr;
	uint64_t y = ((const struct kallsyms_query *)b)->addr;

	return x < y ? -1 : x > y;
}

static void comm_text(const __u64 comm[2], char to[17])
{
	str_copy(to, 17, (const char *)comm, 16);
	str_sanitize(to);
}

/*
 * A task that changed its name, by exec or itself, and its CPU is in the table of the first CPU
 * under the old name still.
 */
static void tasks_sort(struct names *names, unsigned int n)
{
	struct task_name *t = names->tasks;
	unsigned int kept = 0;

	qsort(t, n, sizeof(*t), by_cause_and_time);
	for (unsigned int i = 0; i < n; i++)
		if (!kept || t[kept - 1].cause != t[i].cause)
			t[kept++] = t[i];
	names->n_tasks = kept;
}

static int tasks_collect(struct names *names)
{
	const struct names_sources *from = &names->from;
	unsigned int n = 0;

	names->tasks = calloc((size_t)from->n_cpus * LULL_CAUSES + 1, sizeof(*names->tasks));
	if (!names->tasks)
		return -ENOMEM;
	for (unsigned int i = 0; i < from->n_cpus; i++)
		for (unsigned int k = LULL_CAUSE_HASHED; k < LULL_CAUSES; k++) {
			const struct lull_cause *e = &from->cpus[i].cause[k];
			enum lull_kind kind = LULL_CAUSE_KIND(e->key);

			if ((kind != LULL_KIND_TASK && kind != LULL_KIND_COMM) || !e->comm[0])
				continue;
			names->tasks[n].cause = e->key;
			names->tasks[n].group = lull_comm_cause(e->comm);
			names->tasks[n].sum_ns = e->sum_ns;
			comm_text(e->comm, names->tasks[n++].comm);
		}
	tasks_sort(names, n);
	return 0;
}

static bool label_has_address(uint64_t label)
{
	enum lull_label_kind kind = LULL_LABEL_KIND(label);

	return kind == LULL_LABEL_HRTIMER || kind == LULL_LABEL_CSD || kind == LULL_LABEL_WORK ||
	       kind == LULL_LABEL_NMI;
}

static int symbols_collect(struct names *names)
{
	const struct names_sources *from = &names->from;
	unsigned int n = 0;

	names->symbols = calloc(LULL_FNS + from->n_addrs, sizeof(*names->symbols));
	if (!names->symbols)
		return -ENOMEM;
	for (unsigned int i = 0; i < LULL_FNS; i++)
		if (label_has_address(from->fns[i]))
			names->symbols[n++].addr = LULL_LABEL_ADDR(from->fns[i]);
	for (unsigned int i = 0; i < from->n_addrs; i++)
		names->symbols[n++].addr = from->addrs[i];
	names->n_symbols = n;
	/* Without symbols addresses are shown as such. */
	if (from->kallsyms >= 0)
		(void)kallsyms_resolve(from->kallsyms, names->symbols, n);
	qsort(names->symbols, n, sizeof(*names->symbols), by_addr);
	return 0;
}

int names_open(const struct names_sources *from, struct names **ret)
{
	struct names *names = calloc(1, sizeof(*names));
	int err;

	if (!names)
		return -ENOMEM;
	names->from = *from;
	err = tasks_collect(names);
	err = err ?: symbols_collect(names);
	if (err) {
		names_free(names);
		return err;
	}
	*ret = names;
	return 0;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	if (names->symbols)
		kallsyms_done(names->symbols, names->n_symbols);
	free(names->symbols);
	free(names->tasks);
	free(names);
}

int names_address(const struct names *names, uint64_t addr, struct str *out)
{
	const struct kallsyms_query key = { .addr = addr }, *q;

	q = bsearch(&key, names->symbols, names->n_symbols, sizeof(*names->symbols), by_addr);
	if (!q || !q->name)
		return str_addf(out, "0x%" PRIx64, addr);
	if (!q->offset)
		return str_add(out, q->name);
	return str_addf(out, "%s+0x%" PRIx64, q->name, q->offset);
}

int names_function(const struct names *names, unsigned int fn, struct str *out)
{
	uint64_t label = fn < LULL_FNS ? names->from.fns[fn] : 0;

	if (LULL_LABEL_KIND(label) != LULL_LABEL_WORK)
		return 0;
	return names_address(names, LULL_LABEL_ADDR(label), out);
}

int names_label(const struct names *names, unsigned int fn, struct str *out)
{
	static const char *const prefixes[] = {
		[LULL_LABEL_HRTIMER] = "hrtimer ",
		[LULL_LABEL_CSD] = "csd ",
		[LULL_LABEL_WORK] = "work ",
		[LULL_LABEL_NMI] = "handler ",
	};
	uint64_t label = fn < LULL_FNS ? names->from.fns[fn] : 0;
	enum lull_label_kind kind = LULL_LABEL_KIND(label);
	int err;

	if (fn == LULL_FN_OTHERS)
		return str_add(out, "others");
	if (kind == LULL_LABEL_SENDER) {
		char comm[17] = "?";

		if (LULL_LABEL_VALUE(label) - 1 < LULL_SENDERS)
			comm_text(names->from.senders[LULL_LABEL_VALUE(label) - 1].comm, comm);
		return str_addf(out, "from %s", comm);
	}
	if (kind == LULL_LABEL_SOFTIRQ) {
		uint64_t vec = (label & 15) - 1;

		return str_addf(out, "softirq %s",
				vec < ARRAY_SIZE(softirq_names) ? softirq_names[vec] : "?");
	}
	if (!label_has_address(label))
		return str_add(out, "?");
	err = str_add(out, prefixes[kind]);
	return err ?: names_address(names, LULL_LABEL_ADDR(label), out);
}

/* " 4242" or " 4242 (unit)"; the unit of a task that has ended is not known any more. */
static int task_suffix(const struct names *names, pid_t tid, struct str *out)
{
	auto_free char *unit = NULL;
	pid_t tgid;
	int err;

	err = str_addf(out, " %d", tid);
	if (err || !tid || threads_tgid(names->from.root, tid, &tgid))
		return err;
	if (tgid == getpid())
		return str_add(out, " (lull itself)");
	if (threads_read_unit(names->from.root, tgid, &unit) || !*unit || streq(unit, "/"))
		return 0;
	return str_addf(out, " (%s)", unit);
}

static const struct task_name *task_find(const struct names *names, uint64_t cause)
{
	const struct task_name key = { .cause = cause }, *t;

	t = bsearch(&key, names->tasks, names->n_tasks, sizeof(*names->tasks), by_cause);
	for (unsigned int i = 0; !t && i < names->n_tasks; i++)
		if (names->tasks[i].group == cause)
			return &names->tasks[i];
	return t;
}

/*
 * Is it the same task, and has its number not been given to another since? The tag of its cause is
 * part of its start, of which /proc has the tick. Without an answer it is not.
 */
static bool is_same_task(const struct names *names, uint64_t cause, const struct thread_stat *stat)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint32_t tag = (uint32_t)(cause >> LULL_ID_BITS), after;
	uint64_t tick_ns, start_ns;

	if (hz <= 0)
		return false;
	tick_ns = 1000000000ULL / (uint64_t)hz;
	start_ns = stat->start_ticks * tick_ns - names->from.asleep_ns;
	after = (tag - LULL_TASK_TAG(start_ns)) & ((1U << LULL_TAG_BITS) - 1);
	return after <= LULL_TASK_TAG(tick_ns) + 1;
}

/* What it is called now, if it lives; exec and prctl change that. "": unknown. */
static void task_read_comm(const struct names *names, uint64_t cause, bool known, char to[17])
{
	pid_t tid = (pid_t)LULL_CAUSE_ID(cause);
	struct thread_stat stat;

	to[0] = 0;
	if (LULL_CAUSE_KIND(cause) == LULL_KIND_TASK &&
	    !threads_read_stat(names->from.root, tid, tid, &stat) &&
	    (!known || is_same_task(names, cause, &stat)))
		str_copy(to, 17, stat.comm, 16);
}

int names_task(const struct names *names, uint64_t cause, const __u64 comm[2], struct str *out)
{
	const struct task_name *t = task_find(names, cause);
	char known[17] = "", live[17];
	int err;

	if (t)
		str_copy(known, sizeof(known), t->comm, sizeof(known));
	else if (comm)
		comm_text(comm, known);
	task_read_comm(names, cause, known[0], live);
	if (live[0])
		str_copy(known, sizeof(known), live, sizeof(known));
	err = str_add(out, known[0] ? known : "task");
	if (LULL_CAUSE_KIND(cause) == LULL_KIND_COMM)
		return err ?: str_add(out, " (several)");
	return err ?: task_suffix(names, (pid_t)LULL_CAUSE_ID(cause), out);
}

static int irq_name(const struct names *names, uint32_t irq, struct str *out)
{
	auto_free char *device = NULL;
	const struct names_sources *from = &names->from;
	const struct irq_line *line;
	int err;

	line = from->irqs_close ? irqs_row_of(from->root, from->irqs_close, irq) : NULL;
	if ((!line || !*line->actions) && from->irqs_open)
		line = irqs_row_of(from->root, from->irqs_open, irq) ?: line;
	err = str_addf(out, "%u", irq);
	if (err || !line || !*line->actions)
		return err;
	if (line->irq < 0) /* IPI0: the name of its row, and what that is */
		return str_addf(out, " %s %s", line->name, line->actions);
	/* A passed-through line names its device itself: vfio-msix[0](0000:01:00.0). */
	err = str_addf(out, " %s", line->actions);
	if (err || str_starts(line->actions, "vfio-") || irqs_device(from->root, line, &device) ||
	    !*device)
		return err;
	return str_addf(out, " (%s)", device);
}

static int exit_name(uint32_t id, struct str *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++)
		if (LULL_EXIT(exits[i].isa, exits[i].reason) == id)
			return str_add(out, exits[i].name);
	if (!id)
		return str_add(out, "reason not known");
	return str_addf(out, "%u", id & 0xffff);
}

int names_cause(const struct names *names, uint64_t cause, unsigned int row, struct str *out)
{
	bool over = row == LULL_ROW_WAKE ||
		    row == LULL_ROW_PREEMPTED; /* it ran in the victim's place */
	uint32_t id = LULL_CAUSE_ID(cause);
	int err;

	switch (LULL_CAUSE_KIND(cause)) {
	case LULL_KIND_NONE:
		return 0;
	case LULL_KIND_TASK:
		if (!id && over)
			return str_add(out, "idle exit");
		return names_task(names, cause, NULL, out);
	case LULL_KIND_COMM:
		return names_task(names, cause, NULL, out);
	case LULL_KIND_IRQ:
		err = over ? str_add(out, "irq ") : 0;
		return err ?: irq_name(names, id, out);
	case LULL_KIND_VECTOR:
		return str_add(out, id < ARRAY_SIZE(vectors) ? vectors[id].name : "unknown vector");
	case LULL_KIND_SOFTIRQ:
		err = over ? str_add(out, "softirq ") : 0;
		return err
			       ?: str_add(out,
					  id < ARRAY_SIZE(softirq_names) ? softirq_names[id] : "?");
	case LULL_KIND_NMI:
		return str_add(out, "NMI");
	case LULL_KIND_EXIT:
		return exit_name(id, out);
	case LULL_KIND_QUEUE:
		return str_add(out, "on its way to the run queue");
	case LULL_KIND_OTHER:
		return str_add(out, "others, beyond the table");
	default:
		return str_add(out, "before the first event");
	}
}

int names_id(uint64_t cause, struct str *out, bool *ret_number)
{
	uint32_t id = LULL_CAUSE_ID(cause);

	*ret_number = false;
	switch (LULL_CAUSE_KIND(cause)) {
	case LULL_KIND_TASK:
	case LULL_KIND_IRQ:
	case LULL_KIND_SOFTIRQ:
		*ret_number = true;
		return str_addf(out, "%u", id);
	case LULL_KIND_VECTOR:
		return str_add(out, id < ARRAY_SIZE(vectors) ? vectors[id].label : "?");
	case LULL_KIND_NMI:
		return str_add(out, "NMI");
	case LULL_KIND_COMM:
	case LULL_KIND_OTHER:
	case LULL_KIND_UNKNOWN: /* no one task */
		*ret_number = true;
		return str_add(out, "0");
	default:
		return str_add(out, "");
	}
}
