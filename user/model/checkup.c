/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/checkup.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"

static const char *const state_names[] = {
	[CHECKUP_OK] = "ok",	[CHECKUP_WARN] = "warn",       [CHECKUP_FAIL] = "fail",
	[CHECKUP_NONE] = "n/a", [CHECKUP_UNKNOWN] = "unknown",
};

const char *checkup_state_name(enum checkup_state state)
{
	return state_names[state];
}

static char *copy(const char *text)
{
	char *own = strdup(text);

	if (own)
		str_sanitize(own);
	return own;
}

static void item_done(struct checkup_item *item)
{
	free(item->name);
	free(item->found);
	free(item->remedy);
}

int checkup_add(struct checkup *checkup, const struct checkup_item *item)
{
	struct checkup_item own = {
		.section = item->section,
		.name = copy(item->name),
		.state = item->state,
		.found = copy(item->found),
		.remedy = item->remedy ? copy(item->remedy) : NULL,
	};
	struct checkup_item *grown = NULL;

	if (own.name && own.found && (own.remedy || !item->remedy))
		grown = reallocarray(checkup->items, checkup->n + 1, sizeof(*grown));
	if (!grown) {
		item_done(&own);
		return -ENOMEM;
	}
	checkup->items = grown;
	grown[checkup->n++] = own;
	return 0;
}

void checkup_done(struct checkup *checkup)
{
	for (unsigned int i = 0; i < checkup->n; i++)
		item_done(&checkup->items[i]);
	free(checkup->items);
	*checkup = (struct checkup){ 0 };
}

unsigned int checkup_count(const struct checkup *checkup, const char *section,
			   enum checkup_state state)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < checkup->n; i++)
		n += checkup->items[i].state == state &&
		     (!section || streq(checkup->items[i].section, section));
	return n;
}
