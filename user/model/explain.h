/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: what a recording means. Causes are what took time from the victims, each thing once,
 * whatever rows it is in; hints are what was measured beside that. It judges by rules.def and
 * hints.def, from the recording alone, and says nothing of what was not measured.
 */
#ifndef LULL_MODEL_EXPLAIN_H
#define LULL_MODEL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rec_stall;
struct recording;

/* What can be blamed. */
enum explain_class {
	EXPLAIN_TASK,
	EXPLAIN_WORKER, /* a kernel worker, by the function that it ran */
	EXPLAIN_IRQ,
	EXPLAIN_VECTOR,
	EXPLAIN_SOFTIRQ,
	EXPLAIN_NMI,
	EXPLAIN_QUEUE,	   /* on the way to the run queue of another CPU */
	EXPLAIN_IDLE,	   /* the CPU came out of idle */
	EXPLAIN_THROTTLED, /* wanted to run, and the CPU was idle */
	EXPLAIN_UNTRACED,
	EXPLAIN_LOST,
	EXPLAIN_OTHERS,	 /* beyond the table of causes */
	EXPLAIN_UNKNOWN, /* before the first event */
	/* of hints */
	EXPLAIN_EXIT,
	EXPLAIN_HALTPOLL,
	EXPLAIN_USER,
	EXPLAIN_SIBLING,
	EXPLAIN_STEAL,
	EXPLAIN_MOVES,
};

/* What has to be so besides names and labels. */
enum explain_when {
	EXPLAIN_ANY,
	EXPLAIN_STORM,	 /* 10,000 a second and more on a CPU */
	EXPLAIN_WATCHED, /* a virtual CPU that is a victim itself */
	EXPLAIN_OWN,	 /* by its number a thread of a victim's VM */
	EXPLAIN_SELF,	 /* lull */
	EXPLAIN_BOUND,	 /* a worker that is bound to its CPU */
	EXPLAIN_UNBOUND,
};

/* Where the remedy is. */
enum explain_remedy {
	EXPLAIN_KNOB,  /* a step of lull shield */
	EXPLAIN_HOST,  /* another setting or program of the host */
	EXPLAIN_GUEST, /* the VM's definition, or a setting inside it */
	EXPLAIN_BOOT,  /* kernel command line or firmware */
	EXPLAIN_NONE,  /* nothing to do */
};

struct explain_rule {
	const char *id;
	enum explain_class class;
	const char *names, *labels; /* globs, alternatives by '|'; NULL: any */
	enum explain_when when;
	enum explain_remedy remedy;
	const char *knob;    /* of EXPLAIN_KNOB, else NULL */
	const char *what;    /* a sentence */
	const char *to_do;   /* {id} {fn} {comm} {tid} {vm} {host} {guest} are filled in */
	const char *because; /* why it is taken for this; NULL: measured directly */
};

/* The part of one victim, or of one CPU where none was watched. */
struct explain_part {
	unsigned int owner; /* index of threads[], or of cpus[] */
	uint64_t ns, count, max_ns;
};

/* What refines a cause, over all its entries: "hrtimer tick_nohz_handler", "from kwin". */
struct explain_label {
	const char *name; /* of the recording */
	uint64_t count, sum_ns;
};

struct explain_cause {
	const struct explain_rule *rule;
	char *name;	  /* as in the recording; of a worker its function */
	const char *row;  /* the row, or source, with most of it; static text */
	const char *kind; /* "task", "irq", "worker": static text */
	char *id;	  /* line of an interrupt, tid of a single task, else "" */
	unsigned int n_tasks;
	uint64_t ns, count, max_ns;
	uint64_t followed_ns;	    /* of ns: softirqs that the interrupt is taken to have raised */
	uint64_t of_ns;		    /* what the victims wanted, or the CPUs' time */
	double share;		    /* ns of it */
	struct explain_part *parts; /* most time first */
	unsigned int n_parts;
	struct explain_label *labels; /* most time, then count first */
	unsigned int n_labels;
	const struct rec_stall *worst; /* in which it had most; NULL: in none that was kept */
	uint64_t worst_ns;
};

enum explain_verdict {
	EXPLAIN_INCOMPLETE, /* something was lost */
	EXPLAIN_UNWATCHED,  /* CPUs only, no victims */
	EXPLAIN_ASLEEP,	    /* the victims did not want to run */
	EXPLAIN_CLEAN,	    /* less than 1 % and never more than 1 ms: look in the guest */
	EXPLAIN_TAKEN,
};

struct explain {
	const struct recording *rec; /* must stay */
	enum explain_verdict verdict;
	bool of_cpus;		       /* parts are CPUs */
	bool is_whole;		       /* nothing was lost */
	uint64_t wanted_ns;	       /* by all victims; of CPUs their wall time */
	uint64_t taken_ns, longest_ns; /* longest: at a time, also what the ends cut off */
	struct explain_cause *causes;  /* most time first; they sum to taken_ns */
	unsigned int n_causes;
	struct explain_cause *hints; /* time that is no theft, and what is in no row */
	unsigned int n_hints;
};

/* 0 or -ENOMEM; explain_done() it. */
int explain_recording(const struct recording *rec, struct explain *ret);
/* Accepts a half-built one. */
void explain_done(struct explain *explain);

const char *explain_verdict_name(enum explain_verdict verdict);
const char *explain_remedy_name(enum explain_remedy remedy);
/* The rules of causes and, after them, of hints, in the order in which they are tried; NULL: end. */
const struct explain_rule *explain_rule_at(unsigned int index);

#endif
