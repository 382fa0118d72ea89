/* SPDX-License-Identifier: MIT */
/* Any bytes as /proc/self/mountinfo: mount points are absolute paths of the text, drives are among them. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mountinfo.h"
#include "strv.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly its size and a NUL, so that a read beyond it is seen. */
	AUTO_FREE char *text = xmalloc(size + 1);
	AUTO_STRV struct strv drives = { 0 };
	AUTO_STRV struct strv points = { 0 };
	struct mountinfo m = { 0 };
	const char *rest = text;
	size_t lines = 1, n = 0;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	while (mountinfo_next(&rest, &m)) {
		check(m.point[0] == '/' && strlen(m.point) < size);
		check(strpbrk(m.type, " \n") == NULL && strlen(m.type) < size);
		check(rest >= text && rest <= text + strlen(text));
		strv_add(&points, m.point);
		mountinfo_done(&m);
		check(++n <= lines);
	}
	check(m.point == NULL && *rest == '\0');
	mountinfo_drives(text, &drives);
	for (size_t i = 0; i < drives.n; i++)
		check(strv_has(&points, drives.v[i]) && !streq(drives.v[i], "/"));
	return 0;
}
