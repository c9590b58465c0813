/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbols: names for addresses in another process's code, for the user stacks of stalls. What
 * needs privilege is done at open; the files are parsed only when something is named, after lull
 * has dropped its capabilities, since a process may have mapped files that mean ill.
 */
#ifndef LULL_SYS_SYMBOLS_H
#define LULL_SYS_SYMBOLS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/fs.h"
#include "base/str.h"

struct symbols;

/*
 * Reads what process @pid has mapped now, and opens the files that its code comes from, as it sees
 * them: through its own mount namespace, and deleted ones too. Files that cannot be opened, or are
 * too many, do without function names. Keeps no hold on the process, which may end.
 * -ESRCH: no such process, or it has no memory (ended, or a kernel thread); -EACCES: not root.
 */
int symbols_open(const struct root *root, pid_t pid, struct symbols **ret);
void symbols_free(struct symbols *s);

/*
 * Appends the name of an address to @out: "memcpy+0x12 (libc.so.6)"; without a symbol the place
 * in the module, "qemu-system-x86_64+0x4f21", counted from where the file's first page is mapped;
 * in code that comes from no file "[vdso]+0x9c2" or "[anon]+0x10"; elsewhere "0x7ffc1234". C++ and
 * Rust names stay as the compiler made them. -ENOMEM, with @out unchanged.
 *
 * Separate debug files are looked up by build id in /usr/lib/debug, and asked from a debuginfod
 * server when, and only when, DEBUGINFOD_URLS is set; that can take long.
 */
int symbols_name(struct symbols *s, uint64_t addr, struct str *out);

#endif
