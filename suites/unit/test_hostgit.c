/* SPDX-License-Identifier: MIT */
/* git's directories and configs as host facts: of repositories that git itself made, and of forged ones. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "host.h"
#include "mem.h"
#include "path.h"
#include "unit.h"
#include "util.h"

static char base[64];

static void sh(const char *script)
{
	AUTO_FREE char *cmd = xasprintf("cd %s && { export HOME=$PWD/home GIT_CONFIG_NOSYSTEM=1 "
					"GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b "
					"GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; %s; } >/dev/null 2>&1",
					base, script);

	ck_assert_msg(system(cmd) == 0, "%s", cmd);
}

static void setup(void)
{
	strcpy(base, "/tmp/hostgit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	sh("mkdir home && git init -q -b main p && git -C p commit -q --allow-empty -m 1");
}

static void teardown(void)
{
	AUTO_FREE char *cmd = xasprintf("rm -rf %s", base);

	ck_assert_int_eq(system(cmd), 0);
}

/* Facts of a launch in base/NAME, with one variable more, or NULL. */
static void load_with(const char *name, char *variable, struct host *ret)
{
	AUTO_FREE char *home = xasprintf("HOME=%s/home", base);
	char *const env[] = { home, variable, NULL };
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct host_source src = { .rootfd = root, .env = env };
	struct conf conf = { .project = path_join(base, name) };
	struct diag d = { 0 };

	ck_assert_msg(host_load(&src, &conf, ret, &d) == 0, "%s", d.msg);
	ret->env = NULL;
	free(conf.project);
}

static void load(const char *name, struct host *ret)
{
	load_with(name, NULL, ret);
}

/* "KIND path below base|..." */
static char *dirs(const struct host *h)
{
	static const char kinds[] = "RMW";
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	for (size_t i = 0; i < h->git.n; i++)
		fprintf(f, "%s%c %s", i > 0 ? "|" : "", kinds[h->git.dir[i].kind],
			h->git.dir[i].path + strlen(base) + 1);
	fclose(f);
	return out;
}

START_TEST(own_lists)
{
	AUTO_FREE char *got = NULL;
	struct host h;

	sh("git init -q lib && git -C lib commit -q --allow-empty -m 1 && cd p && "
	   "git -c protocol.file.allow=always submodule add -q ../lib deep/lib && git worktree add -q ../wt "
	   "&& "
	   "git worktree add -q in/side");
	load("p", &h);
	got = dirs(&h);
	ck_assert_str_eq(got,
			 "R p/.git|W p/.git/worktrees/side|W p/.git/worktrees/wt|M p/.git/modules/deep/lib");
	ck_assert_int_eq(h.git.type, HOST_DIR);
	ck_assert_int_eq(h.git.dir[0].config_type, HOST_FILE);
	ck_assert_ptr_nonnull(strstr(h.git.dir[0].config.bytes, "repositoryformatversion"));
	ck_assert_ptr_nonnull(strstr(h.git.dir[3].config.bytes, "worktree"));
	host_done(&h);
}
END_TEST

START_TEST(links_are_not_followed)
{
	AUTO_FREE char *got = NULL;
	struct host h;

	sh("mkdir -p out/m && touch out/m/HEAD && cp p/.git/config out/c && ln -s $PWD/out p/.git/modules && "
	   "ln -sf ../../out/c p/.git/config");
	load("p", &h);
	got = dirs(&h);
	ck_assert_str_eq(got, "R p/.git");
	ck_assert_int_eq(h.git.dir[0].config_type, HOST_LINK);
	ck_assert_ptr_null(h.git.dir[0].config.bytes);
	host_done(&h);
	sh("rm p/.git/config && mkfifo p/.git/config");
	load("p", &h);
	ck_assert_int_eq(h.git.dir[0].config_type, HOST_FIFO);
	host_done(&h);
	sh("mv p/.git real && ln -s ../real p/.git");
	load("p", &h);
	ck_assert_int_eq(h.git.type, HOST_LINK);
	ck_assert_uint_eq(h.git.n, 0);
	host_done(&h);
}
END_TEST

START_TEST(linked_worktree)
{
	AUTO_FREE char *got = NULL;
	AUTO_FREE char *dir = xasprintf("%s/p/.git/worktrees/wt", base);
	AUTO_FREE char *common = xasprintf("%s/p/.git", base);
	AUTO_FREE char *back = xasprintf("%s/wt/.git", base);
	struct host h;

	sh("git -C p worktree add -q ../wt");
	load("wt", &h);
	ck_assert_int_eq(h.git.type, HOST_FILE);
	ck_assert_str_eq(h.git.link.dir, dir);
	ck_assert_str_eq(h.git.link.common, common);
	ck_assert_str_eq(h.git.link.back, back);
	ck_assert(h.git.link.is_repository);
	got = dirs(&h);
	ck_assert_str_eq(got, "R p/.git|W p/.git/worktrees/wt");
	host_done(&h);
	/* Nothing there says that it is this project's. */
	sh("mkdir -p home/.ssh forged && echo k >home/.ssh/id && echo gitdir: $HOME/.ssh >forged/.git");
	load("forged", &h);
	ck_assert_ptr_null(h.git.link.back);
	ck_assert(!h.git.link.is_repository && h.git.n == 0);
	host_done(&h);
	sh("echo gitdir: ../p/.git/worktrees/wt >forged/.git");
	load("forged", &h);
	ck_assert_str_eq(h.git.link.back, back);
	host_done(&h);
}
END_TEST

START_TEST(user_config)
{
	struct host h;
	const char *u;

	sh("cd home && mkdir -p .config/git .ssh work && printf '[user]\\n\\tname = Xdg\\n' "
	   ">.config/git/config && "
	   "printf '[user]\\n\\temail = e@x\\n[include]\\n\\tpath = one\\n\\tpath = .ssh/secret\\n\\tpath = "
	   "fifo\\n"
	   "\\tpath = none\\n[includeIf \"gitdir:../p/\"]\\n\\tpath = never\\n[includeIf "
	   "\"gitdir:p/\"]\\n\\tpath = two\\n"
	   "[includeIf \"onbranch:ma*\"]\\n\\tpath = three\\n[includeIf \"onbranch:x\"]\\n\\tpath = never\\n"
	   "[includeIf \"hasconfig:remote.*.url:https://h/**\"]\\n\\tpath = four\\n' >.gitconfig && "
	   "printf '[color]\\n\\tui = one\\n[include]\\n\\tpath = one\\n' >one && printf '[a]\\nkey = "
	   "canary\\n' >.ssh/secret && "
	   "mkfifo fifo && printf '[a]\\n\\ttwo\\n' >two && printf '[a]\\n\\tthree = 3\\n' >three && "
	   "printf '[a]\\n\\tfour = 4\\n' >four && printf '[a]\\n\\tnever = 4\\n' >never && "
	   "git -C ../p remote add o https://h/a/b && mkfifo ../p/.git/x");
	load("p", &h);
	u = h.git.user;
	ck_assert_ptr_nonnull(u);
	ck_assert(str_starts(u, "[user]\n\tname = Xdg\n[user]\n\temail = e@x\n[color]\n\tui = one\n"));
	ck_assert_ptr_nonnull(strstr(u, "[a]\n\ttwo\n[a]\n\tthree = 3\n[a]\n\tfour = 4\n"));
	ck_assert_ptr_null(strstr(u, "never"));
	ck_assert_ptr_null(strstr(u, "canary"));
	ck_assert(h.git.problem.n >= 3); /* the loop, the secret, the FIFO */
	host_done(&h);
	sh("printf '[a\\n' >home/.gitconfig");
	load("p", &h);
	ck_assert_uint_eq(h.git.problem.n, 1);
	ck_assert_ptr_nonnull(strstr(h.git.problem.v[0], ".gitconfig: line 2 is no git config"));
	host_done(&h);
}
END_TEST

/* In place of both files of the home, as git reads it; an empty one: of none. */
START_TEST(another_user_config)
{
	AUTO_FREE char *variable = xasprintf("GIT_CONFIG_GLOBAL=%s/mine", base);
	char empty[] = "GIT_CONFIG_GLOBAL=", relative[] = "GIT_CONFIG_GLOBAL=mine";
	struct host h;

	sh("printf '[user]\\n\\tname = Mine\\n' >mine && printf '[user]\\n\\tname = Home\\n' "
	   ">home/.gitconfig");
	load("p", &h);
	ck_assert_str_eq(h.git.user, "[user]\n\tname = Home\n");
	host_done(&h);
	load_with("p", variable, &h);
	ck_assert_str_eq(h.git.user, "[user]\n\tname = Mine\n");
	host_done(&h);
	load_with("p", empty, &h);
	ck_assert_ptr_null(h.git.user);
	ck_assert_uint_eq(h.git.problem.n, 0);
	host_done(&h);
	load_with("p", relative, &h);
	ck_assert_ptr_null(h.git.user);
	ck_assert_str_eq(h.git.problem.v[0], "mine: GIT_CONFIG_GLOBAL is no absolute path");
	host_done(&h);
}
END_TEST

Suite *hostgit_suite(void)
{
	Suite *s = suite_create("hostgit");
	TCase *t = tcase_create("hostgit");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, own_lists);
	tcase_add_test(t, links_are_not_followed);
	tcase_add_test(t, linked_worktree);
	tcase_add_test(t, user_config);
	tcase_add_test(t, another_user_config);
	suite_add_tcase(s, t);
	return s;
}
