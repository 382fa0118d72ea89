/* SPDX-License-Identifier: MIT */
#include "staterepo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "deadline.h"
#include "diag.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "util.h"

#define DEPTH_MAX 64 /* each is a descriptor; nothing of the agent lies as deep */
#define AT_END_MS 2000

struct search {
	struct account *account;
	struct quarantine *quarantine;
	struct timespec end;
	const char *unsearched; /* static; NULL: nothing */
};

static bool has(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* As is_git_directory() of git's setup.c, or more. */
static bool is_repository(int dir)
{
	return has(dir, "HEAD") && ((has(dir, "objects") && has(dir, "refs")) || has(dir, "commondir"));
}

static void take(struct search *s, int dir, const char *shown, const char *name)
{
	AUTO_FREE char *path = path_join(shown, name);
	AUTO_FREE char *place = NULL;
	char from[DIAG_WORD], to[DIAG_WORD];
	const char *why = NULL;
	int e = quarantine_take(s->quarantine, dir, shown, name, NULL, &place, &why);

	if (e == -ENOENT)
		return;
	if (e < 0)
		account_add(
		    s->account, ACCOUNT_LEFT, ACCOUNT_SECURITY, path,
		    "a repository lies in what the agent keeps, and can't be moved away: %s (%s); git "
		    "runs what its config says where a link leads there: look at it",
		    path, strerror(-e));
	else
		account_add(s->account, ACCOUNT_MOVED, ACCOUNT_SECURITY, path,
			    "moved away: %s, which makes a repository of what the agent keeps: where a link "
			    "led there git would run what its config says; back: mv -n %s %s",
			    path, diag_word(from, sizeof(from), place), diag_word(to, sizeof(to), path));
}

/* Takes fd. */
static void search(struct search *s, int fd, const char *shown, int depth)
{
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *d;
	struct stat st;

	if (dir == NULL)
		return;
	if (is_repository(fd))
		take(s, fd, shown, "HEAD");
	while ((d = readdir(dir)) != NULL && !deadline_over(CLOCK_MONOTONIC, &s->end)) {
		AUTO_FREE char *path = NULL;
		int below;

		if (streq(d->d_name, ".") || streq(d->d_name, "..") || d->d_type == DT_REG ||
		    fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)) {
			if (streq(d->d_name, ".git"))
				take(s, fd, shown, ".git");
			continue;
		}
		path = path_join(shown, d->d_name);
		below = depth < DEPTH_MAX
			    ? oldkernel_open_beneath(fd, d->d_name, O_RDONLY | O_DIRECTORY | O_NONBLOCK, true)
			    : -ENAMETOOLONG;
		if (below >= 0)
			search(s, below, path, depth + 1);
		else if (below != -ENOENT)
			s->unsearched = below == -EACCES ? "a directory lets nobody list its names"
							 : "directories lie too deep";
	}
	if (d != NULL)
		s->unsearched = "it takes more than 2 s";
}

void staterepo_end(struct account *a, const struct policy *p, struct quarantine *q)
{
	AUTO_FREE char *claude = path_join(p->home, ".claude");
	struct search s = { .account = a, .quarantine = q, .end = deadline_in(CLOCK_MONOTONIC, AT_END_MS) };

	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];
		int fd;

		if (e->access != POLICY_WRITE || e->part >= POLICY_PROJECT || e->src == NULL ||
		    !path_is_under(e->path, claude))
			continue;
		fd = open(e->src, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0)
			search(&s, fd, e->src, 0);
	}
	if (s.unsearched != NULL)
		account_add(a, ACCOUNT_WEAKER, ACCOUNT_SECURITY, claude,
			    "weaker: what the agent keeps was not searched to its end for repositories (%s)",
			    s.unsearched);
}
