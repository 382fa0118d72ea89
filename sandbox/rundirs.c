/* SPDX-License-Identifier: MIT */
/* Directories of the host that a run needs. */
#include "runstate.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "state.h"

/* What root makes in a home belongs to whom the home does. */
static void give_like_parent(const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	struct stat st;

	if (geteuid() == 0 && stat(dir, &st) == 0 && lchown(path, st.st_uid, st.st_gid) < 0)
		return; /* then it is root's, and the proof finds whether that will do */
}

/* Left in place at the end, also when empty: another session may have begun to use it. */
static int make_dir(const char *dir, struct diag *d)
{
	AUTO_FREE char *path = xstrdup(dir);
	int e;

	if (access(dir, F_OK) == 0)
		return 0;
	for (char *s = path + 1;; s++) {
		bool last = *s == '\0';

		if (*s != '/' && !last)
			continue;
		*s = '\0';
		e = mkdir(path, 0700) == 0 ? 0 : -errno;
		if (e == 0) {
			give_like_parent(path);
		} else if (e != -EEXIST && (last || access(path, F_OK) < 0)) {
			diag_errno(d, e, "making %s, where the record of this project is kept", path);
			diag_try(d, "--claude-state ephemeral");
			return d->code;
		}
		if (last)
			return 0;
		*s = '/';
	}
}

/* What is written there by one session is run by the next: no link, nobody else's. */
static int make_cache(const struct policy *p, const char *dir, struct diag *d)
{
	AUTO_CLOSE int fd = state_open_below(p->state, dir + strlen(p->state) + 1, p->kernel_uid, d);

	if (fd < 0 && d->try[0] == '\0')
		diag_try(d, "\"cache\": \"none\" in the config");
	return fd < 0 ? fd : 0;
}

int run_make_dirs(struct run *r, struct diag *d)
{
	const struct policy *p = r->policy;
	int e = 0;

	for (size_t i = 0; i < r->plan->n && e == 0; i++) {
		const char *dir = r->plan->op[i].dst;

		if (r->plan->op[i].type != PLAN_MAKE_DIR)
			continue;
		e = p->cache != NULL && path_is_under(dir, p->cache) ? make_cache(p, dir, d)
								     : make_dir(dir, d);
	}
	return e;
}
