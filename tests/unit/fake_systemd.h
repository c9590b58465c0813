/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_systemd: a process that answers as systemd does when it is asked and told AllowedCPUs, on a
 * socket in a recorded machine, whose files it writes as systemd would.
 */
#ifndef LULL_TEST_FAKE_SYSTEMD_H
#define LULL_TEST_FAKE_SYSTEMD_H

enum fake_mood {
	FAKE_WELL,
	FAKE_DENIES, /* refuses to be told anything */
	FAKE_SILENT, /* accepts connections, and that is all */
};

/*
 * Starts it for the machine in @dir; skips the test in a build without libsystemd. A unit's setting
 * is dir/fake/UNIT, as a list; what it was told is in dir/fake/calls, "UNIT LIST" a line each. A
 * unit without such a file is not known. As the real one, it leaves a cgroup as it is when its
 * setting is emptied.
 */
void fake_systemd_start(const char *dir, enum fake_mood mood);
void fake_systemd_end(void);

#endif
