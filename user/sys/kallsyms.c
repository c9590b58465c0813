/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms: names the functions at given kernel addresses in one pass over the symbol table,
 * which the kernel sorts only in part (modules, BPF programs and trampolines follow). Keeps
 * nothing between calls, and does not tell inlined functions apart.
 */
#include "sys/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Farther than this from the nearest symbol is no function but freed module space or the like. */
#define FUNC_SIZE_MAX (1U << 20)
#define NAME_CAP      128 /* longer names are cut: mangled ones, which nobody reads */
#define CHUNK	      (64U << 10)

/* The best symbol for the addresses above the previous slot's, up to this slot's. */
struct slot {
	uint64_t addr;
	uint64_t start;
	bool is_found, is_text;
	char name[NAME_CAP];
};

struct resolver {
	struct slot *slots; /* ascending addr */
	unsigned int n;
	unsigned int at; /* where the last symbol went; the next one is mostly near */
	bool saw_address;
};

static int read_some(int fd, char *buf, size_t cap, size_t *ret_len)
{
	ssize_t n;

	do
		n = read(fd, buf, cap);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_len = (size_t)n;
	return 0;
}

/* Reads 16 or 8 hex digits and the type: "ffffffff81000000 T name". NULL: not such a line. */
static const char *parse_symbol(const char *p, const char *end, uint64_t *ret_addr, char *ret_type)
{
	uint64_t addr = 0;

	for (; p < end && *p != ' '; p++) {
		if (*p >= '0' && *p <= '9')
			addr = addr << 4 | (uint64_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			addr = addr << 4 | (uint64_t)(*p - 'a' + 10);
		else
			return NULL;
	}
	if (end - p < 4 || p[2] != ' ')
		return NULL;
	*ret_addr = addr;
	*ret_type = p[1];
	return p + 3;
}

static bool is_text_type(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* The first slot whose address is not below @addr; n: none. */
static unsigned int find_slot(struct resolver *r, uint64_t addr)
{
	unsigned int low = 0, high = r->n;

	if (r->at < r->n && r->slots[r->at].addr >= addr &&
	    (r->at == 0 || r->slots[r->at - 1].addr < addr))
		return r->at;
	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (r->slots[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	r->at = low;
	return low;
}

/*
 * Symbols that are not text count too: the address after one of them is not in a function. Of
 * several names of one address the first text symbol is taken, as the kernel does.
 */
static void take_symbol(struct resolver *r, const char *line, const char *end)
{
	const char *name, *name_end;
	struct slot *slot;
	unsigned int i;
	uint64_t addr;
	size_t len;
	char type;

	name = parse_symbol(line, end, &addr, &type);
	if (!name)
		return;
	r->saw_address |= addr != 0;
	i = find_slot(r, addr);
	if (i == r->n)
		return;
	slot = &r->slots[i];
	if (slot->is_found &&
	    (addr < slot->start || (addr == slot->start && (slot->is_text || !is_text_type(type)))))
		return;
	/* "name\t[module]" */
	name_end = memchr(name, '\t', (size_t)(end - name));
	len = min((size_t)((name_end ? name_end : end) - name), sizeof(slot->name) - 1);
	memcpy(slot->name, name, len);
	slot->name[len] = '\0';
	slot->start = addr;
	slot->is_text = is_text_type(type);
	slot->is_found = true;
}

/* Takes the whole lines in buf[0..len); returns how many bytes are left over, moved to its start. */
static size_t take_lines(struct resolver *r, char *buf, size_t len)
{
	char *p = buf, *end = buf + len, *newline;

	while ((newline = memchr(p, '\n', (size_t)(end - p)))) {
		take_symbol(r, p, newline);
		p = newline + 1;
	}
	memmove(buf, p, (size_t)(end - p));
	return (size_t)(end - p);
}

static int scan(struct resolver *r, int fd)
{
	auto_free char *buf = malloc(CHUNK);
	size_t kept = 0, got = 0;
	int err;

	if (!buf)
		return -ENOMEM;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		err = read_some(fd, buf + kept, CHUNK - kept, &got);
		if (err)
			return err;
		if (!got)
			break;
		kept = take_lines(r, buf, kept + got);
		if (kept == CHUNK)
			return -EINVAL;
	}
	take_symbol(r, buf, buf + kept);
	return r->saw_address ? 0 : -EPERM;
}

static int by_addr(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static int answer(const struct resolver *r, struct kallsyms_query *query)
{
	const struct slot *best = NULL, *slot;
	struct slot key = { .addr = query->addr };

	/* What lies below this slot's range may still be the nearest: the empty ones are skipped. */
	slot = bsearch(&key, r->slots, r->n, sizeof(key), by_addr);
	while (slot && !best) {
		if (slot->is_found)
			best = slot;
		slot = slot > r->slots ? slot - 1 : NULL;
	}
	if (!best || !best->is_text || query->addr - best->start > FUNC_SIZE_MAX)
		return 0;
	query->name = strdup(best->name);
	query->offset = query->addr - best->start;
	return query->name ? 0 : -ENOMEM;
}

int kallsyms_open(const struct root *root, int *ret_fd)
{
	struct resolver none = { .n = 0 };
	auto_free char *buf = malloc(CHUNK);
	auto_close int fd = -1;
	size_t kept = 0, got = 0;
	int err;

	if (!buf)
		return -ENOMEM;
	fd = fs_open(root, O_RDONLY, "proc/kallsyms");
	if (fd < 0)
		return fd;
	/* A page is enough: before 6.15 per-CPU offsets come first, but few of them are 0. */
	while (!none.saw_address) {
		err = read_some(fd, buf + kept, CHUNK - kept, &got);
		if (err)
			return err;
		if (!got)
			return -EPERM;
		kept = take_lines(&none, buf, kept + got);
		if (kept == CHUNK)
			return -EINVAL;
	}
	*ret_fd = take_fd(fd);
	return 0;
}

int kallsyms_resolve(int fd, struct kallsyms_query *queries, unsigned int n)
{
	auto_free struct slot *slots = NULL;
	struct resolver r = { .n = 0 };
	int err = 0;

	for (unsigned int i = 0; i < n; i++) {
		queries[i].name = NULL;
		queries[i].offset = 0;
	}
	if (!n)
		return 0;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		slots[i].addr = queries[i].addr;
	qsort(slots, n, sizeof(*slots), by_addr);
	r.slots = slots;
	for (unsigned int i = 0; i < n; i++)
		if (!r.n || slots[r.n - 1].addr != slots[i].addr)
			slots[r.n++].addr = slots[i].addr;
	err = scan(&r, fd);
	for (unsigned int i = 0; i < n && !err; i++)
		err = answer(&r, &queries[i]);
	if (err)
		kallsyms_done(queries, n);
	return err;
}

void kallsyms_done(struct kallsyms_query *queries, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		free(queries[i].name);
		queries[i].name = NULL;
	}
}
