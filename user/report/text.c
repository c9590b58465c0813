/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text: the summary for people, at 80 columns or more. It says what was measured and nothing
 * else: no part appears that has no figures, and nothing is called quiet when events were lost.
 */
#include "report/text.h"

#include <errno.h>

#include "model/recording.h"
#include "report/report.h"

int report_text_write(const struct recording *rec, const struct report_style *style, FILE *out)
{
	const struct text text = {
		.rec = rec,
		.style = style,
		.out = out,
		.one_vm = text_is_one_vm(rec),
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
