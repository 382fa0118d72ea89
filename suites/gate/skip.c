/* SPDX-License-Identifier: MIT */
#include "gate/skip.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "util.h"

/* The first that the text begins with. */
static const struct {
	const char *words;
	enum report_skip skip;
} skips[] = {
	{ "needs kernel", REPORT_SKIP_UNSUPPORTED },	  { "needs ", REPORT_SKIP_MISSING_TOOL },
	{ "CANARY_", REPORT_SKIP_MISSING_TOOL },	  { "this kernel ", REPORT_SKIP_UNSUPPORTED },
	{ "this file system ", REPORT_SKIP_UNSUPPORTED }, { "this host lets ", REPORT_SKIP_UNSUPPORTED },
	{ "no such ", REPORT_SKIP_UNSUPPORTED },	  { "no cgroup v1 ", REPORT_SKIP_UNSUPPORTED },
	{ "written for ", REPORT_SKIP_UNSUPPORTED },
};

enum report_skip skip_of(const char *detail)
{
	for (size_t i = 0; i < ARRAY_SIZE(skips); i++)
		if (str_starts(detail, skips[i].words))
			return skips[i].skip;
	return strstr(detail, "support") != NULL ? REPORT_SKIP_UNSUPPORTED : REPORT_SKIP_NOT_APPLICABLE;
}

static const struct {
	const char *name, *words;
} inputs[] = {
#define INPUT(name, words) { "CANARY_" #name, words },
#include "gate/inputs.def"
#undef INPUT
};

/* Writes the words for the name of n characters, if it has any. */
static bool skip_word(FILE *f, const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		if (strlen(inputs[i].name) != n || strncmp(inputs[i].name, name, n) != 0)
			continue;
		fputs(inputs[i].words, f);
		return true;
	}
	return false;
}

char *skip_words(const char *detail)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		mem_oom();
	while (*detail != '\0') {
		size_t n = strspn(detail, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

		if (n > 0 && !skip_word(f, detail, n))
			fwrite(detail, 1, n, f);
		if (n == 0)
			putc(detail[n++], f);
		detail += n;
	}
	if (fclose(f) != 0)
		mem_oom();
	return out;
}
