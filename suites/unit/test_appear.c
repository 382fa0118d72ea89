/* SPDX-License-Identifier: MIT */
/* What is watched while a session runs, on a real directory. */
#include "appear.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appearwalk.h"
#include "baddisk.h"
#include "deadline.h"
#include "inodetime.h"
#include "mem.h"
#include "path.h"
#include "tmptree.h"
#include "unit.h"
#include "userns.h"
#include "util.h"

#define FLOOD 6000 /* names: fewer than the kernel keeps for us, more than are read at once */
#define HELD  2000 /* of them, by far, at a time */

static bool is_ready(const struct appear *a, int ms)
{
	struct pollfd p = { appear_fd(a), POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

/* What a session without a home lends. */
struct session {
	struct policy_entry entry;
	struct policy policy;
	char *env[1];
	struct quarantine quarantine;
};

static struct appear *begin(struct session *s, char *root, const int *tree)
{
	*s = (struct session){
		.entry = { .access = POLICY_WRITE, .part = POLICY_PROJECT, .path = root, .is_dir = true }
	};
	s->policy = (struct policy){ .project = root, .entry = &s->entry, .nentry = 1 };
	quarantine_begin(&s->quarantine, &s->policy, s->env);
	return appear_start(&(struct appear_opts){ .policy = &s->policy,
						   .quarantine = &s->quarantine,
						   .tree = tree,
						   .ntree = 1,
						   .since = inodetime_after((struct timespec){ 0 }),
						   .later = true });
}

/* The supervisor has other work, too: it is never long with the names that somebody inside makes without end. */
START_TEST(a_step_takes_a_part_of_a_flood)
{
	char *root = tmptree_make();
	AUTO_FREE char *kept = path_join(root, "kept.code-workspace");
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);

	while (a->nwatch == 0) {
		ck_assert(is_ready(a, 60000));
		ck_assert(appear_step(a));
	}
	tmptree_flood(tree, FLOOD);
	tmptree_put(root, "kept.code-workspace", "", 0600);
	ck_assert(appear_step(a));
	ck_assert_msg(!strv_has(&a->named, kept), "one step read all of it");
	/* The rest comes, step by step, and none is forgotten. */
	while (!strv_has(&a->named, kept)) {
		ck_assert(is_ready(a, 60000));
		ck_assert(appear_step(a));
		ck_assert_uint_le(a->nsettling, HELD);
	}
	appear_end(&account, a);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

static const struct account_fact *unwatched(const struct account *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->fact[i].kind == ACCOUNT_WEAKER && a->fact[i].severity == ACCOUNT_NOTE)
			return &a->fact[i];
	return NULL;
}

/*
 * Where the user's watches are used up, he is told that not all is moved away before the end: at once, or at the end
 * when the terminal is the command's, which would paint over it.
 */
START_TEST(without_watches_it_is_said)
{
	const bool later = _i == 1;
	const char *tell = "looked for at the end of the session",
		   *helps = "sysctl fs.inotify.max_user_watches=";
	char *root = tmptree_make(), text[4096] = "";
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int said = memfd_create("said", MFD_CLOEXEC);
	AUTO_CLOSE int err = dup(2);
	const struct account_fact *fact;
	struct session s;
	struct account account = { 0 };
	struct appear *a;

	for (char name[] = "a"; *name <= 'e'; (*name)++)
		ck_assert_int_eq(mkdirat(tree, name, 0755), 0);
	ck_assert(userns_enter() && userns_write("/proc/sys/user/max_inotify_watches", "3"));
	dup2(said, 2);
	a = begin(&s, root, &tree);
	a->o.later = later;
	while (!a->full && is_ready(a, 60000) && appear_step(a))
		;
	appear_end(&account, a);
	dup2(err, 2);
	ck_assert(pread(said, text, sizeof(text) - 1, 0) >= 0);
	if (later)
		ck_assert_str_eq(text, "");
	else
		ck_assert_msg(strstr(text, tell) != NULL && strstr(text, helps) != NULL, "%s", text);
	fact = unwatched(&account);
	ck_assert_ptr_nonnull(fact);
	ck_assert(fact->said == !later);
	ck_assert_msg(strstr(fact->text, tell) != NULL, "%s", fact->text);
	ck_assert_msg(strstr(fact->advice, helps) != NULL, "%s", fact->advice);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

static const char *weaker(const struct account *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->fact[i].kind == ACCOUNT_WEAKER && a->fact[i].severity == ACCOUNT_SECURITY)
			return a->fact[i].text;
	return NULL;
}

/* A directory that is there, and that the search at the end can't open, for want of a descriptor or by a bad disk. */
START_TEST(what_could_not_be_searched_is_said)
{
	char *root = tmptree_make();
	AUTO_FREE char *line =
	    xasprintf("weaker: could not be searched at the end: %s (%s); what appeared in it of "
		      "what the host runs is not known",
		      root, strerror(EMFILE));
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct rlimit before, none;
	struct session s;
	struct account account = { 0 };

	for (int full = 0; full < 2; full++) {
		struct appear *a = begin(&s, root, &tree);

		ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
		none = (struct rlimit){ full != 0 ? 0 : before.rlim_cur, before.rlim_max };
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
		appear_end(&account, a);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
		ck_assert_pstr_eq(weaker(&account), full != 0 ? line : NULL);
		quarantine_done(&s.quarantine);
	}
	account_done(&account);
	tmptree_remove(root);
}
END_TEST

START_TEST(what_could_not_be_read_to_its_end_is_said)
{
	char *root = tmptree_make();
	AUTO_FREE char *place = xasprintf("%s (%s)", root, strerror(EIO));
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);

	baddisk_begin();
	appear_end(&account, a);
	ck_assert_ptr_nonnull(weaker(&account));
	ck_assert_ptr_nonnull(strstr(weaker(&account), place));
	account_done(&account);
	quarantine_done(&s.quarantine);
	/* It is empty, and could not be searched for that. */
	ck_assert_int_eq(rmdir(root), 0);
	free(root);
}
END_TEST

/* Steps until nothing stands there; false: it took too long. */
static bool goes(struct appear *a, const char *path)
{
	struct timespec end = deadline_in(CLOCK_MONOTONIC, 60000);

	while (access(path, F_OK) == 0) {
		if (deadline_over(CLOCK_MONOTONIC, &end))
			return false;
		if (is_ready(a, 100))
			ck_assert(appear_step(a));
	}
	return true;
}

/* git-submodule(1) writes .git before it makes the directory that it names. */
START_TEST(a_pointer_waits_for_its_repository)
{
	static const char *const becomes[] = { "a repository", "a link", NULL };
	char *root = tmptree_make();
	AUTO_FREE char *text = xasprintf("gitdir: %s/.git/modules/sub\n", root);
	AUTO_FREE char *pointer = path_join(root, "sub/.git");
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a;

	tmptree_put(root, ".git/HEAD", "ref: refs/heads/main\n", 0600);
	tmptree_put(root, "sub/a", "", 0600);
	ck_assert_int_eq(mkdirat(tree, ".git/modules", 0755), 0);
	a = begin(&s, root, &tree);
	while (!a->live || a->queue.next < a->queue.n) {
		ck_assert(is_ready(a, 60000));
		ck_assert(appear_step(a));
	}
	tmptree_put(root, "sub/.git", text, 0600);
	/* What is heard is judged in the same step. */
	ck_assert(is_ready(a, 60000));
	ck_assert(appear_step(a));
	ck_assert_msg(access(pointer, F_OK) == 0, "it was taken at once");
	if (becomes[_i] == NULL) {
		ck_assert(goes(a, pointer));
	} else if (streq(becomes[_i], "a link")) {
		ck_assert_int_eq(symlinkat("/", tree, ".git/modules/sub"), 0);
		ck_assert(goes(a, pointer));
	} else {
		ck_assert_int_eq(mkdirat(tree, ".git/modules/sub", 0755), 0);
		while (a->nsettling > 0) {
			ck_assert(is_ready(a, 60000));
			ck_assert(appear_step(a));
		}
	}
	appear_end(&account, a);
	ck_assert(access(pointer, F_OK) == (_i == 0 ? 0 : -1));
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

Suite *appear_suite(void)
{
	Suite *s = suite_create("appear");
	TCase *t = tcase_create("appear");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_step_takes_a_part_of_a_flood);
	tcase_add_test(t, what_could_not_be_searched_is_said);
	tcase_add_loop_test(t, without_watches_it_is_said, 0, 2);
	tcase_add_test(t, what_could_not_be_read_to_its_end_is_said);
	tcase_add_loop_test(t, a_pointer_waits_for_its_repository, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
