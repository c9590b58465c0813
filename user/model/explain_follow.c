/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_follow: a softirq after its interrupt. What a disk's or a network card's interrupt leaves
 * to a softirq is the same cause, where there can be no doubt which line it was: one line of that
 * kind came over the victim, at least half as often as the softirq. Else they stay apart.
 */
#include <ctype.h>
#include <fnmatch.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain_p.h"

#define NAME_LEN 96

static const struct {
	const char *softirq;
	const char *lines[10]; /* globs; up to a NULL */
} follows[] = {
	{ "BLOCK",
	  { "*nvme*", "*virtio*-req*", "*ahci*", "*mpt3sas*", "*megasas*", "*ata_piix*" } },
	{ "NET_RX",
	  { "*-TxRx-*", "*-rx-*", "*virtio*-input*", "eth*", "en[ops]*", "wl*", "*iwlwifi*" } },
};

static bool is_line_of(const struct explain_piece *piece, unsigned int kind)
{
	const char *text = piece->subject.name;
	char name[NAME_LEN];
	size_t digits = 0;

	if (piece->subject.class != EXPLAIN_IRQ)
		return false;
	while (digits < piece->subject.len && isdigit((unsigned char)text[digits]))
		digits++;
	digits += digits < piece->subject.len;
	str_copy(name, sizeof(name), text + digits, piece->subject.len - digits);
	for (unsigned int i = 0; follows[kind].lines[i]; i++) {
		if (!fnmatch(follows[kind].lines[i], name, 0))
			return true;
	}
	return false;
}

/* The one line of that kind among the pieces of an owner; NULL: none, several, or too seldom. */
static const struct explain_piece *line_of(const struct explain_piece *pieces, unsigned int n,
					   unsigned int kind)
{
	const struct explain_piece *line = NULL;
	uint64_t interrupts = 0, softirqs = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (pieces[i].subject.class == EXPLAIN_SOFTIRQ &&
		    subject_is(&pieces[i].subject, follows[kind].softirq))
			softirqs = explain_add(softirqs, pieces[i].count);
		if (!is_line_of(&pieces[i], kind))
			continue;
		if (line && subject_compare(&line->subject, &pieces[i].subject))
			return NULL;
		line = &pieces[i];
		interrupts = explain_add(interrupts, pieces[i].count);
	}
	return softirqs && interrupts >= softirqs / 2 + softirqs % 2 ? line : NULL;
}

static void follow_owner(struct explain_piece *pieces, unsigned int n)
{
	for (unsigned int kind = 0; kind < ARRAY_SIZE(follows); kind++) {
		const struct explain_piece *line = line_of(pieces, n, kind);

		for (unsigned int i = 0; i < n && line; i++) {
			if (pieces[i].subject.class != EXPLAIN_SOFTIRQ ||
			    !subject_is(&pieces[i].subject, follows[kind].softirq))
				continue;
			pieces[i].subject = line->subject;
			pieces[i].is_followed = true;
		}
	}
}

void explain_follow(struct explain_work *work)
{
	unsigned int first = 0;

	/* Pieces are still in the order of their owners. */
	for (unsigned int i = 1; i <= work->n_pieces; i++) {
		if (i < work->n_pieces && work->pieces[i].owner == work->pieces[first].owner)
			continue;
		follow_owner(&work->pieces[first], i - first);
		first = i;
	}
}
