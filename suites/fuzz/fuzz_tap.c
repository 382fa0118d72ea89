/* SPDX-License-Identifier: MIT */
/* Any bytes as the driver's stream: bounded, terminated, without control characters, complete only when it is. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "tap.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void check_text(const char *s, size_t room)
{
	check(strnlen(s, room) < room);
	for (; *s != '\0'; s++)
		check((unsigned char)*s >= 0x20 && (unsigned char)*s < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly its size, so that a read beyond it is seen. */
	AUTO_FREE char *text = size > 0 ? xmemdup(data, size) : NULL;
	AUTO_TAP struct tap t = { 0 };

	tap_parse(text != NULL ? text : "", size, &t);
	check(t.n <= t.plan);
	check(t.complete == (t.wrong[0] == '\0'));
	check(!t.complete || t.n == t.plan);
	for (size_t i = 0; i < t.n; i++) {
		const struct tap_test *a = &t.test[i];

		check(a->seen > TAP_NOTHING && a->seen < TAP_SEENS && a->id[0] != '\0');
		check_text(a->id, sizeof(a->id));
		check_text(a->err, sizeof(a->err));
		check_text(a->step, sizeof(a->step));
		check_text(a->detail, sizeof(a->detail));
		check(a->seconds >= 0);
		for (size_t k = 0; k < i; k++)
			check(!streq(a->id, t.test[k].id));
	}
	return 0;
}
