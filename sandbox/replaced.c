/* SPDX-License-Identifier: MIT */
#include "replaced.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

/* A rename changes that time of what it moves, and it can't be set. */
static bool is_since(const char *path, struct timespec since)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT;
	return time_is_since(st.st_ctim, since);
}

const char *replaced_find(const struct plan *plan, const char *words, struct timespec since)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];

		if (op->stage == PLAN_STAGE_BWRAP &&
		    (op->type == PLAN_DATA || op->type == PLAN_MASK_FILE || op->type == PLAN_MASK_DIR) &&
		    strstr(words, op->dst) != NULL && is_since(op->dst, since))
			return op->dst;
	}
	return NULL;
}
