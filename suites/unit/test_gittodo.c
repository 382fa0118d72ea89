/* SPDX-License-Identifier: MIT */
/* What of a rebase, cherry-pick or am that stopped half-way starts a program, or has git write elsewhere. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gittodo.h"
#include "inodetime.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static const struct {
	char *(*judge)(char *text);
	const char *text, *what;
} cases[] = {
	{ gittodo_list, "pick 1234567 exec x\nlabel onto\n", NULL },
	{ gittodo_list, "pick 1234567 x\n\t exec  touch a; b\nx c\n", "touch a; b" },
	{ gittodo_list, "x\tc", "c" },
	{ gittodo_strategy, "ort\n", NULL },
	{ gittodo_strategy, "recursive\r\n", NULL },
	{ gittodo_strategy, "subtree", NULL },
	{ gittodo_strategy, "octopus\n", NULL },
	{ gittodo_strategy, "a/b\n", "git-merge-a/b" },
	{ gittodo_strategy, "../ours\n", "git-merge-../ours" },
	{ gittodo_strategy, "ort\n\n", "git-merge-ort\n" },
	{ gittodo_strategy, "ORT\n", "git-merge-ORT" },
	{ gittodo_strategy, "", "git-merge-" },
	{ gittodo_options, "", NULL },
	{ gittodo_options, "[options]\n\tstrategy = ort\n\tstrategy-option = theirs\n\tmainline = 1\n",
	  NULL },
	{ gittodo_options, "[options]\n\tedit = false\n\tgpg-sign = a/b\n", NULL },
	{ gittodo_options, "[options]\n\tstrategy = a/b\n", "git-merge-a/b" },
	{ gittodo_options, "[OPTIONS] Strategy=\"a/\"b # c\n", "git-merge-a/b" },
	{ gittodo_options, "[options]\nstrategy = a\\\n/b", "git-merge-a/b" },
	{ gittodo_options, "\xef\xbb\xbf[options]\nstrategy = ort\nstrategy = x", "git-merge-x" },
	{ gittodo_options, "[options \"x\"]\nstrategy = a/b\n", NULL },
	{ gittodo_options, "[options\nstrategy = a/b\n",
	  "what it says: it is no list of options as git writes it" },
	{ gittodo_apply_opt, "\n", NULL },
	{ gittodo_apply_opt, " '--directory=it'\\''s' '-p2' '-C1' '--reject' '--whitespace=fix'\n", NULL },
	{ gittodo_apply_opt, "'--exclude=a --build-fake-ancestor=x' '--include=b'", NULL },
	{ gittodo_apply_opt, "'-p2' '--build-fake-ancestor=x'\n", "'--build-fake-ancestor=x'" },
	{ gittodo_apply_opt, "'--exclude='\\''' '--bu=x'", "'--bu=x'" },
	{ gittodo_apply_opt, "'-p2'\t\n'--bu=x'", "'--bu=x'" },
	{ gittodo_apply_opt, "--reject", "--reject" },
	{ gittodo_apply_opt, "'--reject", "'--reject" },
};

START_TEST(what_starts_a_program_is_found)
{
	AUTO_FREE char *text = xstrdup(cases[_i].text);
	AUTO_FREE char *what = cases[_i].judge(text);

	if (cases[_i].what == NULL)
		ck_assert_ptr_null(what);
	else
		ck_assert_str_eq(what, cases[_i].what);
}
END_TEST

static char base[64];

static void sh(const char *script)
{
	AUTO_FREE char *cmd = xasprintf("cd %s && { %s; }", base, script);

	ck_assert_msg(system(cmd) == 0, "%s", cmd);
}

static void setup(void)
{
	strcpy(base, "/tmp/gittodo-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	sh("mkdir -p worktrees/wt old/rebase-merge");
	sh("printf '[options]\\nstrategy = a/b\\n' >opts; echo a/b >strategy; echo a/b "
	   ">old/rebase-merge/strategy");
}

static void teardown(void)
{
	AUTO_FREE char *cmd = xasprintf("rm -rf %s", base);

	ck_assert_int_eq(system(cmd), 0);
}

/* What the account has of that git directory, line by line, after the script; each is about how it goes on. Owned. */
static char *said(const char *before, const char *script)
{
	char none[] = "";
	struct policy_git_config config = { .dir = base, .path = base, .repository = true, .copy = none };
	const struct policy policy = { .git = { .config = &config, .n = 1 } };
	struct account account = { 0 };
	AUTO_FREE char *all = NULL;
	struct timespec now, since;
	int dir = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);

	sh(before);
	clock_gettime(CLOCK_REALTIME, &now);
	since = inodetime_after(now);
	sh(script);
	gittodo_say(&account, &policy, &dir, since);
	all = xstrdup("");
	for (size_t i = 0; i < account.n; i++) {
		char *more = xasprintf("%s%s\n", all, account.fact[i].text + strlen(base) + 1);

		ck_assert_int_eq(account.fact[i].severity, ACCOUNT_SECURITY);
		free(all);
		all = more;
	}
	account_done(&account);
	close(dir);
	return TAKE_PTR(all);
}

static const struct {
	const char *before, *script, *said;
} sessions[] = {
	{ "mkdir sequencer rebase-merge; mv opts sequencer; mv strategy rebase-merge", ":", "" },
	{ "mkdir sequencer", "mv opts sequencer",
	  "sequencer/opts was written inside: git cherry-pick --continue, or git revert --continue, would "
	  "run: "
	  "git-merge-a/b\n" },
	{ ":", "mkdir rebase-merge; mv strategy rebase-merge",
	  "rebase-merge/strategy was written inside: git rebase --continue would run: git-merge-a/b\n" },
	{ ":", "mkdir rebase-merge; echo ort >rebase-merge/strategy", "" },
	/* Made before, it comes with its directory: the file has the old time. */
	{ ":", "mv old/rebase-merge .",
	  "rebase-merge/strategy was written inside: git rebase --continue would run: git-merge-a/b\n" },
	{ ":", "mv old worktrees",
	  "worktrees/old/rebase-merge/strategy was written inside: git rebase --continue would run: "
	  "git-merge-a/b\n" },
	{ "mv old/rebase-merge worktrees/wt", ":", "" },
	{ ":", "mkdir worktrees/wt/sequencer; mv opts worktrees/wt/sequencer",
	  "worktrees/wt/sequencer/opts was written inside: git cherry-pick --continue, or git revert "
	  "--continue, would run: git-merge-a/b\n" },
	{ ":", "mkdir rebase-apply; echo \"'--build-fake-ancestor=/x'\" >rebase-apply/apply-opt",
	  "rebase-apply/apply-opt was written inside: git am --continue would give git apply: "
	  "'--build-fake-ancestor=/x'\n" },
	{ ":", "mkdir sequencer; ln -s ../opts sequencer/opts",
	  "sequencer/opts can't be read (Too many levels of symbolic links): look at it before git "
	  "cherry-pick --continue, or git revert --continue,\n" },
	{ ":", "mkdir x; mv strategy x; ln -s x rebase-merge",
	  "rebase-merge can't be read (Not a directory): look at it before git rebase "
	  "--continue\n" },
	{ "mkdir -p rebase-merge/rewritten", ":", "" },
	{ ":", "mkdir -p rebase-merge/rewritten",
	  "rebase-merge/rewritten was written inside: git rebase --continue of a git before 2.34 would run: "
	  "the author-script beside it\n" },
};

START_TEST(what_was_written_inside_is_named)
{
	AUTO_FREE char *all = said(sessions[_i].before, sessions[_i].script);

	ck_assert_str_eq(all, sessions[_i].said);
}
END_TEST

Suite *gittodo_suite(void)
{
	Suite *s = suite_create("gittodo");
	TCase *t = tcase_create("gittodo");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_starts_a_program_is_found, 0, ARRAY_SIZE(cases));
	tcase_add_loop_test(t, what_was_written_inside_is_named, 0, ARRAY_SIZE(sessions));
	suite_add_tcase(s, t);
	return s;
}
