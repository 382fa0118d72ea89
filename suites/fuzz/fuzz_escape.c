/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the output of a box: the same wherever the reads cut them, no more than
 * promised, none of what is dropped by default begins in what comes out, and what came out
 * passes unchanged a second time.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* In pieces of `step` bytes, each in a buffer of exactly the promised size. Owned. */
static char *filter(bool utf8, const void *data, size_t size, size_t step, size_t *ret)
{
	AUTO_FREE struct escape *e = xcalloc(1, sizeof(*e));
	char *all = xcalloc(1, size + ESCAPE_MORE);

	e->utf8 = utf8;
	*ret = 0;
	for (size_t i = 0; i < size; i += step) {
		size_t n = size - i < step ? size - i : step;
		AUTO_FREE char *in = xmemdup((const char *)data + i, n);
		AUTO_FREE char *out = xcalloc(1, n + ESCAPE_MORE);
		size_t got = escape_filter(e, in, n, out);

		check(got <= n + ESCAPE_MORE && *ret + got <= size + ESCAPE_MORE);
		memcpy(all + *ret, out, got);
		*ret += got;
	}
	return all;
}

/* Where each byte may be a character: no clipboard behind a byte of one, nor after any other. */
static bool has_byte_osc(const char *s, size_t n)
{
	return memmem(s, n,
		      "\x9d"
		      "52;",
		      4) != NULL ||
	       memmem(s, n,
		      "\x9b"
		      "21t",
		      4) != NULL;
}

static void try(bool utf8, const uint8_t *data, size_t size)
{
	size_t n, m, again;
	AUTO_FREE char *out = filter(utf8, data, size, size, &n);
	AUTO_FREE char *pieces = filter(utf8, data, size, 1 + data[0] % 7, &m);
	AUTO_FREE char *twice = NULL;

	check(n == m && memcmp(out, pieces, n) == 0);
	check(memmem(out, n, "\x1b]52;", 5) == NULL && memmem(out, n,
							      "\xc2\x9d"
							      "52;",
							      5) == NULL);
	check(memmem(out, n, "\x1b[21t", 5) == NULL && memmem(out, n, "\x1b_", 2) == NULL);
	check(utf8 || !has_byte_osc(out, n));
	/* Half a character is read otherwise than a whole one. */
	if (n == 0 || !utf8)
		return;
	/* What is held at the end of the second time is an unfinished stream's. */
	twice = filter(utf8, out, n, n, &again);
	check(again <= n + 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 1u << 16)
		return 0;
	try(true, data, size);
	try(false, data, size);
	return 0;
}
