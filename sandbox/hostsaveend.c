/* SPDX-License-Identifier: MIT */
/* What is told of held files at the end of a session. All that ran in the box is gone. */
#include "hostsavefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "path.h"
#include "quarantine.h"
#include "textfile.h"
#include "util.h"

#define WHERE_NAMED 8 /* keys of a line */

/* A masked FIFO or socket is no file that can be held, but it is there. */
static bool is_masked_still(const struct hostsave *h, const struct hostsave_file *f)
{
	AUTO_CLOSE int dir = hostsavefile_is_mask(f) ? hostsavefile_open_dir(h, f) : -1;
	struct stat st;

	return dir >= 0 && fstatat(dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* By the host; or by the sandbox, in the moment after the host had put another one there. */
static void say_gone(struct account *account, struct hostsave *h, const struct hostsave_file *f)
{
	AUTO_CLOSE int dir = hostsavefile_open_dir(h, f);
	AUTO_FREE char *shown = path_dirname(f->op->dst);
	AUTO_FREE char *place = NULL;
	AUTO_FREE char *line = NULL;
	const char *why = NULL;
	int e = f->text != NULL ? quarantine_keep(h->o.quarantine, dir, shown, f->name, f->text, &place, &why)
				: -ENODATA;

	line = xasprintf("gone: %s, which was %s inside, is not there any more", f->op->dst,
			 hostsavefile_is_mask(f) ? "masked" : "read-only");
	if (e == 0)
		account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst,
			    "%s; its text of before is %s%s%s", line, place,
			    why != NULL ? "; not out of the project: " : "", why != NULL ? why : "");
	else
		account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst,
			    "%s; its text of before is not kept: %s", line,
			    e != -ENODATA ? strerror(-e)
			    : f->doubt	  ? "it may be another session's"
					  : "it is not known");
}

/* What finds the other names. */
static char *way_to_find(const struct hostsave *h, const struct hostsave_file *f, const struct stat *st)
{
	const char *tree = hostsavefile_tree_path(&h->o, f->tree);
	char word[DIAG_WORD];

	diag_word(word, sizeof(word), tree);
	if (!log_is_plain(tree) || streq(word, "..."))
		return xasprintf("its number is %ju", (uintmax_t)st->st_ino);
	return xasprintf("what finds it there: find %s -xdev -inum %ju", word, (uintmax_t)st->st_ino);
}

static void say_linked(struct account *account, struct hostsave *h, const struct hostsave_file *f)
{
	AUTO_CLOSE int dir = hostsavefile_open_dir(h, f);
	AUTO_FREE char *now = NULL;
	AUTO_FREE char *first = NULL;
	AUTO_FREE char *way = NULL;
	struct stat st, st_now = { 0 };
	bool same;

	if (f->text == NULL || hostsavefile_is_mask(f))
		return;
	if (dir >= 0)
		now = hostsavefile_read(dir, f->name, &st_now);
	same = st_now.st_ino != 0 && hostsavefile_is_same(f, dir, &st_now);
	if (same && !hostsavefile_is_config(f) && (now == NULL || !streq(now, f->text))) {
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
	first = textfile_read(f->first, HOSTSAVE_TEXT_MAX, &st);
	if (first != NULL && streq(first, f->first_text))
		return;
	way = way_to_find(h, f, &st);
	account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst,
		    "written to: another name (hard link) of what %s was before it was replaced on the host: "
		    "look at it; %s",
		    f->op->dst, way);
}

/* Nobody can tell whether it was the host's: what is saved may have been written to by the box before it was read. */
static void say_where(struct account *account, const struct hostsave_file *f, bool who)
{
	AUTO_FREE char *list = xstrdup("");
	size_t n = 0;

	for (size_t i = 0; i < f->where.n; i++) {
		AUTO_FREE char *before = NULL;

		if ((f->where.v[i][0] == HOSTSAVE_WHO) != who || n++ >= WHERE_NAMED)
			continue;
		before = list;
		list = xasprintf("%s%s%.80s", before, n > 1 ? ", " : "", f->where.v[i] + 1);
	}
	if (n > WHERE_NAMED) {
		AUTO_FREE char *before = list;

		list = xasprintf("%s and %zu more", before, n - WHERE_NAMED);
	}
	if (n > 0)
		account_add(
		    account, ACCOUNT_REPLACED, who ? ACCOUNT_NOTE : ACCOUNT_SECURITY, f->op->dst,
		    "replaced on the host: %s, and it came to say other things of %s: %s; if that was not "
		    "you, nor another session, the sandbox wrote it there: look at it",
		    f->op->dst,
		    who ? "who commits, or what a branch follows" : "where a fetch or a push goes", list);
}

void hostsaveend_tell(struct account *account, struct hostsave *h)
{
	for (size_t i = 0; i < h->n; i++) {
		struct hostsave_file *f = &h->file[i];

		if (f->line != NULL)
			account_add(account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, f->op->dst, "%s", f->line)
			    ->said = f->said;
		strv_sort(&f->where);
		say_where(account, f, false);
		say_where(account, f, true);
		say_linked(account, h, f);
		if (f->was && f->gone && !is_masked_still(h, f))
			say_gone(account, h, f);
		if (f->taken > 0)
			account_add(account, ACCOUNT_REPLACED, ACCOUNT_DETAIL, f->op->dst,
				    "%s was replaced on the host %zu times, and held again", f->op->dst,
				    f->taken);
	}
	if (h->nfirst > HOSTSAVE_FIRSTS)
		account_add(
		    account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, h->o.policy->project,
		    "weaker: of %zu files that are read-only inside and have other names (hard links) it is "
		    "not known whether those were written to as the host replaced them",
		    h->nfirst - HOSTSAVE_FIRSTS);
	if (h->blind)
		account_add(
		    account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, h->o.policy->project,
		    "weaker: what the host replaced in %s was looked at the end alone: inotify can't be "
		    "had; see /proc/sys/fs/inotify",
		    h->o.policy->project);
}
