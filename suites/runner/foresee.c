/* SPDX-License-Identifier: MIT */
/* What is wrong with the files that were asked for, said before anything is run. */
#include "runner/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "mem.h"
#include "path.h"
#include "state.h"
#include "trust.h"
#include "util.h"

/* The path with every link on the way to its last name resolved. Owned. */
static char *foresee_resolved(const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	AUTO_FREE char *real = realpath(dir, NULL);

	return path_join(real != NULL ? real : dir, path_basename(path));
}

static bool foresee_same(const char *a, const char *b)
{
	AUTO_FREE char *x = foresee_resolved(a);
	AUTO_FREE char *y = foresee_resolved(b);
	struct stat s, t;

	return streq(x, y) ||
	       (stat(a, &s) == 0 && stat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino);
}

static int foresee_output(const struct suite *s, const char *file, const char *what, struct diag *d)
{
	AUTO_FREE char *output = s->conf.output != NULL ? path_clean(s->cwd, s->conf.output) : NULL;

	if (output == NULL || file == NULL || !foresee_same(output, file))
		return 0;
	diag_set(d, -EINVAL, "--output %s is the file of %s, and would replace it", s->conf.output, what);
	diag_try(d, "another file for the report");
	return d->code;
}

static int foresee_accept(const struct suite *s, const struct prepared *p, const char *path, struct diag *d)
{
	AUTO_FREE char *dir = path_dirname(path);
	struct stat st;
	int r = trust_file(&p->policy, path, d);

	if (r == 0 && s->conf.baseline_file != NULL)
		r = state_place(path, d);
	if (r < 0)
		return r;
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return diag_set(d, -EISDIR, "--accept-baseline %s: is a directory", path);
	if (s->conf.baseline_file == NULL || (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)))
		return 0;
	diag_set(d, -ENOENT, "--accept-baseline %s: there is no directory %s", path, dir);
	diag_try(d, "a directory that exists");
	return d->code;
}

int foresee(const struct suite *s, const struct prepared *p, struct diag *d)
{
	bool accept = s->conf.baseline == CONF_BASELINE_ACCEPT;
	AUTO_FREE char *path = NULL;
	struct diag none = { 0 };
	int r = foresee_output(s, s->conf.waivers, "the waivers", d);

	if (r == 0)
		r = foresee_output(s, s->conf.config_file, "the config", d);
	if (r < 0 || s->conf.baseline == CONF_BASELINE_NONE)
		return r;
	path = baseline_path(s, p, &none);
	if (path == NULL && accept)
		*d = none;
	if (path == NULL)
		return d->code;
	r = foresee_output(s, path, accept ? "--accept-baseline" : "--baseline", d);
	return r == 0 && accept ? foresee_accept(s, p, path, d) : r;
}
