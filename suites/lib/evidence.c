/* SPDX-License-Identifier: MIT */
/* The table of what each layer's refusal looks like. */
#include "evidence.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

static const struct evidence {
	const char *layer, *err;
	bool calibrated; /* only of calibrated rows */
	int abi;
	const char *ids, *step;
} evidences[] = {
#define ANY						false
#define CALIBRATED					true
#define EVIDENCE(layer, err, arms, abi, ids, step, why) { layer, err, arms, abi, ids, step },
#include "evidence.def"
#undef EVIDENCE
};

static bool evidence_names(const char *globs, const char *id)
{
	while (*globs != '\0') {
		size_t n = strcspn(globs, " ");
		char glob[64];

		snprintf(glob, sizeof(glob), "%.*s", (int)n, globs);
		if (fnmatch(glob, id, 0) == 0)
			return true;
		globs += n + strspn(globs + n, " ");
	}
	return false;
}

const char *evidence_layer(const struct evidence_seen *seen)
{
	for (size_t i = 0; i < ARRAY_SIZE(evidences); i++) {
		const struct evidence *e = &evidences[i];

		if (!streq(e->err, seen->err) || (e->calibrated && !seen->calibrated) ||
		    seen->landlock_abi < e->abi || !evidence_names(e->ids, seen->id) ||
		    fnmatch(e->step, seen->step, 0) != 0)
			continue;
		return e->layer[0] != '\0' ? e->layer : NULL;
	}
	return NULL;
}
