/* SPDX-License-Identifier: MIT */
#include "freshdirs.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "util.h"

static const struct own {
	enum plan_type with;
	const char *below;
	bool dir;
} own[] = {
/* Each is at one of bwrap's own places. */
#define BWRAPMOUNT(with, below, type, fresh, read_only, needed) { PLAN_##with, below, false },
#define BWRAPMADE(with, below, dir)				{ PLAN_##with, below, dir },
#include "data/bwrapmounts.def"
#undef BWRAPMADE
#undef BWRAPMOUNT
};

static bool is_bwraps(const struct plan_op *op)
{
	return op->stage == PLAN_STAGE_BWRAP && op->dst != NULL && op->dst[0] == '/';
}

bool freshdirs_on_top(const struct plan *plan, size_t at)
{
	const struct plan_op *op = &plan->op[at];

	if (!is_bwraps(op))
		return false;
	for (size_t i = at + 1; i < plan->n; i++)
		if (plan->op[i].stage == PLAN_STAGE_BWRAP && plan_is_mount(plan->op[i].type) &&
		    path_is_under(op->dst, plan->op[i].dst))
			return false;
	return true;
}

/* Takes ownership of path. */
static void add(struct freshdirs *f, char *path, bool dir)
{
	if (f->n == f->cap) {
		f->cap = f->cap > 0 ? f->cap * 2 : 128;
		f->place = xrealloc_array(f->place, f->cap, sizeof(*f->place));
	}
	f->place[f->n++] = (struct freshdirs_place){ path, dir };
}

static bool makes_dir(enum plan_type t)
{
	return t == PLAN_DIR || t == PLAN_TMPFS || t == PLAN_DEV || t == PLAN_MASK_DIR;
}

/* With what leads there: bwrap makes it where it is missing. */
static void add_op(struct freshdirs *f, const struct plan_op *op)
{
	add(f, xstrdup(op->dst), makes_dir(op->type));
	for (const char *s = strchr(op->dst + 1, '/'); s != NULL; s = strchr(s + 1, '/'))
		add(f, xstrndup(op->dst, (size_t)(s - op->dst)), true);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (own[i].with == op->type)
			add(f, xasprintf("%s%s", op->dst, own[i].below), own[i].dir);
}

static int by_path(const void *pa, const void *pb)
{
	const struct freshdirs_place *a = pa, *b = pb;

	return strcmp(a->path, b->path);
}

static void drop_doubles(struct freshdirs *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (n > 0 && streq(f->place[n - 1].path, f->place[i].path)) {
			f->place[n - 1].dir = f->place[n - 1].dir || f->place[i].dir;
			free(f->place[i].path);
		} else {
			f->place[n++] = f->place[i];
		}
	}
	f->n = n;
}

/* What is mounted there, or above it, last: the box's root, if nothing is. */
static bool lies_in_fresh(const struct plan *plan, const char *path)
{
	for (size_t i = plan->n; i-- > 0;)
		if (is_bwraps(&plan->op[i]) && plan_is_mount(plan->op[i].type) &&
		    path_is_under(path, plan->op[i].dst))
			return makes_dir(plan->op[i].type);
	return true;
}

void freshdirs_plan(const struct plan *plan, struct freshdirs *ret)
{
	*ret = (struct freshdirs){ 0 };
	add(ret, xstrdup("/"), true);
	for (size_t i = 0; i < plan->n; i++)
		if (freshdirs_on_top(plan, i))
			add_op(ret, &plan->op[i]);
	qsort(ret->place, ret->n, sizeof(*ret->place), by_path);
	drop_doubles(ret);
	for (size_t i = 0; i < ret->n; i++)
		ret->place[i].dir = ret->place[i].dir && lies_in_fresh(plan, ret->place[i].path);
}

void freshdirs_done(struct freshdirs *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->place[i].path);
	free(f->place);
	*f = (struct freshdirs){ 0 };
}

bool freshdirs_has(const struct freshdirs *f, const char *dir, const char *name)
{
	/* No printf: the box waits, and there are dozens. */
	AUTO_FREE char *path = path_join(dir, name);
	const struct freshdirs_place key = { .path = path };

	return f->n > 0 && bsearch(&key, f->place, f->n, sizeof(*f->place), by_path) != NULL;
}
