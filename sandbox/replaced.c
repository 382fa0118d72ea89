/* SPDX-License-Identifier: MIT */
#include "replaced.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

/*
 * A rename changes the time of change of what it moves, and only then takes away what is mounted over the old name: for
 * that it waits for every mount that others make. Until then a mount over the name fails, in starts after it too.
 * One start too many costs nothing.
 */
#define WAITS_S 10
#define NEWROOT "/newroot"		  /* as bwrap calls the root that it builds */
#define MISSED	"Can't find source path " /* bwrap, of a bind */

/* A rename changes that time of what it moves, and it can't be set. */
static bool is_since(const char *path, struct timespec since)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT;
	return time_is_since(st.st_ctim, since);
}

/* Whether the words are bwrap's, of a mount over that path that it could not make. */
static bool is_mount(const char *words, const char *path)
{
	const char *s = strstr(words, NEWROOT);

	for (; s != NULL; s = strstr(s + 1, NEWROOT))
		if (str_starts(s + strlen(NEWROOT), path))
			return true;
	return false;
}

const char *replaced_find(const struct plan *plan, const char *words, struct timespec since)
{
	struct timespec before = { since.tv_sec - WAITS_S, since.tv_nsec };

	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];
		bool mask = op->type == PLAN_MASK_FILE || op->type == PLAN_MASK_DIR;

		if (op->type != PLAN_DATA && !(mask && op->stage == PLAN_STAGE_BWRAP))
			continue;
		if (strstr(words, op->dst) != NULL &&
		    is_since(op->dst,
			     op->stage == PLAN_STAGE_FD || is_mount(words, op->dst) ? before : since))
			return op->dst;
	}
	return NULL;
}

static bool is_staged(const struct bwrap_staged *staged, size_t n, const char *src)
{
	for (size_t i = 0; i < n; i++)
		if (streq(staged[i].src, src))
			return true;
	return false;
}

/* It may be back: what is renamed into its place comes a moment later. */
static bool was_missed(const char *words, const char *path)
{
	const char *s = strstr(words, MISSED);

	return s != NULL && str_starts(s + strlen(MISSED), path) &&
	       str_starts(s + strlen(MISSED) + strlen(path), ": No such file");
}

const char *replaced_gone(const struct plan *plan, const struct bwrap_staged *staged, size_t n,
			  const char *words)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];
		struct stat st;

		if ((op->type != PLAN_RO_BIND && op->type != PLAN_RW_BIND) || is_staged(staged, n, op->src))
			continue;
		/* What is mounted by descriptor stands still for no other bind: it failed for this one. */
		if (op->stage != PLAN_STAGE_BWRAP && strstr(words, op->dst) == NULL)
			continue;
		if ((lstat(op->src, &st) < 0 && (errno == ENOENT || errno == ENOTDIR)) ||
		    was_missed(words, op->src))
			return op->src;
	}
	return NULL;
}
