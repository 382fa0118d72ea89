/* SPDX-License-Identifier: MIT */
/* What is said of worktrees that git made in the sandbox's own files: records of a repository on a real disk. */
#include "gitgone.h"

#include <fcntl.h>
#include <string.h>

#include "inodetime.h"
#include "mem.h"
#include "path.h"
#include "tmptree.h"
#include "unit.h"
#include "util.h"

/* How many worktrees are made, and what the account has of them then. */
static const struct {
	int records;
	size_t notes, details;
	const char *more; /* in the last note */
} cases[] = {
	{ 0, 0, 0, NULL },
	{ 4, 4, 0, NULL },
	{ 6, 5, 2, "2 more worktrees lay in the sandbox's own files, which are gone (-v names them)" },
	{ 256, 5, 252, "252 more worktrees" },
	{ 257, 6, 252, "more than 256" },
};

START_TEST(each_lost_worktree_is_named_or_counted)
{
	char *root = tmptree_make(), copy[] = "";
	AUTO_FREE char *git = path_join(root, ".git");
	struct policy_entry entry = {
		.access = POLICY_WRITE, .part = POLICY_PROJECT, .path = root, .is_dir = true
	};
	struct policy_git_config config = { .dir = git, .repository = true, .copy = copy };
	struct policy policy = {
		.project = root, .entry = &entry, .nentry = 1, .git = { .config = &config, .n = 1 }
	};
	struct timespec since = inodetime_after((struct timespec){ 0 });
	size_t notes = 0, details = 0;
	struct account account = { 0 };
	const char *last = NULL;
	int dir;

	tmptree_put(root, ".git/HEAD", "ref: refs/heads/main\n", 0600);
	/* Of the host's own one nothing is said. */
	tmptree_put(root, ".git/worktrees/kept/gitdir", "../../../kept/.git\n", 0600);
	strv_addf(&policy.git.admin, "%s/worktrees/kept", git);
	for (int i = 0; i < cases[_i].records; i++) {
		AUTO_FREE char *name = xasprintf(".git/worktrees/w%d/gitdir", i);
		AUTO_FREE char *text = xasprintf("/fresh/w%d/.git\n", i);

		tmptree_put(root, name, text, 0600);
	}
	dir = open(git, O_PATH | O_DIRECTORY | O_CLOEXEC);
	gitgone_lost(&account, &policy, &dir, since);
	for (size_t i = 0; i < account.n; i++) {
		const struct account_fact *f = &account.fact[i];

		notes += f->severity == ACCOUNT_NOTE;
		details += f->severity == ACCOUNT_DETAIL;
		if (f->severity == ACCOUNT_NOTE)
			last = f->text;
	}
	ck_assert_uint_eq(notes, cases[_i].notes);
	ck_assert_uint_eq(details, cases[_i].details);
	if (cases[_i].more != NULL)
		ck_assert_msg(strstr(last, cases[_i].more) != NULL, "%s", last);
	mem_close_fd(&dir);
	account_done(&account);
	strv_done(&policy.git.admin);
	tmptree_remove(root);
}
END_TEST

Suite *gitgone_suite(void)
{
	Suite *s = suite_create("gitgone");
	TCase *t = tcase_create("gitgone");

	tcase_add_loop_test(t, each_lost_worktree_is_named_or_counted, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, t);
	return s;
}
