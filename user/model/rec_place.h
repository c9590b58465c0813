/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec_place: where a CPU of the measured host is, so that a recording can be drawn elsewhere.
 */
#ifndef LULL_MODEL_REC_PLACE_H
#define LULL_MODEL_REC_PLACE_H

struct recording;

struct rec_place {
	int cpu, core;	   /* core: its lowest CPU */
	int package, node; /* -1: not known */
	int l3;		   /* the lowest CPU that shares the last-level cache; -1: not known */
};

/* -ENOMEM. They are kept in the order in which they are added: by package, node, cache, core. */
int recording_add_place(struct recording *rec, const struct rec_place *place);

#endif
