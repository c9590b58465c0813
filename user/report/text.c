/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text: the summary for people, at 80 columns or more. It says what was measured and nothing
 * else: no part appears that has no figures, and nothing is called quiet when events were lost.
 */
#include "report/text.h"

#include <errno.h>

#include "base/cleanup.h"
#include "model/recording.h"
#include "report/report.h"

static bool is_one_vm(const struct recording *rec)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		const struct rec_thread *thread = &rec->threads[i];

		if (thread->vcpu < 0 || !thread->vm || !streq(thread->vm, rec->threads[0].vm))
			return false;
	}
	return true;
}

int report_text_write(const struct recording *rec, const struct report_style *style, FILE *out)
{
	const struct text text = {
		.rec = rec,
		.style = style,
		.out = out,
		.one_vm = is_one_vm(rec),
		.is_whole = rec->complete && !rec->dropped && !rec->recursion_misses &&
			    !rec->n_anomalies && !rec->n_incomplete,
	};
	int err = text_head_write(&text);

	err = err ?: text_answer_write(&text);
	err = err ?: text_threads_write(&text);
	err = err ?: text_ledgers_write(&text);
	err = err ?: text_culprits_write(&text);
	err = err ?: text_hists_write(&text);
	err = err ?: text_stalls_write(&text);
	err = err ?: text_foot_write(&text);
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return err;
}
