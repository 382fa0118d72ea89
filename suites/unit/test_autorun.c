/* SPDX-License-Identifier: MIT */
/* Which names the host acts on, and what a policy makes of those that were found. */
#include <string.h>

#include "autorun.h"
#include "mem.h"
#include "path.h"
#include "unit.h"
#include "util.h"

static const struct {
	const char *dir, *name;
	bool root, held;
} names[] = {
	{ "/p", ".vscode", true, true },
	{ "/p/a/b", ".vscode", false, true },
	{ "/p", ".vscodes", true, false },
	{ "/p", "x.code-workspace", true, true },
	{ "/p", "code-workspace", true, false },
	{ "/p/.cargo", "config.toml", false, true },
	{ "/p/cargo", "config.toml", false, false },
	{ "/p", "config.toml", true, false },
	{ "/p", ".claude-sandbox.json", true, true },
	{ "/p/a", ".claude-sandbox.json", false, false },
	{ "/p", ".gitmodules", true, false },
	{ "/p", "CLAUDE.md", true, false },
	{ "/p", "hooks", true, false },
	{ "/p", "config", true, false },
	{ "/p", "Makefile", true, false },
	{ "/p/a/.hg", "hgrc", false, true },
	{ "/p", "hgrc", true, false },
	{ "/p/.direnv", "flake-profile-1.rc", false, true },
	{ "/p/.direnv", "flake-profile-1", false, false },
	{ "/p", "flake-profile-1.rc", true, false },
	{ "/p/.github", "hooks", false, true },
	{ "/p", ".github", true, false },
	{ "/p", ".venv", true, false },
	{ "/p/a", ".ctags.d", false, true },
	{ "/p/a", "hie.yaml", false, true },
	{ "/p", "", true, false },
};

START_TEST(a_name_is_held_by_its_place)
{
	const struct autorun_row *row = autorun_find(names[_i].dir, names[_i].name, names[_i].root);

	ck_assert_int_eq(row != NULL && row->at_start == AUTORUN_READ_ONLY, names[_i].held);
	ck_assert(row == NULL || autorun_may_be(names[_i].name));
}
END_TEST

/* A project, a read-only bind in it, and a writable one beside it. */
struct made {
	struct policy policy;
	struct autorun_found found;
};

static void make(struct made *m)
{
	*m = (struct made){ 0 };
	policy_add(&m->policy, POLICY_WRITE, POLICY_PROJECT, "/p", xstrdup("/p"), true, xstrdup("project"));
	policy_add(&m->policy, POLICY_READ, POLICY_EXTRA, "/p/ro", xstrdup("/p/ro"), true, xstrdup("ro"));
	policy_add(&m->policy, POLICY_WRITE, POLICY_EXTRA, "/q", xstrdup("/q"), true, xstrdup("rw"));
}

static void add(struct made *m, enum autorun_what what, const char *path, bool is_dir)
{
	autorun_put(&m->found, what, xstrdup(path), is_dir, xstrdup("test"));
}

static void unmake(struct made *m)
{
	policy_done(&m->policy);
	autorun_found_done(&m->found);
}

static enum policy_access access_of(const struct made *m, const char *path)
{
	for (size_t i = 0; i < m->policy.nentry; i++)
		if (m->policy.entry[i].part == POLICY_AUTORUN && streq(m->policy.entry[i].path, path))
			return m->policy.entry[i].access;
	return POLICY_ACCESSES;
}

START_TEST(what_was_found_is_read_only_and_each_directory_above_pinned_once)
{
	struct made m;

	make(&m);
	add(&m, AUTORUN_PROTECT, "/p/a/b/.vscode", true);
	add(&m, AUTORUN_PROTECT, "/p/a/.envrc", false);
	add(&m, AUTORUN_PIN, "/p/.git", true);
	add(&m, AUTORUN_PROTECT, "/p/.git/hooks", true);
	add(&m, AUTORUN_PROTECT, "/p/.git/modules/x/hooks", true);
	add(&m, AUTORUN_PIN, "/p/link", false);
	add(&m, AUTORUN_PROTECT, "/q/.mcp.json", false);
	autorun_add(&m.policy, &m.found);
	ck_assert_int_eq(access_of(&m, "/p/a/b/.vscode"), POLICY_READ);
	ck_assert_int_eq(access_of(&m, "/p/a/.envrc"), POLICY_READ);
	ck_assert_int_eq(access_of(&m, "/p/.git/hooks"), POLICY_READ);
	ck_assert_int_eq(access_of(&m, "/q/.mcp.json"), POLICY_READ);
	ck_assert_int_eq(access_of(&m, "/p/.git"), POLICY_ACCESSES);
	ck_assert_uint_eq(m.policy.pin.n, 6);
	ck_assert_str_eq(m.policy.pin.v[0], "/p/.git");
	ck_assert_str_eq(m.policy.pin.v[1], "/p/.git/modules");
	ck_assert_str_eq(m.policy.pin.v[2], "/p/.git/modules/x");
	ck_assert_str_eq(m.policy.pin.v[3], "/p/a");
	ck_assert_str_eq(m.policy.pin.v[4], "/p/a/b");
	ck_assert_str_eq(m.policy.pin.v[5], "/p/link");
	unmake(&m);
}
END_TEST

START_TEST(what_is_part_of_another_or_read_only_anyway_is_left_out)
{
	struct made m;

	make(&m);
	add(&m, AUTORUN_PROTECT, "/p/.claude", true);
	add(&m, AUTORUN_PROTECT, "/p/.claude/.mcp.json", false);
	add(&m, AUTORUN_PROTECT, "/p/.claude", true);
	add(&m, AUTORUN_PROTECT, "/p/ro/.vscode", true);
	autorun_add(&m.policy, &m.found);
	ck_assert_uint_eq(m.policy.nentry, 4);
	ck_assert_int_eq(access_of(&m, "/p/.claude"), POLICY_READ);
	ck_assert_uint_eq(m.policy.pin.n, 0);
	unmake(&m);
}
END_TEST

START_TEST(an_opening_opens_that_path_and_no_other)
{
	struct made m;

	make(&m);
	strv_add(&m.policy.allow_autorun, "/p/.husky");
	strv_add(&m.policy.allow_autorun, "/p/.claude/skills");
	add(&m, AUTORUN_PROTECT, "/p/.husky", true);
	add(&m, AUTORUN_PROTECT, "/p/.husky2", true);
	add(&m, AUTORUN_PROTECT, "/p/.claude", true);
	add(&m, AUTORUN_OPEN, "/p/.claude/skills", true);
	add(&m, AUTORUN_OPEN, "/p/.husky", true);
	autorun_add(&m.policy, &m.found);
	ck_assert_int_eq(access_of(&m, "/p/.husky"), POLICY_ACCESSES);
	ck_assert_int_eq(access_of(&m, "/p/.husky2"), POLICY_READ);
	ck_assert_int_eq(access_of(&m, "/p/.claude"), POLICY_READ);
	ck_assert_int_eq(access_of(&m, "/p/.claude/skills"), POLICY_WRITE);
	unmake(&m);
}
END_TEST

Suite *autorun_suite(void)
{
	Suite *s = suite_create("autorun");
	TCase *t = tcase_create("autorun");

	tcase_add_loop_test(t, a_name_is_held_by_its_place, 0, (int)ARRAY_SIZE(names));
	tcase_add_test(t, what_was_found_is_read_only_and_each_directory_above_pinned_once);
	tcase_add_test(t, what_is_part_of_another_or_read_only_anyway_is_left_out);
	tcase_add_test(t, an_opening_opens_that_path_and_no_other);
	suite_add_tcase(s, t);
	return s;
}
