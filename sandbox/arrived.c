/* SPDX-License-Identifier: MIT */
#include "arrived.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deadline.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "strv.h"
#include "util.h"

/* The end of a session waits for it: in processor time, so that a busy machine finds what an idle one does. */
#define BUDGET_MS   15
#define WALL_FACTOR 10
#define DIRS_MAX    4096
#define NAMED	    3
#define CLOCK_EVERY 64

/* A writable tree. */
struct tree {
	const char *path;
	int fd;		 /* -1: it can't be searched */
	struct strv dir; /* relative to it, a queue */
	size_t next;
	struct strv found;
	bool incomplete;
};

struct search {
	struct timespec since, cpu_end, wall_end;
	struct tree *tree; /* owned */
	size_t n;
};

static bool is_late(const struct search *s)
{
	return deadline_over(CLOCK_PROCESS_CPUTIME_ID, &s->cpu_end) ||
	       deadline_over(CLOCK_MONOTONIC, &s->wall_end);
}

static void look(struct search *s, struct tree *t, int dir, const char *name, char *path)
{
	AUTO_FREE char *owned = path;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !time_is_since(st.st_ctim, s->since))
		return;
	if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))
		strv_addf(&t->found, "%s (%s)", owned, S_ISSOCK(st.st_mode) ? "socket" : "FIFO");
}

/* The top of another tree, which is searched by itself. */
static bool is_top(const struct search *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->tree[i].path, path))
			return true;
	return false;
}

static void enter(struct search *s, struct tree *t, char *rel)
{
	AUTO_FREE char *owned = rel;
	AUTO_FREE char *path = path_join(t->path, rel);

	if (is_top(s, path))
		return;
	if (t->dir.n < DIRS_MAX)
		strv_take(&t->dir, TAKE_PTR(owned));
	else
		t->incomplete = true;
}

static void read_dir(struct search *s, struct tree *t, const char *rel)
{
	int fd = openat(t->fd, rel, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	AUTO_DIR DIR *dir = mem_dir(fd);
	const struct dirent *e;
	unsigned n = 0;

	if (dir == NULL) {
		t->incomplete = true;
		return;
	}
	while ((e = readdir(dir)) != NULL) {
		AUTO_FREE char *path = NULL;
		struct stat st;
		unsigned char type = e->d_type;

		/* Some file systems don't tell. */
		if (type == DT_UNKNOWN && fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			type = IFTODT(st.st_mode);
		if (n++ % CLOCK_EVERY == CLOCK_EVERY - 1 && is_late(s)) {
			t->incomplete = true;
			return;
		}
		if (streq(e->d_name, ".") || streq(e->d_name, "..") ||
		    (type != DT_DIR && type != DT_SOCK && type != DT_FIFO))
			continue;
		path = streq(rel, ".") ? xstrdup(e->d_name) : xasprintf("%s/%s", rel, e->d_name);
		if (type == DT_DIR)
			enter(s, t, TAKE_PTR(path));
		else
			look(s, t, dirfd(dir), e->d_name, TAKE_PTR(path));
	}
}

/* A directory of each tree in turn: no tree takes the time of all others. */
static void search(struct search *s)
{
	bool more = true, late = false;

	while (more && !late) {
		more = false;
		for (size_t i = 0; i < s->n && !late; i++) {
			struct tree *t = &s->tree[i];

			if (t->next == t->dir.n)
				continue;
			read_dir(s, t, t->dir.v[t->next++]);
			more = true;
			late = is_late(s);
		}
	}
	for (size_t i = 0; i < s->n; i++)
		s->tree[i].incomplete = s->tree[i].incomplete || s->tree[i].next < s->tree[i].dir.n;
}

static void say(struct account *a, const struct tree *t, const char *where)
{
	AUTO_FREE char *list = xstrdup("");

	for (size_t i = 0; i < t->found.n && i < NAMED; i++) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s%s%s", before, i > 0 ? ", " : "", t->found.v[i]);
	}
	for (size_t i = NAMED; i < t->found.n; i++)
		account_add(a, ACCOUNT_SOCKET, ACCOUNT_DETAIL, t->found.v[i], "new in %s: %s", where,
			    t->found.v[i]);
	if (t->found.n > NAMED)
		account_add(a, ACCOUNT_SOCKET, ACCOUNT_SECURITY, t->found.v[0],
			    "new in %s: %s and %zu more%s; nothing kept them from being used%s", where, list,
			    t->found.n - NAMED, log_more(),
			    t->incomplete ? "; not all of it was searched" : "");
	else if (t->found.n > 0)
		account_add(a, ACCOUNT_SOCKET, ACCOUNT_SECURITY, t->found.v[0],
			    "new in %s: %s; nothing kept %s from being used%s", where, list,
			    t->found.n > 1 ? "them" : "it",
			    t->incomplete ? "; not all of it was searched" : "");
	else if (t->incomplete)
		account_add(a, ACCOUNT_WEAKER, ACCOUNT_DETAIL, t->path,
			    "new sockets and FIFOs in %s: none found; not all of it was searched", where);
}

void arrived_say(struct account *a, const struct policy *p, const int *fd, size_t n, struct timespec since)
{
	struct search s = { .since = since,
			    .cpu_end = deadline_in(CLOCK_PROCESS_CPUTIME_ID, BUDGET_MS),
			    .wall_end = deadline_in(CLOCK_MONOTONIC, BUDGET_MS * WALL_FACTOR) };

	for (size_t i = 0; i < p->nentry; i++) {
		struct tree *t;

		if (!policy_is_tree(&p->entry[i]))
			continue;
		s.tree = xrealloc_array(s.tree, s.n + 1, sizeof(*s.tree));
		t = &s.tree[s.n];
		*t = (struct tree){ .path = p->entry[i].path, .fd = s.n < n ? fd[s.n] : -1 };
		if (t->fd >= 0)
			strv_add(&t->dir, ".");
		else
			t->incomplete = true;
		s.n++;
	}
	search(&s);
	for (size_t i = 0; i < s.n; i++) {
		struct tree *t = &s.tree[i];

		say(a, t, streq(t->path, p->project) ? "the project" : t->path);
		strv_done(&t->dir);
		strv_done(&t->found);
	}
	free(s.tree);
}
