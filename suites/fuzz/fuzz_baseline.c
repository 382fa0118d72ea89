/* SPDX-License-Identifier: MIT */
/* Any bytes as a baseline: refused with a place, or rows in order, each once, that can be compared with a run. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "report/baseline.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void check_rows(const struct baseline *b)
{
	check(b->n > 0);
	for (size_t i = 0; i < b->n; i++) {
		const struct baseline_row *row = &b->row[i];

		check(row->id[0] != '\0' && strlen(row->id) < 64 && strpbrk(row->id, " \t\n\"/") == NULL);
		check(row->arm < REPORT_ARMS && row->where < REPORT_WHERES && row->state < REPORT_STATES);
		check(i == 0 || strcmp(b->row[i - 1].id, row->id) <= 0);
	}
}

/* Against a run of two rows: each row of the baseline is accounted for. */
static void check_comparison(const struct baseline *b)
{
	struct report_probe probes[] = {
		{ .id = "a", .arm = REPORT_BOXED, .where = REPORT_SCRATCH, .state = REPORT_PASS },
		{ .id = "b", .arm = REPORT_BOXED, .where = REPORT_YOURS, .state = REPORT_FAIL },
	};
	struct report r = { .probe = probes, .n = ARRAY_SIZE(probes) };
	struct report_baseline out = { .asked = true };
	AUTO_STRV struct strv lines = { 0 };
	AUTO_FREE char *worse = NULL;
	size_t gone, new;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	baseline_compare(b, &r, &out);
	gone = report_changed(&out, REPORT_VANISHED);
	new = report_changed(&out, REPORT_NEW);
	check(new <= r.n &&gone <= b->n && b->n - gone == r.n - new);
	check((out.refused != NULL) == (gone > 0));
	worse = baseline_worse(&out);
	check(gone == 0 || worse != NULL);
	baseline_lines(&out, 3, &lines);
	check(lines.n > 0 && f != NULL);
	baseline_json(&out, f);
	fclose(f);
	check(len > 0);
	free(text);
	report_baseline_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly its size, so that a read beyond it is seen. */
	AUTO_FREE char *text = xmalloc(size > 0 ? size : 1);
	struct baseline b;
	struct diag d = { 0 };
	int r;

	if (size > 0)
		memcpy(text, data, size);
	r = baseline_parse("fuzz.json", text, size, &b, &d);
	check(r == 0 ? d.code == 0 : r == -EINVAL && d.code == r && str_starts(d.msg, "fuzz.json:"));
	if (r == 0) {
		check_rows(&b);
		check_comparison(&b);
	}
	baseline_done(&b);
	return 0;
}
