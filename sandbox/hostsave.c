/* SPDX-License-Identifier: MIT */
/*
 * DOC: What is known of who wrote a file.
 *
 * Nothing, once it is in a directory that the box can write to: also the temporary file that the host will rename was there
 * to be opened inside. So a new content counts as the host's only if it is the old one, if it is a git
 * config that differs in keys which run nothing (those that go back at a session's end anyway), or if it was in
 * quarantine and was taken from there, where nobody inside comes. Anything else is moved there, and the old content
 * comes back: both are kept, and the host acts on nothing that the box may have written.
 *
 * The order: all in the box is stopped; a lease (fcntl(2), F_SETLEASE) is had on the file only when nobody has it
 * open for writing, in whatever way he keeps it open, and it is given back at once, since nobody inside can open
 * anything now; the file is read and judged; it comes once more, as a new inode; that one is mounted over, read-only; all
 * goes on. What is still open for writing is set aside whatever is in it, and another file with the old content comes in
 * its place.
 *
 * The new inode, since who has a descriptor of the host's for reading alone, or of its path (O_PATH), can open it for
 * writing later, by /proc/self/fd and past the mount, and so can who has another name of it. A descriptor hides where
 * nobody can look: in a process that is not dumpable, or on its way through a socket. What is made while all stands still
 * nobody inside has a way to.
 *
 * Other sessions of the project don't stand still, and each takes the other's new inode for a save of the host. So one that
 * comes for the fourth time within a minute, as it was, is mounted over itself, if no descriptor of it is seen inside.
 */
#include "hostsave.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "deadline.h"
#include "freeze.h"
#include "gitexit.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

#define LATER_MS   200	   /* as appear.c: a short command has no watch, and a look at its end */
#define END_MS	   5000	   /* for all in a box to end, when its init does */
#define AGAIN_MS   50	   /* between looks for a directory that the host took away */
#define TEXT_MAX   1048576 /* bytes of one file that are compared */
#define TEXTS_MAX  2097152 /* of all files, at the start */
#define ASIDES	   8	   /* of one file, whose text is known: it may be brought back */
#define WRITERS_MS 2000	   /* for the host to end a write; all inside has stopped */
#define READERS_MS 100	   /* and to end reading */
#define RENEWALS   3	   /* of one file, as it was: then another session renews it too */
#define RENEWED_MS 60000   /* ... since the last */
#define AWAY_MS	   10000   /* an editor takes the old one away before it writes the new one */
#define MASKED_MAX (64ll << 20)
#define PAUSE_US   500
#define TRIES	   16	/* for one file: the host may go on replacing it */
#define STOPS	   16	/* until nothing of the box has run meanwhile */
#define MAX_ASIDE  4096 /* of all files: the session is ended */
#define NAMED	   8	/* lines that are said at once */
#define FIRSTS	   256	/* files whose other names are asked for: a descriptor each */

#define EVENTS \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

/* What was moved away: its text, and where it is. */
struct aside {
	char *text, *place; /* owned */
	dev_t dev;
	ino_t ino;
	struct timespec born; /* all zero: the file system doesn't say */
};

struct held {
	const struct plan_op *op; /* borrowed */
	char *dir;		  /* owned; its directory, below the tree; "." for the tree's own */
	const char *name;	  /* borrowed from op */
	size_t tree;
	int wd;	    /* of the directory; -1: not watched */
	char *text; /* owned; what is the host's; NULL: not known */
	mode_t mode;
	dev_t dev;
	ino_t ino;
	struct timespec born; /* with dev and ino: the file that was mounted over, or made, last */
	unsigned
	    stop; /* the standstill in which it was made, of hostsave.stops; 0: in one that held to its end */
	unsigned renewals, counted; /* ... of them the last, in hostsave.holds */
	struct timespec renewed;    /* until then they count */
	bool look;		    /* something was told of it */
	bool wrote;		    /* somebody wrote to it by its name, or nobody can tell */
	bool unseen;		    /* nothing is told of it yet */
	bool was;		    /* there at the start */
	bool gone;		    /* the host took it away */
	struct timespec away;	    /* ... for good, from then on */
	struct aside aside[ASIDES];
	size_t naside; /* of all times */
	size_t taken;  /* replacements that passed */
	char *line;    /* owned; of the last that did not */
	bool said;
	int first;	  /* owned; what stood there at the start, where it has other names; -1: not kept */
	char *first_text; /* owned; of it */
};

struct hostsave {
	struct hostsave_opts o;
	struct held *file; /* owned */
	size_t n, naside, said, nfirst;
	int poll, notify, timer; /* owned */
	int init;		 /* owned; pidfd of the box's; -1: Linux before 5.3 */
	unsigned stops, holds;	 /* so far; one holds the files again by one standstill or more */
	bool stopped;
	bool blind; /* nothing is told */
};

/* Who has a file open for writing. */
enum writers {
	NOT_OURS, /* another's file, that nobody inside may write to */
	NO_WRITER,
	INSIDE,	    /* somebody inside has it open for writing */
	STILL_OPEN, /* somebody has: on the host, or hidden from us */
	UNKNOWN	    /* another's file, that somebody inside may write to: the kernel tells its owner alone */
};

/* --- files */

static size_t tree_of(const struct hostsave_opts *o, const char *path)
{
	const struct policy *p = o->policy;
	size_t found = SIZE_MAX, len = 0;

	for (size_t i = 0, k = 0; i < p->nentry; i++) {
		if (!policy_is_tree(&p->entry[i]))
			continue;
		if (k < o->ntree && o->tree[k] >= 0 && path_is_under(path, p->entry[i].path) &&
		    strlen(p->entry[i].path) >= len && !streq(path, p->entry[i].path)) {
			found = k;
			len = strlen(p->entry[i].path);
		}
		k++;
	}
	return found;
}

static const char *tree_path(const struct hostsave_opts *o, size_t tree)
{
	const struct policy *p = o->policy;

	for (size_t i = 0, k = 0; i < p->nentry; i++)
		if (policy_is_tree(&p->entry[i]) && k++ == tree)
			return p->entry[i].path;
	return NULL;
}

static bool is_mask(const struct held *f)
{
	return f->op->type == PLAN_MASK_FILE;
}

static bool is_config(const struct held *f)
{
	return f->op->type == PLAN_LINK;
}

static int open_dir(const struct hostsave *h, const struct held *f)
{
	return oldkernel_open_beneath(h->o.tree[f->tree], f->dir, O_PATH | O_DIRECTORY, false);
}

/* Mounted over, in the box: its name is of another mount than its directory. 0: it is not; -errno. *st: what is there. */
static int is_covered(int dir, const char *name, struct stat *st)
{
	AUTO_CLOSE int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned long at, above;

	if (fd < 0 || fstat(fd, st) < 0)
		return -errno;
	at = oldkernel_mount_id(proc, fd);
	above = oldkernel_mount_id(proc, dir);
	return at == 0 || above == 0 ? -ENOSYS : at != above;
}

/* No file, and no link to one: there is nothing that the host would act on. */
static bool is_nothing(int covered, const struct stat *st)
{
	if (covered < 0)
		return covered == -ENOENT || covered == -ENOTDIR || covered == -ELOOP;
	return !S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode);
}

static struct timespec born_at(int dir, const char *name)
{
	struct statx x;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) < 0 || (x.stx_mask & STATX_BTIME) == 0)
		return (struct timespec){ 0 };
	return (struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec };
}

/* What the name is of, on the host: under a link that is mounted over it, another one. */
static bool is_same(const struct held *f, int dir, const struct stat *st)
{
	struct timespec born = born_at(dir, f->name);

	return f->ino == st->st_ino && f->dev == st->st_dev && f->born.tv_sec == born.tv_sec &&
	       f->born.tv_nsec == born.tv_nsec;
}

static void set_text(struct held *f, const char *text)
{
	char *copy = text != NULL ? xstrdup(text) : NULL;

	free(f->text);
	f->text = copy;
}

static void remember(struct held *f, const struct stat *st, struct timespec born)
{
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->born = born;
	f->mode = st->st_mode & 07777;
	f->gone = false;
}

static void note_gone(struct held *f)
{
	if (!f->gone)
		f->away = deadline_in(CLOCK_MONOTONIC, AWAY_MS);
	f->gone = true;
}

/* What comes in the place of what is set aside; NULL: nothing does. */
static const char *text_before(const struct held *f)
{
	return f->gone && deadline_over(CLOCK_MONOTONIC, &f->away) ? NULL : f->text;
}

static char *read_text(int dir, const char *name, struct stat *st)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return textfile_read(fd, TEXT_MAX, st);
}

/* The git config that a private copy is mounted over, as the launcher read it. */
static const char *config_at_start(const struct hostsave *h, const struct held *f)
{
	const struct policy_git *git = &h->o.policy->git;

	for (size_t i = 0; i < git->n; i++)
		if (streq(git->config[i].path, f->op->dst))
			return git->config[i].host;
	return NULL;
}

/* Who has the old file open when the host replaces it writes to its other names. */
static void keep_first(struct hostsave *h, struct held *f, int dir, const char *name, const struct stat *st)
{
	struct stat now;

	if (st->st_nlink < 2 || f->text == NULL || h->nfirst++ >= FIRSTS)
		return;
	f->first = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (f->first >= 0 &&
	    (fstat(f->first, &now) < 0 || now.st_ino != st->st_ino || now.st_dev != st->st_dev))
		mem_close_fd(&f->first);
	if (f->first >= 0)
		f->first_text = xstrdup(f->text);
}

/* The host's own content, before anybody inside could write to it. */
static void learn(struct hostsave *h, struct held *f, size_t *texts)
{
	AUTO_CLOSE int dir = open_dir(h, f);
	AUTO_FREE char *text = NULL;
	struct stat st, same;
	int covered = dir >= 0 ? is_covered(dir, f->name, &st) : -ENOENT;

	f->look = covered != 1;
	if (is_config(f)) {
		set_text(f, config_at_start(h, f));
		/* Below the link; who was root may not get there any more. */
		f->was = lstat(f->op->dst, &st) == 0;
		if (f->was)
			remember(f, &st, born_at(AT_FDCWD, f->op->dst));
		if (f->was)
			keep_first(h, f, AT_FDCWD, f->op->dst, &st);
		return;
	}
	f->was = !is_nothing(covered, &st);
	if (covered < 0 || is_mask(f) || !S_ISREG(st.st_mode))
		return;
	/* What is not mounted over was replaced since it was: by the host alone, if that was before the command ran. */
	if (covered == 0 && time_is_since(st.st_ctim, h->o.since))
		return;
	text = read_text(dir, f->name, &same);
	if (text != NULL && *texts + (size_t)same.st_size <= TEXTS_MAX) {
		*texts += (size_t)same.st_size;
		set_text(f, text);
	}
	remember(f, &st, born_at(dir, f->name));
	keep_first(h, f, dir, f->name, &st);
}

/* --- what is done */

static void say(struct hostsave *h, struct held *f, const char *line)
{
	free(f->line);
	f->line = xstrdup(line);
	f->said = false;
	if (h->o.later || h->said >= NAMED)
		return;
	h->said++;
	f->said = true;
	log_security("%s", line);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The user may have written to it. */
static bool has_text(const char *path, const char *text)
{
	struct stat st;
	AUTO_FREE char *is = read_text(AT_FDCWD, path, &st);

	return is != NULL && streq(is, text);
}

static void forget_aside(struct aside *a)
{
	free(a->text);
	free(a->place);
	*a = (struct aside){ 0 };
}

static void keep_aside(struct held *f, const char *text, char *place)
{
	struct aside *a = &f->aside[f->naside++ % ASIDES];
	struct stat st;

	forget_aside(a);
	*a = (struct aside){ .text = xstrdup(text), .place = place };
	if (lstat(place, &st) == 0) {
		a->dev = st.st_dev;
		a->ino = st.st_ino;
		a->born = born_at(AT_FDCWD, place);
	}
}

static const struct aside *find_aside(const struct held *f, const char *text)
{
	for (size_t i = 0; i < ASIDES; i++)
		if (f->aside[i].text != NULL && streq(f->aside[i].text, text) &&
		    has_text(f->aside[i].place, text))
			return &f->aside[i];
	return NULL;
}

/* mv moves the copy itself. Not across a mount, even one of the same file system. */
static bool is_moved_as_it_is(const struct held *f, const struct aside *a)
{
	AUTO_FREE char *from = path_dirname(a->place);
	AUTO_FREE char *to = path_dirname(f->op->dst);
	AUTO_CLOSE int dir_from = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int dir_to = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st_from, st_to;

	/* What can't be looked at is no reason to take it. */
	if (dir_from < 0 || dir_to < 0 || fstat(dir_from, &st_from) < 0 || fstat(dir_to, &st_to) < 0)
		return true;
	return st_from.st_dev == st_to.st_dev &&
	       oldkernel_mount_id(proc, dir_from) == oldkernel_mount_id(proc, dir_to);
}

/* A copy that is gone from the quarantine may have been deleted there: what counts is that this is the one. */
static struct aside *find_taken(struct held *f, int dir, const char *text, bool *sure)
{
	struct timespec born = born_at(dir, f->name);
	struct aside *maybe = NULL;
	struct stat st;

	if (fstatat(dir, f->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	for (size_t i = 0; i < ASIDES; i++) {
		struct aside *a = &f->aside[i];

		if (a->text == NULL || !streq(a->text, text) || is_there(a->place))
			continue;
		*sure = a->ino == st.st_ino && a->dev == st.st_dev &&
			(born.tv_sec != 0 || born.tv_nsec != 0) && born.tv_sec == a->born.tv_sec &&
			born.tv_nsec == a->born.tv_nsec;
		if (*sure)
			return a;
		/* A number alone is given again: where nothing says when it was made, it is not known. */
		if (!is_moved_as_it_is(f, a) ||
		    (a->ino == st.st_ino && born.tv_sec == 0 && born.tv_nsec == 0))
			maybe = a;
	}
	return maybe;
}

/* What helps; no command with a name that is printed as another one. */
static char *way_to_take(const char *path, const char *place)
{
	char from[DIAG_WORD], to[DIAG_WORD];

	diag_word(from, sizeof(from), place);
	diag_word(to, sizeof(to), path);
	if (!log_is_plain(path) || !log_is_plain(place) || streq(from, "...") || streq(to, "..."))
		return xasprintf("the new one is %s", place);
	return xasprintf("to take the new one: mv %s %s", from, to);
}

/* Nobody inside has a way to it, as long as all stands still. */
static void note_made(const struct hostsave *h, struct held *f, int dir, const struct stat *made)
{
	struct timespec born = born_at(dir, f->name);

	remember(f, made, born);
	f->stop = h->stops;
}

/* text: of what goes; NULL: it can't be read as one. instead: comes in its place; NULL: nothing does. */
static int set_aside(struct hostsave *h, struct held *f, int dir, const char *text, const char *instead,
		     const char *why_not, enum writers writers)
{
	/* The file itself, not a copy: it is still being written to. */
	struct quarantine here = { .policy = h->o.policy, .dir = -1, .tried = true };
	struct quarantine_instead new = { .text = instead, .mode = f->mode & 0777 };
	AUTO_FREE char *shown = path_dirname(f->op->dst);
	const struct aside *again = text != NULL ? find_aside(f, text) : NULL;
	AUTO_FREE char *place = NULL;
	AUTO_FREE char *line = NULL;
	AUTO_FREE char *way = NULL;
	const char *why;
	bool back;
	int e;

	/* Where mv makes a copy, and then takes that one away, one is not enough. */
	if (again != NULL && !is_moved_as_it_is(f, again))
		again = NULL;
	if (h->naside >= MAX_ASIDE)
		return -EDQUOT;
	diag_set(&here.why, -EBUSY,
		 writers == UNKNOWN ? "it may be open for writing" : "it is open for writing");
	e = quarantine_take(writers >= STILL_OPEN ? &here : h->o.quarantine, dir, shown, f->name,
			    instead != NULL ? &new : NULL, &place, &why);
	if (e < 0)
		return e == -ENOENT ? 0 : e;
	back = instead != NULL && new.made.st_ino != 0;
	if (back)
		note_made(h, f, dir, &new.made);
	h->naside++;
	way = way_to_take(f->op->dst, again != NULL ? again->place : place);
	line = xasprintf("set aside: %s, which was replaced on the host: %s, so %s; %s%s%s", f->op->dst,
			 why_not, back ? "what was there before is back" : "it is not there now", way,
			 why != NULL ? "; not out of the project: " : "", why != NULL ? why : "");
	say(h, f, line);
	/* Known to be nowhere but in the folder, where nobody inside comes; if the host put no other there since it was read. */
	if (text == NULL || why != NULL || !has_text(place, text))
		return 0;
	/* One of the same text is enough. */
	if (again != NULL)
		unlink(place);
	else
		keep_aside(f, text, TAKE_PTR(place));
	return 0;
}

/* The same file, which nobody has a way to. 0: it is to be looked at again, as whatever stands there then. */
static int renew(struct hostsave *h, struct held *f, int dir, int fd, const struct stat *st)
{
	struct stat made;
	int e = quarantine_renew(dir, f->name, fd, st, &made);

	if (e < 0)
		return e == -ENOENT || e == -EAGAIN ? 0 : e;
	/* Another session's renewals are what it counts: not that one standstill takes several. */
	if (f->counted != h->holds)
		f->renewals++;
	f->counted = h->holds;
	f->renewed = deadline_in(CLOCK_MONOTONIC, RENEWED_MS);
	note_made(h, f, dir, &made);
	return 0;
}

/* Another session makes it new whenever we do. */
static bool is_contended(struct held *f, bool changed)
{
	if (changed || deadline_over(CLOCK_MONOTONIC, &f->renewed))
		f->renewals = 0;
	return f->renewals >= RENEWALS;
}

/* We made it, in this standstill. */
static bool is_ours(const struct hostsave *h, const struct held *f, int dir, const struct stat *st)
{
	return f->stop != 0 && f->stop == h->stops && is_same(f, dir, st);
}

/* --- judging. All in the box has stopped, or ended. */

/* Whether anybody is seen to have a way past a mount: another name, or a descriptor that can't write. */
static bool is_reached(int fd, const struct stat *st, struct freeze *freeze)
{
	struct timespec end = deadline_in(CLOCK_MONOTONIC, READERS_MS);
	const struct timespec pause = { .tv_nsec = PAUSE_US * 1000l };

	if (st->st_nlink > 1 || freeze_opened(freeze, st) != 0)
		return true;
	while (fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
		if (errno != EAGAIN || deadline_over(CLOCK_MONOTONIC, &end))
			return true;
		nanosleep(&pause, NULL);
	}
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

/* A lease is had on what nobody has open for writing: by a descriptor, a mapping, or one on its way through a socket. */
static int look_for_writers(int fd, const struct stat *st, struct freeze *freeze)
{
	struct timespec end = deadline_in(CLOCK_MONOTONIC, WRITERS_MS);
	const struct timespec pause = { .tv_nsec = PAUSE_US * 1000l };
	int opened = 0;

	/* Should the host break it meanwhile: not a signal that would be passed on to the command. */
	fcntl(fd, F_SETSIG, SIGCHLD);
	while (fcntl(fd, F_SETLEASE, F_RDLCK) < 0) {
		/* Another's file: whoever may not write to it, nor change its mode, does not have it open. */
		if (errno == EACCES && st->st_uid != geteuid()) {
			char proc[64];

			snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
			return faccessat(AT_FDCWD, proc, W_OK, AT_EACCESS) < 0 && errno == EACCES ? NOT_OURS
												  : UNKNOWN;
		}
		if (errno != EAGAIN)
			return -errno;
		opened = freeze != NULL ? freeze_opened(freeze, st) : 0;
		if (opened != 0)
			return opened < 0 ? opened : INSIDE;
		if (deadline_over(CLOCK_MONOTONIC, &end))
			return STILL_OPEN;
		nanosleep(&pause, NULL);
	}
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return NO_WRITER;
}

static char *list_of(const struct strv *keys)
{
	AUTO_FREE char *list = xstrdup("");

	for (size_t i = 0; i < keys->n && i < 4; i++) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s%s%.80s", before, i > 0 ? ", " : "", keys->v[i]);
	}
	return keys->n > 4 ? xasprintf("%s and %zu more", list, keys->n - 4) : TAKE_PTR(list);
}

static const char *why_doubt(enum writers writers)
{
	return writers == INSIDE       ? "the sandbox has it open for writing"
	       : writers == STILL_OPEN ? "it stays open for writing"
	       : writers == UNKNOWN    ? "it can't be known who has it open for writing"
				       : "the sandbox could write to it";
}

/* Keys that run nothing are taken; the others are those of before. 1: all of it is taken. */
static int judge_config(struct hostsave *h, struct held *f, int dir, const char *text, enum writers writers)
{
	struct gitexit_merge m;
	AUTO_FREE char *merged = gitexit_text(f->text, f->text, text, h->o.policy->project, NULL, NULL, &m);
	AUTO_FREE char *keys = list_of(&m.dropped);
	AUTO_FREE char *why = NULL;

	if (m.dropped.n > 0)
		why = xasprintf("%s, and not known to run nothing are: %s", why_doubt(writers), keys);
	else if (writers > NO_WRITER)
		why = xstrdup(why_doubt(writers));
	gitexit_merge_done(&m);
	if (why == NULL)
		return 1;
	return set_aside(h, f, dir, text, merged != NULL ? merged : f->text, why, writers);
}

/* The user took it from the quarantine: from now on it is the host's. It is new each time that it passes by this. */
static bool take_back(struct hostsave *h, struct held *f, int dir, const char *text)
{
	bool sure = false;
	struct aside *a = find_taken(f, dir, text, &sure);
	AUTO_FREE char *line = NULL;

	if (a == NULL)
		return false;
	if (!sure) {
		line = xasprintf(
		    "taken: %s, which has the text of %s, and that is gone: if you deleted it there "
		    "and did not move it, look at what is in %s",
		    f->op->dst, a->place, f->op->dst);
		say(h, f, line);
	} else {
		log_detail("%s was taken from the quarantine, and is taken as it is", f->op->dst);
	}
	forget_aside(a);
	set_text(f, text);
	f->renewals = 0;
	return true;
}

/* 1: it is the host's, and *text what is so from now on; 0: it was set aside, or is to be looked at again; -errno. */
static int judge(struct hostsave *h, struct held *f, int dir, const char *text, enum writers writers)
{
	if (is_config(f) && text != NULL && f->text != NULL)
		return judge_config(h, f, dir, text, writers);
	if (writers <= NO_WRITER && text != NULL &&
	    ((f->text != NULL && streq(text, f->text)) || take_back(h, f, dir, text)))
		return 1;
	return set_aside(h, f, dir, text, text_before(f), why_doubt(writers), writers);
}

static int open_held(int dir, const struct held *f, const struct stat *st)
{
	AUTO_CLOSE int fd = -1;
	struct stat now;

	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	fd = openat(dir, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fstat(fd, &now) < 0 || now.st_ino != st->st_ino || now.st_dev != st->st_dev ? -EAGAIN
											   : TAKE_FD(fd);
}

/* What it says is the host's alone to know. 0: done; -EAGAIN: once more; -errno. */
static int settle_mask(struct hostsave *h, struct held *f, int dir, const struct stat *st,
		       struct freeze *freeze)
{
	AUTO_CLOSE int fd = -1;
	int e;

	/* Else who has a way to it reads what the host writes into it later. What is too large is mounted over as it is. */
	if (!is_ours(h, f, dir, st) && S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    st->st_size <= MASKED_MAX && !is_contended(f, false)) {
		fd = open_held(dir, f, st);
		if (fd < 0 && fd != -EACCES)
			return -EAGAIN;
		e = fd >= 0 ? renew(h, f, dir, fd, st) : fd;
		if (e != -EACCES)
			return e < 0 ? e : -EAGAIN;
	}
	e = freeze_mount(freeze, f->op, st);
	return e == -ESTALE ? -EAGAIN : e;
}

/* It passed. It comes new, unless it just did. 0: mounted over; -EAGAIN: once more; -errno. */
static int take_over(struct hostsave *h, struct held *f, int dir, int fd, const char *text,
		     const struct stat *st, enum writers writers, struct freeze *freeze)
{
	bool changed = f->text == NULL || !streq(text, f->text);
	struct timespec born = born_at(dir, f->name);
	int e;

	if (!is_ours(h, f, dir, st) && writers != NOT_OURS &&
	    (!is_contended(f, changed) || is_reached(fd, st, freeze))) {
		e = renew(h, f, dir, fd, st);
		return e < 0 ? e : -EAGAIN;
	}
	e = freeze_mount(freeze, f->op, st);
	if (e < 0)
		return e == -ESTALE ? -EAGAIN : e;
	if (changed)
		log_detail("%s was replaced on the host, and is taken as it is", f->op->dst);
	set_text(f, text);
	remember(f, st, born);
	f->stop = h->stops;
	f->taken++;
	return 0;
}

/* One file. freeze NULL: the box has ended. 0: done; -EAGAIN: once more; -errno. */
static int settle(struct hostsave *h, struct held *f, struct freeze *freeze)
{
	AUTO_CLOSE int dir = open_dir(h, f);
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	struct stat st, now;
	int r = dir >= 0 ? is_covered(dir, f->name, &st) : dir, writers = NO_WRITER;

	if (is_nothing(r, &st)) {
		note_gone(f);
		return 0;
	}
	if (r < 0)
		return r;
	if (freeze == NULL && ((is_same(f, dir, &st) && f->stop == 0) || is_mask(f)))
		return 0;
	/* Unless it was mounted over while somebody inside may have run. */
	if (freeze != NULL && r == 1 && (f->stop == 0 || f->stop == h->stops))
		return 0;
	if (is_mask(f))
		return settle_mask(h, f, dir, &st, freeze);
	fd = open_held(dir, f, &st);
	if (fd == -EAGAIN)
		return fd;
	if (fd >= 0 && !is_ours(h, f, dir, &st))
		writers = look_for_writers(fd, &st, freeze);
	if (writers < 0)
		return writers;
	text = textfile_read(fd, TEXT_MAX, &now);
	/* It changed while it was read. */
	if (fd >= 0 && text == NULL && errno == EIO)
		return -EAGAIN;
	r = judge(h, f, dir, text, (enum writers)writers);
	if (r <= 0)
		return r < 0 ? r : -EAGAIN;
	return freeze != NULL ? take_over(h, f, dir, fd, text, &now, (enum writers)writers, freeze) : 0;
}

static int settle_all(struct hostsave *h, struct freeze *freeze, const struct held **ret)
{
	for (size_t i = 0; i < h->n; i++) {
		int e = -EAGAIN;

		*ret = &h->file[i];
		for (int k = 0; k < TRIES && e == -EAGAIN; k++)
			e = settle(h, &h->file[i], freeze);
		if (e < 0)
			return e;
	}
	return 0;
}

/* --- while it runs */

/* By its own name nobody inside can write to it; by another one, which no mount is over, he can. */
static void adopt(struct held *f, const char *text, const struct stat *st)
{
	struct stat first;

	f->mode = st->st_mode & 07777;
	if (!f->wrote && (st->st_nlink > 1 || (f->text != NULL && !f->unseen)))
		return;
	set_text(f, text);
	if (f->first >= 0 && fstat(f->first, &first) == 0 && first.st_ino == st->st_ino &&
	    first.st_dev == st->st_dev) {
		free(f->first_text);
		f->first_text = xstrdup(text);
	}
}

/* Something stands there that is not mounted over. What is, may have been written to on the host: that is the host's. */
static bool is_open(struct hostsave *h, struct held *f)
{
	AUTO_CLOSE int dir = open_dir(h, f);
	AUTO_FREE char *text = NULL;
	struct stat st, same;
	int r = dir >= 0 ? is_covered(dir, f->name, &st) : dir;

	if (is_nothing(r, &st)) {
		note_gone(f);
		return false;
	}
	if (r != 1 || is_mask(f) || is_config(f))
		return r != 1;
	text = read_text(dir, f->name, &same);
	if (text != NULL && is_same(f, dir, &same))
		adopt(f, text, &same);
	return false;
}

static int can_not(const struct held *f, int e, struct diag *d)
{
	const char *path = f != NULL ? f->op->dst : "a file";

	if (e == -EDQUOT)
		diag_set(
		    d, e,
		    "ended: files that are read-only inside were replaced on the host more than %d times",
		    MAX_ASIDE);
	else
		diag_set(d, e,
			 "ended: %s was replaced on the host, and can't be made read-only again inside: %s",
			 path, strerror(-e));
	return e;
}

/* A box whose init has ended takes nobody in, and ends who is in there: pid_namespaces(7). */
static bool has_ended(const struct hostsave *h, int e)
{
	struct pollfd p = { h->init, POLLIN, 0 };

	/* Not what the host did too often: what it is called on the way into a box that ends differs. */
	return e != -EDQUOT && h->init >= 0 && poll(&p, 1, END_MS) == 1;
}

static int hold_again(struct hostsave *h, struct diag *d)
{
	AUTO_FREE char *name = xasprintf("/proc/%d/ns/pid", (int)h->o.init);
	AUTO_CLOSE int pid = open(name, O_RDONLY | O_CLOEXEC);
	const struct held *f = NULL;
	int e = pid >= 0 ? -EAGAIN : -errno;

	h->holds++;
	for (int i = 0; i < STOPS && e == -EAGAIN; i++) {
		struct freeze freeze;
		int last;

		e = freeze_begin(h->o.mnt, pid, &freeze);
		if (e < 0)
			break;
		h->stopped = true;
		h->stops++;
		e = settle_all(h, &freeze, &f);
		last = freeze_end(&freeze);
		for (size_t k = 0; k < h->n && e == 0 && last == 0; k++)
			h->file[k].stop = 0;
		e = e < 0 && e != -EAGAIN ? e : last < 0 ? last : e;
	}
	/* What is changed as the session ends is looked at then. */
	if (e < 0 && has_ended(h, e))
		return 0;
	return e < 0 ? can_not(f, e, d) : 0;
}

static void watch(struct hostsave *h, struct held *f)
{
	AUTO_CLOSE int dir = open_dir(h, f);
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", dir);
	f->wd = dir >= 0 ? inotify_add_watch(h->notify, proc, EVENTS) : -1;
	/* It may have gone at this moment. */
	h->blind = h->blind || (dir >= 0 && f->wd < 0 && errno != ENOENT);
}

static void watch_all(struct hostsave *h)
{
	struct epoll_event e = { .events = EPOLLIN };

	h->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (h->notify < 0 || epoll_ctl(h->poll, EPOLL_CTL_ADD, h->notify, &e) < 0) {
		mem_close_fd(&h->notify);
		h->blind = true;
		return;
	}
	for (size_t i = 0; i < h->n; i++) {
		watch(h, &h->file[i]);
		/* What was told of before that is not told again. */
		h->file[i].look = h->file[i].unseen = true;
	}
}

/* In directories that the host took away, and may make again. */
static void watch_again(struct hostsave *h)
{
	struct itimerspec again = { .it_value = deadline_in(CLOCK_MONOTONIC, AGAIN_MS) };
	bool missing = false;

	for (size_t i = 0; i < h->n && h->notify >= 0 && !h->blind; i++) {
		struct held *f = &h->file[i];

		if (f->wd >= 0)
			continue;
		watch(h, f);
		f->look = f->unseen = true;
		missing = missing || f->wd < 0;
	}
	if (missing)
		timerfd_settime(h->timer, TFD_TIMER_ABSTIME, &again, NULL);
}

static void heard(struct hostsave *h, const struct inotify_event *e)
{
	for (size_t i = 0; i < h->n; i++) {
		struct held *f = &h->file[i];

		if ((e->mask & IN_Q_OVERFLOW) != 0 ||
		    (f->wd == e->wd && e->len > 0 && streq(e->name, f->name))) {
			f->look = true;
			f->wrote = f->wrote || (e->mask & (IN_Q_OVERFLOW | IN_CLOSE_WRITE)) != 0;
		}
		if (f->wd == e->wd && (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0)
			f->wd = -1;
	}
	if ((e->mask & IN_MOVE_SELF) != 0)
		inotify_rm_watch(h->notify, e->wd);
}

static bool hear(struct hostsave *h)
{
	_Alignas(struct inotify_event) char buf[16384];
	ssize_t n;

	/* Once: who makes names without end holds up nothing else that the supervisor waits for. */
	n = h->notify >= 0 ? read(h->notify, buf, sizeof(buf)) : 0;
	for (char *s = buf; n > 0 && s < buf + n;) {
		const struct inotify_event *e = (const struct inotify_event *)(void *)s;

		heard(h, e);
		s += sizeof(*e) + e->len;
	}
	return n > 0;
}

/* True: one of those of which something was told is not held. */
static bool look(struct hostsave *h)
{
	bool open = false;

	for (size_t i = 0; i < h->n; i++) {
		struct held *f = &h->file[i];

		if (!f->look)
			continue;
		open = is_open(h, f) || open;
		f->unseen = f->unseen && f->wd < 0;
		f->look = f->wrote = false;
	}
	return open;
}

int hostsave_step(struct hostsave *h, struct diag *d)
{
	uint64_t times;

	if (read(h->timer, &times, sizeof(times)) == sizeof(times) && h->notify < 0 && !h->blind)
		watch_all(h);
	hear(h);
	watch_again(h);
	return look(h) ? hold_again(h, d) : 0;
}

int hostsave_fd(const struct hostsave *h)
{
	return h->poll;
}

bool hostsave_stopped(struct hostsave *h)
{
	bool was = h->stopped;

	h->stopped = false;
	return was;
}

static void add(struct hostsave *h, const struct plan_op *op)
{
	struct held f = { .op = op, .wd = -1, .mode = 0644, .first = -1, .unseen = true };
	const char *below;
	struct stat st;

	f.tree = tree_of(&h->o, op->dst);
	if (f.tree == SIZE_MAX)
		return;
	below = op->dst + strlen(tree_path(&h->o, f.tree)) + 1;
	f.name = path_basename(op->dst);
	f.dir = f.name > below ? xstrndup(below, (size_t)(f.name - below) - 1) : xstrdup(".");
	if (op->type == PLAN_RO_BIND) {
		AUTO_CLOSE int dir = open_dir(h, &f);

		/* Directories are read-only as a whole, whatever the host does in them. */
		if (dir >= 0 && fstatat(dir, f.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
			free(f.dir);
			return;
		}
	}
	h->file = xrealloc_array(h->file, h->n + 1, sizeof(*h->file));
	h->file[h->n++] = f;
}

struct hostsave *hostsave_start(const struct hostsave_opts *opts)
{
	struct hostsave *h = xcalloc(1, sizeof(*h));
	struct epoll_event e = { .events = EPOLLIN };
	struct itimerspec later = { .it_value = deadline_in(CLOCK_MONOTONIC, LATER_MS) };
	size_t texts = 0;

	*h = (struct hostsave){ .o = *opts, .poll = -1, .notify = -1, .timer = -1 };
	h->init = (int)syscall(SYS_pidfd_open, opts->init, 0);
	for (size_t i = 0; i < opts->plan->n; i++) {
		const struct plan_op *op = &opts->plan->op[i];

		if (op->stage == PLAN_STAGE_FD && (op->type == PLAN_LINK || op->type == PLAN_MASK_FILE ||
						   (op->type == PLAN_RO_BIND && op->via == NULL)))
			add(h, op);
	}
	if (h->n == 0) {
		hostsave_done(h);
		return NULL;
	}
	for (size_t i = 0; i < h->n; i++) {
		learn(h, &h->file[i], &texts);
		if (h->file[i].look)
			later.it_value = deadline_in(CLOCK_MONOTONIC, 0);
	}
	h->poll = epoll_create1(EPOLL_CLOEXEC);
	h->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (h->poll < 0 || h->timer < 0 || epoll_ctl(h->poll, EPOLL_CTL_ADD, h->timer, &e) < 0 ||
	    timerfd_settime(h->timer, TFD_TIMER_ABSTIME, &later, NULL) < 0)
		h->blind = true;
	return h;
}

/* --- at the end */

/* A masked FIFO or socket is no file that can be held, but it is there. */
static bool is_masked_still(const struct hostsave *h, const struct held *f)
{
	AUTO_CLOSE int dir = is_mask(f) ? open_dir(h, f) : -1;
	struct stat st;

	return dir >= 0 && fstatat(dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* By the host; or by the sandbox, in the moment after the host had put another one there. */
static void say_gone(struct account *account, struct hostsave *h, const struct held *f)
{
	AUTO_CLOSE int dir = open_dir(h, f);
	AUTO_FREE char *shown = path_dirname(f->op->dst);
	AUTO_FREE char *place = NULL;
	AUTO_FREE char *line = NULL;
	const char *why = NULL;
	int e = f->text != NULL ? quarantine_keep(h->o.quarantine, dir, shown, f->name, f->text, &place, &why)
				: -ENODATA;

	line = xasprintf("gone: %s, which was %s inside, is not there any more", f->op->dst,
			 is_mask(f) ? "masked" : "read-only");
	if (e == 0)
		account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst,
			    "%s; its text of before is %s%s%s", line, place,
			    why != NULL ? "; not out of the project: " : "", why != NULL ? why : "");
	else
		account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst,
			    "%s; its text of before is not kept: %s", line,
			    e == -ENODATA ? "it is not known" : strerror(-e));
}

/* What finds the other names. */
static char *way_to_find(const struct hostsave *h, const struct held *f, const struct stat *st)
{
	const char *tree = tree_path(&h->o, f->tree);
	char word[DIAG_WORD];

	diag_word(word, sizeof(word), tree);
	if (!log_is_plain(tree) || streq(word, "..."))
		return xasprintf("its number is %ju", (uintmax_t)st->st_ino);
	return xasprintf("what finds it there: find %s -xdev -inum %ju", word, (uintmax_t)st->st_ino);
}

static void say_linked(struct account *account, struct hostsave *h, const struct held *f)
{
	AUTO_CLOSE int dir = open_dir(h, f);
	AUTO_FREE char *now = NULL;
	AUTO_FREE char *first = NULL;
	AUTO_FREE char *way = NULL;
	struct stat st, st_now = { 0 };
	bool same;

	if (f->text == NULL || is_mask(f))
		return;
	if (dir >= 0)
		now = read_text(dir, f->name, &st_now);
	same = st_now.st_ino != 0 && is_same(f, dir, &st_now);
	if (same && !is_config(f) && (now == NULL || !streq(now, f->text))) {
		way = way_to_find(h, f, &st_now);
		account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst,
			    "changed: %s, by another name of it (hard link), to which the sandbox may write: "
			    "look at it; %s",
			    f->op->dst, way);
		return;
	}
	if (f->first < 0 || fstat(f->first, &st) < 0 || st.st_nlink == 0 ||
	    (st.st_ino == st_now.st_ino && st.st_dev == st_now.st_dev))
		return;
	first = textfile_read(f->first, TEXT_MAX, &st);
	if (first != NULL && streq(first, f->first_text))
		return;
	way = way_to_find(h, f, &st);
	account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst,
		    "written to: another name (hard link) of what %s was before it was replaced on the host: "
		    "look at it; %s",
		    f->op->dst, way);
}

void hostsave_end(struct account *account, struct hostsave *h)
{
	const struct held *f = NULL;
	int e;

	if (h == NULL)
		return;
	/* Nobody makes events without end any more. */
	while (hear(h))
		;
	for (size_t i = 0; i < h->n; i++)
		h->file[i].look = h->file[i].look || h->file[i].unseen;
	look(h);
	e = settle_all(h, NULL, &f);
	if (e < 0)
		account_add(
		    account, ACCOUNT_LEFT, ACCOUNT_SECURITY, f->op->dst,
		    "%s was replaced on the host, and what the sandbox may have written to it is there: %s; "
		    "look at it",
		    f->op->dst, strerror(-e));
	for (size_t i = 0; i < h->n; i++) {
		f = &h->file[i];
		if (f->line != NULL)
			account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst, "%s", f->line)
			    ->said = f->said;
		say_linked(account, h, f);
		if (f->was && f->gone && !is_masked_still(h, f))
			say_gone(account, h, f);
		if (f->taken > 0)
			account_add(account, ACCOUNT_REPLACED, ACCOUNT_DETAIL, f->op->dst,
				    "%s was replaced on the host %zu times, and held again", f->op->dst,
				    f->taken);
	}
	if (h->nfirst > FIRSTS)
		account_add(
		    account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, h->o.policy->project,
		    "weaker: of %zu files that are read-only inside and have other names (hard links) it is "
		    "not known whether those were written to as the host replaced them",
		    h->nfirst - FIRSTS);
	if (h->blind)
		account_add(
		    account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, h->o.policy->project,
		    "weaker: what the host replaced in %s was looked at the end alone: inotify can't be "
		    "had; see /proc/sys/fs/inotify",
		    h->o.policy->project);
}

void hostsave_done(struct hostsave *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->n; i++) {
		struct held *f = &h->file[i];

		for (size_t k = 0; k < ASIDES; k++)
			forget_aside(&f->aside[k]);
		free(f->dir);
		free(f->text);
		free(f->line);
		free(f->first_text);
		mem_close_fd(&f->first);
	}
	free(h->file);
	mem_close_fd(&h->notify);
	mem_close_fd(&h->timer);
	mem_close_fd(&h->poll);
	mem_close_fd(&h->init);
	free(h);
}
