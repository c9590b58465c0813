/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harvest_p: what the files of one harvest share. Private to the room measure.
 */
#ifndef LULL_MEASURE_HARVEST_P_H
#define LULL_MEASURE_HARVEST_P_H

#ifndef LULL_MEASURE_PRIVATE
#error "private to user/measure"
#endif

#include "measure/names.h"

struct capture;
struct recording;
struct rec_thread;

struct harvest {
	struct capture *cap;
	struct recording *rec;
	struct names *names;
	int *thread_of; /* element of rec->threads of each slot */
	uint64_t events[LULL_N_HOOKS];
	unsigned int unbalanced;
};

const char *harvest_row_name(unsigned int row);
/* What a CPU's source is called whose cause this is. */
const char *harvest_source(uint64_t cause);
/* harvest_names.c */
int harvest_names(struct harvest *h);
int harvest_notes(struct harvest *h);
void harvest_sort_ledger(struct rec_thread *rec);
int harvest_read_comm(const struct capture *cap, pid_t tid, char comm[17]);
/* harvest_stalls.c, harvest_trace.c, harvest_audit.c, harvest_host.c */
int harvest_stalls(struct harvest *h);
int harvest_trace(struct harvest *h);
int harvest_audit(struct harvest *h);
int harvest_host(struct harvest *h);

#endif
