/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "app/privilege.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/str.h"

#define EXIT_ERRNO_MAX 255

struct job {
	const char *path;
	char *tmp;
	int fd; /* of the temporary file */
	int data, commit, ready;
};

/* Under sudo the file belongs to who called, and so does the right to put it there. */
static int take_caller_ids(void)
{
	const char *uid_text = getenv("SUDO_UID"), *gid_text = getenv("SUDO_GID");
	uint32_t uid, gid;

	if (geteuid() || !uid_text || !gid_text)
		return 0;
	if (parse_u32(uid_text, &uid) || parse_u32(gid_text, &gid))
		return -EINVAL;
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

static int sync_directory(const char *path)
{
	auto_free char *copy = strdup(path);
	auto_close int fd = -1;
	char *slash;

	if (!copy)
		return -ENOMEM;
	slash = strrchr(copy, '/');
	if (slash)
		slash[slash == copy] = '\0';
	fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		return -errno;
	return 0;
}

static int copy_plain(const struct job *job)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(job->data, buf, sizeof(buf))) > 0) {
		int err = fs_write_all(job->fd, buf, (size_t)n);

		if (err)
			return err;
	}
	return n < 0 ? -errno : 0;
}

static int copy_gzip(const struct job *job)
{
	int fd = dup(job->fd), err = 0;
	gzFile gz = fd < 0 ? NULL : gzdopen(fd, "wb6");
	char buf[65536];
	ssize_t n;

	if (!gz) {
		cleanup_close_fd(&fd);
		return -ENOMEM;
	}
	while (!err && (n = read(job->data, buf, sizeof(buf))) != 0) {
		if (n < 0)
			err = -errno;
		else if (gzwrite(gz, buf, (unsigned int)n) != (int)n)
			err = errno ? -errno : -EIO;
	}
	if (gzclose(gz) != Z_OK && !err)
		err = errno ? -errno : -EIO;
	return err;
}

static int job_write(const struct job *job)
{
	char byte;
	int err;

	err = str_ends(job->path, ".gz") ? copy_gzip(job) : copy_plain(job);
	if (err)
		return err;
	/* The end of the data alone may mean that the parent was killed. */
	if (read(job->commit, &byte, 1) != 1)
		return -ECANCELED;
	if (!job->tmp)
		return 0;
	if (fsync(job->fd))
		return -errno;
	if (rename(job->tmp, job->path))
		return -errno;
	(void)sync_directory(job->path);
	return 0;
}

static int job_create(struct job *job)
{
	struct stat st;
	int err = take_caller_ids();

	err = err ?: privilege_keep_files();
	if (err)
		return err;
	if (!stat(job->path, &st) && !S_ISREG(st.st_mode)) {
		/* A device or a pipe is written to; it must not be replaced. */
		job->fd = S_ISDIR(st.st_mode) ? -1 : open(job->path, O_WRONLY | O_CLOEXEC);
		return job->fd >= 0 ? 0 : S_ISDIR(st.st_mode) ? -EISDIR : -errno;
	}
	if (asprintf(&job->tmp, "%s.tmp%d", job->path, (int)getpid()) < 0)
		return -ENOMEM;
	job->fd = open(job->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return job->fd < 0 ? -errno : 0;
}

/* The child. Its exit status is 0 or an errno. ^C is for the parent: it decides what is written. */
static _Noreturn void job_run(struct job *job)
{
	int err;

	(void)prctl(PR_SET_NAME, "lull-writer");
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* beyond a limit of the user: an error like a full disk */
	err = job_create(job);
	(void)fs_write_all(job->ready, &err, sizeof(err));
	(void)close(job->ready);
	if (!err) {
		err = job_write(job);
		if (err && job->tmp)
			(void)unlink(job->tmp);
	}
	_exit(err ? min(-err, EXIT_ERRNO_MAX) : 0);
}

static int start(struct writer *writer, const char *path, const int data[2], const int commit[2],
		 const int ready[2])
{
	int err = 0;

	(void)fflush(NULL);
	writer->pid = fork();
	if (writer->pid < 0)
		return -errno;
	if (!writer->pid) {
		struct job job = {
			.path = path,
			.fd = -1,
			.data = data[0],
			.commit = commit[0],
			.ready = ready[1],
		};

		(void)close(data[1]);
		(void)close(commit[1]);
		(void)close(ready[0]);
		job_run(&job);
	}
	(void)close(ready[1]);
	if (read(ready[0], &err, sizeof(err)) != sizeof(err))
		err = -EIO;
	return err;
}

int writer_open(struct writer *ret, const char *path)
{
	int data[2] = { -1, -1 }, commit[2] = { -1, -1 }, ready[2] = { -1, -1 }, err;
	struct writer writer = { .pid = -1, .commit = -1 };

	/* The child may end before all is written, when a disk is full: then it says why. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (pipe2(data, O_CLOEXEC) || pipe2(commit, O_CLOEXEC) || pipe2(ready, O_CLOEXEC)) {
		err = -errno;
		cleanup_close_fd(&ready[1]);
	} else {
		err = start(&writer, path, data, commit, ready);
	}
	cleanup_close_fd(&ready[0]);
	cleanup_close_fd(&data[0]);
	cleanup_close_fd(&commit[0]);
	writer.commit = commit[1];
	writer.data = err ? NULL : fdopen(data[1], "w");
	if (!writer.data) {
		err = err ?: -ENOMEM;
		cleanup_close_fd(&data[1]);
		writer_abort(&writer);
		return err;
	}
	*ret = writer;
	return 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status))
		return -EIO;
	return -WEXITSTATUS(status);
}

int writer_commit(struct writer *writer, int written)
{
	int err = written, child;

	if (!writer->data)
		return written;
	if (fclose(writer->data) && !err)
		err = -errno;
	writer->data = NULL;
	if (!err && write(writer->commit, "c", 1) != 1)
		err = -errno;
	cleanup_close_fd(&writer->commit);
	writer->commit = -1;
	child = wait_for(writer->pid);
	writer->pid = -1;
	/* A full disk breaks the pipe; the child knows why. */
	return child && child != -ECANCELED ? child : err;
}

void writer_abort(struct writer *writer)
{
	if (writer->pid < 0)
		return;
	if (writer->data)
		(void)fclose(writer->data);
	cleanup_close_fd(&writer->commit);
	(void)wait_for(writer->pid);
	*writer = (struct writer){ .pid = -1, .commit = -1 };
}
