/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_shield: the shield of a verification, put in force and lifted as often as the rounds want
 * it. Its layer belongs to the running lull: when that is killed, the next lull that changes the
 * host lifts it.
 */
#ifndef LULL_APP_VERIFY_SHIELD_H
#define LULL_APP_VERIFY_SHIELD_H

#include <stdbool.h>

#include "app/shielding.h"
#include "base/cpuset.h"
#include "model/verification.h"
#include "sys/irqs.h"

struct verify;

struct verify_shield {
	struct shielding s;
	bool is_open;	  /* s has to be given back */
	bool is_in_force; /* as far as we know */
	bool was_lifted;  /* by somebody else, in a round */
	bool has_rest;	  /* something could not be put back at last */
	unsigned int n_steps, n_held, n_restored, n_left; /* of the last time */
	struct moved_irq *irqs; /* those that the shield moves, and their targets */
	struct cpuset *targets;
	unsigned int n_irqs;
	struct irq_table before; /* when the round's window opened */
	char **notes;
	unsigned int n_notes;
};

/* Finds the target and what a shield would do; changes nothing but what a killed lull left. */
int verify_shield_open(struct verify *v);
void verify_shield_done(struct verify_shield *shield);

/* All three: 0, or an exit code, and a message was printed. */
int verify_shield_on(struct verify_shield *shield);
/* Notes what did not hold meanwhile. */
int verify_shield_off(struct verify_shield *shield);
/* Around the window of a round: what fired where. */
int verify_shield_count_from(struct verify_shield *shield);
int verify_shield_count_to(struct verify_shield *shield, bool is_b);

#endif
