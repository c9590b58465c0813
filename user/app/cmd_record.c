/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record: measures for a time, writes a recording, prints the summary. Changes nothing on the
 * host.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>

#include "app/cmd.h"
#include "app/host.h"
#include "app/opts.h"
#include "app/output.h"
#include "app/privilege.h"
#include "app/session.h"
#include "app/setup.h"
#include "app/style.h"
#include "app/target.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "lull_abi.h"
#include "measure/capture.h"
#include "model/recording.h"
#include "report/report.h"

struct config {
	uint64_t duration_ns, stall_ns, stop_over_ns, trace_ns;
	uint32_t stalls, top;
	const char *vm, *output;
	struct opt_strings tids, pids;
	struct cpuset *cpus;
	bool stacks, self, json, ascii;
	int verbose;
	enum opt_color color;
};

#define DAY_NS 86400000000000ULL

static const struct opt options[] = {
	OPT_RANGE('d', "duration", OPT_DURATION, duration_ns, "TIME", 1000000, 366 * DAY_NS,
		  "how long (10s, 5m; bare: seconds); else until ^C"),
	OPT_ROW(0, "vm", OPT_STRING, vm, "VM", "this VM: name, UUID or pid"),
	OPT_ROW('t', "tid", OPT_STRINGS, tids, "TID", "this thread (may be repeated)"),
	OPT_ROW('p', "pid", OPT_STRINGS, pids, "PID", "all threads of this process"),
	OPT_ROW('c', "cpus", OPT_CPUS, cpus, "LIST", "these CPUs; with a target: the guest's"),
	OPT_ROW('o', "output", OPT_STRING, output, "FILE",
		"the recording; - is stdout, none is none"),
	OPT_RANGE(0, "stall", OPT_DURATION, stall_ns, "TIME", 1000, 3600000000000ULL,
		  "longer gaps are stalls (100us)"),
	OPT_RANGE(0, "stalls", OPT_U32, stalls, "N", 0, 1000000, "keep the N longest (10000)"),
	OPT_RANGE(0, "stop-over", OPT_DURATION, stop_over_ns, "TIME", 1000, 3600000000000ULL,
		  "stop at the first longer stall, exit 2"),
	{ .name = "trace",
	  .metavar = "[=TIME]",
	  .help = "keep what led up to stalls, TIME before each (10ms)",
	  .type = OPT_DURATION_MAY,
	  .offset = offsetof(struct config, trace_ns),
	  .min = 10000,
	  .max = 10000000000ULL,
	  .otherwise = 10000000 },
	OPT_ROW(0, "stacks", OPT_FLAG, stacks, NULL, "stalls carry stacks"),
	OPT_ROW(0, "self", OPT_FLAG, self, NULL, "run times of lull's own programs"),
	OPT_RANGE(0, "top", OPT_U32, top, "N", 1, 1000, "culprits and stalls shown (10)"),
	OPT_ROW(0, "json", OPT_FLAG, json, NULL, "the recording on stdout, no summary"),
	OPT_ROW(0, "ascii", OPT_FLAG, ascii, NULL, "draw with ASCII only"),
	OPT_ROW(0, "color", OPT_COLOR, color, "WHEN", "auto, always or never"),
	OPT_ROW('v', "verbose", OPT_VERBOSE, verbose, NULL, "every ledger; twice: debug messages"),
	OPT_ROW('q', "quiet", OPT_QUIET, verbose, NULL, "no summary, no progress"),
};

static const struct opt_spec spec = {
	.command = "record",
	.synopsis = "[TARGET] [-d TIME] [-o FILE] [OPTIONS] [-- COMMAND...]",
	.examples = "  lull record --vm win11 -d 60s      one minute of this VM\n"
		    "  lull record -c 4-7 -d 10m          these CPUs, by cause\n"
		    "  lull record -t 4242 --stop-over 50us\n"
		    "  lull record -d 10s -- stress-ng --cpu 1\n",
	.about = "Measures what takes time from threads: who, how long, how often. Without a\n"
		 "target it takes the only VM. Changes nothing on the host.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};

/* One run of the command. */
struct record {
	struct config config;
	struct cpuset cpus;
	struct root root;
	struct target target;
	struct output output;
	struct capture *capture;
	struct recording rec;
	struct session session;
	int signals;
	pid_t child;	     /* the command that is measured, stopped before its exec; 0: none */
	int release;	     /* descriptor: a byte lets the child go on; -1 */
	int failed;	     /* descriptor: the child's errno, if its exec fails; -1 */
	const char *command; /* its name, for messages */
	bool exec_failed;    /* said already */
};

/* An exit code. */
static int no_memory(void)
{
	log_error("record: out of memory");
	return EXIT_ERROR;
}

static void record_done(struct record *r)
{
	capture_free(r->capture);
	output_done(&r->output);
	recording_done(&r->rec);
	target_done(&r->target);
	fs_root_done(&r->root);
	cleanup_close_fd(&r->signals);
	if (r->child > 0 && !r->session.ended_by) {
		(void)kill(r->child, SIGKILL);
		(void)waitpid(r->child, NULL, 0);
	}
	cleanup_close_fd(&r->release);
	cleanup_close_fd(&r->failed);
}

/* The child: waits for its release, so that it is measured from its first step. */
static _Noreturn void run_command(char **argv, int release, int failed)
{
	sigset_t none;
	char byte;
	int err;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	if (read(release, &byte, 1) != 1)
		_exit(EXIT_ERROR); /* lull gave up */
	(void)execvp(argv[0], argv);
	err = errno;
	(void)fs_write_all(failed, &err, sizeof(err));
	_exit(127);
}

static int fork_command(struct record *r, char **argv)
{
	int release[2] = { -1, -1 }, failed[2] = { -1, -1 }, err = 0;

	if (pipe2(release, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		err = -errno;
	if (!err) {
		r->child = fork();
		if (r->child < 0)
			err = -errno;
	}
	if (!err && !r->child) {
		(void)close(release[1]);
		run_command(argv, release[0], failed[1]);
	}
	cleanup_close_fd(&release[0]);
	cleanup_close_fd(&failed[1]);
	r->release = release[1];
	r->failed = failed[0];
	r->command = argv[0];
	return err;
}

static int release_command(void *ctx)
{
	struct record *r = ctx;
	int err = 0;

	if (r->release < 0)
		return 0;
	if (write(r->release, "g", 1) != 1)
		return -errno;
	/* The pipe ends without a word when the exec succeeds. */
	if (read(r->failed, &err, sizeof(err)) != sizeof(err))
		return 0;
	log_error("record: cannot run %s: %s", r->command, strerror(err));
	r->exec_failed = true;
	return -err;
}

static int add_command(struct record *r, char **argv)
{
	struct capture_target t = { .vcpu = -1, .inherit = LULL_INHERIT_ALL };
	int err = fork_command(r, argv);

	t.tid = t.pid = r->child;
	err = err ?: target_add(&r->target, &t);
	if (!err)
		return 0;
	log_error("record: starting %s: %s", argv[0], strerror(-err));
	return EXIT_ERROR;
}

static int open_output(struct record *r)
{
	int code = output_open("record", r->config.output, r->config.json, &r->output);

	r->config.json |= r->output.is_stdout;
	return code;
}

static int resolve(struct record *r, int argc, char **argv, int rest)
{
	struct target_request request = {
		.vm = r->config.vm,
		.tids = r->config.tids,
		.pids = r->config.pids,
		.cpus = &r->cpus,
		.command = rest < argc,
	};
	int code = target_resolve(&r->root, &request, &r->target);

	if (!code && rest < argc)
		code = add_command(r, argv + rest);
	return code ?: target_watch(&r->root, &request, &r->target);
}

static int open_capture(struct record *r, struct capture_config *config)
{
	uint64_t stall_ns = r->config.stall_ns;

	if (r->config.stop_over_ns)
		stall_ns = min(stall_ns, r->config.stop_over_ns);
	*config = (struct capture_config){
		.root = &r->root,
		.targets = r->target.threads,
		.n_targets = r->target.n_threads,
		.vm_pid = r->target.vm_pid,
		.cpus = &r->target.cpus,
		.stall_ns = stall_ns,
		.stalls_max = r->config.stalls,
		.trace_ns = r->config.trace_ns,
		.stacks = r->config.stacks,
		.self = r->config.self,
	};
	return setup_capture("record", config, &r->capture);
}

/* Own CPUs and priority first: both need a privilege. */
static int settle_down(struct record *r)
{
	auto_str struct str said = { 0 };
	int err = privilege_take_host_cpus(&r->root, &r->target.cpus, &said);

	if (!err && said.s)
		err = recording_add_note(&r->rec, said.s);
	if (err)
		return no_memory();
	err = privilege_drop();
	if (err && err != -ENOSYS) {
		log_error("record: dropping privileges: %s", strerror(-err));
		return EXIT_ERROR;
	}
	return 0;
}

static int measure(struct record *r)
{
	const struct session_config session = {
		.root = &r->root,
		.duration_ns = r->config.duration_ns,
		.stop_over_ns = r->config.stop_over_ns,
		.settle_ns = SESSION_SETTLE_NS,
		.poll_ns = r->config.trace_ns ? SESSION_TRACE_POLL_NS : 0,
		.vm_pid = r->target.vm_pid,
		.child = r->child,
		.signals = r->signals,
		.begin = release_command,
		.begin_arg = r,
		.progress =
			r->config.verbose > 0 && isatty(STDERR_FILENO) && !style_is_dumb_terminal(),
		.victims = r->target.n_threads > 0,
	};
	int err = session_run(r->capture, &session, &r->rec, &r->session);

	if (r->exec_failed)
		return EXIT_ERROR;
	if (!err)
		err = capture_harvest(r->capture, &r->rec);
	if (err) {
		log_error("record: measuring failed: %s", strerror(-err));
		return EXIT_ERROR;
	}
	r->rec.ended_by = strdup(r->session.ended_by);
	if (session.victims && !streq(r->session.ended_by, "duration") &&
	    !streq(r->session.ended_by, "interrupted") && r->config.verbose)
		log_warn("recorded until %s, after %.1f s", r->session.ended_by,
			 (double)r->rec.duration_ns / 1e9);
	return r->rec.ended_by ? 0 : no_memory();
}

static int print_summary(const struct record *r)
{
	struct report_style style = {
		.verbose = r->config.verbose > 1,
		.top = r->config.top,
		.stalls_shown = r->config.top,
	};

	style_read(r->config.color, r->config.ascii, &style);
	return report_text_write(&r->rec, &style, stdout);
}

static int write_results(struct record *r)
{
	int err = 0, shown = 0;

	if (r->output.writer.data) {
		err = writer_commit(&r->output.writer,
				    report_json_write(&r->rec, r->output.writer.data));
		if (err)
			log_error("record: writing %s: %s", r->output.path, strerror(-err));
	}
	if (r->config.json)
		shown = report_json_write(&r->rec, stdout);
	else if (r->config.verbose > 0)
		shown = print_summary(r);
	if (shown == -ENOMEM)
		return no_memory();
	if (err || shown)
		return EXIT_ERROR; /* main says it of stdout */
	if (r->output.path && r->config.verbose > 0 && !r->config.json)
		(void)printf("\nrecording: %s\n", r->output.path);
	return 0;
}

static int run(struct record *r, int argc, char **argv, int rest)
{
	struct capture_config config;
	int code, err;

	err = fs_root_open(&r->root, "/");
	if (err) {
		log_error("record: /: %s", strerror(-err));
		return EXIT_ERROR;
	}
	r->signals = session_signals();
	if (r->signals < 0) {
		log_error("record: signals: %s", strerror(-r->signals));
		return EXIT_ERROR;
	}
	code = resolve(r, argc, argv, rest);
	code = code ?: open_output(r);
	code = code ?: open_capture(r, &config);
	code = code ?: settle_down(r);
	code = code ?: measure(r);
	if (!code && host_describe(&r->root, argc, argv, &r->rec))
		code = no_memory();
	code = code ?: write_results(r);
	if (code)
		return code;
	if (r->session.stalled_over)
		return EXIT_LIMIT;
	return r->rec.complete ? EXIT_GOOD : EXIT_INCONCLUSIVE;
}

int cmd_record(int argc, char **argv)
{
	struct record r = {
		.config = { .stall_ns = 100000, .stalls = 10000, .top = 10, .verbose = 1 },
		.root = { .fd = -1 },
		.output = OUTPUT_NONE,
		.signals = -1,
		.release = -1,
		.failed = -1,
	};
	int code, rest;

	(void)setlocale(LC_CTYPE, "");
	r.config.cpus = &r.cpus;
	code = opts_parse(&spec, argc, argv, &r.config, &rest);
	if (code)
		return code > 0 ? EXIT_GOOD : EXIT_ERROR;
	if (rest < argc && !streq(argv[rest - 1], "--")) {
		log_error("record: unexpected word %s; a command to run follows after --",
			  argv[rest]);
		return EXIT_ERROR;
	}
	log_set_level(r.config.verbose);
	code = run(&r, argc, argv, rest);
	record_done(&r);
	return code;
}
