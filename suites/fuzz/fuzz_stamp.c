/* SPDX-License-Identifier: MIT */
/* Any bytes as the stamp that launches look at: refused, or three lines that are written as they were read. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "notice.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void check_field(const char *s, size_t size)
{
	check(memchr(s, '\0', size) != NULL && s[0] != '\0');
	for (; *s != '\0'; s++)
		check(*s >= 0x20 && *s < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xmalloc(size > 0 ? size : 1);
	AUTO_FREE char *again = NULL, *same = NULL;
	struct notice_stamp s;
	struct diag d = { 0 };

	if (size > 0)
		memcpy(text, data, size);
	if (notice_parse(text, size, &s, &d) < 0) {
		check(d.code == -EINVAL && d.msg[0] != '\0');
		return 0;
	}
	check_field(s.kernel, sizeof(s.kernel));
	check_field(s.bwrap, sizeof(s.bwrap));
	check_field(s.build, sizeof(s.build));
	again = notice_text(&s);
	check(strlen(again) == size && memcmp(again, text, size) == 0);
	same = notice_compare(&s, &s);
	check(same == NULL);
	return 0;
}
