/* SPDX-License-Identifier: MIT */
/*
 * DOC: What is known of who wrote a file.
 *
 * Nothing, once it is in a directory that the box can write to: also the temporary file that the host will rename was there
 * to be opened inside. So a new content counts as the host's only if it is the old one, if it is a git
 * config that differs in keys which run nothing (those that go back at a session's end anyway), or if it was in
 * quarantine and was taken from there, where nobody inside comes. Anything else is moved there, and the old content
 * comes back: both are kept, and the host acts on nothing that the box may have written.
 */
#include "hostsavefile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "freeze.h"
#include "gitconf.h"
#include "gitexit.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "quarantine.h"
#include "util.h"

#define PAUSE_US  500
#define NAMED	  8 /* lines that are said at once */
#define WHERE_MAX 1024

static void say(struct hostsave *h, struct hostsave_file *f, const char *line)
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
	AUTO_FREE char *is = hostsavefile_read(AT_FDCWD, path, &st);

	return is != NULL && streq(is, text);
}

void hostsavejudge_forget(struct hostsave_aside *a)
{
	free(a->text);
	free(a->place);
	*a = (struct hostsave_aside){ 0 };
}

static void keep_aside(struct hostsave_file *f, const char *text, char *place)
{
	struct hostsave_aside *a = &f->aside[f->naside++ % HOSTSAVE_ASIDES];
	struct stat st;

	hostsavejudge_forget(a);
	*a = (struct hostsave_aside){ .text = xstrdup(text), .place = place };
	if (lstat(place, &st) == 0) {
		a->dev = st.st_dev;
		a->ino = st.st_ino;
		a->born = hostsavefile_born(AT_FDCWD, place);
	}
}

static const struct hostsave_aside *find_aside(const struct hostsave_file *f, const char *text)
{
	for (size_t i = 0; i < HOSTSAVE_ASIDES; i++)
		if (f->aside[i].text != NULL && streq(f->aside[i].text, text) &&
		    has_text(f->aside[i].place, text))
			return &f->aside[i];
	return NULL;
}

/* mv moves the copy itself. Not across a mount, even one of the same file system. */
static bool is_moved_as_it_is(const struct hostsave_file *f, const struct hostsave_aside *a)
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
static struct hostsave_aside *find_taken(struct hostsave_file *f, int dir, const char *text, bool *sure)
{
	struct timespec born = hostsavefile_born(dir, f->name);
	struct hostsave_aside *maybe = NULL;
	struct stat st;

	if (fstatat(dir, f->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	for (size_t i = 0; i < HOSTSAVE_ASIDES; i++) {
		struct hostsave_aside *a = &f->aside[i];

		if (a->text == NULL || !streq(a->text, text) || is_there(a->place))
			continue;
		*sure = a->ino == st.st_ino && a->dev == st.st_dev &&
			(born.tv_sec != 0 || born.tv_nsec != 0) && time_is_same(born, a->born);
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

/* What comes in the place of what is set aside; NULL: nothing does. */
static const char *text_before(const struct hostsave_file *f)
{
	return f->gone && deadline_over(CLOCK_MONOTONIC, &f->away) ? NULL : f->text;
}

/* text: of what goes; NULL: it can't be read as one. instead: comes in its place; NULL: nothing does. */
static int set_aside(struct hostsave *h, struct hostsave_file *f, int dir, const char *text,
		     const char *instead, const char *why_not, enum hostsave_writers writers)
{
	/* The file itself, not a copy: it is still being written to. */
	struct quarantine here = { .policy = h->o.policy, .dir = -1, .tried = true };
	struct quarantine_instead new = { .text = instead, .mode = f->mode & 0777 };
	AUTO_FREE char *shown = path_dirname(f->op->dst);
	const struct hostsave_aside *again = text != NULL ? find_aside(f, text) : NULL;
	AUTO_FREE char *place = NULL;
	AUTO_FREE char *line = NULL;
	AUTO_FREE char *way = NULL;
	const char *why;
	bool back;
	int e;

	/* Where mv makes a copy, and then takes that one away, one is not enough. */
	if (again != NULL && !is_moved_as_it_is(f, again))
		again = NULL;
	if (h->naside >= HOSTSAVE_ASIDE_MAX)
		return -EUSERS;
	diag_set(&here.why, -EBUSY,
		 writers == HOSTSAVE_UNKNOWN ? "it may be open for writing" : "it is open for writing");
	e = quarantine_take(writers >= HOSTSAVE_STILL_OPEN ? &here : h->o.quarantine, dir, shown, f->name,
			    instead != NULL ? &new : NULL, &place, &why);
	if (e < 0)
		return e == -ENOENT ? 0 : e;
	back = instead != NULL && new.made.st_ino != 0;
	if (back)
		hostsavefile_made(h, f, dir, &new.made);
	h->naside++;
	way = way_to_take(f->op->dst, again != NULL ? again->place : place);
	line = xasprintf("set aside: %s, which was replaced on the host: %s, so %s%s; %s%s%s", f->op->dst,
			 why_not, back ? "what was there before is back" : "it is not there now",
			 !f->doubt ? ""
			 : back	   ? ", but for keys that may be another session's"
				   : ", since what was there before may be another session's",
			 way, why != NULL ? "; not out of the project: " : "", why != NULL ? why : "");
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

/* A lease is had on what nobody has open for writing: by a descriptor, a mapping, or one on its way through a socket. */
int hostsavejudge_writers(int fd, const struct stat *st, struct freeze *freeze, struct timespec end,
			  bool hidden)
{
	const struct timespec pause = { .tv_nsec = PAUSE_US * 1000l };
	int opened = 0;

	/* Should the host break it meanwhile: not a signal that would be passed on to the command. */
	fcntl(fd, F_SETSIG, SIGCHLD);
	while (fcntl(fd, F_SETLEASE, F_RDLCK) < 0) {
		/* Another's file: whoever may not write to it, nor change its mode, does not have it open. */
		if (errno == EACCES && st->st_uid != geteuid()) {
			char proc[64];

			snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
			return faccessat(AT_FDCWD, proc, W_OK, AT_EACCESS) < 0 && errno == EACCES
				   ? HOSTSAVE_NOT_OURS
				   : HOSTSAVE_UNKNOWN;
		}
		if (errno != EAGAIN)
			return -errno;
		opened = freeze != NULL ? freeze_opened(freeze, st) : 0;
		if (opened < 0 || opened == 1)
			return opened < 0 ? opened : HOSTSAVE_INSIDE;
		if (opened == FREEZE_HIDDEN && !hidden)
			return HOSTSAVE_HIDDEN;
		if (deadline_over(CLOCK_MONOTONIC, &end))
			return HOSTSAVE_STILL_OPEN;
		nanosleep(&pause, NULL);
	}
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return HOSTSAVE_NO_WRITER;
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

static const char *why_doubt(enum hostsave_writers writers)
{
	return writers == HOSTSAVE_INSIDE	? "the sandbox has it open for writing"
	       : writers == HOSTSAVE_STILL_OPEN ? "it stays open for writing"
	       : writers == HOSTSAVE_HIDDEN
		   ? "it is open for writing, perhaps by a process inside that hides what it has open"
	       : writers == HOSTSAVE_UNKNOWN ? "it can't be known who has it open for writing"
					     : "the sandbox could write to it";
}

static bool has_section_of(const struct gitconf *c, const char *key)
{
	size_t len = (size_t)(strrchr(key, '.') - key);

	for (size_t i = 1; i < c->nsection; i++)
		if (strlen(c->section[i].name) == len && strncmp(c->section[i].name, key, len) == 0)
			return true;
	return false;
}

static bool ends_with_one_of(const char *key, const char *first, const char *second, const char *third)
{
	const char *last = strrchr(key, '.') + 1;

	return streq(last, first) || (second != NULL && streq(last, second)) ||
	       (third != NULL && streq(last, third));
}

/* What a key that runs nothing says of where the work goes, and whose it is. before: the config as it was. */
static char where_of(const struct gitconf *before, const char *key)
{
	bool was = has_section_of(before, key);

	if (streq(key, "remote.pushdefault"))
		return HOSTSAVE_WHERE;
	if (str_starts(key, "remote."))
		return was && ends_with_one_of(key, "url", "pushurl", "fetch") ? HOSTSAVE_WHERE
		       : ends_with_one_of(key, "url", "pushurl", NULL)	       ? HOSTSAVE_WHERE_NEW
									       : '\0';
	if (str_starts(key, "submodule."))
		return !ends_with_one_of(key, "url", NULL, NULL) ? '\0'
		       : was					 ? HOSTSAVE_WHERE
								 : HOSTSAVE_WHERE_NEW;
	if (str_starts(key, "branch.") && ends_with_one_of(key, "remote", "pushremote", "merge"))
		return gitconf_get(before, key) != NULL ? HOSTSAVE_WHERE : HOSTSAVE_WHO;
	return str_starts(key, "user.") ? HOSTSAVE_WHO : '\0';
}

static void note_where(struct hostsave_file *f, const struct strv *keys)
{
	struct gitconf before AUTO_GITCONF = { 0 };
	unsigned line;

	if (gitconf_parse(f->text, strlen(f->text), &before, &line) < 0)
		return;
	for (size_t i = 0; i < keys->n; i++) {
		char what = strchr(keys->v[i], '.') != NULL ? where_of(&before, keys->v[i]) : '\0';
		AUTO_FREE char *one = xasprintf("%c%s", what, keys->v[i]);

		/* New ones without end take no room from what was there. */
		if (what != '\0' && f->where.n < (what == HOSTSAVE_WHERE ? 2 : 1) * WHERE_MAX &&
		    !strv_has(&f->where, one))
			strv_add(&f->where, one);
	}
}

/* Keys that run nothing are taken; the others are those of before. 1: all of it is taken. */
static int judge_config(struct hostsave *h, struct hostsave_file *f, int dir, const char *text,
			enum hostsave_writers writers)
{
	struct gitexit_merge m;
	AUTO_FREE char *merged = gitexit_text(f->text, f->text, text, h->o.policy->project, NULL, NULL, &m);
	AUTO_FREE char *keys = list_of(&m.dropped);
	AUTO_FREE char *why = NULL;

	if (m.dropped.n > 0)
		why = xasprintf("%s, and not known to run nothing are: %s", why_doubt(writers), keys);
	else if (writers > HOSTSAVE_NO_WRITER)
		why = xstrdup(why_doubt(writers));
	else
		note_where(f, &m.kept);
	gitexit_merge_done(&m);
	if (why == NULL)
		return 1;
	return set_aside(h, f, dir, text, merged != NULL ? merged : f->text, why, writers);
}

/* The user took it from the quarantine: from now on it is the host's. It is new each time that it passes by this. */
static bool take_back(struct hostsave *h, struct hostsave_file *f, int dir, const char *text)
{
	bool sure = false;
	struct hostsave_aside *a = find_taken(f, dir, text, &sure);
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
	hostsavejudge_forget(a);
	hostsavefile_set_text(f, text);
	f->doubt = false;
	f->renewals = 0;
	return true;
}

int hostsavejudge(struct hostsave *h, struct hostsave_file *f, int dir, const char *text,
		  enum hostsave_writers writers)
{
	if (hostsavefile_is_config(f) && text != NULL && f->text != NULL)
		return judge_config(h, f, dir, text, writers);
	if (writers <= HOSTSAVE_NO_WRITER && text != NULL &&
	    ((f->text != NULL && streq(text, f->text)) || take_back(h, f, dir, text)))
		return 1;
	return set_aside(h, f, dir, text, text_before(f), why_doubt(writers), writers);
}
