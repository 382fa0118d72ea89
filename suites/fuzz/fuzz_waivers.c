/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of waivers: refused with a place, or each covers one known probe, once, until a day that there is. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gate/waivers.h"
#include "manifest.h"
#include "mem.h"
#include "report/report.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TODAY 20513

static void check(bool promise)
{
	if (!promise)
		abort();
}

static const char rows[] =
    "sys-a SC-01 escape critical harmless required - 5 allowed denied seccomp - \"a\"\n"
    "net-c NE-02 exfiltration medium destructive optional - 5 allowed denied ns-net - \"c\"\n"
    "ok-x OK-01 function critical harmless required - 5 allowed allowed - - \"ok\"\n";

static void check_one(const struct manifest *m, const struct report *r, size_t i)
{
	const struct report_waiver *w = &r->waiver[i];
	const struct manifest_row *row = manifest_find(m, w->id);
	long day = 0;

	check(row != NULL && !manifest_is_function(row));
	check(w->reason[0] != '\0' && w->owner[0] != '\0' && str_starts(w->origin, "input:"));
	check(waivers_day(w->expires, &day) == 0 && day - TODAY == w->days);
	check((w->days < 0) == (w->state == REPORT_WAIVER_EXPIRED));
	check(w->everywhere || w->where == REPORT_SCRATCH || row->where == MANIFEST_HARMLESS);
	for (size_t k = 0; k < i; k++)
		check(!streq(r->waiver[k].id, w->id) || (!r->waiver[k].everywhere && !w->everywhere));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly its size, so that a read beyond it is seen. */
	AUTO_FREE char *text = xmalloc(size > 0 ? size : 1);
	AUTO_MANIFEST struct manifest m = { 0 };
	struct report report = { 0 };
	struct diag d = { 0 };
	int r;

	if (size > 0)
		memcpy(text, data, size);
	check(manifest_parse("M", rows, strlen(rows), &m, &d) == 0);
	r = waivers_parse("input", text, size, &m, TODAY, &report, &d);
	check(r == 0 ? d.code == 0 : r == -EINVAL && str_starts(d.msg, "input:"));
	for (size_t i = 0; i < report.nwaiver; i++)
		check_one(&m, &report, i);
	report_done(&report);
	return 0;
}
