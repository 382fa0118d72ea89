/* SPDX-License-Identifier: MIT */
/*
 * A pattern of a project's file in the first line, the words of a command of the box in the following: what is taken has
 * a name, and a judgement without the arguments is that with them wherever they are not asked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blocked.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void judge(const struct blocked_pattern *p, const struct strv *argv, bool indirect)
{
	char path[] = "/usr/bin/tool", box[] = "/bin/busybox";
	const struct blocked_file f[] = { { .path = path, .dev = 1, .ino = 2 }, { .path = box } };

	for (size_t i = 0; i < ARRAY_SIZE(f); i++) {
		struct blocked_call c = { .called = argv->n > 0 ? argv->v[0] : "",
					  .path = f[i].path,
					  .dev = 1,
					  .ino = 2,
					  .argv = argv->v,
					  .argc = argv->n,
					  .indirect = indirect };
		size_t with = blocked_find(p, 1, f, 2, &c);
		bool asks = blocked_asks(p, 1, f, 2, &c);

		check(with <= 1 && (!p->whole || indirect || i > 0 || with == 0));
		c.argc = 0;
		check(asks || blocked_find(p, 1, f, 2, &c) == with);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xmalloc(size + 1);
	AUTO_STRV struct strv argv = { 0 };
	struct blocked_pattern p;
	char *save = NULL, *line;

	if (size > 3000)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	line = strchr(text, '\n');
	if (line != NULL)
		*line++ = '\0';
	for (char *s = line != NULL ? strtok_r(line, "\n", &save) : NULL; s != NULL;
	     s = strtok_r(NULL, "\n", &save))
		strv_add(&argv, s);
	if (blocked_parse(text, &p) == NULL) {
		check(p.name != NULL && *p.name != '\0' && strchr(p.name, '/') == NULL);
		for (size_t i = 0; i < p.options.n; i++)
			check(p.options.v[i][0] == '-' && p.options.v[i][1] != '\0');
		judge(&p, &argv, false);
		judge(&p, &argv, true);
	}
	blocked_done(&p);
	return 0;
}
