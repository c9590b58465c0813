/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fights: a short list. Objects are kept whole, as paths of cgroups are long.
 */
#include "app/fights.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define BACK_OFF_MIN 5000000000ULL
#define BACK_OFF_MAX 300000000000ULL

void fights_done(struct fights *fights)
{
	for (unsigned int i = 0; i < fights->n; i++)
		free(fights->v[i].knob_object);
	*fights = (struct fights){ .n = 0 };
}

static bool is_of(const struct fight *fight, const char *knob, const char *object)
{
	size_t len = strlen(knob);

	return str_starts(fight->knob_object, knob) && fight->knob_object[len] == ' ' &&
	       streq(fight->knob_object + len + 1, object);
}

bool fights_is_due(const struct fights *fights, const char *knob, const char *object,
		   uint64_t now_ns)
{
	for (unsigned int i = 0; i < fights->n; i++)
		if (is_of(&fights->v[i], knob, object))
			return now_ns >= fights->v[i].next_ns;
	return true;
}

/* Room for another one. */
static struct fight *make_room(struct fights *fights)
{
	struct fight *oldest = &fights->v[0];

	if (fights->n < FIGHTS_MAX)
		return &fights->v[fights->n++];
	for (unsigned int i = 1; i < fights->n; i++)
		if (fights->v[i].next_ns < oldest->next_ns)
			oldest = &fights->v[i];
	free(oldest->knob_object);
	return oldest;
}

int fights_note(struct fights *fights, const char *knob, const char *object, uint64_t now_ns)
{
	struct fight *fight = NULL;
	char *copy;

	for (unsigned int i = 0; i < fights->n && !fight; i++)
		if (is_of(&fights->v[i], knob, object))
			fight = &fights->v[i];
	if (!fight) {
		if (asprintf(&copy, "%s %s", knob, object) < 0)
			return -ENOMEM;
		fight = make_room(fights);
		*fight = (struct fight){ .knob_object = copy, .back_off_ns = BACK_OFF_MIN };
	}
	fight->next_ns = now_ns + fight->back_off_ns;
	fight->back_off_ns = min(fight->back_off_ns * 2, BACK_OFF_MAX);
	return 0;
}
