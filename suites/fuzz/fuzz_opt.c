/* SPDX-License-Identifier: MIT */
/* Any words as a command line; a NUL byte ends a word. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "opt.h"
#include "strv.h"
#include "util.h"

#define MAX_WORDS 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* Nothing that was asked for may be lost: each word is the project, an option, its value or the command. */
static void check_words(const struct opt_line *line, size_t argc)
{
	size_t used = 1 + line->n_command + (line->project != NULL ? 1 : 0);

	for (size_t i = 0; i < line->n; i++) {
		const struct opt_def *o = opt_row(line->given[i].id);

		check(o->now);
		check((line->given[i].value != NULL) == (o->kind != OPT_KIND_FLAG) ||
		      o->kind == OPT_KIND_MAYBE || o->kind == OPT_KIND_OPTEXT);
		check(o->kind != OPT_KIND_FD || line->given[i].number >= 3);
		check(o->kind != OPT_KIND_CHOICE || line->given[i].number >= 0);
		used++;
	}
	check(used <= argc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_STRV struct strv argv = { 0 };
	struct opt_line line;
	struct diag d = { 0 };
	size_t at = 0;

	strv_add(&argv, "claude-sandbox");
	while (at < size && argv.n < MAX_WORDS) {
		char *word = xstrndup((const char *)data + at, size - at);

		at += strlen(word) + 1;
		strv_take(&argv, word);
	}
	if (opt_parse((int)argv.n, argv.v, &line, &d) < 0)
		check(d.code == -EINVAL && d.msg[0] != '\0');
	else
		check_words(&line, argv.n);
	opt_line_done(&line);
	return 0;
}
