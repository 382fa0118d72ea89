/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "freshdirs.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static void add(struct plan *p, enum plan_type type, enum plan_stage stage, const char *dst)
{
	plan_add(
	    p, (struct plan_op){ .type = type, .stage = stage, .dst = xstrdup(dst), .why = xstrdup("test") });
}

static struct plan planned(void)
{
	struct plan p = { 0 };

	add(&p, PLAN_HOSTNAME, PLAN_STAGE_BWRAP, "box");
	add(&p, PLAN_PROC, PLAN_STAGE_BWRAP, "/proc");
	add(&p, PLAN_DEV, PLAN_STAGE_BWRAP, "/dev");
	add(&p, PLAN_SYMLINK, PLAN_STAGE_BWRAP, "/bin");
	add(&p, PLAN_RO_BIND, PLAN_STAGE_BWRAP, "/etc");
	add(&p, PLAN_DATA, PLAN_STAGE_BWRAP, "/etc/hosts");
	add(&p, PLAN_MASK_DIR, PLAN_STAGE_BWRAP, "/etc/environment.d");
	add(&p, PLAN_DIR, PLAN_STAGE_BWRAP, "/home/u/hidden");
	add(&p, PLAN_TMPFS, PLAN_STAGE_BWRAP, "/home/u");
	add(&p, PLAN_FILE, PLAN_STAGE_BWRAP, "/home/u/.gitconfig");
	add(&p, PLAN_RW_BIND, PLAN_STAGE_BWRAP, "/home/u/a/proj");
	add(&p, PLAN_RO_BIND, PLAN_STAGE_BWRAP, "/home/u/a/proj/sub/ro");
	add(&p, PLAN_REMOUNT_RO, PLAN_STAGE_BWRAP, "/");
	add(&p, PLAN_RW_BIND, PLAN_STAGE_FD, "/home/u/.claude/todos");
	return p;
}

static bool is_fresh(const struct freshdirs *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (streq(f->place[i].path, path))
			return f->place[i].dir;
	return false;
}

START_TEST(only_what_bwrap_makes_is_fresh)
{
	static const char *const fresh[] = { "/",     "/dev",	 "/dev/shm", "/etc/environment.d",
					     "/home", "/home/u", "/home/u/a" };
	AUTO_PLAN struct plan p = planned();
	struct freshdirs f;
	size_t n = 0;

	freshdirs_plan(&p, &f);
	for (size_t i = 0; i < ARRAY_SIZE(fresh); i++)
		ck_assert_msg(is_fresh(&f, fresh[i]), "%s", fresh[i]);
	for (size_t i = 0; i < f.n; i++) {
		n += f.place[i].dir;
		ck_assert(i == 0 || strcmp(f.place[i - 1].path, f.place[i].path) < 0);
	}
	ck_assert_uint_eq(n, ARRAY_SIZE(fresh));
	freshdirs_done(&f);
}
END_TEST

static const struct {
	const char *dir, *name;
	bool may;
} rows[] = {
	{ "/", "bin", true },
	{ "/", "proc", true },
	{ "/", "home", true },
	{ "/", "srv", false },
	{ "/", "box", false },
	{ "/dev", "null", true },
	{ "/dev", "pts", true },
	{ "/dev", "shm", true },
	{ "/dev", "ptmx", true },
	{ "/dev", "root", false },
	{ "/dev", "console", false },
	{ "/dev/shm", "k", false },
	{ "/etc/environment.d", "k", false },
	{ "/home", "u", true },
	{ "/home", "v", false },
	{ "/home/u", ".gitconfig", true },
	{ "/home/u", "a", true },
	{ "/home/u", "hidden", false },	 /* below the tmpfs */
	{ "/home/u", ".claude", false }, /* comes later */
	{ "/home/u/a", "proj", true },
	{ "/home/u/a", "pro", false },
};

START_TEST(a_name_that_nobody_planned_is_seen)
{
	AUTO_PLAN struct plan p = planned();
	struct freshdirs f;

	freshdirs_plan(&p, &f);
	ck_assert_msg(freshdirs_has(&f, rows[_i].dir, rows[_i].name) == rows[_i].may, "%s in %s",
		      rows[_i].name, rows[_i].dir);
	freshdirs_done(&f);
}
END_TEST

Suite *freshdirs_suite(void)
{
	Suite *s = suite_create("freshdirs");
	TCase *t = tcase_create("freshdirs");

	tcase_add_test(t, only_what_bwrap_makes_is_fresh);
	tcase_add_loop_test(t, a_name_that_nobody_planned_is_seen, 0, ARRAY_SIZE(rows));
	suite_add_tcase(s, t);
	return s;
}
