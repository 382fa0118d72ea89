/* SPDX-License-Identifier: MIT */
/* Moves away or names what appeared, and says what was done. */
#include "appearwalk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "mem.h"
#include "path.h"
#include "util.h"

#define MAX_MOVED 1000 /* more is no accident: the session is ended */

void appeartake_say(struct appear *a)
{
	for (; a->said < a->nmoved && !a->o.later; a->said++)
		if (a->said < APPEAR_NAMED)
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
	a->moved[a->nmoved++] = (struct appear_moved){
		.path = xstrdup(path),
		.line = xasprintf("moved away: %s, which appeared during the session (%s)%s%s%s; %s", path,
				  row->title, more, why != NULL ? "; not out of the project: " : "",
				  why != NULL ? why : "", back),
	};
}

static void note(struct strv *list, const char *path, int e)
{
	AUTO_FREE char *text = xasprintf("%s (%s)", path, strerror(-e));

	if (list->n < APPEAR_MAX_NAMED && !strv_has(list, text))
		strv_take(list, TAKE_PTR(text));
}

void appeartake_failed(struct appear *a, const char *path, int e)
{
	note(&a->failed, path, e);
}

void appeartake_unread(struct appear *a, const char *path, int e)
{
	note(&a->unread, path, e);
}

/* As quarantine_take. What the box has filled the disk with is no reason to leave it: a name needs no room. */
static int take(struct appear *a, const struct appear_place *at, int dir, const char *name,
		struct quarantine_instead *instead, char **place, const char **why)
{
	int e = quarantine_take(a->o.quarantine, dir, at->path, name, instead, place, why);

	if (instead != NULL && (e == -ENOSPC || e == -EDQUOT))
		e = quarantine_take(a->o.quarantine, dir, at->path, name, NULL, place, why);
	return e;
}

/* From a directory too that takes no writes: its mode is the box's to set. */
static int take_out(struct appear *a, const struct appear_place *at, int dir, const char *name,
		    struct quarantine_instead *instead, char **place, const char **why)
{
	int e = take(a, at, dir, name, instead, place, why);
	char proc[64];
	struct stat st;

	if (e != -EACCES || fstat(dir, &st) < 0)
		return e;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", dir);
	if (chmod(proc, (st.st_mode & 07777) | S_IRWXU) < 0)
		return e;
	e = take(a, at, dir, name, instead, place, why);
	chmod(proc, st.st_mode & 07777);
	return e;
}

void appeartake_move(struct appear *a, const struct appear_place *at, int dir, const char *name,
		     const struct autorun_row *row, const char *instead, const char *more)
{
	AUTO_FREE char *path = path_join(at->path, name);
	AUTO_FREE char *place = NULL;
	struct quarantine_instead new = { .text = instead };
	const char *why;
	int e;

	if (a->nmoved >= MAX_MOVED && a->live) {
		a->over = true;
		return;
	}
	e = take_out(a, at, dir, name, instead != NULL ? &new : NULL, &place, &why);
	if (e < 0 && e != -ENOENT)
		appeartake_failed(a, path, e);
	if (e < 0)
		return;
	if (why != NULL)
		strv_add(&a->ours, place);
	if (instead != NULL && new.made.st_ino == 0)
		note_moved(a, path, place, why, row, "; none could be put in its place", false);
	else
		note_moved(a, path, place, why, row, more, instead != NULL);
}

void appeartake_name(struct appear *a, const char *path, bool daily)
{
	struct strv *names = daily ? &a->daily : &a->named;

	if (strv_has(names, path))
		return;
	if (names->n >= APPEAR_MAX_NAMED)
		a->too_many = true;
	else
		strv_add(names, path);
}
