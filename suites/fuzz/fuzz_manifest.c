/* SPDX-License-Identifier: MIT */
/* Any bytes as a manifest: refused with a message, or every row is whole and can be found. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = size > 0 ? xmemdup(data, size) : NULL;
	AUTO_MANIFEST struct manifest m = { 0 };
	struct diag d = { 0 };
	int r = manifest_parse("input", text != NULL ? text : "", size, &m, &d);

	check(r == 0 ? d.code == 0 : r < 0 && d.code == r && str_starts(d.msg, "input:"));
	for (size_t i = 0; r == 0 && i < m.n; i++) {
		const struct manifest_row *row = &m.row[i];
		AUTO_FREE char *boxed = manifest_expected(row, false);
		AUTO_FREE char *open = manifest_expected(row, true);

		check(manifest_find(&m, row->id) == row);
		check(row->open != MANIFEST_OPEN_NONE && row->boxed != MANIFEST_BOXED_NONE);
		check(row->deadline > 0 && row->title[0] != '\0' && strlen(row->id) < 64);
		check(str_starts(boxed, "denied") || streq(boxed, "allowed"));
		check(streq(open, "denied") || streq(open, "allowed"));
	}
	return 0;
}
