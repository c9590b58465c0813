/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbols: the code mappings of a process, and elfutils' libdwfl over their files when it is built
 * in. Only symbol tables are read, no DWARF: no source lines, no inlined functions. Files are
 * read, not mapped, since their owner could cut them off under our feet, and no path out of a file
 * is followed.
 */
#include "sys/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

#if LULL_WITH_DW
#include <elfutils/libdwfl.h>
#endif

#define DEBUG_DIR    "/usr/lib/debug"
#define MAPS_MAX     65536U /* code mappings; the kernel allows 65530 of all kinds */
#define FILES_MAX    384U   /* of the 1024 descriptors that a process has by default */
#define NAME_CAP     64	    /* of a module; longer ones are cut */
#define FUNCTION_CAP 200    /* of a function */

/* A file of which at least one mapping is code, from its first mapping to its last. */
struct module {
	uint64_t start, end;
	char name[NAME_CAP]; /* sanitised */
	int fd;		     /* negative: could not be opened, or was not tried */
#if LULL_WITH_DW
	Dwfl_Module *dw;
#endif
};

/* A code mapping. */
struct code {
	uint64_t start, end;
	unsigned int module; /* index; NO_MODULE: of no file */
	char name[16];	     /* then: "[vdso]", "[anon]" */
};

#define NO_MODULE UINT32_MAX

struct symbols {
	struct code *codes; /* ascending, as the kernel lists them */
	unsigned int n_codes, cap_codes;
	struct module *modules;
	unsigned int n_modules, cap_modules;
#if LULL_WITH_DW
	Dwfl *dwfl;
	Dwfl_Callbacks callbacks;
	char debug_dir[sizeof(DEBUG_DIR)], *debug_path;
#endif
};

/* ---- what is mapped */

/* A line of proc/PID/maps: "START-END PERMS OFFSET DEV INODE  PATH". */
struct map_line {
	uint64_t start, end;
	bool is_code;
	const char *dev;
	uint64_t inode;
	const char *path; /* or "[vdso]", or "" */
};

/* The file that the lines before belong to. */
struct file_run {
	uint64_t start, end;
	char dev[16];
	uint64_t inode;
	const char *path;
	unsigned int module; /* NO_MODULE: no code seen yet */
};

/* Cuts the next field off, at @end or a NUL. */
static char *cut_field(char **rest, char end)
{
	char *field = *rest;
	char *at = strchr(field, end);

	*rest = at ? at + 1 : field + strlen(field);
	if (at)
		*at = '\0';
	return field;
}

/* Cuts @line into its fields, in place. */
static bool parse_line(char *line, struct map_line *ret)
{
	const char *start = cut_field(&line, '-');
	const char *end = cut_field(&line, ' ');
	const char *perms = cut_field(&line, ' ');
	const char *inode;

	(void)cut_field(&line, ' '); /* the offset */
	ret->dev = cut_field(&line, ' ');
	inode = cut_field(&line, ' ');
	ret->path = line + strspn(line, " ");
	ret->is_code = strlen(perms) == 4 && perms[2] == 'x';
	return !parse_hex64(start, &ret->start) && !parse_hex64(end, &ret->end) &&
	       !parse_u64(inode, &ret->inode) && ret->start < ret->end && strlen(perms) == 4;
}

/* The last component without the kernel's mark of a deleted file; fit to be shown. */
static void set_name(char *to, size_t cap, const char *path)
{
	static const char deleted[] = " (deleted)";
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strlen(name);

	if (str_ends(name, deleted))
		len -= sizeof(deleted) - 1;
	str_copy(to, cap, name, len);
	str_sanitize(to);
}

/*
 * Opens a regular file and nothing else: opening a device can have effects, and a pipe waits. So
 * it is looked at before it is opened for reading. -ENXIO: it is none, or not inode @inode (0: any).
 */
static int open_regular(const struct root *root, const char *path, uint64_t inode)
{
	auto_close int fd = fs_open(root, O_PATH, "%s", path);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || (inode && st.st_ino != inode))
		return -ENXIO;
	return fs_open(root, O_RDONLY | O_NOCTTY, "proc/self/fd/%d", fd);
}

/*
 * By mapping, which needs CAP_CHECKPOINT_RESTORE and finds files that are deleted or replaced; else
 * by path, which must still be the same file. Devices are not compared: btrfs and overlayfs show
 * others in maps than stat() does; overlayfs in rare set-ups other inodes too.
 */
static int open_module_file(const struct root *root, pid_t pid, const struct map_line *line)
{
	auto_free char *by_map = NULL;
	auto_free char *by_path = NULL;
	int fd;

	if (asprintf(&by_map, "proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)pid, line->start,
		     line->end) < 0) {
		by_map = NULL;
		return -ENOMEM;
	}
	fd = open_regular(root, by_map, 0);
	if (fd >= 0)
		return fd;
	if (asprintf(&by_path, "proc/%d/root%s", (int)pid, line->path) < 0) {
		by_path = NULL;
		return -ENOMEM;
	}
	return open_regular(root, by_path, line->inode);
}

/* Makes room for one more of @size bytes; NULL without memory. */
static void *grow(void *array, unsigned int n, unsigned int *cap, size_t size)
{
	unsigned int more = max(*cap * 2, 16U);
	void *grown;

	if (n < *cap)
		return array;
	grown = realloc(array, more * size);
	if (grown)
		*cap = more;
	return grown;
}

static int add_module(struct symbols *s, struct file_run *run)
{
	struct module *grown = grow(s->modules, s->n_modules, &s->cap_modules, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->modules = grown;
	run->module = s->n_modules++;
	s->modules[run->module] = (struct module){ .start = run->start, .fd = -1 };
	set_name(s->modules[run->module].name, NAME_CAP, run->path);
	return 0;
}

static int add_code(struct symbols *s, const struct map_line *line, unsigned int module)
{
	struct code *grown = grow(s->codes, s->n_codes, &s->cap_codes, sizeof(*grown));
	struct code code = { .start = line->start, .end = line->end, .module = module };

	if (!grown)
		return -ENOMEM;
	s->codes = grown;
	if (module == NO_MODULE)
		set_name(code.name, sizeof(code.name), line->path[0] ? line->path : "[anon]");
	s->codes[s->n_codes++] = code;
	return 0;
}

/* Mappings of one file that follow each other, but for anonymous ones (.bss), are one module. */
static void run_next(struct file_run *run, const struct map_line *line)
{
	if (!run->path || run->inode != line->inode || !streq(run->dev, line->dev) ||
	    !streq(run->path, line->path)) {
		*run = (struct file_run){ .start = line->start, .module = NO_MODULE };
		run->inode = line->inode;
		run->path = line->path;
		str_copy(run->dev, sizeof(run->dev), line->dev, SIZE_MAX);
	}
	run->end = line->end;
}

static int add_line(struct symbols *s, const struct root *root, pid_t pid, struct file_run *run,
		    const struct map_line *line)
{
	bool is_file = line->inode && line->path[0] == '/';
	int err;

	if (!is_file)
		return line->is_code ? add_code(s, line, NO_MODULE) : 0;
	run_next(run, line);
	if (line->is_code && run->module == NO_MODULE) {
		err = add_module(s, run);
		if (err)
			return err;
		if (s->n_modules <= FILES_MAX)
			s->modules[run->module].fd = open_module_file(root, pid, line);
	}
	if (run->module < s->n_modules)
		s->modules[run->module].end = run->end;
	return line->is_code ? add_code(s, line, run->module) : 0;
}

static int read_maps(struct symbols *s, const struct root *root, pid_t pid)
{
	auto_free char *text = NULL;
	struct file_run run = { .module = NO_MODULE };
	char *rest;
	int err;

	err = fs_read_file(root, &text, NULL, "proc/%d/maps", (int)pid);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	if (!text[0])
		return -ESRCH;
	rest = text;
	while (*rest && s->n_codes < MAPS_MAX) {
		struct map_line line;

		if (!parse_line(cut_field(&rest, '\n'), &line))
			continue;
		err = add_line(s, root, pid, &run, &line);
		if (err)
			return err;
	}
	return 0;
}

/* ---- function names */

#if LULL_WITH_DW

#define NOT_ITS_FD (-1) /* libdwfl's word for it */

/* Gives libdwfl a file that is read and never mapped, if there is one; its descriptor stays ours. */
static int find_elf(Dwfl_Module *dw, void **userdata, const char *name, Dwarf_Addr base,
		    char **ret_path, Elf **ret_elf)
{
	const struct module *module = *userdata;

	(void)dw;
	(void)name;
	(void)base;
	(void)ret_path;
	if (module->fd >= 0)
		*ret_elf = elf_begin(module->fd, ELF_C_READ, NULL);
	return NOT_ITS_FD;
}

/*
 * Debug files are found by build id alone: their names are in the files that they belong to, and
 * would make us open whatever those say. The search by name is off when the directory is absolute
 * and find_elf() gave no path; what is left of the standard search is build id, then debuginfod.
 * Without a server that library is not even loaded.
 *
 * Without memory there are no function names, and nothing else is wrong.
 */
static void functions_open(struct symbols *s)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	str_copy(s->debug_dir, sizeof(s->debug_dir), DEBUG_DIR, SIZE_MAX);
	s->debug_path = s->debug_dir;
	s->callbacks = (Dwfl_Callbacks){
		.find_elf = find_elf,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = &s->debug_path,
		.find_debuginfo = urls && urls[0] ? dwfl_standard_find_debuginfo
						  : dwfl_build_id_find_debuginfo,
	};
	(void)elf_version(EV_CURRENT); /* libelf refuses to work before */
	s->dwfl = dwfl_begin(&s->callbacks);
	if (!s->dwfl)
		return;
	for (unsigned int i = 0; i < s->n_modules; i++) {
		struct module *module = &s->modules[i];
		void **userdata;

		if (module->fd < 0)
			continue;
		module->dw = dwfl_report_module(s->dwfl, module->name, module->start, module->end);
		if (!module->dw)
			continue;
		dwfl_module_info(module->dw, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
		*userdata = module;
	}
	if (dwfl_report_end(s->dwfl, NULL, NULL)) {
		dwfl_end(s->dwfl);
		s->dwfl = NULL;
	}
}

static void functions_close(struct symbols *s)
{
	if (s->dwfl)
		dwfl_end(s->dwfl);
}

/* The function that holds an address, and where in it; NULL: none is known, where in the module. */
static const char *function_find(const struct symbols *s, const struct module *module,
				 uint64_t addr, uint64_t *ret_offset)
{
	GElf_Sym sym;
	GElf_Off offset;
	const char *name;

	*ret_offset = addr - module->start;
	if (!s->dwfl || !module->dw)
		return NULL;
	name = dwfl_module_addrinfo(module->dw, addr, &offset, &sym, NULL, NULL, NULL);
	if (!name || !name[0])
		return NULL;
	*ret_offset = offset;
	return name;
}

#else

static void functions_open(struct symbols *s)
{
	(void)s;
}

static void functions_close(struct symbols *s)
{
	(void)s;
}

static const char *function_find(const struct symbols *s, const struct module *module,
				 uint64_t addr, uint64_t *ret_offset)
{
	(void)s;
	*ret_offset = addr - module->start;
	return NULL;
}

#endif

/* ---- the interface */

int symbols_open(const struct root *root, pid_t pid, struct symbols **ret)
{
	struct symbols *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	err = read_maps(s, root, pid);
	if (err) {
		symbols_free(s);
		return err;
	}
	functions_open(s);
	*ret = s;
	return 0;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	functions_close(s);
	for (unsigned int i = 0; i < s->n_modules; i++)
		cleanup_close_fd(&s->modules[i].fd);
	free(s->modules);
	free(s->codes);
	free(s);
}

static int by_addr(const void *key, const void *element)
{
	uint64_t addr = *(const uint64_t *)key;
	const struct code *code = element;

	return (addr >= code->end) - (addr < code->start);
}

int symbols_name(struct symbols *s, uint64_t addr, struct str *out)
{
	const struct code *code = NULL;
	const struct module *module;
	char function[FUNCTION_CAP];
	const char *name;
	uint64_t offset;

	if (s->n_codes)
		code = bsearch(&addr, s->codes, s->n_codes, sizeof(*code), by_addr);
	if (!code)
		return str_addf(out, "0x%" PRIx64, addr);
	if (code->module == NO_MODULE)
		return str_addf(out, "%s+0x%" PRIx64, code->name, addr - code->start);
	module = &s->modules[code->module];
	name = function_find(s, module, addr, &offset);
	if (!name)
		return str_addf(out, "%s+0x%" PRIx64, module->name, offset);
	str_copy(function, sizeof(function), name, SIZE_MAX);
	str_sanitize(function);
	return str_addf(out, "%s+0x%" PRIx64 " (%s)", function, offset, module->name);
}
