/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "strv.h"
#include "tmptree.h"
#include "unit.h"
#include "util.h"
#include "versions.h"

static char *root;

static void make_root(void)
{
	root = tmptree_make();
}

static void remove_root(void)
{
	tmptree_remove(root);
}

static void put(const char *name, const char *text, mode_t mode)
{
	tmptree_put(root, name, text, mode);
}

/* What is said of an agent whose program is that file. */
static char *said(const char *target)
{
	AUTO_FREE char *path = path_join(root, target);

	return versions_agent(path);
}

#define NPM "lib/node_modules/@anthropic-ai/claude-code/"

START_TEST(a_package_tells_its_version)
{
	AUTO_FREE char *v = NULL;

	put(NPM "bin/cli.js", "#!", 0755);
	put(NPM "package.json", "{\"name\":\"@anthropic-ai/claude-code\",\"version\":\"2.0.14\"}", 0644);
	v = said(NPM "bin/cli.js");
	ck_assert_str_eq(v, "2.0.14 (npm)");
}
END_TEST

START_TEST(another_package_or_a_hostile_version_tells_nothing)
{
	static const char *const texts[] = {
		"{\"name\":\"other\",\"version\":\"2.0.14\"}",
		"{\"name\":\"@anthropic-ai/claude-code\",\"version\":\"2 \\u001b[31m\"}",
		"{\"name\":\"@anthropic-ai/claude-code\",\"version\":2}",
		"{\"name\":\"@anthropic-ai/claude-code\"}",
		"[]",
		"{",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_FREE char *v = NULL;

		put(NPM "cli.js", "#!", 0755);
		put(NPM "package.json", texts[i], 0644);
		v = said(NPM "cli.js");
		ck_assert_msg(str_starts(v, "unknown version, 2 bytes of "), "%s: %s", texts[i], v);
	}
}
END_TEST

START_TEST(the_native_installer_names_the_file_by_it)
{
	AUTO_FREE char *v = NULL;

	put("share/claude/versions/1.0.110", "x", 0755);
	v = said("share/claude/versions/1.0.110");
	ck_assert_str_eq(v, "1.0.110 (native)");
}
END_TEST

START_TEST(no_agent_is_no_version)
{
	ck_assert_ptr_null(said("bin/claude"));
}
END_TEST

START_TEST(nix_is_known_by_its_store)
{
	AUTO_STRV struct strv env = { 0 };
	AUTO_FREE char *v = NULL;

	/* Not in a store, so that it tells nothing. */
	put("bin/nix", "x", 0755);
	strv_addf(&env, "PATH=relative:%s/bin", root);
	v = versions_nix(env.v);
	ck_assert(access("/nix/store", F_OK) == 0 ? streq(v, "store") : v == NULL);
}
END_TEST

Suite *versions_suite(void)
{
	Suite *s = suite_create("versions");
	TCase *tc = tcase_create("versions");

	tcase_add_checked_fixture(tc, make_root, remove_root);
	tcase_add_test(tc, a_package_tells_its_version);
	tcase_add_test(tc, another_package_or_a_hostile_version_tells_nothing);
	tcase_add_test(tc, the_native_installer_names_the_file_by_it);
	tcase_add_test(tc, no_agent_is_no_version);
	tcase_add_test(tc, nix_is_known_by_its_store);
	suite_add_tcase(s, tc);
	return s;
}
