/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_as_is: measures the host as it stands, once, and judges that against limits. Changes
 * nothing, and keeps no privilege while it measures.
 */
#include <errno.h>

#include "app/cmd.h"
#include "app/host.h"
#include "app/privilege.h"
#include "app/style.h"
#include "app/verify.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "measure/capture.h"
#include "model/verification.h"
#include "report/report.h"
#include "report/verify.h"

#define STALLS_SHOWN 3

static int measure(struct verify *v, struct recording *rec)
{
	const struct session_config config = {
		.root = &v->root,
		.duration_ns = v->config.duration_ns,
		.settle_ns = SESSION_SETTLE_NS,
		.vm_pid = v->target.vm_pid,
		.signals = v->signals,
		.progress = verify_has_progress(v),
		.victims = v->target.n_threads > 0,
	};
	struct session session;
	int err = session_run(v->capture, &config, rec, &session);

	err = err ?: capture_harvest(v->capture, rec);
	if (err) {
		log_error("verify: measuring failed: %s", strerror(-err));
		return EXIT_ERROR;
	}
	rec->ended_by = strdup(session.ended_by);
	if (!rec->ended_by || host_describe(&v->root, v->argc, v->argv, rec))
		return verify_no_memory();
	return 0;
}

static int write_recording(struct verify *v, const struct recording *rec)
{
	struct writer *writer = &v->output.writer;
	int err;

	if (v->output.is_stdout)
		return report_json_write(rec, stdout) ? EXIT_ERROR : 0;
	if (!writer->data)
		return 0;
	err = writer_commit(writer, report_json_write(rec, writer->data));
	if (!err)
		return 0;
	log_error("verify: writing %s: %s", v->output.path, strerror(-err));
	return EXIT_ERROR;
}

static int print(const struct verify *v, const struct recording *rec, const struct gate *gate)
{
	const struct verification found = { .rec = rec, .gate = gate };
	struct report_style style = { .top = v->config.top, .stalls_shown = STALLS_SHOWN };
	int err;

	if (v->output.is_stdout)
		return 0;
	if (v->config.json)
		return report_verify_json(&found, stdout);
	if (v->config.verbose <= 0)
		return 0;
	style_read(v->config.color, v->config.ascii, &style);
	err = report_verify_text(&found, &style, stdout);
	if (!err && v->output.path)
		(void)printf("\nrecording: %s\n", v->output.path);
	return err;
}

static int judge(struct verify *v, const struct recording *rec)
{
	static const enum exit_code codes[] = {
		[GATE_KEPT] = EXIT_GOOD,
		[GATE_BROKEN] = EXIT_LIMIT,
		[GATE_INCONCLUSIVE] = EXIT_INCONCLUSIVE,
	};
	struct gate gate;
	int code, err = gate_judge(&rec, 1, v->limits.v, v->limits.n, &gate);

	if (err)
		return verify_no_memory();
	code = write_recording(v, rec);
	err = print(v, rec, &gate);
	if (err == -ENOMEM)
		return verify_no_memory();
	return err || code ? EXIT_ERROR : (int)codes[gate.verdict];
}

static int drop_privileges(void)
{
	int err = privilege_drop();

	if (!err || err == -ENOSYS)
		return 0;
	log_error("verify: dropping privileges: %s", strerror(-err));
	return EXIT_ERROR;
}

int verify_as_is(struct verify *v)
{
	const struct target_request request = {
		.vm = v->config.vm, .tids = v->config.tids, .pids = v->config.pids, .cpus = &v->cpus
	};
	struct recording rec = { .n_cpus = 0 };
	int code;

	if (!v->limits.n)
		limits_add_clean(&v->limits);
	code = target_resolve(&v->root, &request, &v->target);
	code = code ?: target_watch(&v->root, &request, &v->target);
	code = code ?: verify_open(v);
	code = code ?: verify_settle(v, &rec);
	code = code ?: drop_privileges();
	code = code ?: measure(v, &rec);
	code = code ?: judge(v, &rec);
	recording_done(&rec);
	return code;
}
