/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fights: values that somebody else changes again and again. Each is taken back at once the first time,
 * then less and less often. Only so many are known: the one that was left alone longest is forgotten.
 */
#ifndef LULL_APP_FIGHTS_H
#define LULL_APP_FIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#define FIGHTS_MAX 64

struct fight {
	char *knob_object; /* "cpuset sys/fs/cgroup/x/cpuset.cpus" */
	uint64_t next_ns, back_off_ns;
};

struct fights {
	struct fight v[FIGHTS_MAX];
	unsigned int n;
};

void fights_done(struct fights *fights);
/* Is it time to take @object of @knob back? */
bool fights_is_due(const struct fights *fights, const char *knob, const char *object,
		   uint64_t now_ns);
/* It was taken back. -ENOMEM: that is not remembered. */
int fights_note(struct fights *fights, const char *knob, const char *object, uint64_t now_ns);

#endif
