/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"

void machine_die(const char *what)
{
	perror(what);
	exit(2);
}

static char *read_setting(const struct machine *machine, const struct setting *setting)
{
	char *text = NULL;

	if (fs_read_file(&machine->root, &text, NULL, "%s", setting->path))
		machine_die(setting->path);
	return text;
}

/* ".../docker/web/cpuset.cpus": ".../docker/cpuset.cpus". */
static const struct setting *around(const struct machine *machine, const struct setting *inner)
{
	static const char file[] = "/cpuset.cpus";
	size_t len = strlen(inner->path);

	if (len < sizeof(file) || !streq(inner->path + len - sizeof(file) + 1, file))
		return NULL;
	for (len -= sizeof(file); len && inner->path[len] != '/';)
		len--;
	for (unsigned int i = 0; i < machine->n; i++)
		if (strlen(machine->settings[i].path) == len + sizeof(file) - 1 &&
		    !strncmp(machine->settings[i].path, inner->path, len) &&
		    streq(machine->settings[i].path + len, file))
			return &machine->settings[i];
	return NULL;
}

void machine_open(struct machine *machine, const char *dir)
{
	char *text = NULL, *save = NULL;

	*machine = (struct machine){ .dir = dir };
	if (fs_root_open(&machine->root, dir))
		machine_die(dir);
	if (fs_read_file(&machine->root, &text, NULL, "settings"))
		machine_die("settings");
	machine->text = text;
	for (char *line = strtok_r(text, "\n", &save); line && machine->n < MACHINE_SETTINGS_MAX;
	     line = strtok_r(NULL, "\n", &save)) {
		machine->settings[machine->n].path = line;
		machine->settings[machine->n].start =
			read_setting(machine, &machine->settings[machine->n]);
		machine->n++;
	}
	for (unsigned int i = 0; i < machine->n; i++)
		machine->settings[i].around = around(machine, &machine->settings[i]);
}

void machine_make(const struct machine *machine)
{
	for (unsigned int i = 0; i < machine->n; i++)
		if (fs_write_file(&machine->root, machine->settings[i].start, "%s",
				  machine->settings[i].path))
			machine_die(machine->settings[i].path);
}

/* All values, and what lies in the state directory, as text. */
char *machine_snapshot(const struct machine *machine, bool with_state)
{
	struct str text = { 0 };
	DIR *state = NULL;

	(void)str_add(&text, "");
	for (unsigned int i = 0; i < machine->n; i++) {
		auto_free char *value = read_setting(machine, &machine->settings[i]);

		value[strcspn(value, "\n")] = '\0';
		(void)str_addf(&text, " %s", value);
	}
	if (with_state && !fs_opendir(&machine->root, &state, "run/lull")) {
		for (const struct dirent *e; (e = readdir(state));)
			if (e->d_name[0] != '.' && !streq(e->d_name, "lock"))
				(void)str_addf(&text, " +%s", e->d_name);
		fs_closedir(&state);
	}
	return text.s;
}

/* The kernel takes no cpuset that is not within the one around it, and none that is in its way. */
bool machine_is_possible(const struct machine *machine)
{
	for (unsigned int i = 0; i < machine->n; i++) {
		auto_free char *value = NULL, *other = NULL;
		struct cpuset inner, outer;

		if (!machine->settings[i].around)
			continue;
		value = read_setting(machine, &machine->settings[i]);
		other = read_setting(machine, machine->settings[i].around);
		value[strcspn(value, "\n")] = other[strcspn(other, "\n")] = '\0';
		if (cpuset_parse(value, &inner) || cpuset_parse(other, &outer))
			return false;
		cpuset_subtract(&inner, &outer);
		if (!cpuset_is_empty(&inner))
			return false;
	}
	return true;
}

void machine_forget(const struct machine *machine)
{
	static const char *const names[] = { "journal", "journal.tmp", "lock" };
	char path[4096];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/run/lull/%s", machine->dir, names[i]);
		(void)unlink(path);
	}
}

void machine_done(struct machine *machine)
{
	for (unsigned int i = 0; i < machine->n; i++)
		free(machine->settings[i].start);
	free(machine->text);
	fs_root_done(&machine->root);
}
