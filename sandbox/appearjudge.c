/* SPDX-License-Identifier: MIT */
/* What becomes of what appeared: held things that the host has made again, a repository's own files, rows of autorun.def. */
#include "appearwalk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "appeargit.h"
#include "gitconf.h"
#include "gitnames.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

enum {
	INDEX_LIVE =
	    16 << 20, /* some hundred thousand files: a larger one at the end alone, who works waits for it */
	INDEX_MAX = 512 << 20,
};

/* --- what is held, until the host puts another one in its place */

/* Through no link at its end. False: there is nothing, or it can't be seen. */
static bool stands(int dir, const char *below, struct appear_inode *ret, bool *is_dir)
{
	struct statx x;

	if (statx(dir, below, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &x) < 0)
		return false;
	*ret = (struct appear_inode){ .dev = makedev(x.stx_dev_major, x.stx_dev_minor), .ino = x.stx_ino };
	if ((x.stx_mask & STATX_BTIME) != 0)
		ret->born = (struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec };
	*is_dir = S_ISDIR(x.stx_mode);
	return true;
}

/* By the tree that its directory lies in: it may be a tree of its own. */
static bool stands_at(const struct appear *a, const char *path, struct appear_inode *ret, bool *is_dir)
{
	AUTO_FREE char *above = path_dirname(path);
	size_t tree = appearwalk_tree_of(a, above);

	return tree != SIZE_MAX &&
	       stands(a->o.tree[tree], path + strlen(appearwalk_tree(a, tree)) + 1, ret, is_dir);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct appear_stood *)a)->path, ((const struct appear_stood *)b)->path);
}

static int is_path(const void *path, const void *s)
{
	return strcmp(path, ((const struct appear_stood *)s)->path);
}

static bool is_same(const struct appear_inode *a, const struct appear_inode *b)
{
	return a->dev == b->dev && a->ino == b->ino && time_is_same(a->born, b->born);
}

/* Who was root may not get to the path any more: what is of the tree's own file system is the host's. */
static bool is_of_tree(const struct appear *a, const char *path, const struct appear_inode *i)
{
	AUTO_FREE char *above = path_dirname(path);
	size_t tree = appearwalk_tree_of(a, above);
	struct stat st;

	return tree != SIZE_MAX && fstat(a->o.tree[tree], &st) == 0 && st.st_dev == i->dev;
}

static void remember(struct appear *a, const struct strv *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		struct appear_stood s;
		bool is_dir, too;

		if (!stands_at(a, paths->v[i], &s.inside, &is_dir) || !is_dir)
			continue;
		if (!stands(AT_FDCWD, paths->v[i], &s.host, &too)) {
			if (!is_of_tree(a, paths->v[i], &s.inside))
				continue;
			s.host = s.inside;
		}
		if (a->nstood == a->stood_cap) {
			a->stood_cap = a->stood_cap * 2 + 64;
			a->stood = xrealloc_array(a->stood, a->stood_cap, sizeof(*a->stood));
		}
		s.path = xstrdup(paths->v[i]);
		a->stood[a->nstood++] = s;
	}
}

void appearjudge_remember(struct appear *a)
{
	remember(a, &a->held);
	remember(a, &a->pinned);
	if (a->nstood > 1)
		qsort(a->stood, a->nstood, sizeof(*a->stood), by_path);
}

static void compare(struct appear *a, const struct appear_stood *was, const struct appear_inode *is)
{
	if (is_same(&was->inside, is) || is_same(&was->host, is))
		return;
	if (strv_has_sorted(&a->held, was->path))
		strv_add(&a->replaced, was->path);
	strv_drop_sorted(&a->held, was->path);
	strv_drop_sorted(&a->pinned, was->path);
}

void appearjudge_look(struct appear *a, const char *path, int dir, const char *name)
{
	const struct appear_stood *was =
	    a->nstood > 0 ? bsearch(path, a->stood, a->nstood, sizeof(*a->stood), is_path) : NULL;
	struct appear_inode is;
	bool is_dir;

	if (was != NULL && stands(dir, name, &is, &is_dir))
		compare(a, was, &is);
}

void appearjudge_look_at_all(struct appear *a)
{
	struct appear_inode is;
	bool is_dir;

	for (size_t i = 0; i < a->nstood; i++)
		if (stands_at(a, a->stood[i].path, &is, &is_dir))
			compare(a, &a->stood[i], &is);
}

bool appearjudge_is_below(const struct strv *sorted, const char *path)
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

bool appearjudge_is_held(struct appear *a, const char *path)
{
	struct stat st;

	if (strv_has_sorted(&a->pinned, path) || appearjudge_is_below(&a->held, path))
		return true;
	if (a->o.rest == NULL || a->o.rest->notes < 0 || fstat(a->o.rest->notes, &st) < 0)
		return false;
	if (st.st_size != a->later_size) {
		finish_held(a->o.rest, &a->held_later, &a->pinned_later);
		a->later_size = st.st_size;
	}
	return strv_has_sorted(&a->pinned_later, path) || appearjudge_is_below(&a->held_later, path);
}

/* --- what of a repository */

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

	for (size_t i = 1; i < s->n && i < APPEAR_NAMED; i++) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s, %s", before, s->v[i]);
	}
	return s->n > APPEAR_NAMED ? xasprintf("%s and more", list) : TAKE_PTR(list);
}

/* By a descriptor or a mapping; false too where there are no leases (NFS). */
static bool is_written_to(int dir, const char *name)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);

	/* Should somebody break it meanwhile: not by a signal that ends this process. */
	if (fd < 0 || fcntl(fd, F_SETSIG, SIGCHLD) < 0)
		return false;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

/* A config with keys that run something: those go, and the rest stays, for who works in that repository. */
static void take_config(struct appear *a, const struct appear_place *at, int dir, const char *name,
			const struct autorun_row *row)
{
	AUTO_FREE char *text = text_of(dir, name);
	AUTO_STRV struct strv bad = { 0 };
	AUTO_FREE char *clean = NULL;
	AUTO_FREE char *keys = NULL;
	bool changing = text == NULL && (errno == ENOENT || errno == EIO);
	AUTO_FREE char *more = NULL;

	if (text != NULL)
		clean = appeargit_config(text, at->path, a->o.tree[at->tree], appearwalk_tree(a, at->tree),
					 &a->held, &bad);
	if (changing)
		return;
	if (clean != NULL && bad.n == 0) {
		if (a->live && is_written_to(dir, name) && !appearlive_wait(a, at, name))
			appeartake_move(a, at, dir, name, row, NULL, "; somebody keeps it open for writing");
		return;
	}
	keys = clean != NULL ? some_of(&bad) : NULL;
	/* Nothing else was in it. */
	if (clean != NULL && clean[strspn(clean, " \t\r\n")] == '\0')
		mem_free_ptr(&clean);
	more = keys == NULL ? xstrdup("; it is no config")
	       : clean == NULL
		   ? xasprintf("; it has %s", keys)
		   : xasprintf("; in its place is one without %s, not known to run nothing", keys);
	appeartake_move(a, at, dir, name, row, clean, more);
}

/* A file that git on the host would read or write out of the worktree, as more of a line; owned; NULL: none. */
static char *what_it_names(const struct appear *a, const struct appear_place *at, int dir, bool is_index)
{
	AUTO_FREE char *around = path_dirname(at->path);
	/* Of a project that is a linked worktree the main one lies elsewhere. */
	size_t tree = streq(path_basename(at->path), ".git") ? appearwalk_tree_of(a, around) : SIZE_MAX;
	bool large = false;
	AUTO_FREE char *bad =
	    is_index ? gitnames_index(dir, a->live ? INDEX_LIVE : INDEX_MAX, &large)
		     : gitnames_rerere(dir, a->o.policy,
				       tree != SIZE_MAX ? around + strlen(appearwalk_tree(a, tree)) : NULL);
	const char *cure = is_index ? "; `git reset` makes it anew" : "";

	if (large && !a->live)
		return xasprintf("; it is too large to look at%s", cure);
	if (bad == NULL)
		return NULL;
	if (!is_index && !gitnames_is_bad(bad))
		return xstrdup("; what it names is a link, masked, or of no worktree that is shown inside");
	return *bad == '\0' ? xasprintf("; git can't have written it%s", cure)
			    : xasprintf("; it names %s, which git never does%s", bad, cure);
}

/* What is wrong with it, as more of a line; owned; NULL: nothing. Empty, it is about to be written. */
static char *what_it_says(const struct appear *a, const struct appear_place *at, int dir, const char *name,
			  enum autorun_judged by)
{
	AUTO_FREE char *text = text_of(dir, name);

	if (text == NULL)
		return by != AUTORUN_COMMON && (errno == ENOENT || errno == EIO) ? NULL : xstrdup("");
	if (by == AUTORUN_NUMBER)
		return text[strspn(text, "0123456789\n")] == '\0' ? NULL : xstrdup("");
	if (by == AUTORUN_COMMON)
		return *text == '\0' || appeargit_is_common(text, at->path, &a->repositories) ? NULL
											      : xstrdup("");
	if (gitnames_has_control(text))
		return xstrdup("; it has control characters");
	if (by == AUTORUN_REF && gitnames_leads_out(text))
		return xasprintf("; it leads to %.*s", (int)strcspn(text + 4, "\r\n"), text + 4);
	return NULL;
}

/* As more of a line; owned; NULL: the text is none of a stash. */
static char *see_stash(int dir, const char *name)
{
	AUTO_FREE char *text = text_of(dir, name);

	return text != NULL
		   ? xasprintf("; see: git stash show -p %.*s", (int)strspn(text, "0123456789abcdef"), text)
		   : xstrdup("");
}

/* A thing of a repository's own directory, or of a directory there that is a row as a whole. */
static void judge_git(struct appear *a, const struct appear_place *at, int dir, const char *name,
		      const struct autorun_row *row)
{
	AUTO_FREE char *more = NULL;

	switch (row->judged) {
	case AUTORUN_CONFIG:
		take_config(a, at, dir, name, row);
		return;
	case AUTORUN_THERE:
		more = xstrdup("");
		break;
	case AUTORUN_HOOK:
		more = appeargit_is_sample(name) ? NULL : xstrdup("");
		break;
	case AUTORUN_AT_END:
		more = a->live ? NULL : see_stash(dir, name);
		break;
	case AUTORUN_INDEX:
	case AUTORUN_CONFLICTS:
		more = what_it_names(a, at, dir, row->judged == AUTORUN_INDEX);
		break;
	case AUTORUN_COMMON:
	case AUTORUN_NUMBER:
	case AUTORUN_SHOWN:
	case AUTORUN_REF:
		more = what_it_says(a, at, dir, name, row->judged);
		break;
	}
	/* Of an index in two files this is the one that `git reset` makes anew. */
	if (more != NULL)
		appeartake_move(a, at, dir, row->judged == AUTORUN_INDEX ? "index" : name, row, NULL, more);
}

/* .git where it is a file. */
static bool is_pointer(struct appear *a, const struct appear_place *at, int dir)
{
	AUTO_FREE char *text = text_of(dir, ".git");
	AUTO_FREE char *path = text != NULL ? appeargit_pointed_at(text, at->path) : NULL;
	size_t tree = path != NULL ? appearwalk_tree_of(a, path) : SIZE_MAX;
	bool absent;

	if (text == NULL)
		return false;
	if (!a->live && *text != '\0') {
		char *of = appeargit_worktree_of(text, at->path);

		appearstart_top(a, at->path, of != NULL ? of : xstrdup(""));
	}
	/* Empty, it is about to be written; and git writes it before it makes what it names (init_db() of setup.c). */
	if (*text == '\0' || tree == SIZE_MAX)
		return *text == '\0';
	return appeargit_is_of_another(path, a->o.tree[tree], appearwalk_tree(a, tree), &a->repositories,
				       &absent) ||
	       (absent && appearlive_wait(a, at, ".git"));
}

/* --- names */

static bool is_born(const struct appear *a, int dir, const char *name)
{
	struct statx x;

	return statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) == 0 &&
	       (x.stx_mask & STATX_BTIME) != 0 &&
	       time_is_since((struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec }, a->o.since);
}

bool appearjudge_is_since(const struct appear *a, const struct appear_place *at, int dir, const char *name,
			  const struct stat *st)
{
	return time_is_since(st->st_ctim, a->o.since) || (at->moved && a->o.rest == NULL) ||
	       is_born(a, dir, name);
}

/* What git never writes is nobody's work: it was made by the session that was killed, too. */
static bool is_since_killed(const struct appear *a, const struct autorun_row *row, const struct stat *st)
{
	return a->o.killed.tv_sec != 0 && row->place == AUTORUN_GIT && row->at_start == AUTORUN_LEAVE &&
	       row->judged > AUTORUN_AT_END && time_is_since(st->st_ctim, a->o.killed);
}

/* Was made since: what is a session's to write is named only then. */
static bool is_new(const struct appear *a, int dir, const char *name)
{
	struct statx x;

	return statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) == 0 &&
	       ((x.stx_mask & STATX_BTIME) == 0 ||
		time_is_since((struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec }, a->o.since));
}

/*
 * The host's own file, written to before the search came to it: nobody came by a name in that directory. Where it lies
 * finish_changed() names it.
 */
static bool is_changed_in_place(const struct appear *a, int dir, const char *name)
{
	struct stat st;

	return a->o.rest != NULL && fstat(dir, &st) == 0 && !time_is_since(st.st_ctim, a->o.since) &&
	       !is_new(a, dir, name);
}

/* The agent keeps there what it may do: the settings serve it until the end, when they are moved as well. */
static bool is_for_later(const struct appear *a, const struct appear_place *at, const char *name,
			 const struct stat *st)
{
	AUTO_FREE char *dir = path_join(a->o.policy->project, ".claude");

	return a->live && S_ISREG(st->st_mode) && streq(at->path, dir) &&
	       (streq(name, "settings.json") || streq(name, "settings.local.json"));
}

bool appearjudge_is_fresh(const struct appear *a, int dir)
{
	return is_born(a, dir, "objects") || is_born(a, dir, "refs");
}

bool appearjudge_is_new_repository(const struct appear *a, int dir)
{
	struct stat st;

	return (fstatat(dir, "HEAD", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		time_is_since(st.st_ctim, a->o.since)) ||
	       is_new(a, dir, "objects") || is_new(a, dir, "refs");
}

/* It may stay, and then be written to. */
static bool is_judged_by_its_text(const struct autorun_row *row, const char *name)
{
	return row->judged > AUTORUN_AT_END || streq(name, ".git");
}

/* A copy of the project by links does no harm to what the host's git replaces, and never writes to. */
static bool may_have_other_names(const struct autorun_row *row)
{
	return row->judged >= AUTORUN_SHOWN;
}

/* Of Emacs, beside the message that it edits: USER@HOST.PID, and the name is none that git opens. */
static bool is_editors_lock(int dir, const char *name)
{
	char to[256];
	ssize_t n = str_starts(name, ".#") ? readlinkat(dir, name, to, sizeof(to)) : -1;

	return n > 0 && (size_t)n < sizeof(to) && memchr(to, '/', (size_t)n) == NULL &&
	       memchr(to, '@', (size_t)n) != NULL;
}

void appearjudge(struct appear *a, const struct appear_place *at, int dir, const char *name,
		 const struct autorun_row *row, const struct stat *st)
{
	AUTO_FREE char *path = path_join(at->path, name);

	if (!autorun_is_held(a->o.policy, path) || appearjudge_is_held(a, path) || strv_has(&a->ours, path))
		return;
	if (row->later == AUTORUN_REPORT) {
		/* Where the search was not at its end at the start, finish_changed() names those that it protects. */
		if (row->at_start == AUTORUN_READ_ONLY
			? a->o.rest == NULL && appearjudge_is_since(a, at, dir, name, st)
			: is_new(a, dir, name))
			appeartake_name(a, path, row->at_start == AUTORUN_LEAVE);
		return;
	}
	/* What is never held nobody else compares. */
	if (row->at_start == AUTORUN_READ_ONLY && is_changed_in_place(a, dir, name))
		return;
	/* Sockets and FIFOs: arrived.c. */
	if (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode))
		return;
	/* A link may have come into the place of what it names. */
	if (!appearjudge_is_since(a, at, dir, name, st) && !is_since_killed(a, row, st) &&
	    !(at->fresh && row->place == AUTORUN_GIT) && (a->live || row->judged != AUTORUN_CONFLICTS))
		return;
	if (is_for_later(a, at, name, st))
		return;
	/* What may stay is judged again when it is written to, by whatever way. */
	if (S_ISREG(st->st_mode) && is_judged_by_its_text(row, name)) {
		appearlive_watch_file(a, at, dir, name);
		if (st->st_nlink > 1 && !may_have_other_names(row)) {
			appeartake_move(a, at, dir, name, row, NULL, "; it has another name, too");
			return;
		}
	}
	if (row->place == AUTORUN_GIT)
		judge_git(a, at, dir, name, row);
	else if (S_ISLNK(st->st_mode) && row == autorun_find(at->path, ".git", false) &&
		 !streq(name, ".git")) {
		if (!is_editors_lock(dir, name))
			appeartake_move(a, at, dir, name, row, NULL,
					"; git writes through a link that lies there");
	} else if (!streq(name, ".git") || !S_ISREG(st->st_mode) || !is_pointer(a, at, dir))
		appeartake_move(a, at, dir, name, row, NULL, "");
}
