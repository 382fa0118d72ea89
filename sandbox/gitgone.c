/* SPDX-License-Identifier: MIT */
#include "gitgone.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

#define LINK	    ".git"
#define LINK_MAX    8192
#define RECORDS_MAX 256
#define LOST_NAMED  4

/* What is held in the record that a repository keeps of a worktree. Nothing else may be left in it. */
static const char *const held[] = { "commondir", "config.worktree" };

static bool is_there(int dir, const char *path)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, path, O_PATH, true);

	return fd >= 0 || fd != -ENOENT;
}

static int open_dir(int dir, const char *path)
{
	int fd = oldkernel_open_beneath(dir, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, true);

	errno = fd < 0 ? -fd : errno;
	return fd;
}

/* Whether these are all names in it. */
static bool has_only(int fd, const char *const *names, size_t n)
{
	AUTO_DIR DIR *d = mem_dir(fcntl(fd, F_DUPFD_CLOEXEC, 3));
	const struct dirent *e;
	bool only = d != NULL;

	while (only && (e = readdir(d)) != NULL) {
		bool known = streq(e->d_name, ".") || streq(e->d_name, "..");

		for (size_t i = 0; i < n && !known; i++)
			known = streq(e->d_name, names[i]);
		only = known;
	}
	return only;
}

/* As git writes it; whoever was inside could not. */
static bool leads_to(int tree, const char *path, const char *admin)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(tree, LINK, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	struct stat st;
	AUTO_FREE char *text = textfile_read(fd, LINK_MAX, &st);
	AUTO_FREE char *to = NULL;

	if (text == NULL || !str_starts(text, "gitdir: "))
		return false;
	text[strcspn(text, "\r\n")] = '\0';
	to = path_clean(path, text + strlen("gitdir: "));
	return streq(to, admin);
}

/* A directory that is empty by now. path: from the top of the project. */
static bool remove_dir(int project, const char *path)
{
	AUTO_FREE char *above = path_dirname(path);
	AUTO_CLOSE int dir = oldkernel_open_beneath(project, above, O_PATH | O_DIRECTORY, true);

	return dir >= 0 && unlinkat(dir, path_basename(path), AT_REMOVEDIR) == 0;
}

/* Only what was held is left: then it goes, too. */
static bool finished(const struct policy *p, int project, const char *tree, const char *admin)
{
	static const char *const link[] = { LINK };
	size_t top = strlen(p->project) + 1;
	AUTO_FREE char *worktrees = path_dirname(admin + top);
	AUTO_CLOSE int t = open_dir(project, tree + top);
	AUTO_CLOSE int a = open_dir(project, admin + top);

	if (t < 0 || a < 0 || !has_only(t, link, ARRAY_SIZE(link)) || !has_only(a, held, ARRAY_SIZE(held)) ||
	    !leads_to(t, tree, admin))
		return false;
	if (unlinkat(t, LINK, 0) < 0 || !remove_dir(project, tree + top))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		if (unlinkat(a, held[i], 0) < 0 && errno != ENOENT)
			return false;
	if (!remove_dir(project, admin + top))
		return false;
	/* As git does, which keeps it for the others. */
	remove_dir(project, worktrees);
	return true;
}

void gitgone(struct account *a, const struct policy *p, int project)
{
	size_t top = strlen(p->project) + 1;
	char word[DIAG_WORD];

	for (size_t i = 0; i < p->git.tree.n; i++) {
		const char *tree = p->git.tree.v[i], *admin = p->git.admin.v[i];
		AUTO_FREE char *back = path_join(admin, "gitdir");

		if (!path_is_under(tree, p->project) || !path_is_under(admin, p->project) ||
		    streq(tree, p->project) || is_there(project, back + top) ||
		    !is_there(project, tree + top))
			continue;
		if (finished(p, project, tree, admin))
			account_add(
			    a, ACCOUNT_GIT, ACCOUNT_NOTE, tree,
			    "the worktree %s, which was removed inside, is gone with what was held of it",
			    tree);
		else
			/*
			 * Records may have been written by an earlier session, for a tree that never was a worktree:
			 * no word here of removing that.
			 */
			account_add(a, ACCOUNT_GIT, ACCOUNT_SECURITY, tree,
				    "the worktree %s is half removed: its .git file is held inside; to "
				    "finish: git -C %s worktree prune (it leaves the files)",
				    tree, diag_word(word, sizeof(word), p->project));
	}
}

/* Where the files of a worktree that was made inside are, if in no directory of the host's. Owned, or NULL. */
static char *lost_tree(const struct policy *p, int record, const char *path, struct timespec since)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(record, "gitdir", O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	struct stat st;
	AUTO_FREE char *text = textfile_read(fd, LINK_MAX, &st);
	AUTO_FREE char *link = NULL;
	char *tree;

	if (text == NULL || !time_is_since(st.st_ctim, since))
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	link = path_clean(path, text);
	if (!streq(path_basename(link), LINK))
		return NULL;
	tree = path_dirname(link);
	if (policy_tree(p, tree) != NULL)
		mem_free_ptr(&tree);
	return tree;
}

/* False: there are more records than are looked at. */
static bool find_lost(const struct policy *p, int dir, const char *path, struct timespec since,
		      struct strv *ret)
{
	int fd = open_dir(dir, "worktrees");
	AUTO_DIR DIR *d = mem_dir(fd);
	const struct dirent *e;
	size_t left = RECORDS_MAX;

	while (d != NULL && (e = readdir(d)) != NULL) {
		AUTO_FREE char *admin = xasprintf("%s/worktrees/%s", path, e->d_name);
		AUTO_CLOSE int record = -1;
		char *tree;

		if (streq(e->d_name, ".") || streq(e->d_name, "..") || strv_has(&p->git.admin, admin))
			continue;
		if (left-- == 0)
			return false;
		record = oldkernel_open_beneath(fd, e->d_name, O_PATH | O_DIRECTORY, true);
		tree = record >= 0 ? lost_tree(p, record, admin, since) : NULL;
		if (tree != NULL)
			strv_take(ret, tree);
	}
	return true;
}

void gitgone_lost(struct account *a, const struct policy *p, const int *dir, struct timespec since)
{
	char word[DIAG_WORD];

	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];
		AUTO_STRV struct strv lost = { 0 };
		bool all;

		if (c->copy == NULL || !c->repository)
			continue;
		all = find_lost(p, dir[i], c->dir, since, &lost);
		for (size_t k = 0; k < lost.n; k++)
			account_add(
			    a, ACCOUNT_GIT, k < LOST_NAMED ? ACCOUNT_NOTE : ACCOUNT_DETAIL, lost.v[k],
			    "the worktree %s lay in the sandbox's own files, which are gone; what was "
			    "committed there is kept; to forget it: git --git-dir=%s worktree prune",
			    lost.v[k], diag_word(word, sizeof(word), c->dir));
		if (lost.n > LOST_NAMED)
			account_add(a, ACCOUNT_GIT, ACCOUNT_NOTE, c->dir,
				    "%s: %zu more worktrees lay in the sandbox's own files, which are gone%s",
				    c->dir, lost.n - LOST_NAMED, log_more())
			    ->others = lost.n - LOST_NAMED - 1;
		if (!all)
			account_add(a, ACCOUNT_GIT, ACCOUNT_NOTE, c->dir,
				    "%s/worktrees: more than %d are new, and not of all is known where they "
				    "lie; to see it: git --git-dir=%s worktree list",
				    c->dir, RECORDS_MAX, diag_word(word, sizeof(word), c->dir));
	}
}
