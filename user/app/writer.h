/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writer: a child process that writes one file, and alone keeps the right to do so: under sudo it
 * has the ids of the user who called. The file appears complete or not at all: temporary name,
 * sync, rename. A name that ends in .gz is compressed.
 */
#ifndef LULL_APP_WRITER_H
#define LULL_APP_WRITER_H

#include <stdio.h>
#include <sys/types.h>

struct writer {
	FILE *data; /* what is written here goes into the file; NULL: none was opened */
	int commit; /* descriptor */
	pid_t pid;
};

/* Creates the temporary file at once, so that what cannot be written is known before measuring. */
int writer_open(struct writer *ret, const char *path);
/*
 * Makes the file appear, if @written is 0: what writing to data came to, or the error for which
 * there shall be no file. -errno of what failed, the child's before @written.
 */
int writer_commit(struct writer *writer, int written);
/* Leaves no file behind. A committed or empty one is accepted. */
void writer_abort(struct writer *writer);

#endif
