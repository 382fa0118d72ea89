/* SPDX-License-Identifier: MIT */
#include "appear.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "appeargit.h"
#include "autorun.h"
#include "deadline.h"
#include "gitconf.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "scanwalk.h"
#include "textfile.h"
#include "util.h"

/* The kernel takes some 10 ms for the first watch and for the last: a short command has none, and the search at its end. */
#define LATER_MS     200
#define SETTLE_MS    30	  /* for who writes a file that he has just made */
#define SLICE	     64	  /* directories at a time, while the supervisor has other work too */
#define AT_END_MS    5000 /* for the search at the end */
#define CHECK_EVERY  64	  /* directories, or names, between two looks at the clock */
#define MAX_WATCHES  16384
#define MAX_MOVED    1000 /* more is no accident: the session is ended */
#define MAX_NAMED    4096
#define MAX_FOLLOWED 256  /* links */
#define NAMED	     8	  /* in the account */
#define MAX_PATH     3800 /* as scan.c: deeper directories are masked, or made inside */
#define LIMIT_FILE   "/proc/sys/fs/inotify/max_user_watches"
#define SHARE	     4 /* of the user's watches: editors need them too */

#define EVENTS (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR | IN_EXCL_UNLINK)

/* What a directory is. */
enum kind {
	PLAIN,
	ROW,	      /* of a row that is a directory, or below it: what lies in it is that row's */
	REPOSITORY,   /* a repository's own: the rows of GIT */
	PART,	      /* a directory in that, of such a row */
	REPOSITORIES, /* the modules or worktrees of another, or in one of these: it may be one */
};

struct place {
	char *path; /* owned; absolute */
	size_t tree;
	enum kind kind;
	enum kind bare; /* PLAIN, and this too: of a repository by another name than .git. PLAIN: it is not */
	const struct autorun_row *row;
	const struct autorun_row *part; /* of PART */
	bool top;
	bool dependencies;
	bool nested; /* below REPOSITORIES: whatever else it is, it may be a repository */
	bool moved;  /* a directory on the way has changed: what is in it may have come along */
};

struct watch {
	int wd;
	struct place at;
};

/* A name that was just made. */
struct settling {
	struct place at; /* the directory */
	char *name;	 /* owned */
	struct timespec due;
};

struct queue {
	struct place *at; /* owned */
	size_t n, next, cap;
};

/* A directory that was opened to be searched. */
struct closed {
	struct place at;
	struct stat was;
};

struct moved {
	char *path, *line; /* owned */
};

struct appear {
	struct appear_opts o;
	struct strv
	    held; /* sorted: what is read-only inside or bound by itself; it is not looked at, nor what is below */
	struct strv pinned;	/* sorted: it is there, and stays */
	struct strv held_later; /* sorted: what the rest of the walk found meanwhile (finish.h) */
	off_t later_size;
	struct queue queue, late;
	struct watch *watch; /* owned; by wd, which grows */
	size_t nwatch, watch_cap, watch_max;
	struct settling *settling; /* owned */
	size_t nsettling, settling_cap;
	int poll, notify, timer; /* owned */
	bool live;		 /* directories are to be watched */
	bool full;		 /* no more of them can be */
	bool over;		 /* more was moved than may be */
	struct timespec end;	 /* of the search at the end */
	bool late_now;
	bool incomplete;       /* the search at the end was cut short */
	struct closed *closed; /* owned */
	size_t nclosed;
	struct moved *moved; /* owned */
	size_t nmoved;
	size_t said;
	struct strv followed; /* where links led, at the end */
	struct strv named;    /* of REPORT */
	struct strv failed;   /* could not be moved */
	struct strv ours;     /* what was moved, and found no better place */
};

/* --- places and queues */

static struct place place_copy(const struct place *p)
{
	struct place c = *p;

	c.path = xstrdup(p->path);
	return c;
}

static struct place place_below(const struct place *p, const char *name)
{
	struct place c = *p;

	c.path = path_join(p->path, name);
	c.top = false;
	return c;
}

static void enqueue(struct appear *a, struct place p)
{
	struct queue *q = p.dependencies ? &a->late : &a->queue;

	if (p.dependencies && a->live) {
		free(p.path);
		return;
	}
	if (q->n == q->cap) {
		q->cap = q->cap * 2 + 64;
		q->at = xrealloc_array(q->at, q->cap, sizeof(*q->at));
	}
	q->at[q->n++] = p;
}

static void queue_done(struct queue *q)
{
	for (size_t i = q->next; i < q->n; i++)
		free(q->at[i].path);
	free(q->at);
	*q = (struct queue){ 0 };
}

static const char *tree_path(const struct appear *a, size_t tree)
{
	const struct policy *p = a->o.policy;

	for (size_t i = 0, k = 0; i < p->nentry; i++)
		if (policy_is_tree(&p->entry[i]) && k++ == tree)
			return p->entry[i].path;
	return NULL;
}

static int open_place(const struct appear *a, const struct place *p, int flags)
{
	const char *below = p->path + strlen(tree_path(a, p->tree));

	return oldkernel_open_beneath(a->o.tree[p->tree], *below == '/' ? below + 1 : ".",
				      flags | O_DIRECTORY, false);
}

/* The host gets at a name in a directory that lets nobody list its names: one that was changed since is made to, for now. */
static int open_closed(struct appear *a, const struct place *p)
{
	AUTO_CLOSE int fd = open_place(a, p, O_PATH);
	char proc[64];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !time_is_since(st.st_ctim, a->o.since))
		return -EACCES;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (chmod(proc, (st.st_mode & 07777) | S_IRWXU) < 0)
		return -errno;
	a->closed = xrealloc_array(a->closed, a->nclosed + 1, sizeof(*a->closed));
	a->closed[a->nclosed++] = (struct closed){ place_copy(p), st };
	return open_place(a, p, O_RDONLY);
}

/* What is below is closed before what is above, which leads there. */
static void close_again(struct appear *a)
{
	while (a->nclosed > 0) {
		struct closed *c = &a->closed[--a->nclosed];
		AUTO_CLOSE int fd = open_place(a, &c->at, O_PATH);
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

/* --- what may be touched */

static bool is_below_one(const struct strv *sorted, const char *path)
{
	for (const char *end = path; sorted->n > 0 && *end != '\0';) {
		AUTO_FREE char *above = NULL;

		end += 1 + strcspn(end + 1, "/");
		above = xstrndup(path, (size_t)(end - path));
		if (strv_has_sorted(sorted, above))
			return true;
	}
	return false;
}

/* The mounts of the box lie there, also those that were made after its start: the host would lose what it has there. */
static bool is_held(struct appear *a, const char *path)
{
	struct stat st;

	if (strv_has_sorted(&a->pinned, path) || is_below_one(&a->held, path))
		return true;
	if (a->o.rest == NULL || a->o.rest->notes < 0 || fstat(a->o.rest->notes, &st) < 0)
		return false;
	if (st.st_size != a->later_size) {
		strv_done(&a->held_later);
		finish_held(a->o.rest, &a->held_later);
		a->later_size = st.st_size;
	}
	return is_below_one(&a->held_later, path);
}

/* --- what is done */

/* At once; the account has it, too. */
static void say_moved(struct appear *a)
{
	for (; a->said < a->nmoved && !a->o.later; a->said++)
		if (a->said < NAMED)
			log_security("%s", a->moved[a->said].line);
}

/* What helps; no command with a name that is printed as another one. cleaned: a part of it is where it was. */
static char *way_back(const char *path, const char *place, bool cleaned)
{
	char from[PATH_MAX], to[PATH_MAX];

	diag_word(from, sizeof(from), place);
	diag_word(to, sizeof(to), path);
	if (!log_is_plain(path) || !log_is_plain(place) || streq(from, "...") || streq(to, "..."))
		return xasprintf("it is now %s; its name can't be typed as it is shown here", place);
	if (cleaned)
		return xasprintf("all of it: %s; to set one again: git config --file %s KEY VALUE", from, to);
	return xasprintf("back: mv -n %s %s", from, to);
}

static void note_moved(struct appear *a, const char *path, const char *place, const char *why,
		       const struct autorun_row *row, const char *more, bool cleaned)
{
	AUTO_FREE char *back = way_back(path, place, cleaned);

	a->moved = xrealloc_array(a->moved, a->nmoved + 1, sizeof(*a->moved));
	a->moved[a->nmoved++] = (struct moved){
		.path = xstrdup(path),
		.line = xasprintf("moved away: %s, which appeared during the session (%s)%s%s%s; %s", path,
				  row->title, more, why != NULL ? "; not out of the project: " : "",
				  why != NULL ? why : "", back),
	};
}

static void note_failed(struct appear *a, const char *path, int e)
{
	AUTO_FREE char *text = xasprintf("%s (%s)", path, strerror(-e));

	if (a->failed.n < MAX_NAMED && !strv_has(&a->failed, text))
		strv_take(&a->failed, TAKE_PTR(text));
}

/* As quarantine_take, from a directory too that takes no writes: its mode is the box's to set. */
static int take_out(struct appear *a, const struct place *at, int dir, const char *name, const char *instead,
		    char **place, const char **why)
{
	int e = quarantine_take(a->o.quarantine, dir, at->path, name, instead, place, why);
	char proc[64];
	struct stat st;

	if (e != -EACCES || fstat(dir, &st) < 0)
		return e;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", dir);
	if (chmod(proc, (st.st_mode & 07777) | S_IRWXU) < 0)
		return e;
	e = quarantine_take(a->o.quarantine, dir, at->path, name, instead, place, why);
	chmod(proc, st.st_mode & 07777);
	return e;
}

static void take(struct appear *a, const struct place *at, int dir, const char *name,
		 const struct autorun_row *row, const char *instead, const char *more)
{
	AUTO_FREE char *path = path_join(at->path, name);
	AUTO_FREE char *place = NULL;
	const char *why;
	int e;

	if (a->nmoved >= MAX_MOVED && a->live) {
		a->over = true;
		return;
	}
	e = take_out(a, at, dir, name, instead, &place, &why);
	if (e < 0 && e != -ENOENT)
		note_failed(a, path, e);
	if (e < 0)
		return;
	if (why != NULL)
		strv_add(&a->ours, place);
	note_moved(a, path, place, why, row, more, instead != NULL);
}

static void name_it(struct appear *a, const char *path)
{
	if (a->named.n < MAX_NAMED && !strv_has(&a->named, path))
		strv_add(&a->named, path);
}

/* --- repositories */

static char *text_of(int dir, const char *name)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	struct stat st;

	return textfile_read(fd, GITCONF_MAX, &st);
}

/* The first few. */
static char *some_of(const struct strv *s)
{
	AUTO_FREE char *list = xstrdup(s->v[0]);

	for (size_t i = 1; i < s->n && i < NAMED; i++) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s, %s", before, s->v[i]);
	}
	return s->n > NAMED ? xasprintf("%s and more", list) : TAKE_PTR(list);
}

/* A config with keys that run something: those go, and the rest stays, for who works in that repository. */
static void take_config(struct appear *a, const struct place *at, int dir, const char *name,
			const struct autorun_row *row)
{
	AUTO_FREE char *text = text_of(dir, name);
	AUTO_STRV struct strv bad = { 0 };
	AUTO_FREE char *clean = NULL;
	AUTO_FREE char *keys = NULL;
	bool changing = text == NULL && (errno == ENOENT || errno == EIO);
	AUTO_FREE char *more = NULL;

	if (text != NULL)
		clean = appeargit_config(text, at->path, a->o.tree[at->tree], tree_path(a, at->tree), &bad);
	if (changing || (clean != NULL && bad.n == 0))
		return;
	keys = clean != NULL ? some_of(&bad) : NULL;
	/* Nothing else was in it. */
	if (clean != NULL && clean[strspn(clean, " \t\r\n")] == '\0')
		mem_free_ptr(&clean);
	more = keys == NULL ? xstrdup("; it is no config")
	       : clean == NULL
		   ? xasprintf("; it has %s", keys)
		   : xasprintf("; in its place is one without %s, not known to run nothing", keys);
	take(a, at, dir, name, row, clean, more);
}

/* A thing of a repository's own directory, or of a directory there that is a row as a whole. */
static void judge_git(struct appear *a, const struct place *at, int dir, const char *name,
		      const struct autorun_row *row)
{
	AUTO_FREE char *text = NULL;

	if (streq(row->pattern, "hooks") && appeargit_is_sample(name))
		return;
	if (streq(row->pattern, "config") || streq(row->pattern, "config.worktree")) {
		take_config(a, at, dir, name, row);
		return;
	}
	/* Empty, it is about to be written. */
	if (streq(row->pattern, "commondir")) {
		text = text_of(dir, name);
		if (text != NULL && (*text == '\0' || appeargit_is_common(text, at->path)))
			return;
	}
	take(a, at, dir, name, row, NULL, "");
}

/* .git where it is a file. */
static bool is_pointer(const struct appear *a, const struct place *at, int dir)
{
	AUTO_FREE char *text = text_of(dir, ".git");

	/* Empty, it is about to be written. */
	return text != NULL && (*text == '\0' || appeargit_is_pointer(text, at->path, a->o.tree[at->tree],
								      tree_path(a, at->tree)));
}

static bool is_repository(int dir)
{
	struct stat st;

	return fstatat(dir, "HEAD", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ((fstatat(dir, "objects", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		 fstatat(dir, "refs", &st, AT_SYMLINK_NOFOLLOW) == 0) ||
		fstatat(dir, "commondir", &st, AT_SYMLINK_NOFOLLOW) == 0);
}

/* --- names */

/* It, or what has brought it, came by its name since the start, or is another. */
static bool is_since(const struct appear *a, const struct place *at, int dir, const char *name,
		     const struct stat *st)
{
	struct statx x;

	if (time_is_since(st->st_ctim, a->o.since) || (at->moved && a->o.rest == NULL))
		return true;
	return statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) == 0 &&
	       (x.stx_mask & STATX_BTIME) != 0 &&
	       time_is_since((struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec }, a->o.since);
}

/* Was made since: what is a session's to write is named only then. */
static bool is_new(const struct appear *a, int dir, const char *name)
{
	struct statx x;

	return statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) == 0 &&
	       ((x.stx_mask & STATX_BTIME) == 0 ||
		time_is_since((struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec }, a->o.since));
}

/* The agent keeps there what it may do: the settings serve it until the end, when they are moved as well. */
static bool is_for_later(const struct appear *a, const struct place *at, const char *name,
			 const struct stat *st)
{
	AUTO_FREE char *dir = path_join(a->o.policy->project, ".claude");

	return a->live && S_ISREG(st->st_mode) && streq(at->path, dir) &&
	       (streq(name, "settings.json") || streq(name, "settings.local.json"));
}

/* What makes a directory a repository came there since: what lies in `objects` and `refs` changes their own times. */
static bool is_new_repository(const struct appear *a, int dir)
{
	struct stat st;

	return (fstatat(dir, "HEAD", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		time_is_since(st.st_ctim, a->o.since)) ||
	       is_new(a, dir, "objects") || is_new(a, dir, "refs");
}

static void judge(struct appear *a, const struct place *at, int dir, const char *name,
		  const struct autorun_row *row, const struct stat *st)
{
	AUTO_FREE char *path = path_join(at->path, name);

	if (!autorun_is_held(a->o.policy, path) || is_held(a, path) || strv_has(&a->ours, path))
		return;
	if (row->later == AUTORUN_REPORT) {
		/* Where the search was not at its end at the start, finish_changed() names those that it protects. */
		if (row->at_start == AUTORUN_READ_ONLY ? a->o.rest == NULL && is_since(a, at, dir, name, st)
						       : is_new(a, dir, name))
			name_it(a, path);
		return;
	}
	/* Sockets and FIFOs: arrived.c. */
	if ((!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode)) || !is_since(a, at, dir, name, st))
		return;
	if (is_for_later(a, at, name, st))
		return;
	if (row->place == AUTORUN_GIT)
		judge_git(a, at, dir, name, row);
	else if (!streq(name, ".git") || !S_ISREG(st->st_mode) || !is_pointer(a, at, dir))
		take(a, at, dir, name, row, NULL, "");
}

/* A link in the place of a directory in the middle of a pattern: ".hg" of ".hg/hgrc". */
static const struct autorun_row *row_behind(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < autorun_nrows; i++)
		if (autorun_rows[i].place == AUTORUN_ANY && autorun_rows[i].later == AUTORUN_QUARANTINE &&
		    str_starts(autorun_rows[i].pattern, name) && autorun_rows[i].pattern[n] == '/')
			return &autorun_rows[i];
	return NULL;
}

static const struct autorun_row *row_of_git(const char *name)
{
	for (size_t i = 0; i < autorun_nrows; i++)
		if (autorun_rows[i].place == AUTORUN_GIT && streq(autorun_rows[i].pattern, name))
			return &autorun_rows[i];
	return NULL;
}

/* What a directory is that lies in one of a repository's own, of this kind. PLAIN: nothing in it counts. */
static enum kind kind_in_git(const struct place *at, enum kind kind, const char *name)
{
	bool part = kind == PART && streq(name, "info") && streq(path_basename(at->path), "objects");

	if (kind == REPOSITORY || (kind == PART && at->nested)) {
		if (streq(name, "modules") || streq(name, "worktrees"))
			return REPOSITORIES;
		/* Those of "info/attributes" and "objects/info/alternates". */
		part = part || row_of_git(name) != NULL || streq(name, "info") || streq(name, "objects");
	}
	if (part)
		return PART;
	/* "a/b" is the name of a module, as is "a". */
	return (kind == REPOSITORIES || at->nested) && !appeargit_is_store(at->path, name) ? REPOSITORIES
											   : PLAIN;
}

static void enter_git(const struct place *at, enum kind kind, const char *name, enum kind *ret_kind,
		      struct place *ret)
{
	*ret_kind = kind_in_git(at, kind, name);
	ret->part = *ret_kind == PART && kind != REPOSITORIES ? row_of_git(name) : NULL;
	ret->nested = at->nested || *ret_kind == REPOSITORIES;
}

/* What a directory is by its name and by what holds it. False: nothing in it counts. */
static bool below(struct appear *a, const struct place *at, const char *name, const struct stat *st,
		  struct place *ret)
{
	AUTO_FREE char *rooted = xasprintf("/%s", name);
	const struct autorun_row *row;

	*ret = place_below(at, name);
	ret->moved = at->moved || time_is_since(st->st_ctim, a->o.since);
	ret->dependencies = at->dependencies || scan_in_dependencies(rooted);
	if (strv_has_sorted(&a->held, ret->path))
		return false;
	if (strlen(ret->path) > MAX_PATH) {
		a->incomplete = true;
		return false;
	}
	if (at->kind == ROW)
		return true;
	if (at->kind != PLAIN) {
		enter_git(at, at->kind, name, &ret->kind, ret);
		return ret->kind != PLAIN;
	}
	if (streq(name, ".git")) {
		ret->kind = REPOSITORY;
		ret->bare = PLAIN;
		ret->nested = false;
		return true;
	}
	/* Any project may have directories of such names: the other rows hold in them, too. */
	if (at->bare != PLAIN)
		enter_git(at, at->bare, name, &ret->bare, ret);
	row = ret->dependencies || !autorun_may_be(name) ? NULL : autorun_find(at->path, name, at->top);
	ret->row = row != NULL && row->kind == AUTORUN_DIR && row->later == AUTORUN_QUARANTINE ? row : NULL;
	if (ret->row != NULL)
		ret->kind = ROW;
	return true;
}

/* The row of a name in a part of a repository. */
static const struct autorun_row *row_of_part(const struct place *at, const char *name)
{
	AUTO_FREE char *short_name = xasprintf("%s/%s", path_basename(at->path), name);
	AUTO_FREE char *dir = path_dirname(at->path);
	AUTO_FREE char *long_name = xasprintf("%s/%s", path_basename(dir), short_name);
	const struct autorun_row *row = at->part != NULL ? at->part : row_of_git(short_name);

	return row != NULL ? row : row_of_git(long_name);
}

static const struct autorun_row *row_in_git(const struct place *at, enum kind kind, const char *name,
					    bool is_link)
{
	const struct autorun_row *row = kind == PART ? row_of_part(at, name) : NULL;

	if (row == NULL && (kind == REPOSITORY || (kind == PART && at->nested)))
		row = row_of_git(name);
	/* It could lead to what nobody looks at. */
	if (row == NULL && is_link && (kind == REPOSITORIES || (kind != PLAIN && appeargit_is_own(name))))
		row = autorun_find(at->path, ".git", false);
	return row;
}

static const struct autorun_row *row_of(const struct place *at, const char *name, bool is_link)
{
	const struct autorun_row *row =
	    row_in_git(at, at->kind == PLAIN ? at->bare : at->kind, name, is_link);

	if (at->kind != PLAIN)
		return at->kind == ROW ? at->row : row;
	if (row != NULL || (at->dependencies && !streq(name, ".git")))
		return row;
	row = is_link ? row_behind(name) : NULL;
	return row == NULL && autorun_may_be(name) ? autorun_find(at->path, name, at->top) : row;
}

static bool may_count(const struct place *at, const char *name, unsigned char type)
{
	return type == DT_DIR || type == DT_UNKNOWN || row_of(at, name, type == DT_LNK) != NULL;
}

/* Links are followed at the end alone, when where they lead stays. */
static bool may_lead(const struct appear *a, const struct place *at)
{
	return !a->live && at->kind == PLAIN && !at->dependencies;
}

/* Of the innermost tree that holds path; SIZE_MAX: none does. */
static size_t tree_of(const struct appear *a, const char *path)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < a->o.ntree; i++) {
		const char *tree = a->o.tree[i] >= 0 ? tree_path(a, i) : NULL;

		if (tree != NULL && path_is_under(path, tree) &&
		    (found == SIZE_MAX || strlen(tree) > strlen(tree_path(a, found))))
			found = i;
	}
	return found;
}

/* The path of a directory of the trees, owned; NULL: it lies in none. *st: its state. */
static char *path_in_tree(const struct appear *a, const struct place *at, int fd, const struct stat *st)
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
		path = i == 0 ? xstrdup(text) : path_join(tree_path(a, at->tree), text);
		tree = tree_of(a, path);
		if (tree != SIZE_MAX) {
			struct place p = { .path = path, .tree = tree };
			AUTO_CLOSE int there = open_place(a, &p, O_PATH);

			if (there >= 0 && fstat(there, &same) == 0 && same.st_ino == st->st_ino)
				return TAKE_PTR(path);
		}
	}
	return NULL;
}

/* A link to a directory that the search does not come to, or not for all rows: the host gets there by the link. */
static void follow(struct appear *a, const struct place *at, int dir, const char *name,
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
	if (path == NULL)
		return;
	tree = tree_of(a, path);
	below = path + strlen(tree_path(a, tree));
	came = is_since(a, at, dir, name, link);
	if (appeargit_is_in_own(below)) {
		if (came && autorun_is_held(a->o.policy, shown) && !is_held(a, shown)) {
			take(a, at, dir, name, autorun_find(at->path, ".git", false), NULL,
			     "; it leads into a repository's own directory");
			return;
		}
	} else if (!scan_in_dependencies(below)) {
		return;
	}
	if (is_below_one(&a->held, path) || strv_has(&a->followed, path))
		return;
	if (a->followed.n >= MAX_FOLLOWED) {
		a->incomplete = true;
		return;
	}
	strv_add(&a->followed, path);
	enqueue(a, (struct place){ .path = xstrdup(path),
				   .tree = tree,
				   .moved = came || time_is_since(st.st_ctim, a->o.since) });
}

static void visit(struct appear *a, const struct place *at, int dir, const char *name)
{
	const struct autorun_row *row;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	row = row_of(at, name, S_ISLNK(st.st_mode));
	if (S_ISDIR(st.st_mode)) {
		struct place next;

		if (row != NULL && row->kind == AUTORUN_DIR && row->later == AUTORUN_REPORT &&
		    at->kind == PLAIN)
			judge(a, at, dir, name, row, &st);
		if (below(a, at, name, &st, &next))
			enqueue(a, next);
		else
			free(next.path);
		return;
	}
	if (row != NULL)
		judge(a, at, dir, name, row, &st);
	if (may_lead(a, at) && S_ISLNK(st.st_mode))
		follow(a, at, dir, name, &st);
}

/* --- directories */

static struct watch *watch_of(struct appear *a, int wd)
{
	size_t lo = 0, hi = a->nwatch;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (a->watch[mid].wd < wd)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < a->nwatch && a->watch[lo].wd == wd ? &a->watch[lo] : NULL;
}

static void watch_it(struct appear *a, const struct place *p, int fd)
{
	struct watch *w;
	char proc[64];
	int wd;

	if (!a->live || a->full || p->dependencies)
		return;
	if (a->nwatch >= a->watch_max) {
		a->full = true;
		log_detail(
		    "large project: what appears in it is looked for at the end of the session, beside "
		    "%zu directories that are watched",
		    a->nwatch);
		return;
	}
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	wd = inotify_add_watch(a->notify, proc, EVENTS);
	if (wd < 0) {
		a->full = errno == ENOSPC || errno == ENOMEM;
		return;
	}
	w = watch_of(a, wd);
	/* One that is watched already, perhaps by another name now. */
	if (w != NULL) {
		free(w->at.path);
		w->at = place_copy(p);
		return;
	}
	if (a->nwatch == a->watch_cap) {
		a->watch_cap = a->watch_cap * 2 + 64;
		a->watch = xrealloc_array(a->watch, a->watch_cap, sizeof(*a->watch));
	}
	a->watch[a->nwatch++] = (struct watch){ wd, place_copy(p) };
}

/* Of the search at the end. */
static bool is_late(struct appear *a, unsigned *n)
{
	if (!a->live && a->end.tv_sec != 0 && ++*n % CHECK_EVERY == 0 &&
	    deadline_over(CLOCK_MONOTONIC, &a->end))
		a->late_now = true;
	return a->late_now;
}

static void read_place(struct appear *a, struct place *p)
{
	int fd = open_place(a, p, O_RDONLY);
	AUTO_DIR DIR *d = mem_dir(fd == -EACCES ? fd = open_closed(a, p) : fd);
	const struct dirent *e;
	enum kind *git;
	struct stat st;
	unsigned n = 0;

	if (d == NULL) {
		if (fd == -EACCES && p->moved)
			note_failed(a, p->path, fd);
		return;
	}
	git = p->kind == PLAIN ? &p->bare : &p->kind;
	if (*git == REPOSITORIES && fstatat(fd, "HEAD", &st, AT_SYMLINK_NOFOLLOW) == 0)
		*git = REPOSITORY;
	if (p->kind == PLAIN && is_repository(fd)) {
		/* A part of one that is one itself is both. */
		p->nested = p->nested || p->bare == PART;
		p->bare = p->bare == PART ? PART : REPOSITORY;
		if (is_new_repository(a, fd))
			name_it(a, p->path);
	}
	/* Before it is read: what comes after that is told. */
	watch_it(a, p, fd);
	while ((e = readdir(d)) != NULL && !is_late(a, &n))
		if (!streq(e->d_name, ".") && !streq(e->d_name, "..") &&
		    ((e->d_type == DT_LNK && may_lead(a, p)) || may_count(p, e->d_name, e->d_type)))
			visit(a, p, fd, e->d_name);
}

/* One directory of the queue; false: it is empty. */
static bool read_next(struct appear *a)
{
	struct queue *q = a->queue.next < a->queue.n ? &a->queue : &a->late;
	struct place p;

	if (q->next == q->n || a->over)
		return false;
	p = q->at[q->next++];
	/* What a session makes without end is none either. */
	if (q->next == q->n)
		q->next = q->n = 0;
	read_place(a, &p);
	free(p.path);
	return true;
}

static void from_the_top(struct appear *a)
{
	queue_done(&a->queue);
	queue_done(&a->late);
	for (size_t i = 0; i < a->o.ntree; i++)
		if (a->o.tree[i] >= 0 && tree_path(a, i) != NULL)
			enqueue(a,
				(struct place){ .path = xstrdup(tree_path(a, i)), .tree = i, .top = true });
}

/* --- while it runs */

static void set_timer(struct appear *a)
{
	struct itimerspec t = { .it_value = { .tv_nsec = 1 } };
	bool more = a->queue.next < a->queue.n || (!a->live && a->late.next < a->late.n);

	if (!more && a->nsettling == 0)
		t.it_value.tv_nsec = 0;
	else if (!more)
		t.it_value = a->settling[0].due;
	timerfd_settime(a->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static size_t watches_of_user(void)
{
	AUTO_CLOSE int fd = open(LIMIT_FILE, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	size_t n = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? strtoul(text, NULL, 10) / SHARE : 0;

	return n < MAX_WATCHES ? n : MAX_WATCHES;
}

static void begin_watching(struct appear *a)
{
	struct epoll_event e = { .events = EPOLLIN };

	a->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (a->notify < 0 || epoll_ctl(a->poll, EPOLL_CTL_ADD, a->notify, &e) < 0) {
		log_detail("what appears in the project is looked for at the end of the session: inotify: %s",
			   strerror(errno));
		mem_close_fd(&a->notify);
		return;
	}
	a->watch_max = watches_of_user();
	a->live = true;
	from_the_top(a);
}

static void settle(struct appear *a, const struct place *at, const char *name, bool now)
{
	struct settling *s;

	for (size_t i = 0; i < a->nsettling; i++) {
		s = &a->settling[i];
		if (streq(s->name, name) && streq(s->at.path, at->path)) {
			if (now)
				clock_gettime(CLOCK_MONOTONIC, &s->due);
			return;
		}
	}
	if (a->nsettling == a->settling_cap) {
		a->settling_cap = a->settling_cap * 2 + 16;
		a->settling = xrealloc_array(a->settling, a->settling_cap, sizeof(*a->settling));
	}
	a->settling[a->nsettling++] = (struct settling){ place_copy(at), xstrdup(name),
							 deadline_in(CLOCK_MONOTONIC, now ? 0 : SETTLE_MS) };
}

static void heard(struct appear *a, const struct inotify_event *e)
{
	struct watch *w;

	if ((e->mask & IN_Q_OVERFLOW) != 0) {
		from_the_top(a);
		return;
	}
	w = watch_of(a, e->wd);
	if (w == NULL)
		return;
	if ((e->mask & IN_IGNORED) != 0) {
		free(w->at.path);
		memmove(w, w + 1, (size_t)(a->watch + a->nwatch - w - 1) * sizeof(*w));
		a->nwatch--;
		return;
	}
	if (e->len == 0)
		return;
	if ((e->mask & IN_ISDIR) != 0) {
		settle(a, &w->at, e->name, true);
		return;
	}
	/* A repository is made name by name. */
	if (((w->at.kind == PLAIN && w->at.bare != REPOSITORY) || w->at.kind == REPOSITORIES) &&
	    (streq(e->name, "HEAD") || streq(e->name, "commondir")))
		enqueue(a, place_copy(&w->at));
	if (may_count(&w->at, e->name, DT_LNK))
		settle(a, &w->at, e->name, (e->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0);
}

static void hear(struct appear *a)
{
	_Alignas(struct inotify_event) char buf[16384];
	ssize_t n;

	while (a->notify >= 0 && (n = read(a->notify, buf, sizeof(buf))) > 0)
		for (char *s = buf; s < buf + n;) {
			const struct inotify_event *e = (const struct inotify_event *)(void *)s;

			heard(a, e);
			s += sizeof(*e) + e->len;
		}
}

/* Those whose time has come. */
static void look_at_settled(struct appear *a)
{
	struct timespec now;
	size_t n = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (size_t i = 0; i < a->nsettling; i++) {
		struct settling *s = &a->settling[i];
		AUTO_CLOSE int dir = -1;

		if (!time_is_since(now, s->due) && !a->over) {
			a->settling[n++] = *s;
			continue;
		}
		dir = open_place(a, &s->at, O_PATH);
		if (dir >= 0)
			visit(a, &s->at, dir, s->name);
		free(s->at.path);
		free(s->name);
	}
	a->nsettling = n;
}

bool appear_step(struct appear *a)
{
	bool was_over = a->over;
	uint64_t times;

	if (read(a->timer, &times, sizeof(times)) == sizeof(times) && a->notify < 0 && !a->live)
		begin_watching(a);
	hear(a);
	look_at_settled(a);
	for (int i = 0; i < SLICE && a->queue.next < a->queue.n && read_next(a); i++)
		;
	say_moved(a);
	set_timer(a);
	return was_over || !a->over;
}

int appear_fd(const struct appear *a)
{
	return a->poll;
}

static void add_held(struct appear *a)
{
	const struct policy *p = a->o.policy;

	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part == POLICY_AUTORUN
			? p->entry[i].access != POLICY_WRITE
			: p->entry[i].part >= POLICY_PROJECT && !streq(p->entry[i].path, p->project))
			strv_add(&a->held, p->entry[i].path);
	for (size_t i = 0; i < p->git.n; i++)
		strv_add(&a->held, p->git.config[i].path);
	if (p->dotclaude.mounted)
		strv_add(&a->held, p->dotclaude.path);
	for (size_t i = 0; i < p->pin.n; i++)
		strv_add(&a->pinned, p->pin.v[i]);
	strv_sort(&a->held);
	strv_sort(&a->pinned);
}

struct appear *appear_start(const struct appear_opts *opts)
{
	struct appear *a = xcalloc(1, sizeof(*a));
	struct epoll_event e = { .events = EPOLLIN };
	struct itimerspec later = { .it_value = deadline_in(CLOCK_MONOTONIC, LATER_MS) };

	*a = (struct appear){ .o = *opts, .notify = -1 };
	add_held(a);
	a->poll = epoll_create1(EPOLL_CLOEXEC);
	a->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (a->poll < 0 || a->timer < 0 || epoll_ctl(a->poll, EPOLL_CTL_ADD, a->timer, &e) < 0 ||
	    timerfd_settime(a->timer, TFD_TIMER_ABSTIME, &later, NULL) < 0)
		log_detail("what appears in the project is looked for at the end of the session: %s",
			   strerror(errno));
	return a;
}

/* --- at the end */

static void search(struct appear *a)
{
	unsigned n = 0;

	a->end = deadline_in(CLOCK_MONOTONIC, AT_END_MS);
	a->live = a->over = false;
	from_the_top(a);
	while (!is_late(a, &n) && read_next(a))
		;
	a->incomplete = a->incomplete || a->late_now;
}

static char *list_of(const struct appear *a, struct account *account, enum account_kind kind,
		     const struct strv *paths)
{
	AUTO_FREE char *list = xstrdup("");
	const char *project = a->o.policy->project;

	for (size_t i = 0; i < paths->n; i++) {
		AUTO_FREE char *before = list;
		const char *path = paths->v[i];

		account_add(account, kind, ACCOUNT_DETAIL, path, "appeared during the session: %s", path);
		if (path_is_under(path, project) && !streq(path, project))
			path += strlen(project) + 1;
		list = i < NAMED ? xasprintf("%s%s%s", before, i > 0 ? ", " : "", path) : TAKE_PTR(before);
	}
	if (paths->n > NAMED) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s and %zu more (-v names them)", before, paths->n - NAMED);
	}
	return TAKE_PTR(list);
}

/* What is left, what is named and what is gone are kinds of their own: who makes many of one hides none of another. */
static void hand_in(const struct appear *a, struct account *account)
{
	AUTO_FREE char *failed = list_of(a, account, ACCOUNT_LEFT, &a->failed);
	AUTO_FREE char *named = list_of(a, account, ACCOUNT_APPEARED, &a->named);

	if (a->failed.n > 0)
		account_add(account, ACCOUNT_LEFT, ACCOUNT_SECURITY, a->failed.v[0],
			    "appeared during the session, and can't be moved away: %s; the host acts on %s, "
			    "look at %s",
			    failed, a->failed.n > 1 ? "them" : "it", a->failed.n > 1 ? "them" : "it")
		    ->others = a->failed.n - 1;
	if (a->named.n > 0)
		account_add(account, ACCOUNT_APPEARED, ACCOUNT_SECURITY, a->named.v[0],
			    "appeared during the session: %s; the host acts on %s, or asks first", named,
			    a->named.n > 1 ? "them" : "it")
		    ->others = a->named.n - 1;
	for (size_t i = 0; i < a->nmoved; i++)
		account_add(account, ACCOUNT_MOVED, i < NAMED ? ACCOUNT_SECURITY : ACCOUNT_DETAIL,
			    a->moved[i].path, "%s", a->moved[i].line);
	if (a->nmoved > NAMED)
		account_add(account, ACCOUNT_MOVED, ACCOUNT_SECURITY, NULL,
			    "moved away: %zu more like these (-v names them); see %s", a->nmoved - NAMED,
			    a->o.quarantine->dir >= 0 ? a->o.quarantine->path : a->o.policy->project)
		    ->others = a->nmoved - NAMED - 1;
	if (a->incomplete)
		account_add(
		    account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, a->o.policy->project,
		    "weaker: %s was not searched to its end (%d s): not all that appeared in it of what "
		    "the host runs is known",
		    a->o.policy->project, AT_END_MS / 1000);
}

void appear_end(struct account *account, struct appear *a)
{
	if (a == NULL)
		return;
	search(a);
	close_again(a);
	hand_in(a, account);
	queue_done(&a->queue);
	queue_done(&a->late);
	for (size_t i = 0; i < a->nwatch; i++)
		free(a->watch[i].at.path);
	free(a->watch);
	for (size_t i = 0; i < a->nsettling; i++) {
		free(a->settling[i].at.path);
		free(a->settling[i].name);
	}
	free(a->settling);
	for (size_t i = 0; i < a->nmoved; i++) {
		free(a->moved[i].path);
		free(a->moved[i].line);
	}
	free(a->moved);
	strv_done(&a->held);
	strv_done(&a->pinned);
	strv_done(&a->held_later);
	strv_done(&a->followed);
	strv_done(&a->named);
	strv_done(&a->failed);
	strv_done(&a->ours);
	mem_close_fd(&a->notify);
	mem_close_fd(&a->timer);
	mem_close_fd(&a->poll);
	free(a);
}
