/* SPDX-License-Identifier: MIT */
#include "gate/skip.h"

#include <string.h>

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
