/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: looks over a host: can it measure, can it shield, and which of its settings make guests
 * stutter? Reads files below a root and changes nothing. What only a trial can tell (does the
 * kernel take our programs?) is tried by the caller, and handed in.
 */
#ifndef LULL_DOCTOR_DOCTOR_H
#define LULL_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"

struct checkup;

/* One group of programs of a source. */
struct doctor_source {
	const char *name;  /* of the source */
	const char *holds; /* what it measures, for people */
	const char *why;   /* it is left out; NULL: it loads */
	bool is_label;	   /* only refines what others count */
};

enum doctor_entries {
	DOCTOR_ENTRIES_NOT_TRIED, /* the programs could not be loaded */
	DOCTOR_ENTRIES_NO_VM,
	DOCTOR_ENTRIES_IDLE, /* no vCPU ran */
	DOCTOR_ENTRIES_NONE,
	DOCTOR_ENTRIES_COME,
};

/* What trials on the machine itself found out. */
struct doctor_trials {
	int syscall;	  /* of bpf() with a command that does not exist: -EINVAL is right */
	int types;	  /* of reading the kernel's BTF: 0 or -errno */
	const char *lack; /* what the kernel lacks that nothing can stand in for; NULL: nothing */
	int load;	  /* of loading the programs: 0, -errno; 1: not tried */
	const struct doctor_source *sources;
	unsigned int n_sources;
	bool have_entry; /* the kernel knows the tracepoint kvm_entry */
	enum doctor_entries entries;
	uint64_t n_entries, window_ns;
	unsigned int n_vcpus; /* that ran */
};

/* A section, in the order in which they are shown. NULL past the end. */
const char *doctor_section(unsigned int i);
const char *doctor_section_title(const char *section);
/* What a check answers, for people; NULL past the end. For tests and pages. */
const char *doctor_check_name(unsigned int i);

/* @trials NULL: the root is a recorded machine. The result is checkup_done()'s. -ENOMEM. */
int doctor_examine(const struct root *root, const struct doctor_trials *trials,
		   struct checkup *ret);

#endif
