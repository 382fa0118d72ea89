/* SPDX-License-Identifier: MIT */
/* gitkeys.def: what of a config goes in, and what of its changes comes back. */
#include <stdio.h>
#include <stdlib.h>

#include "git.h"
#include "gitexit.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static const struct {
	const char *key, *value;
	bool back;
} keys[] = {
	{ "branch.m.remote", "origin", true },
	{ "branch.a.b.merge", "refs/heads/m", true },
	{ "branch.m.remote", "ext::sh -c x", false },
	{ "branch.m.remote", "-x", false },
	{ "remote.o.url", "git@h:a/b.git", true },
	{ "remote.o.url", "https://h/a", true },
	{ "remote.o.url", "../up.git", true },
	{ "remote.o.url", "ext::sh -c x", false },
	{ "remote.o.url", "foo://h/x", false },
	{ "remote.o.url", "ext://h/x", false },
	{ "remote.o.url", "HTTPS://h/x", false },
	{ "remote.o.url", "a/https://h/x", false },
	{ "remote.o.url", "://h", false },
	{ "remote.o.url", "ssh://git@h:22/x", true },
	{ "remote.o.url", "git+ssh://h/x", true },
	{ "remote.o.url", "git@h:x/y.git", true },
	{ "remote.o.pushurl", "fd://3", false },
	{ "branch.m.remote", "foo://h/x", false },
	{ "submodule.s.url", "hg://h/x", false },
	{ "remote.o.url", "helper::x", false },
	{ "remote.o.url", "--upload-pack=x", false },
	{ "remote.o.url", "ssh://-oProxyCommand=x/a", false },
	{ "remote.o.url", "git@-oProxyCommand=x:a", false },
	{ "remote.o.url", "a\nb", false },
	{ "remote.o.url", "\x1b[2J", false },
	{ "remote.o.vcs", "x", false },
	{ "remote.o.uploadpack", "x", false },
	{ "remote.o.fetch", "+refs/heads/*:refs/remotes/o/*", true },
	{ "remote.a\nb.url", "x", false },
	{ "remote.--upload-pack=x.url", "https://h/a", false },
	{ "branch.-x.merge", "refs/heads/m", false },
	{ "submodule.s.active", NULL, true },
	{ "submodule.s.update", "!x", false },
	{ "user.name", "Ann", true },
	{ "user.signingkey", "x", false },
	{ "core.editor", "x", false },
	{ "core.worktree", "../../../s", false },
	{ "alias.x", "status", false },
	{ "include.path", "x", false },
	{ "url.x.insteadof", "y", false },
	{ "extensions.worktreeconfig", "true", false },
	{ "branch", "x", false },
};

START_TEST(keys_that_go_back)
{
	ck_assert_int_eq(git_goes_back(keys[_i].key, keys[_i].value, "/p", NULL), keys[_i].back);
}
END_TEST

static const struct {
	const char *key, *value, *program;
} programs[] = {
	{ "core.pager", "x", "x" },
	{ "core.editor", "x", "x" },
	{ "core.fsmonitor", "x", "x" },
	{ "core.sshcommand", "x", "x" },
	{ "core.askpass", "x", "x" },
	{ "core.gitproxy", "x", "x" },
	{ "core.alternaterefscommand", "x", "x" },
	{ "alias.x", "!x", "!x" },
	{ "alias.x.command", "!x", "!x" },
	{ "alias.x", "log --oneline", NULL },
	{ "browser.t.cmd", "x", "x" },
	{ "browser.t.path", "x", "x" },
	{ "credential.helper", "x", "x" },
	{ "credential.https://h.helper", "x", "x" },
	{ "diff.external", "x", "x" },
	{ "diff.d.command", "x", "x" },
	{ "diff.d.textconv", "x", "x" },
	{ "difftool.t.cmd", "x", "x" },
	{ "difftool.t.path", "x", "x" },
	{ "filter.f.clean", "x", "x" },
	{ "filter.f.smudge", "x", "x" },
	{ "filter.f.process", "x", "x" },
	{ "gc.recentobjectshook", "x", "x" },
	{ "gpg.program", "x", "x" },
	{ "gpg.ssh.program", "x", "x" },
	{ "gpg.ssh.defaultkeycommand", "x", "x" },
	{ "guitool.t.cmd", "x", "x" },
	{ "hook.h.command", "x", "x" },
	{ "imap.tunnel", "x", "x" },
	{ "instaweb.httpd", "x", "x" },
	{ "instaweb.browser", "x", "x" },
	{ "interactive.difffilter", "x", "x" },
	{ "lfs.extension.e.clean", "x", "x" },
	{ "lfs.extension.e.smudge", "x", "x" },
	{ "lfs.customtransfer.t.path", "x", "x" },
	{ "lfs.customtransfer.t.args", "x", "x" },
	{ "lfs.url", "x", NULL },
	{ "man.t.cmd", "x", "x" },
	{ "man.t.path", "x", "x" },
	{ "merge.d.driver", "x", "x" },
	{ "mergetool.t.cmd", "x", "x" },
	{ "mergetool.t.path", "x", "x" },
	{ "pager.log", "x", "x" },
	{ "remote.o.receivepack", "x", "x" },
	{ "remote.o.uploadpack", "x", "x" },
	{ "remote.o.vcs", "x", "x" },
	{ "remote.o.url", "ext::sh -c x", "sh -c x" },
	{ "remote.o.pushurl", "ext::x", "x" },
	{ "branch.b.remote", "ext::x", "x" },
	{ "remote.o.url", "https://h/a", NULL },
	{ "remote.o.fetch", "a::x", NULL },
	{ "remote.o.annex-cost-command", "x", "x" },
	{ "annex.post-update-command", "x", "x" },
	{ "annex.s-store-hook", "x", "x" },
	{ "sendemail.smtpserver", "x", "x" },
	{ "sendemail.i.tocmd", "x", "x" },
	{ "sequence.editor", "x", "x" },
	{ "submodule.s.update", "!x", "!x" },
	{ "svn.authorsprog", "x", "x" },
	{ "tar.tgz.command", "x", "x" },
	{ "tar.umask", "x", NULL },
	{ "tig.bind.main", "x", "x" },
	{ "trailer.t.cmd", "x", "x" },
	{ "trailer.t.command", "x", "x" },
	{ "uploadpack.packobjectshook", "x", "x" },
	{ "web.browser", "x", "x" },
	{ "help.browser", "x", "x" },
	{ "user.name", "x", NULL },
};

START_TEST(keys_that_name_programs)
{
	const char *got = git_program(programs[_i].key, programs[_i].value);

	ck_assert_msg(got == NULL ? programs[_i].program == NULL
				  : programs[_i].program != NULL && streq(got, programs[_i].program),
		      "%s", programs[_i].key);
}
END_TEST

START_TEST(keys_of_new_modules)
{
	static const char *const harmless[][2] = {
		{ "core.autocrlf", "input" },
		{ "core.eol", "lf" },
		{ "branch.a.b.description", "a text" },
		{ "merge.conflictstyle", "diff3" },
		{ "pull.ff", "only" },
		{ "push.default", "current" },
	};

	ck_assert(git_goes_back("core.worktree", "../../../s", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("core.worktree", "../../../../x", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("core.worktree", "../../hooks", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("core.worktree", "../..", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("core.worktree", "../../..", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("core.worktree", "../../../x/.GIT", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("core.worktree", "/p/s", "/p", "/p/.git/modules/s"));
	ck_assert(git_goes_back("core.bare", "false", "/p", "/p/.git/modules/s"));
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		ck_assert_msg(git_goes_back(harmless[i][0], harmless[i][1], "/p", "/p/.git/modules/s"), "%s",
			      harmless[i][0]);
	/* Each names a program or a file, or makes the host run one. */
	ck_assert(!git_goes_back("pull.twohead", "x", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("commit.template", "x", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("commit.gpgsign", "true", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("core.eol", "-x", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("core.fsmonitor", "x", "/p", "/p/.git/modules/s"));
	/* What is missing is fetched from there by the next command, `git status` above it, too. */
	ck_assert(!git_goes_back("remote.o.promisor", "true", "/p", "/p/.git/modules/s"));
	ck_assert(!git_goes_back("extensions.partialclone", "o", "/p", "/p/.git/modules/s"));
}
END_TEST

#define BASE \
	"[core]\n\tbare = false\n[remote \"o\"]\n\turl = a\n\tvcs = v\n[branch \"m\"]\n\tremote = " \
	"o\n\tmerge = m\n"
#define HOST \
	"[remote \"o\"]\n\turl = https://h/a\n\tpushurl = https://h/b\n\tfetch = f\n[branch " \
	"\"m\"]\n\tremote = o\n"

static const struct {
	const char *now, *before, *after, *want; /* want NULL: nothing goes back */
	const char *kept, *dropped, *met;
} merges[] = {
	{ BASE, BASE, BASE, NULL, "", "", "" },
	{ BASE, BASE, BASE "[user]\n\tname = x\n", BASE "[user]\n\tname = x\n", "user.name", "", "" },
	{ BASE, BASE, BASE "[core]\n\teditor = evil\n", NULL, "", "core.editor", "" },
	{ BASE, BASE, BASE "[core]\n\teditor = evil\n[user]\n\tname = x\n", BASE "[user]\n\tname = x\n",
	  "user.name", "core.editor", "" },
	/* a branch and a remote that are gone, with what else stood in their sections; of a remote all or nothing */
	{ BASE, BASE, "[core]\n\tbare = false\n", "[core]\n\tbare = false\n",
	  "remote.o.url remote.o.vcs branch.m.remote branch.m.merge", "", "" },
	{ HOST, HOST, "[remote \"o\"]\n\tfetch = f\n[branch \"m\"]\n\tremote = o\n", NULL, "",
	  "remote.o.url remote.o.pushurl", "" },
	{ HOST, HOST, "[branch \"m\"]\n\tremote = o\n", NULL, "",
	  "remote.o.url remote.o.pushurl remote.o.fetch", "" },
	{ HOST, HOST, "[remote \"o\"]\n\tpushurl = evil\n[branch \"m\"]\n\tremote = o\n", NULL, "",
	  "remote.o.pushurl remote.o.url remote.o.fetch", "" },
	{ HOST, HOST, "[remote \"o\"]\n\turl = https://h/a\n[branch \"m\"]\n\tremote = o\n",
	  "[remote \"o\"]\n\turl = https://h/a\n[branch \"m\"]\n\tremote = o\n",
	  "remote.o.pushurl remote.o.fetch", "", "" },
	{ "[remote \"o\"]\n\tpushurl = https://h/b\n", "[remote \"o\"]\n\tpushurl = https://h/b\n",
	  "[remote \"o\"]\n\turl = ./evil\n", NULL, "", "remote.o.url remote.o.pushurl", "" },
	/* a branch whose remote has no URL in the end: that one does not go back, or the host took it away */
	{ "", "", "[branch \"m\"]\n\tremote = x\n[remote \"x\"]\n\turl = foo://h/a\n\tfetch = f\n", NULL, "",
	  "branch.m.remote remote.x.url remote.x.fetch", "" },
	{ "", "", "[branch \"m\"]\n\tremote = x\n[remote \"x\"]\n\turl = ext::x\n\turl = https://h/a\n", NULL,
	  "", "branch.m.remote remote.x.url", "" },
	{ "", "[remote \"x\"]\n\turl = https://h/a\n",
	  "[branch \"m\"]\n\tremote = x\n[remote \"x\"]\n\turl = https://h/b\n", NULL, "", "branch.m.remote",
	  "remote.x.url" },
	{ "", "", "[branch \"m\"]\n\tremote = x\n[remote \"x\"]\n\turl = https://h/a\n\tfetch = f\n",
	  "[branch \"m\"]\n\tremote = x\n[remote \"x\"]\n\turl = https://h/a\n\tfetch = f\n",
	  "branch.m.remote remote.x.url remote.x.fetch", "", "" },
	{ BASE, BASE,
	  "[core]\n\tbare = false\n[remote \"o\"]\n\turl = a\n[branch \"m\"]\n\tremote = o\n\tmerge = m\n",
	  NULL, "", "remote.o.vcs", "" },
	{ BASE, BASE, "[remote \"o\"]\n\turl = a\n\tvcs = v\n[branch \"m\"]\n\tremote = o\n\tmerge = m\n",
	  NULL, "", "core.bare", "" },
	/* a fetch writes to refs of its own remote, and tags */
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = +refs/*:refs/*\n",
	  "[remote \"x\"]\n\turl = https://h/a\n", "remote.x.url", "remote.x.fetch", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = +refs/heads/x:refs/heads/master\n",
	  "[remote \"x\"]\n\turl = https://h/a\n", "remote.x.url", "remote.x.fetch", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = refs/heads/x:refs/stash\n",
	  "[remote \"x\"]\n\turl = https://h/a\n", "remote.x.url", "remote.x.fetch", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = +refs/heads/*:refs/remotes/o/*\n",
	  "[remote \"x\"]\n\turl = https://h/a\n", "remote.x.url", "remote.x.fetch", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = x:y\n",
	  "[remote \"x\"]\n\turl = https://h/a\n", "remote.x.url", "remote.x.fetch", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = +refs/heads/*:refs/remotes/x\n",
	  "[remote \"x\"]\n\turl = https://h/a\n", "remote.x.url", "remote.x.fetch", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = +refs/heads/*:refs/remotes/x/*\n",
	  "[remote \"x\"]\n\turl = https://h/a\n\tfetch = +refs/heads/*:refs/remotes/x/*\n",
	  "remote.x.url remote.x.fetch", "", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = refs/tags/*:refs/tags/*\n",
	  "[remote \"x\"]\n\turl = https://h/a\n\tfetch = refs/tags/*:refs/tags/*\n",
	  "remote.x.url remote.x.fetch", "", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = ^refs/heads/y\n",
	  "[remote \"x\"]\n\turl = https://h/a\n\tfetch = ^refs/heads/y\n", "remote.x.url remote.x.fetch", "",
	  "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = main\n",
	  "[remote \"x\"]\n\turl = https://h/a\n\tfetch = main\n", "remote.x.url remote.x.fetch", "", "" },
	{ "", "", "[remote \"x\"]\n\turl = https://h/a\n\tfetch = main:\n",
	  "[remote \"x\"]\n\turl = https://h/a\n\tfetch = main:\n", "remote.x.url remote.x.fetch", "", "" },
	/* the host changed the same key, to the same or to something else */
	{ "[user]\n\tname = x\n", "", "[user]\n\tname = x\n", NULL, "", "", "" },
	{ "[user]\n\tname = y\n", "", "[user]\n\tname = x\n", NULL, "", "", "user.name" },
	{ "# mine\n[user]\n\temail = y\n", "", "[user]\n\tname = x\n",
	  "# mine\n[user]\n\temail = y\n\tname = x\n", "user.name", "", "" },
	/* a path leads to a repository whose hooks a push runs, unless the host had it */
	{ BASE, BASE, BASE "[remote \"x\"]\n\turl = ./evil\n\tpushurl = https://h/x\n",
	  BASE "[remote \"x\"]\n\tpushurl = https://h/x\n", "remote.x.pushurl", "remote.x.url", "" },
	{ BASE, BASE, BASE "[remote \"x\"]\n\turl = file:///p/evil\n", NULL, "", "remote.x.url", "" },
	{ BASE, BASE, BASE "[branch \"n\"]\n\tpushRemote = evil\n", NULL, "", "branch.n.pushremote", "" },
	{ BASE, BASE, BASE "[branch \"n\"]\n\tremote = x\n[remote \"x\"]\n\turl = evil\n", NULL, "",
	  "branch.n.remote remote.x.url", "" },
	{ BASE, BASE, BASE "[branch \"n\"]\n\tremote = o\n[branch \"l\"]\n\tremote = .\n",
	  BASE "[branch \"n\"]\n\tremote = o\n[branch \"l\"]\n\tremote = .\n",
	  "branch.n.remote branch.l.remote", "", "" },
	{ BASE, BASE, BASE "[remote \"p\"]\n\turl = a\n", BASE "[remote \"p\"]\n\turl = a\n", "remote.p.url",
	  "", "" },
	/* one bad value of several, what can't be read, what has no section */
	{ "", "", "[remote \"o\"]\n\turl = a\n\turl = ext::x\n", NULL, "", "remote.o.url", "" },
	{ BASE, BASE, "[core\n", NULL, "", "all changes", "" },
	{ "[core\n", BASE, BASE "[user]\n\tname = x\n", NULL, "", "all changes", "" },
	{ "", "", "stray\n", NULL, "", "stray", "" },
};

static void check_list(const struct strv *got, const char *want)
{
	AUTO_FREE char *all = xstrdup("");

	for (size_t i = 0; i < got->n; i++) {
		char *more = xasprintf("%s%s%s", all, i > 0 ? " " : "", got->v[i]);

		free(all);
		all = more;
	}
	ck_assert_str_eq(all, want);
}

START_TEST(three_ways)
{
	struct gitexit_merge m;
	AUTO_FREE char *got =
	    gitexit_text(merges[_i].now, merges[_i].before, merges[_i].after, "/p", NULL, NULL, &m);

	check_list(&m.kept, merges[_i].kept);
	check_list(&m.dropped, merges[_i].dropped);
	check_list(&m.met, merges[_i].met);
	if (merges[_i].want == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, merges[_i].want);
	gitexit_merge_done(&m);
}
END_TEST

#define OTHER	"[remote \"o\"]\n\turl = https://h/a\n[branch \"m\"]\n\tremote = o\n\tmerge = m\n"
#define RENAMED "[remote \"n\"]\n\turl = https://h/a\n[branch \"m\"]\n\tremote = n\n\tmerge = m\n"

/* A remote that was removed inside: with its branches, or not at all. */
static const struct {
	const char *now, *before, *after;
	const char *taken; /* why the name "o" is; NULL: it is free */
	const char *want, *dropped, *stays;
} removals[] = {
	{ OTHER, OTHER, "", NULL, "", "", "" },
	{ OTHER, OTHER, "", "x", NULL, "remote.o.url branch.m.remote branch.m.merge", "o x" },
	{ OTHER, OTHER, "[branch \"m\"]\n\tremote = o\n", NULL, NULL, "remote.o.url branch.m.merge",
	  "o branch.m.remote names it still" },
	/* renamed: the new one has the URL, and the branch goes along; the old one goes where its name is free */
	{ OTHER, OTHER, RENAMED, NULL,
	  "[branch \"m\"]\n\tremote = n\n\tmerge = m\n[remote \"n\"]\n\turl = https://h/a\n", "", "" },
	{ OTHER, OTHER, RENAMED, "x",
	  "[remote \"o\"]\n\turl = https://h/a\n[branch \"m\"]\n\tremote = n\n\tmerge = m\n[remote "
	  "\"n\"]\n\turl = https://h/a\n",
	  "remote.o.url", "o x" },
	/* what the host has besides: not shown inside, another branch, changed */
	{ OTHER "[remote \"o\"]\n\tvcs = v\n", OTHER, "", NULL, NULL,
	  "remote.o.url branch.m.remote branch.m.merge",
	  "o the host's has remote.o.vcs, which is not as it was inside" },
	{ OTHER "[branch \"l\"]\n\tpushRemote = o\n", OTHER, "", NULL, NULL,
	  "remote.o.url branch.m.remote branch.m.merge", "o branch.l.pushremote names it still" },
	{ OTHER "[remote]\n\tpushDefault = o\n", OTHER, "", NULL, NULL,
	  "remote.o.url branch.m.remote branch.m.merge", "o remote.pushdefault names it still" },
	{ OTHER "[remote \"o\"]\n\turl = https://h/c\n", OTHER, "", NULL, NULL,
	  "remote.o.url branch.m.remote branch.m.merge",
	  "o the host's has remote.o.url, which is not as it was inside" },
	{ "", OTHER, "", "x", NULL, "", "" },
};

START_TEST(removed_remotes)
{
	AUTO_STRV struct strv taken = { 0 };
	AUTO_FREE char *got = NULL;
	struct gitexit_merge m;

	if (removals[_i].taken != NULL) {
		strv_add(&taken, "o");
		strv_add(&taken, removals[_i].taken);
	}
	got = gitexit_text(removals[_i].now, removals[_i].before, removals[_i].after, "/p", NULL, &taken, &m);
	check_list(&m.dropped, removals[_i].dropped);
	check_list(&m.stays, removals[_i].stays);
	if (removals[_i].want == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, removals[_i].want);
	gitexit_merge_done(&m);
}
END_TEST

START_TEST(changes_have_a_bound)
{
	AUTO_FREE char *after = xcalloc(1, 64 * 1024);
	struct gitexit_merge m;
	char *s = after;

	for (int i = 0; i < 300; i++)
		s += sprintf(s, "[branch \"b%d\"]\n\tmerge = x\n", i);
	ck_assert_ptr_null(gitexit_text("", "", after, "/p", NULL, NULL, &m));
	check_list(&m.dropped, "all changes");
	gitexit_merge_done(&m);
}
END_TEST

Suite *git_suite(void)
{
	Suite *s = suite_create("git");
	TCase *t = tcase_create("git");

	tcase_add_loop_test(t, keys_that_go_back, 0, (int)ARRAY_SIZE(keys));
	tcase_add_loop_test(t, keys_that_name_programs, 0, (int)ARRAY_SIZE(programs));
	tcase_add_test(t, keys_of_new_modules);
	tcase_add_loop_test(t, three_ways, 0, (int)ARRAY_SIZE(merges));
	tcase_add_loop_test(t, removed_remotes, 0, (int)ARRAY_SIZE(removals));
	tcase_add_test(t, changes_have_a_bound);
	suite_add_tcase(s, t);
	return s;
}
