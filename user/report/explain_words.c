/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_words: the sentences that the text and the JSON of explain have in common. Names from the
 * recording are put into commands that people paste: they are quoted for a shell there.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/explain.h"
#include "report/report.h"
#include "report/text.h"

/* ---- the verdict */

static struct text text_of(const struct explain *explain)
{
	return (struct text){ .rec = explain->rec, .one_vm = text_is_one_vm(explain->rec) };
}

/* "The host took 11.1 % of the 15.7 s that the 2 vCPUs wanted to run" */
static int add_taken(const struct explain *explain, struct str *to)
{
	const struct text text = text_of(explain);
	char share[32], time[32];
	int err;

	(void)text_share(explain->taken_ns, explain->wanted_ns, share, sizeof(share));
	if (!explain->taken_ns)
		err = str_add(to, "The host took nothing of the ");
	else if (*share == '<')
		err = str_addf(to, "The host took less than %s %% of the ", share + 1);
	else
		err = str_addf(
			to, "The host took %s %% of the ",
			text_share(explain->taken_ns, explain->wanted_ns, share, sizeof(share)));
	err = err
		      ?: str_addf(to, "%s that ",
				  str_format_ns(explain->wanted_ns, time, sizeof(time)));
	err = err ?: text_add_victims(&text, to);
	return err ?: str_add(to, " wanted to run");
}

static int add_longest(const struct explain *explain, const char *before, struct str *to)
{
	char time[32];

	if (!explain->longest_ns)
		return 0;
	return str_addf(to, "%s%s at a time", before,
			str_format_ns(explain->longest_ns, time, sizeof(time)));
}

/* "3 causes make 96 % of it." Of one: its name. */
static int add_concentration(const struct explain *explain, struct str *to)
{
	uint64_t sum = 0;
	unsigned int n = 0;
	char share[32];

	while (n < explain->n_causes && n < 3 && sum < explain->taken_ns / 10 * 9)
		sum += explain->causes[n++].ns;
	if (!n || !sum)
		return 0;
	(void)text_share(sum, explain->taken_ns, share, sizeof(share));
	if (n > 1)
		return str_addf(to, " %u causes make %s %% of it.", n, share);
	return str_addf(to, " The %s %s makes %s %% of it.", explain->causes[0].kind,
			explain->causes[0].name, share);
}

static int add_of_cpus(const struct explain *explain, struct str *to)
{
	char share[32], time[32];
	int err;

	err = str_addf(to,
		       "Nobody was watched, so nobody is known to have lost anything: these are "
		       "the largest users of the watched %s",
		       explain->rec->n_cpus == 1 ? "CPU" : "CPUs");
	if (!err && explain->taken_ns)
		err = str_addf(
			to, ", busy for %s %% of %s",
			text_share(explain->taken_ns, explain->wanted_ns, share, sizeof(share)),
			str_format_ns(explain->wanted_ns, time, sizeof(time)));
	return err ?: str_add(to, ".");
}

/* Victims that wanted next to nothing show little of what they feel when they work. */
static int add_sleep(const struct explain *explain, struct str *to)
{
	const struct recording *rec = explain->rec;
	uint64_t wall = 0;
	char share[32];

	for (unsigned int i = 0; i < rec->n_threads; i++)
		wall += rec->threads[i].wall_ns;
	if (wall <= explain->wanted_ns || explain->wanted_ns > wall / 20)
		return 0;
	return str_addf(to, " They slept %s %% of the time: record again while they work.",
			text_share(wall - explain->wanted_ns, wall, share, sizeof(share)));
}

static int add_findings(const struct explain *explain, struct str *to)
{
	int err = add_taken(explain, to);

	if (explain->verdict == EXPLAIN_CLEAN) {
		err = err ?: add_longest(explain, " and never more than ", to);
		return err ?: str_add(to, ": the host is clean, look in the guest.");
	}
	err = err ?: add_longest(explain, ", up to ", to);
	err = err ?: str_add(to, ".");
	return err ?: add_concentration(explain, to);
}

int explain_add_judgement(const struct explain *explain, struct str *to)
{
	int err;

	if (explain->of_cpus)
		return add_of_cpus(explain, to);
	if (!explain->wanted_ns)
		return str_add(to, "The victims slept all the time: there is nothing to judge.");
	err = add_findings(explain, to);
	return err ?: add_sleep(explain, to);
}

int explain_add_verdict(const struct explain *explain, struct str *to)
{
	const struct recording *rec = explain->rec;
	char count[32];
	int err;

	if (explain->is_whole)
		return explain_add_judgement(explain, to);
	err = str_add(to, "Incomplete: ");
	if (!err && rec->n_incomplete)
		err = str_add(to, rec->incomplete[0].name);
	else if (!err && rec->dropped)
		err = str_addf(to, "%s stalls did not fit the ring buffer",
			       text_count(rec->dropped, count, sizeof(count)));
	else if (!err && rec->recursion_misses)
		err = str_addf(to, "%" PRIu64 " events were missed", rec->recursion_misses);
	else if (!err && rec->n_anomalies)
		err = str_addf(to, "%" PRIu64 " %s", rec->anomalies[0].count,
			       rec->anomalies[0].name);
	else if (!err)
		err = str_add(to, "the recording does not say why");
	err = err ?: str_add(to, ". What is missing may be the worst. As far as was recorded: ");
	return err ?: explain_add_judgement(explain, to);
}

/* ---- remedies */

/* The CPUs that are online and not the guest's. False: none, or not known. */
static bool host_cpus(const struct recording *rec, struct cpuset *ret)
{
	struct cpuset guest;

	if (!rec->cpus_online || cpuset_parse(rec->cpus_online, ret) || !rec->watch_cpus ||
	    cpuset_parse(rec->watch_cpus, &guest) || cpuset_is_empty(&guest))
		return false;
	cpuset_subtract(ret, &guest);
	return !cpuset_is_empty(ret);
}

static int add_list(const struct cpuset *set, struct str *to)
{
	auto_free char *list = cpuset_format(set);

	return list ? str_add(to, list) : -ENOMEM;
}

/* The kernel's mask: "c03", or words of 32 bits with commas. */
static int add_mask(const struct cpuset *set, struct str *to)
{
	bool has_begun = false;
	int err = 0;

	for (unsigned int i = CPUSET_MAX / 32; i-- > 0 && !err;) {
		uint32_t word = (uint32_t)(set->bits[i / 2] >> (i % 2 * 32));

		if (has_begun)
			err = str_addf(to, ",%08" PRIx32, word);
		else if (word)
			err = str_addf(to, "%" PRIx32, word);
		has_begun |= word != 0;
	}
	return err;
}

static int add_host(const struct explain *explain, bool as_mask, struct str *to)
{
	struct cpuset host;

	if (!host_cpus(explain->rec, &host))
		return str_add(to, as_mask ? "HOST-MASK" : "HOST-CPUS");
	return as_mask ? add_mask(&host, to) : add_list(&host, to);
}

/* Where no CPU is left for the host, somebody has to choose first. */
static int add_guest(const struct recording *rec, struct str *to)
{
	struct cpuset guest, host;

	if (!host_cpus(rec, &host) || cpuset_parse(rec->watch_cpus, &guest))
		return str_add(to, "GUEST-CPUS");
	return add_list(&guest, to);
}

static const char *vm_of(const struct explain *explain, const struct explain_cause *cause)
{
	const struct recording *rec = explain->rec;

	if (explain->of_cpus || !cause->n_parts || cause->parts[0].owner >= rec->n_threads)
		return "VM";
	return rec->threads[cause->parts[0].owner].vm ?: "VM";
}

/* What stands in braces in a remedy. */
static int add_variable(const struct explain *explain, const struct explain_cause *cause,
			const char *name, size_t len, struct str *to)
{
	if (!strncmp(name, "host", len) || !strncmp(name, "mask", len))
		return add_host(explain, *name == 'm', to);
	if (!strncmp(name, "guest", len))
		return add_guest(explain->rec, to);
	if (!strncmp(name, "vm", len))
		return str_add_word(to, vm_of(explain, cause));
	return str_add(to, *cause->id ? cause->id : *name == 't' ? "TID" : "N");
}

static int add_filled(const struct explain *explain, const struct explain_cause *cause,
		      const char *words, struct str *to)
{
	int err = 0;

	while (*words && !err) {
		size_t plain = strcspn(words, "{"), len;

		err = str_addn(to, words, plain);
		words += plain;
		if (err || !*words)
			continue;
		len = strcspn(words, "}") - 1;
		err = add_variable(explain, cause, words + 1, len, to);
		words += len + 2;
	}
	return err;
}

/* The steps that lull shield takes without being asked. */
static bool is_default_knob(const char *knob)
{
	static const char *const names[] = { "irq",	 "irq-default", "irqbalance", "cpuset",
					     "kthreads", "workqueue",	"watchdog" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (streq(names[i], knob))
			return true;
	}
	return false;
}

int explain_add_remedy(const struct explain *explain, const struct explain_cause *cause,
		       struct str *to)
{
	const struct explain_rule *rule = cause->rule;
	int err = 0;

	if (rule->remedy == EXPLAIN_KNOB && is_default_knob(rule->knob))
		err = str_addf(to, "lull shield, step %s; by hand: ", rule->knob);
	else if (rule->remedy == EXPLAIN_KNOB)
		err = str_addf(to, "lull shield --only %s; by hand: ", rule->knob);
	return err ?: add_filled(explain, cause, rule->to_do, to);
}

/* ---- how sure */

/* The function that the rule went by, when it is the lesser part of the time; NULL: it is not. */
static const struct explain_label *weak_label(const struct explain_cause *cause)
{
	if (!cause->rule->labels || str_starts(cause->rule->labels, "from "))
		return NULL;
	for (unsigned int i = 0; i < cause->n_labels; i++) {
		const struct explain_label *label = &cause->labels[i];

		if (!str_starts(label->name, "from "))
			return label->sum_ns < cause->ns / 2 ? label : NULL;
	}
	return NULL;
}

int explain_add_doubt(const struct explain *explain, const struct explain_cause *cause,
		      struct str *to)
{
	const struct explain_label *label = weak_label(cause);
	const char *because = cause->rule->because;
	char time[32];

	(void)explain;
	if (cause->followed_ns)
		return str_addf(to,
				"inferred: %s of it are softirqs, which follow this line's "
				"interrupts: no other of its kind came there as often",
				str_format_ns(cause->followed_ns, time, sizeof(time)));
	if (because && (str_starts(because, "inferred: ") || str_starts(because, "the ")))
		return str_add(to, because);
	if (because)
		return str_addf(to, "the time is measured; what it is: %s", because);
	if (label)
		return str_addf(to,
				"the time is measured; what it is: %s is the largest part that has "
				"a name, %s",
				label->name, str_format_ns(label->sum_ns, time, sizeof(time)));
	return 0;
}

int explain_add_sure(const struct explain *explain, const struct explain_cause *cause,
		     struct str *to)
{
	size_t len = to->len;
	int err = explain_add_doubt(explain, cause, to);

	if (err || to->len > len)
		return err;
	return str_add(to, "measured, by the kernel's own events");
}

static bool has_run_for_guest(const struct recording *rec)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		if (rec->threads[i].vcpu >= 0 && !rec->threads[i].has_kvm_entries &&
		    rec_thread_row_ns(&rec->threads[i], "run"))
			return true;
	}
	return false;
}

int explain_add_limit(const struct explain *explain, unsigned int index, struct str *to)
{
	const struct recording *rec = explain->rec;
	bool hides = has_run_for_guest(rec);

	if (hides && !index--)
		return str_add(to, "this KVM reports no entries: exits, and what the VM's program "
				   "did for the guest, are hidden in the row run");
	if (index < rec->n_missing)
		return str_add(to, rec->missing[index]);
	index -= rec->n_missing;
	if (!index)
		return str_add(to, "firmware (SMI), frequency and heat, caches and memory that "
				   "others use: they slow a CPU down without an event");
	if (index == 1 && !explain->of_cpus)
		return str_add(to, "what happens inside the guest");
	return -ENOENT;
}
