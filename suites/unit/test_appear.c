/* SPDX-License-Identifier: MIT */
/* What is watched while a session runs, on a real directory. */
#include "appear.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appearwalk.h"
#include "baddisk.h"
#include "deadline.h"
#include "finish.h"
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

/* A directory of any number of names is read in parts, while the session runs; none is forgotten. */
START_TEST(a_large_directory_is_read_in_parts)
{
	char *root = tmptree_make();
	AUTO_FREE char *kept = path_join(root, "big/zz.code-workspace");
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int big = -1;
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);
	unsigned parts = 0;

	while (a->nwatch == 0) {
		ck_assert(is_ready(a, 60000));
		ck_assert(appear_step(a));
	}
	ck_assert_int_eq(mkdirat(tree, "big", 0755), 0);
	big = openat(tree, "big", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < FLOOD; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		ck_assert_int_eq(mkdirat(big, name, 0755), 0);
	}
	tmptree_put(root, "big/zz.code-workspace", "", 0600);
	appearwalk_enqueue(a, (struct appear_place){ .path = path_join(root, "big") });
	for (; !appearwalk_is_done(a); parts++)
		ck_assert(appearwalk_next(a));
	ck_assert_uint_gt(parts, FLOOD + FLOOD / HELD);
	ck_assert(strv_has(&a->named, kept));
	appear_end(&account, a);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* Paths that are made long for nothing cost the launcher no more than it has. */
START_TEST(what_is_queued_has_an_end)
{
	char *root = tmptree_make();
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);
	char deep[3001];
	size_t most = 0;

	memset(deep, 'd', sizeof(deep) - 1);
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	for (int i = 0; i < 25000; i++) {
		appearwalk_enqueue(a, (struct appear_place){ .path = xstrdup(deep) });
		most = a->queued > most ? a->queued : most;
	}
	ck_assert_uint_lt(most, 65 << 20);
	ck_assert_uint_lt(a->queue.n, 22000);
	ck_assert_ptr_nonnull(a->incomplete);
	/* Nor do short ones, of which there are the more. */
	appearwalk_done(a);
	for (int i = 0; i < 1000000; i++)
		appearwalk_enqueue(a, (struct appear_place){ .path = xstrdup("/p/d") });
	ck_assert_uint_lt(a->queue.n, 1000000);
	appear_end(&account, a);
	ck_assert_ptr_nonnull(strstr(account.fact[0].text, "too many, or lie too deep"));
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

static void step_until_settled(struct appear *a)
{
	while (!a->live || a->queue.next < a->queue.n || a->nsettling > 0) {
		ck_assert(is_ready(a, 60000));
		ck_assert(appear_step(a));
	}
}

/* What was good in a new repository is judged once more when somebody can change it, or has. */
static const struct {
	const char *file, *way, *said;
} again[] = {
	{ "config", "open before", "; somebody keeps it open for writing" },
	{ "config", "mapped before", "; somebody keeps it open for writing" },
	{ "config", "open afterwards", "core.fsmonitor" },
	{ "config", "another name", "; it has another name, too" },
	{ "ORIG_HEAD", "open afterwards", "; it leads to  commondir" },
	{ "ORIG_HEAD", "by another name", "; it leads to  commondir" },
	{ "refs/heads/x", "open afterwards", "; it leads to  commondir" },
	{ "rebase-merge/done", "open afterwards", "; it has control characters" },
	{ "BISECT_START", "by another name", "; it has control characters" },
};

START_TEST(what_was_good_is_judged_again)
{
	const char *way = again[_i].way;
	char *root = tmptree_make();
	AUTO_FREE char *name = xasprintf("new/.git/%s", again[_i].file);
	AUTO_FREE char *path = path_join(root, name);
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_config = streq(again[_i].file, "config"), is_ref = strstr(again[_i].said, "leads") != NULL;
	const char *good = is_config ? "[user]\n\tname = x\n" : "";
	const char *evil = is_config ? "[core]\n\tfsmonitor = evil\n"
			   : is_ref  ? "ref: commondir\n"
				     : "\033[2J\n";
	int fd = -1;
	void *map = MAP_FAILED;
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);

	step_until_settled(a);
	tmptree_put(root, "new/.git/HEAD", "ref: refs/heads/main\n", 0600);
	tmptree_put(root, name, good, 0600);
	if (str_starts(way, "open before") || str_starts(way, "mapped"))
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (str_starts(way, "mapped")) {
		map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ck_assert(map != MAP_FAILED);
		ck_assert_int_eq(close(TAKE_FD(fd)), 0);
	}
	ck_assert(is_ready(a, 60000));
	ck_assert(appear_step(a));
	step_until_settled(a);
	if (strstr(way, "before") == NULL) {
		ck_assert_int_eq(a->nmoved, 0);
		if (strstr(way, "another") != NULL)
			ck_assert_int_eq(linkat(tree, name, tree, "z", 0), 0);
		fd = openat(tree, strstr(way, "another") != NULL ? "z" : name,
			    O_WRONLY | O_APPEND | O_CLOEXEC);
		if (!streq(way, "another name"))
			ck_assert_int_eq(write(fd, evil, strlen(evil)), strlen(evil));
	}
	while (a->nmoved == 0) {
		ck_assert_msg(is_ready(a, 10000), "nobody heard of it: %s, %s", again[_i].file, way);
		ck_assert(appear_step(a));
	}
	ck_assert_msg(strstr(a->moved[0].line, again[_i].said) != NULL, "%s", a->moved[0].line);
	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED)
		munmap(map, 1);
	appear_end(&account, a);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* A repository that is no part of the one that it lies in: a link may lead there. */
START_TEST(a_repository_in_a_repository_is_searched)
{
	static const char *const in[] = { ".git/new", ".git/objects/ab", ".git/logs/deep/er",
					  ".git/modules/a/objects/cd" };
	char *root = tmptree_make();
	AUTO_FREE char *of_config = xasprintf("%s/.git/config", in[_i]);
	AUTO_FREE char *of_head = xasprintf("%s/.git/HEAD", in[_i]);
	AUTO_FREE char *config = path_join(root, of_config);
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);

	tmptree_put(root, ".git/HEAD", "ref: refs/heads/main\n", 0600);
	tmptree_put(root, of_head, "ref: refs/heads/main\n", 0600);
	tmptree_put(root, of_config, "[core]\n\tfsmonitor = evil\n", 0600);
	appear_end(&account, a);
	ck_assert_int_eq(access(config, F_OK), -1);
	ck_assert_uint_ge(account.n, 1);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* And not of a want of time. */
START_TEST(too_deep_a_path_is_said)
{
	char *root = tmptree_make(), name[256] = "";
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);
	int at = dup(tree);

	memset(name, 'd', 250);
	for (int i = 0; i < 16; i++) {
		int below;

		ck_assert_int_eq(mkdirat(at, name, 0755), 0);
		below = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = below;
	}
	close(at);
	appear_end(&account, a);
	ck_assert_ptr_nonnull(weaker(&account));
	ck_assert_msg(strstr(weaker(&account), "(paths of more than 3800 bytes are not)") != NULL, "%s",
		      weaker(&account));
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* What is inside fills the disk: a text without its program has no room, but a name needs none. */
START_TEST(a_full_disk_keeps_no_program)
{
	char *above = tmptree_make();
	AUTO_FREE char *root = path_join(above, "disk");
	AUTO_FREE char *config = path_join(root, "new/.git/config");
	AUTO_FREE char *all = xcalloc(1, 1 << 16);
	AUTO_CLOSE int tree = -1;
	AUTO_CLOSE int fd = -1;
	struct session s;
	struct account account = { 0 };
	struct appear *a;

	ck_assert_int_eq(mkdir(root, 0755), 0);
	ck_assert(userns_enter() && unshare(CLONE_NEWNS) == 0);
	ck_assert_int_eq(mount("disk", root, "tmpfs", 0, "size=64k"), 0);
	tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	a = begin(&s, root, &tree);
	tmptree_put(root, "new/.git/HEAD", "ref: refs/heads/main\n", 0600);
	tmptree_put(root, "new/.git/config", "[core]\n\tfsmonitor = evil\n[user]\n\tname = x\n", 0600);
	fd = openat(tree, "filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, all, 1 << 16) > 0 || (errno == ENOSPC && write(fd, all, 1) > 0))
		;
	ck_assert_int_eq(errno, ENOSPC);
	appear_end(&account, a);
	ck_assert_int_eq(access(config, F_OK), -1);
	ck_assert_uint_ge(account.n, 1);
	ck_assert_msg(strstr(account.fact[0].text, "; none could be put in its place") != NULL, "%s",
		      account.fact[0].text);
	account_done(&account);
	quarantine_done(&s.quarantine);
	ck_assert_int_eq(umount2(root, MNT_DETACH), 0);
	tmptree_remove(above);
}
END_TEST

/* git writes to these names, and follows what lies there: what the agent chose would be in a file of the home. */
START_TEST(a_link_that_git_writes_through_goes)
{
	static const char *const at[] = {
		".git/COMMIT_EDITMSG",	      ".git/FETCH_HEAD",	   ".git/logs/HEAD",
		".git/logs/refs/heads/main",  ".git/info/sparse-checkout", ".git/modules/a/logs/HEAD",
		".git/worktrees/w/logs/HEAD", "nest/.git/MERGE_MSG",	   ".git/objects/ab/cd",
		".git/rebase-merge/message",  "bare/logs/refs/heads/main", "bare/HEAD"
	};
	const bool live = _i >= (int)ARRAY_SIZE(at);
	const char *name = at[_i % (int)ARRAY_SIZE(at)];
	bool said = false;
	char *root = tmptree_make();
	AUTO_FREE char *path = path_join(root, name);
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct stat st;
	struct account account = { 0 };
	struct appear *a;

	/* Directories that are there, as git makes them. */
	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		tmptree_put(root, at[i], "", 0600);
	tmptree_put(root, ".git/HEAD", "ref: refs/heads/main\n", 0600);
	tmptree_put(root, "nest/.git/HEAD", "ref: refs/heads/main\n", 0600);
	tmptree_put(root, "bare/objects/info/x", "", 0600);
	tmptree_put(root, "bare/refs/x", "", 0600);
	a = begin(&s, root, &tree);
	if (live)
		step_until_settled(a);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	/* In a store the end is soon enough: nothing is written by that name. */
	while (live && strstr(name, "/objects/") == NULL && lstat(path, &st) == 0) {
		ck_assert_msg(is_ready(a, 10000), "nobody heard of it");
		ck_assert(appear_step(a));
	}
	appear_end(&account, a);
	ck_assert_int_eq(lstat(path, &st), -1);
	for (size_t i = 0; i < account.n; i++)
		said = said || strstr(account.fact[i].text, "git writes through a link") != NULL;
	ck_assert(said);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/*
 * A name that git starts, in a worktree that is new: what is there, which is moved away unless it is as held in the one that was
 * there.
 */
static const struct {
	const char *name, *path,
	    *text; /* what is started, what is written; text: "> x" is a link to x; NULL: nothing */
	mode_t mode;
	bool unasked, gone;
} in_new[] = {
	{ "hooks", "hooks/a", "held", 0755, true, false },
	{ "hooks", "hooks/a", "held", 0700, true, false },
	{ "hooks", "hooks/a", "held", 0600, true, false },
	{ "hooks", "hooks/a", "other", 0755, true, true },
	{ "hooks", "hooks/a", "other", 0755, false, true },
	{ "hooks", "hooks/a", "held and more", 0755, true, true },
	/* Not one that the host would start. */
	{ "hooks", "hooks/b", "plain", 0600, true, false },
	{ "hooks", "hooks/b", "plain", 0755, true, true },
	{ "hooks", "hooks/c", "new", 0755, true, true },
	{ "hooks", "hooks/c.d/e/f", "new", 0600, true, true },
	/* An alias is no hook: what it would find now was not there. */
	{ "none/x", "none/x", "new", 0755, false, false },
	{ "none/x", "none/x", "new", 0755, true, true },
	{ "hooks/a", "hooks/c", "new", 0755, true, false },
	{ "hooks", "elsewhere/a", "new", 0755, true, false },
	/* Links: as in the other it leads to what is judged, and else it is another. */
	{ "link/a", "link", "> hooks", 0, true, false },
	{ "link", "link", "> elsewhere", 0, true, true },
	{ "link/a", "link", "> elsewhere", 0, false, true },
	{ "link/a", "hooks/a", "other", 0755, true, true },
	{ "hooks", "hooks/a", "> b", 0, true, true },
	{ "hooks", "hooks/l", "> a", 0, true, false },
	{ "hooks", "hooks/l", "> ../hooks/b", 0, true, true },
	{ "../out", "../out", "new", 0755, true, true },
	{ "hooks/../../out", "../out", "new", 0755, false, false },
	{ "../before", "../before", NULL, 0, true, false },
	{ "../before", "../before", "new", 0755, true, true },
	{ "/etc", "hooks/a", "other", 0755, true, false },
};

static void put(const char *root, const char *top, const char *path, const char *text, mode_t mode)
{
	AUTO_FREE char *name = xasprintf("%s/%s", top, path);
	AUTO_FREE char *whole = path_clean(root, name);

	tmptree_put(root, whole + strlen(root) + 1, text, mode);
	if (str_starts(text, "> ")) {
		ck_assert_int_eq(unlink(whole), 0);
		ck_assert_int_eq(symlink(text + 2, whole), 0);
	} else {
		ck_assert_int_eq(chmod(whole, mode), 0);
	}
}

static bool is_said(const struct account *a, const char *what)
{
	for (size_t i = 0; i < a->n; i++)
		if (strstr(a->fact[i].text, what) != NULL)
			return true;
	return false;
}

/* What makes a directory one, in a place where git keeps something of its own: whatever that is, the rest is a repository's. */
START_TEST(a_part_that_is_a_repository_is_both)
{
	static const char *const in[] = {
		".git/refs/heads/r",	 ".git/refs",	    ".git/info",
		".git/rebase-merge",	 ".git/objects",    "bare/refs/app",
		"bare/refs/w2/.git",	 "bare/refs/a/b/c", ".git/modules/refs",
		".git/modules/refs/lib",
	};
	static const char *const files[] = { "config", "hooks/pre-commit", "modules/q/config" };
	char *root = tmptree_make();
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);

	for (int i = 0; i < 3; i++) {
		const char *of = i == 0 ? ".git" : i == 1 ? "bare" : ".git/modules";

		put(root, of, "HEAD", "ref: refs/heads/main\n", 0600);
		put(root, of, "objects/x", "", 0600);
		put(root, of, "refs/x", "", 0600);
	}
	put(root, in[_i], "HEAD", "ref: refs/heads/main\n", 0600);
	put(root, in[_i], "objects/x", "", 0600);
	put(root, in[_i], "refs/x", "", 0600);
	put(root, in[_i], "modules/q/HEAD", "ref: refs/heads/main\n", 0600);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		put(root, in[_i], files[i], "[core]\n\tfsmonitor = evil\n", 0700);
	appear_end(&account, a);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTO_FREE char *name = xasprintf("%s/%s", in[_i], files[i]);

		ck_assert_msg(faccessat(tree, name, F_OK, 0) < 0, "%s stays", name);
	}
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* Below refs/ each name is a ref, and what it is anywhere else. */
START_TEST(a_ref_is_what_else_its_name_says)
{
	static const struct {
		const char *name, *text;
	} goes[] = {
		{ "bare/refs/w2/.git", "gitdir: g\n" },
		{ "bare/refs/w2/.mcp.json", "{}\n" },
		{ ".git/refs/w2/.git", "gitdir: g\n" },
		{ "bare/refs/remotes/o/x", "ref: commondir\n" },
		{ "bare/refs/remotes/o/CLAUDE.md", "ref: commondir\n" },
		{ "bare/refs/remotes/r/x", "ref: commondir\n" },
		{ ".git/refs/remotes/r/x", "ref: commondir\n" },
		{ ".git/refs/remotes/r/objects/info/x", "ref: commondir\n" },
		{ ".git/refs/remotes/r/hooks/x.sample", "ref: commondir\n" },
		{ ".git/refs/remotes/r/rebase-merge/done", "ref: commondir\n" },
	};
	char *root = tmptree_make();
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);

	for (int i = 0; i < 4; i++) {
		const char *of = i == 0	  ? ".git"
				 : i == 1 ? "bare"
				 : i == 2 ? ".git/refs/remotes/r"
					  : "bare/refs/remotes/r";

		put(root, of, "HEAD", "ref: refs/heads/main\n", 0600);
		put(root, of, "objects/x", "", 0600);
		put(root, of, "refs/x", "", 0600);
	}
	tmptree_put(root, "bare/refs/w2/.envrc", "", 0600);
	tmptree_put(root, goes[_i].name, goes[_i].text, 0600);
	appear_end(&account, a);
	ck_assert_msg(faccessat(tree, goes[_i].name, F_OK, 0) < 0, "%s stays", goes[_i].name);
	ck_assert_msg(is_said(&account, "bare/refs/w2/.envrc"), "what asks first is not named");
	ck_assert_int_eq(faccessat(tree, ".git/refs/remotes/r/HEAD", F_OK, 0), 0);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* What was made so far is older than the session, in a project of which not all was searched at its start. */
static void begin_large(struct appear *a, const struct finish_work *rest)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	a->o.since = inodetime_after(now);
	a->o.rest = rest;
}

/* What makes a repository comes one by one, or not all of it: `git restore` brings the rest, a file for a directory, too. */
START_TEST(a_repository_comes_in_any_order)
{
	static const char *const made[][3] = {
		{ "HEAD", "objects/", "config" },  { "config", "HEAD", "refs/" },
		{ "config", "HEAD", "objects" },   { "HEAD", "config", "objects/" },
		{ "config", "refs/", "objects/" }, { "config", "objects/", "refs" },
	};
	const int n = (int)ARRAY_SIZE(made);
	const char *const *in_order = made[_i % n];
	const bool live = _i >= n;
	char *root = tmptree_make();
	AUTO_FREE char *path = path_join(root, "lib/config");
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a;

	ck_assert_int_eq(mkdirat(tree, "lib", 0755), 0);
	a = begin(&s, root, &tree);
	if (live)
		step_until_settled(a);
	for (int i = 0; i < 3; i++) {
		AUTO_FREE char *name = xasprintf("lib/%s", in_order[i]);
		bool is_config = streq(in_order[i], "config");

		if (strchr(in_order[i], '/') != NULL)
			ck_assert_int_eq(mkdirat(tree, name, 0755), 0);
		else
			tmptree_put(root, name, is_config ? "[core]\n\tfsmonitor = evil\n" : "", 0700);
		while (live && i < 2 && is_ready(a, 100))
			ck_assert(appear_step(a));
	}
	while (live && a->nmoved == 0) {
		ck_assert_msg(is_ready(a, 10000), "nobody heard of it: %s", in_order[2]);
		ck_assert(appear_step(a));
	}
	appear_end(&account, a);
	ck_assert_msg(access(path, F_OK) < 0, "it stays");
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* Where the search was not at its end at the start: what is never held is judged, whoever has written to it in place. */
START_TEST(in_a_large_project_what_is_written_in_place_is_judged)
{
	static const struct {
		const char *name, *good, *evil;
	} at[] = {
		{ ".git/index", "", "DIRC" },
		{ ".git/ORIG_HEAD", "", "ref: commondir\n" },
		{ ".git/refs/heads/x", "", "ref: commondir\n" },
		{ ".git/rebase-merge/msgnum", "1\n", "a[$(touch x)]\n" },
		{ ".git/rebase-merge/head-name", "x\n", "\033[2J\n" },
	};
	const struct finish_work rest = { .notes = -1 };
	char *root = tmptree_make();
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = -1;
	struct session s;
	struct account account = { 0 };
	struct appear *a;

	tmptree_put(root, ".git/HEAD", "ref: refs/heads/main\n", 0600);
	tmptree_put(root, ".git/config", "[core]\n\tfsmonitor = mine\n", 0600);
	tmptree_put(root, at[_i].name, at[_i].good, 0600);
	a = begin(&s, root, &tree);
	begin_large(a, &rest);
	fd = openat(tree, at[_i].name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ck_assert_int_eq(write(fd, at[_i].evil, strlen(at[_i].evil)), strlen(at[_i].evil));
	appear_end(&account, a);
	ck_assert_msg(faccessat(tree, at[_i].name, F_OK, 0) < 0, "%s stays", at[_i].name);
	ck_assert_int_eq(faccessat(tree, ".git/config", F_OK, 0), 0);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

static void put_bytes(int tree, const char *name, const char *bytes, size_t n)
{
	AUTO_CLOSE int fd = openat(tree, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, bytes, n), n);
}

/* What a split index is split from is read with it: a file that is written to by itself, and an old index goes for it. */
START_TEST(an_index_goes_for_what_it_is_split_from)
{
	static const char of[] = "0123456789012345678901234567890123456789";
	char index[12 + 8 + 20 + 24 + 20] = "DIRC\0\0\0\2\0\0\0\0link\0\0\0\54",
				      shared[12 + 20] = "DIRC\0\0\0\2";
	AUTO_FREE char *name = xasprintf(".git/sharedindex.%s", of);
	const struct finish_work rest = { .notes = -1 };
	const bool in_place = _i == 1 || _i == 3, live = _i == 2;
	char *root = tmptree_make();
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a;

	for (int i = 0; i < 20; i++)
		index[20 + i] = (char)((of[2 * i] - '0') << 4 | (of[2 * i + 1] - '0'));
	tmptree_put(root, ".git/HEAD", "ref: refs/heads/main\n", 0600);
	tmptree_put(root, ".git/index", "", 0600);
	tmptree_put(root, name, "", 0600);
	put_bytes(tree, ".git/index", index, sizeof(index));
	put_bytes(tree, name, shared, sizeof(shared));
	a = begin(&s, root, &tree);
	if (live)
		step_until_settled(a);
	else
		begin_large(a, in_place ? NULL : &rest);
	if (!in_place)
		ck_assert_int_eq(unlinkat(tree, name, 0), 0);
	/* One more file than there are. */
	shared[11] = _i == 3 ? 0 : 1;
	put_bytes(tree, name, shared, sizeof(shared));
	while (live && a->nmoved == 0) {
		ck_assert_msg(is_ready(a, 10000), "nobody heard of it");
		ck_assert(appear_step(a));
	}
	appear_end(&account, a);
	ck_assert_int_eq(faccessat(tree, ".git/index", F_OK, 0), _i == 3 ? 0 : -1);
	ck_assert_int_eq(faccessat(tree, name, F_OK, 0), 0);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* There, too: a config that waited for the directory to become a repository. */
START_TEST(in_a_large_project_a_new_repository_is_judged)
{
	const struct finish_work rest = { .notes = -1 };
	const bool is_new = _i == 0;
	char *root = tmptree_make();
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a;

	tmptree_put(root, "lib/config", "[core]\n\tfsmonitor = evil\n", 0600);
	ck_assert_int_eq(mkdirat(tree, "lib/refs", 0755), 0);
	if (!is_new)
		ck_assert_int_eq(mkdirat(tree, "lib/objects", 0755), 0);
	a = begin(&s, root, &tree);
	begin_large(a, &rest);
	if (is_new)
		ck_assert_int_eq(mkdirat(tree, "lib/objects", 0755), 0);
	/* As `git switch` does in an old one, of which what is there is the user's. */
	tmptree_put(root, "lib/HEAD", "ref: refs/heads/main\n", 0600);
	appear_end(&account, a);
	ck_assert_int_eq(faccessat(tree, "lib/config", F_OK, 0), is_new ? -1 : 0);
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* The line has the first few names: those of daily work, of which a session makes many, are not these. */
START_TEST(what_runs_is_named_before_daily_work)
{
	char *root = tmptree_make();
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);

	for (char name[] = "a/CLAUDE.md"; *name <= 't'; (*name)++)
		tmptree_put(root, name, "", 0600);
	tmptree_put(root, "z/deep/.vscode/tasks.json", "{}", 0600);
	appear_end(&account, a);
	ck_assert(is_said(&account, "appeared during the session: z/deep/.vscode, "));
	ck_assert(is_said(&account, " and 13 more"));
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

/* A link in place of a directory in the middle of a name of the table, whichever. */
START_TEST(a_link_in_the_middle_of_a_name_counts)
{
	static const struct {
		const char *link, *file;
		bool goes;
	} at[] = {
		{ "s/.hg", "x/hgrc", true },
		{ "s/.jj/repo", "x/config.toml", true },
		{ "s/.bzr/branch", "x/branch.conf", false },
		{ "_opam/.opam-switch", "x/environment", false },
	};
	char *root = tmptree_make();
	AUTO_FREE char *above = path_dirname(at[_i].link);
	AUTO_FREE char *seen = xasprintf("appeared during the session: %s", at[_i].link);
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct session s;
	struct stat st;
	struct account account = { 0 };
	struct appear *a;

	tmptree_put(root, at[_i].file, "x", 0600);
	put(root, above, "y", "", 0600);
	a = begin(&s, root, &tree);
	ck_assert_int_eq(symlinkat(at[_i].file, tree, at[_i].link), 0);
	appear_end(&account, a);
	ck_assert_int_eq(fstatat(tree, at[_i].link, &st, AT_SYMLINK_NOFOLLOW), at[_i].goes ? -1 : 0);
	ck_assert(at[_i].goes || is_said(&account, seen));
	account_done(&account);
	quarantine_done(&s.quarantine);
	tmptree_remove(root);
}
END_TEST

static void put_worktree(const char *root, const char *top)
{
	AUTO_FREE char *git = xasprintf("%s/.git", top), *head = xasprintf(".git/worktrees/%s/HEAD", top),
		       *text = xasprintf("gitdir: %s/.git/worktrees/%s\n", root, top);

	tmptree_put(root, head, "ref: refs/heads/main\n", 0600);
	tmptree_put(root, git, text, 0600);
	put(root, top, "hooks/a", "held", 0755);
	put(root, top, "hooks/b", "plain", 0644);
	put(root, top, "hooks/l", "> a", 0);
	put(root, top, "link", "> hooks", 0);
}

START_TEST(in_a_new_worktree_it_stays_as_it_is_held)
{
	char *root = tmptree_make(), *name = xstrdup(in_new[_i].name);
	AUTO_FREE char *git = path_join(root, ".git"), *old = path_join(root, "old");
	AUTO_FREE char *hooks = path_join(old, "hooks"), *link = path_join(old, "link");
	AUTO_FREE char *below = xasprintf("new/%s", in_new[_i].path), *path = path_clean(root, below);
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char why[] = "git: a test names it";
	struct policy_entry entries[] = {
		{ .access = POLICY_WRITE, .part = POLICY_PROJECT, .path = root, .is_dir = true },
		{ .access = POLICY_READ, .part = POLICY_AUTORUN, .path = hooks, .is_dir = true },
	};
	struct policy_start start = {
		.dir = git, .top = old, .name = name, .why = why, .dirs = true, .unasked = in_new[_i].unasked
	};
	struct session s = { 0 };
	struct account account = { 0 };
	struct appear *a;
	struct timespec now;
	struct stat st;

	put_worktree(root, "old");
	put(root, "old", "../before", "the host's", 0755);
	clock_gettime(CLOCK_REALTIME, &now);
	s.policy = (struct policy){
		.project = root, .entry = entries, .nentry = 2, .named = { .start = &start, .nstart = 1 }
	};
	strv_add(&s.policy.pin, link);
	quarantine_begin(&s.quarantine, &s.policy, s.env);
	a = appear_start(&(struct appear_opts){ .policy = &s.policy,
						.quarantine = &s.quarantine,
						.tree = &tree,
						.ntree = 1,
						.since = inodetime_after(now),
						.later = true });
	put_worktree(root, "new");
	ck_assert_int_eq(in_new[_i].text != NULL && unlink(path) < 0 && errno != ENOENT, 0);
	if (in_new[_i].text != NULL)
		put(root, "new", in_new[_i].path, in_new[_i].text, in_new[_i].mode);
	appear_end(&account, a);
	ck_assert_msg((lstat(path, &st) < 0) == in_new[_i].gone, "%s, %s at %s", in_new[_i].name,
		      in_new[_i].text, in_new[_i].path);
	ck_assert_uint_eq(account.n, in_new[_i].gone);
	if (in_new[_i].gone)
		ck_assert_msg(strstr(account.fact[0].text, "(git: a test names it)") != NULL, "%s",
			      account.fact[0].text);
	account_done(&account);
	strv_done(&s.policy.pin);
	quarantine_done(&s.quarantine);
	free(name);
	tmptree_remove(root);
}
END_TEST

/* Where nothing was, git starts what comes: it goes while the session runs, with all that a directory has; other names stay. */
START_TEST(what_comes_where_git_expects_it_goes)
{
	static const struct {
		const char *name, *path;
		bool dirs, gone;
	} rows[] = {
		{ "inc/x.cfg", "inc/x.cfg", true, true },
		{ "hk/_", "hk/_/pre-commit", true, true },
		{ "hk/_", "hk/_/d/e", true, true },
		{ "hk/_", "hk/pre-commit", true, false },
		{ "tools/fsm", "tools/fsm", false, true },
		{ "tools/fsm", "tools/fsm/x", false, false },
		{ "tools/fsm", "tools/other", false, false },
		{ "node_modules/x", "node_modules/x", false, true },
	};
	const bool live = _i % 2 == 0;
	const char *path = rows[_i / 2].path;
	char *root = tmptree_make(), *name = xstrdup(rows[_i / 2].name);
	AUTO_FREE char *whole = path_join(root, path);
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char none[] = "", why[] = "git: a test names it";
	struct policy_start start = {
		.dir = none,
		.top = root,
		.name = name,
		.why = why,
		.dirs = rows[_i / 2].dirs,
		.unasked = true,
		.absent = true,
		.fixed = true,
	};
	bool gone = rows[_i / 2].gone;
	struct session s;
	struct account account = { 0 };
	struct appear *a = begin(&s, root, &tree);
	struct stat st;

	s.policy.named.start = &start;
	s.policy.named.nstart = 1;
	appearstart_remember(a);
	for (; live && a->nwatch == 0; ck_assert(appear_step(a)))
		ck_assert(is_ready(a, 60000));
	tmptree_put(root, path, "new", 0755);
	/* Trees of dependencies are left to the end. */
	for (; live && gone && !str_starts(path, "node_modules") && lstat(whole, &st) == 0;
	     ck_assert(appear_step(a)))
		ck_assert_msg(is_ready(a, 60000), "%s stays while the session runs", path);
	appear_end(&account, a);
	ck_assert_msg((lstat(whole, &st) < 0) == gone, "%s for %s", path, name);
	ck_assert_uint_eq(account.n, gone);
	if (gone)
		ck_assert_msg(strstr(account.fact[0].text, "(git: a test names it); ") != NULL &&
				  (strstr(account.fact[0].text, "husky makes it") != NULL) ==
				      streq(name, "hk/_"),
			      "%s", account.fact[0].text);
	account_done(&account);
	quarantine_done(&s.quarantine);
	free(name);
	tmptree_remove(root);
}
END_TEST

Suite *appear_suite(void)
{
	Suite *s = suite_create("appear");
	TCase *t = tcase_create("appear");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_step_takes_a_part_of_a_flood);
	tcase_add_test(t, a_large_directory_is_read_in_parts);
	tcase_add_test(t, what_is_queued_has_an_end);
	tcase_add_test(t, what_could_not_be_searched_is_said);
	tcase_add_loop_test(t, without_watches_it_is_said, 0, 2);
	tcase_add_test(t, what_could_not_be_read_to_its_end_is_said);
	tcase_add_loop_test(t, a_pointer_waits_for_its_repository, 0, 3);
	tcase_add_loop_test(t, what_was_good_is_judged_again, 0, (int)ARRAY_SIZE(again));
	tcase_add_loop_test(t, a_repository_in_a_repository_is_searched, 0, 4);
	tcase_add_loop_test(t, in_a_new_worktree_it_stays_as_it_is_held, 0, ARRAY_SIZE(in_new));
	tcase_add_loop_test(t, what_comes_where_git_expects_it_goes, 0, 16);
	tcase_add_loop_test(t, a_link_that_git_writes_through_goes, 0, 20);
	tcase_add_loop_test(t, a_part_that_is_a_repository_is_both, 0, 10);
	tcase_add_loop_test(t, a_ref_is_what_else_its_name_says, 0, 10);
	tcase_add_loop_test(t, a_repository_comes_in_any_order, 0, 12);
	tcase_add_loop_test(t, in_a_large_project_what_is_written_in_place_is_judged, 0, 5);
	tcase_add_loop_test(t, an_index_goes_for_what_it_is_split_from, 0, 4);
	tcase_add_loop_test(t, in_a_large_project_a_new_repository_is_judged, 0, 2);
	tcase_add_test(t, what_runs_is_named_before_daily_work);
	tcase_add_loop_test(t, a_link_in_the_middle_of_a_name_counts, 0, 4);
	tcase_add_test(t, a_full_disk_keeps_no_program);
	tcase_add_test(t, too_deep_a_path_is_said);
	suite_add_tcase(s, t);
	return s;
}
