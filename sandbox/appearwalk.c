/* SPDX-License-Identifier: MIT */
#include "appearwalk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appeargit.h"
#include "deadline.h"
#include "gittodo.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

#define CHECK_EVERY  64	  /* directories, or names, between two looks at the clock */
#define MAX_FOLLOWED 256  /* links */
#define AT_ONCE	     1024 /* names of a directory: who works on the host waits for it */
#define QUEUED_MAX   (64 << 20)

_Static_assert(APPEAR_AT_END_MS == 5000, "as the reason that a search was cut short has it");

/* --- places and queues */

struct appear_place appearwalk_copy(const struct appear_place *p)
{
	struct appear_place c = *p;

	c.path = xstrdup(p->path);
	return c;
}

/* Of memory, with what malloc(3) needs for itself. */
static size_t cost(const struct appear_place *p)
{
	return sizeof(*p) + strlen(p->path) + 1 + 2 * sizeof(void *);
}

void appearwalk_enqueue(struct appear *a, struct appear_place p)
{
	struct appear_queue *q = p.dependencies && !p.refs && !a->live ? &a->late : &a->queue;

	if (p.dependencies && !p.own && a->live) {
		free(p.path);
		return;
	}
	/* Directories, and long paths, are made inside for nothing: of them the launcher's memory. */
	if (a->queued > QUEUED_MAX) {
		if (!a->live)
			a->incomplete = "its directories are too many, or lie too deep";
		free(p.path);
		return;
	}
	a->queued += cost(&p);
	if (q->n == q->cap && q->next > q->cap / 2) {
		memmove(q->at, q->at + q->next, (q->n - q->next) * sizeof(*q->at));
		q->n -= q->next;
		q->next = 0;
	}
	if (q->n == q->cap) {
		q->cap = q->cap * 2 + 64;
		q->at = xrealloc_array(q->at, q->cap, sizeof(*q->at));
	}
	q->at[q->n++] = p;
}

static void queue_done(struct appear_queue *q)
{
	for (size_t i = q->next; i < q->n; i++)
		free(q->at[i].path);
	free(q->at);
	*q = (struct appear_queue){ 0 };
}

const char *appearwalk_tree(const struct appear *a, size_t tree)
{
	const struct policy *p = a->o.policy;

	for (size_t i = 0, k = 0; i < p->nentry; i++)
		if (policy_is_tree(&p->entry[i]) && k++ == tree)
			return p->entry[i].path;
	return NULL;
}

int appearwalk_open(const struct appear *a, const struct appear_place *p, int flags)
{
	const char *below = p->path + strlen(appearwalk_tree(a, p->tree));

	return oldkernel_open_beneath(a->o.tree[p->tree], *below == '/' ? below + 1 : ".",
				      flags | O_DIRECTORY, false);
}

/* The host gets at a name in a directory that lets nobody list its names: one that was changed since is made to, for now. */
static int open_closed(struct appear *a, const struct appear_place *p)
{
	AUTO_CLOSE int fd = appearwalk_open(a, p, O_PATH);
	char proc[64];
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !time_is_since(st.st_ctim, a->o.since))
		return -EACCES;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (chmod(proc, (st.st_mode & 07777) | S_IRWXU) < 0)
		return -errno;
	a->closed = xrealloc_array(a->closed, a->nclosed + 1, sizeof(*a->closed));
	a->closed[a->nclosed++] = (struct appear_closed){ appearwalk_copy(p), st };
	return appearwalk_open(a, p, O_RDONLY);
}

/* What is below is closed before what is above, which leads there. */
static void close_again(struct appear *a)
{
	while (a->nclosed > 0) {
		struct appear_closed *c = &a->closed[--a->nclosed];
		AUTO_CLOSE int fd = appearwalk_open(a, &c->at, O_PATH);
		char proc[64];
		struct stat st;

		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
		/* Unless it is another one now, or has another mode by somebody else. */
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == c->was.st_dev &&
		    st.st_ino == c->was.st_ino && st.st_mode == (c->was.st_mode | S_IRWXU) &&
		    chmod(proc, c->was.st_mode & 07777) < 0)
			log_detail("%s stays open to its owner: %s", c->at.path, strerror(errno));
		free(c->at.path);
	}
	mem_free_ptr(&a->closed);
}

static bool is_there_in(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Where there is a config, one of these may be missing: the host's git may bring it back, from a commit or by a ref. */
static bool is_repository(int dir)
{
	bool head = is_there_in(dir, "HEAD"), objects = is_there_in(dir, "objects"),
	     refs = is_there_in(dir, "refs");

	return (head && objects && refs) || (head && is_there_in(dir, "commondir")) ||
	       (head + objects + refs == 2 && is_there_in(dir, "config"));
}

/* Links are followed at the end alone, when where they lead stays. */
static bool may_lead(const struct appear *a, const struct appear_place *at)
{
	return !a->live && at->kind == APPEAR_PLAIN && !at->dependencies;
}

size_t appearwalk_tree_of(const struct appear *a, const char *path)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < a->o.ntree; i++) {
		const char *tree = a->o.tree[i] >= 0 ? appearwalk_tree(a, i) : NULL;

		if (tree != NULL && path_is_under(path, tree) &&
		    (found == SIZE_MAX || strlen(tree) > strlen(appearwalk_tree(a, found))))
			found = i;
	}
	return found;
}

/* The path of a directory of the trees, owned; NULL: it lies in none. *st: its state. */
static char *path_in_tree(const struct appear *a, const struct appear_place *at, int fd,
			  const struct stat *st)
{
	char proc[64], text[PATH_MAX];
	AUTO_FREE char *path = NULL;
	ssize_t n;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = readlink(proc, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	/* A tree may be a mount of its own, which nothing above it is known of. */
	for (int i = 0; i < 2 && n > 0; i++) {
		size_t tree;
		struct stat same;

		mem_free_ptr(&path);
		path = i == 0 ? xstrdup(text) : path_join(appearwalk_tree(a, at->tree), text);
		tree = appearwalk_tree_of(a, path);
		if (tree != SIZE_MAX) {
			struct appear_place p = { .path = path, .tree = tree };
			AUTO_CLOSE int there = appearwalk_open(a, &p, O_PATH);

			if (there >= 0 && fstat(there, &same) == 0 && same.st_ino == st->st_ino)
				return TAKE_PTR(path);
		}
	}
	return NULL;
}

/* Below the home, in what the sandbox keeps there (state of the agent, caches), of which nothing is searched for all rows. */
static bool leads_to_written(const struct appear *a, int fd)
{
	const struct policy *p = a->o.policy;
	char proc[64], text[PATH_MAX];
	ssize_t n;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = readlink(proc, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	for (size_t i = 0; i < p->nentry; i++) {
		const struct policy_entry *e = &p->entry[i];

		if (policy_is_source(e) && e->part < POLICY_PROJECT && path_is_under(text, e->src))
			return true;
	}
	return false;
}

/* What a link at `shown` leads to, or would once somebody writes there; owned; NULL: to nothing that can be. */
static char *where_to(const struct appear_place *at, const char *shown, int dir, const char *name)
{
	AUTO_CLOSE int fd = open(shown, O_PATH | O_CLOEXEC);
	char proc[64], text[PATH_MAX], real[PATH_MAX];
	AUTO_FREE char *last = NULL;
	ssize_t n;

	if (fd < 0) {
		AUTO_FREE char *to = NULL;
		AUTO_FREE char *above = NULL;

		n = readlinkat(dir, name, text, sizeof(text) - 1);
		if (n <= 0)
			return NULL;
		text[n] = '\0';
		to = path_clean(at->path, text);
		above = path_dirname(to);
		last = xstrdup(path_basename(to));
		fd = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return NULL;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = readlink(proc, real, sizeof(real) - 1);
	if (n <= 0)
		return NULL;
	real[n] = '\0';
	return last != NULL ? path_join(real, last) : xstrdup(real);
}

/* Of a new link that leads into the home: what a program of the host writes by its name lands there. */
static void look_where(struct appear *a, const struct appear_place *at, int dir, const char *name,
		       const struct stat *link)
{
	const struct policy *p = a->o.policy;
	AUTO_FREE char *shown = path_join(at->path, name);
	AUTO_FREE char *to = NULL;
	AUTO_FREE char *home = NULL;

	if (!appearjudge_is_since(a, at, dir, name, link) || appearjudge_is_held(a, shown))
		return;
	to = where_to(at, shown, dir, name);
	home = to != NULL ? realpath(p->home, NULL) : NULL;
	if (home == NULL || !path_is_under(to, home) || appearwalk_tree_of(a, to) != SIZE_MAX ||
	    policy_shows(p, to))
		return;
	if (a->out.n < APPEAR_MAX_NAMED)
		strv_addf(&a->out, "%s -> %s", shown, to);
	else
		a->too_many = true;
}

/* A link to a directory that the search does not come to, or not for all rows: the host gets there by the link. */
static void follow(struct appear *a, const struct appear_place *at, int dir, const char *name,
		   const struct stat *link)
{
	AUTO_FREE char *shown = path_join(at->path, name);
	AUTO_CLOSE int fd = open(shown, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *path = NULL;
	const char *below;
	struct stat st;
	size_t tree;
	bool came;

	/* Who may not go there from the root. */
	if (fd < 0)
		fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	path = fd >= 0 && fstat(fd, &st) == 0 ? path_in_tree(a, at, fd, &st) : NULL;
	if (path == NULL) {
		if (fd >= 0 && leads_to_written(a, fd) && autorun_is_held(a->o.policy, shown) &&
		    appearjudge_is_since(a, at, dir, name, link) && !appearjudge_is_held(a, shown))
			appeartake_move(a, at, dir, name, autorun_find(at->path, ".git", false), NULL,
					"; it leads to what the sandbox writes outside of the project");
		return;
	}
	tree = appearwalk_tree_of(a, path);
	below = path + strlen(appearwalk_tree(a, tree));
	came = appearjudge_is_since(a, at, dir, name, link);
	if (appeargit_is_in_own(below)) {
		if (came && autorun_is_held(a->o.policy, shown) && !appearjudge_is_held(a, shown)) {
			appeartake_move(a, at, dir, name, autorun_find(at->path, ".git", false), NULL,
					"; it leads into a repository's own directory");
			return;
		}
	} else if (!scan_in_dependencies(below)) {
		return;
	}
	if (appearjudge_is_below(&a->held, path) || strv_has(&a->followed, path))
		return;
	if (a->followed.n >= MAX_FOLLOWED) {
		a->incomplete = "more links than are followed lead to other places";
		return;
	}
	strv_add(&a->followed, path);
	appearwalk_enqueue(a,
			   (struct appear_place){ .path = xstrdup(path),
						  .tree = tree,
						  .moved = came || time_is_since(st.st_ctim, a->o.since) });
}

void appearwalk_visit(struct appear *a, const struct appear_place *at, int dir, const char *name)
{
	const struct autorun_row *row;
	AUTO_FREE char *shown = NULL;
	struct stat st;

	shown = path_join(at->path, name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT && !a->live)
			appeartake_unread(a, shown, -errno);
		return;
	}
	appearjudge_look(a, shown, dir, name);
	row = appearname_row(at, name, S_ISLNK(st.st_mode));
	if (S_ISDIR(st.st_mode)) {
		struct appear_place next;

		if (row != NULL && row->kind == AUTORUN_DIR && row->later == AUTORUN_REPORT &&
		    at->kind == APPEAR_PLAIN)
			appearjudge(a, at, dir, name, row, &st);
		if (appearname_below(a, at, name, &st, &next))
			appearwalk_enqueue(a, next);
		else
			free(next.path);
		return;
	}
	if (row != NULL)
		appearjudge(a, at, dir, name, row, &st);
	if (at->refs && row != appearname_ref() && S_ISREG(st.st_mode))
		appearjudge(a, at, dir, name, appearname_ref(), &st);
	if (row == NULL && appearstart_is(a, at->path, name))
		appearstart_came(a, shown);
	if (may_lead(a, at) && S_ISLNK(st.st_mode)) {
		look_where(a, at, dir, name, &st);
		follow(a, at, dir, name, &st);
	}
}

/* --- directories */

/* Of the search at the end. */
static bool is_late(struct appear *a, unsigned *n)
{
	if (!a->live && a->end.tv_sec != 0 && ++*n % CHECK_EVERY == 0 &&
	    deadline_over(CLOCK_MONOTONIC, &a->end))
		a->late_now = true;
	return a->late_now;
}

/* What is gone has nothing in it; what was closed before the start is masked. */
static bool is_there(int e)
{
	return e != -ENOENT && e != -ENOTDIR && e != -ELOOP && e != -EACCES;
}

/* Its names may be listed, and what they stand for looked at: without the second they say nothing. */
static int open_place(struct appear *a, const struct appear_place *p)
{
	int fd = appearwalk_open(a, p, O_RDONLY);
	struct stat st;

	if (fd >= 0 && fstatat(fd, ".", &st, 0) < 0 && errno == EACCES) {
		close(fd);
		fd = -EACCES;
	}
	return fd == -EACCES ? open_closed(a, p) : fd;
}

/* What it is, and what may be said of it as a whole. NULL: nothing of it can be read. */
static DIR *begin_place(struct appear *a, struct appear_place *p)
{
	int fd = open_place(a, p);
	DIR *d = mem_dir(fd);
	enum appear_kind *git;

	if (d == NULL) {
		if (fd == -EACCES && p->moved)
			appeartake_failed(a, p->path, fd);
		else if (!a->live && is_there(fd))
			appeartake_unread(a, p->path, fd < 0 ? fd : -ENOMEM);
		return NULL;
	}
	git = p->kind == APPEAR_PLAIN ? &p->bare : &p->kind;
	if (*git == APPEAR_REPOSITORIES && (is_there_in(fd, "HEAD") || is_repository(fd)))
		*git = APPEAR_REPOSITORY;
	/* A part of one that is one itself is both. */
	if (*git == APPEAR_PART && is_repository(fd))
		p->nested = true;
	if (p->kind == APPEAR_PLAIN && is_repository(fd)) {
		p->bare = p->bare == APPEAR_PART ? APPEAR_PART : APPEAR_REPOSITORY;
		if (appearjudge_is_new_repository(a, fd) && !appeargit_is_worktree(p->path, &a->repositories))
			appeartake_name(a, p->path, false);
	}
	/* Git in one without files works in itself. */
	if (!a->live && *git == APPEAR_REPOSITORY && appearjudge_is_new_repository(a, fd) &&
	    (p->kind == APPEAR_PLAIN || streq(path_basename(p->path), ".git"))) {
		AUTO_FREE char *above = path_dirname(p->path);

		appearstart_top(a, p->kind == APPEAR_PLAIN ? p->path : above, xstrdup(""));
	}
	/* What a linked worktree has of its own gets refs by a bisect. */
	p->fresh =
	    *git != APPEAR_PLAIN &&
	    (p->fresh || (is_repository(fd) && !is_there_in(fd, "commondir") && appearjudge_is_fresh(a, fd)));
	if (a->account != NULL && (p->kind == APPEAR_REPOSITORY || p->bare == APPEAR_REPOSITORY))
		gittodo_say_other(a->account, a->o.policy, fd, p->path, p->moved,
				  a->o.killed.tv_sec != 0 ? a->o.killed : a->o.since);
	/* Before it is read: what comes after that is told. */
	appearlive_watch(a, p, fd);
	return d;
}

/* False: there are more names. */
static bool read_some(struct appear *a, const struct appear_place *p, DIR *d)
{
	const struct dirent *e = NULL;
	int fd = dirfd(d);
	unsigned n = 0;

	for (int left = AT_ONCE; left > 0 || !a->live; left--) {
		errno = 0;
		e = readdir(d);
		if (e == NULL || is_late(a, &n))
			break;
		if (!streq(e->d_name, ".") && !streq(e->d_name, "..") &&
		    ((e->d_type == DT_LNK && may_lead(a, p)) ||
		     appearname_may_count(p, e->d_name, e->d_type) || appearstart_is(a, p->path, e->d_name)))
			appearwalk_visit(a, p, fd, e->d_name);
	}
	/* ENOENT: it was removed meanwhile. */
	if (e == NULL && errno != 0 && errno != ENOENT && !a->live)
		appeartake_unread(a, p->path, -errno);
	return e == NULL || !a->live;
}

static void reading_done(struct appear *a)
{
	if (a->reading == NULL)
		return;
	closedir(a->reading);
	a->reading = NULL;
	mem_free_ptr(&a->read_at.path);
}

bool appearwalk_is_done(const struct appear *a)
{
	return a->reading == NULL && a->queue.next == a->queue.n;
}

bool appearwalk_next(struct appear *a)
{
	struct appear_queue *q = a->queue.next < a->queue.n ? &a->queue : &a->late;

	if (a->over || (a->reading == NULL && q->next == q->n))
		return false;
	if (a->reading == NULL) {
		a->read_at = q->at[q->next++];
		a->queued -= cost(&a->read_at);
		/* What a session makes without end is none either. */
		if (q->next == q->n)
			q->next = q->n = 0;
		a->reading = begin_place(a, &a->read_at);
		if (a->reading == NULL) {
			mem_free_ptr(&a->read_at.path);
			return true;
		}
	}
	if (read_some(a, &a->read_at, a->reading))
		reading_done(a);
	return true;
}

void appearwalk_from_the_top(struct appear *a)
{
	appearwalk_done(a);
	if (a->o.only != NULL && appearwalk_tree_of(a, a->o.only) != SIZE_MAX) {
		appearwalk_enqueue(a, (struct appear_place){ .path = xstrdup(a->o.only),
							     .tree = appearwalk_tree_of(a, a->o.only) });
		return;
	}
	for (size_t i = 0; i < a->o.ntree; i++) {
		const char *tree = a->o.tree[i] >= 0 ? appearwalk_tree(a, i) : NULL;
		/* That of the repository of a worktree, which the project is. */
		bool own = tree != NULL && streq(path_basename(tree), ".git");

		if (tree != NULL)
			appearwalk_enqueue(
			    a, (struct appear_place){ .path = xstrdup(tree),
						      .tree = i,
						      .kind = own ? APPEAR_REPOSITORY : APPEAR_PLAIN,
						      .top = true });
	}
}

void appearwalk_search(struct appear *a)
{
	unsigned n = 0;

	a->end = deadline_in(CLOCK_MONOTONIC, APPEAR_AT_END_MS);
	a->live = a->over = false;
	appearjudge_look_at_all(a);
	appearwalk_from_the_top(a);
	while (!is_late(a, &n) && appearwalk_next(a))
		;
	if (a->late_now)
		a->incomplete = "it takes more than 5 s";
	appearstart_judge(a);
	close_again(a);
}

void appearwalk_done(struct appear *a)
{
	reading_done(a);
	queue_done(&a->queue);
	queue_done(&a->late);
	a->queued = 0;
}
