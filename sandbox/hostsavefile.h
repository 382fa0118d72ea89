/* SPDX-License-Identifier: MIT */
/* What the hostsave*.c share: the held files, and what is known of each. */
#ifndef HOSTSAVEFILE_H
#define HOSTSAVEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include "account.h"
#include "diag.h"
#include "freeze.h"
#include "hostsave.h"

#define HOSTSAVE_TEXT_MAX  1048576 /* bytes of one file that are compared */
#define HOSTSAVE_ASIDES	   8	   /* of one file, whose text is known: it may be brought back */
#define HOSTSAVE_ASIDE_MAX 4096	   /* of all files: -EUSERS, and the session is ended */
#define HOSTSAVE_FIRSTS	   256	   /* files whose other names are asked for: a descriptor each */

/* Of git's keys that run nothing, in the order in which they are named. */
#define HOSTSAVE_WHERE	   '0' /* another place, for what was there before */
#define HOSTSAVE_WHERE_NEW '1' /* that of a new remote or submodule */
#define HOSTSAVE_WHO	   '2' /* who commits, and what a new branch follows */

/* What was moved away: its text, and where it is. */
struct hostsave_aside {
	char *text, *place; /* owned */
	dev_t dev;
	ino_t ino;
	struct timespec born; /* all zero: the file system doesn't say */
};

struct hostsave_file {
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
	bool doubt;		    /* ... perhaps by another session: what it says is not the host's */
	bool gone;		    /* the host took it away */
	struct timespec away;	    /* ... for good, from then on */
	struct hostsave_aside aside[HOSTSAVE_ASIDES];
	size_t naside; /* of all times */
	size_t taken;  /* replacements that passed */
	char *line;    /* owned; of the last that did not */
	bool said;
	struct strv
	    where; /* keys that came by what passed, each behind its HOSTSAVE_WHERE or one of those below */
	int first; /* owned; what stood there at the start, where it has other names; -1: not kept */
	char *first_text; /* owned; of it */
};

struct hostsave {
	struct hostsave_opts o;
	struct hostsave_file *file; /* owned */
	size_t n, naside, said, nfirst;
	int poll, notify, timer; /* owned */
	int init;		 /* owned; pidfd of the box's; -1: Linux before 5.3 */
	unsigned stops, holds;	 /* so far; one holds the files again by one standstill or more */
	struct timespec writers; /* until then the host may end what it writes */
	bool stopped;
	bool blind; /* nothing is told */
};

/* Who has a file open for writing. */
enum hostsave_writers {
	HOSTSAVE_NOT_OURS, /* another's file, that nobody inside may write to */
	HOSTSAVE_NO_WRITER,
	HOSTSAVE_INSIDE,     /* somebody inside has it open for writing */
	HOSTSAVE_STILL_OPEN, /* somebody has: on the host, or hidden from us */
	HOSTSAVE_HIDDEN,     /* likewise, and there is somebody inside who hides what he has open */
	HOSTSAVE_UNKNOWN /* another's file, that somebody inside may write to: the kernel tells its owner alone */
};

/* --- hostsavefile.c: what stands at a held file's place on the host */

/* Of the innermost tree that path lies in; SIZE_MAX: none. */
size_t hostsavefile_tree_of(const struct hostsave_opts *o, const char *path);
const char *hostsavefile_tree_path(const struct hostsave_opts *o, size_t tree);
bool hostsavefile_is_mask(const struct hostsave_file *f);
bool hostsavefile_is_config(const struct hostsave_file *f);
/* Its directory, through no link. -errno. */
int hostsavefile_open_dir(const struct hostsave *h, const struct hostsave_file *f);
/* Mounted over, in the box: its name is of another mount than its directory. 0: it is not; -errno. *st: what is there. */
int hostsavefile_is_covered(int dir, const char *name, struct stat *st);
/* No file, and no link to one: there is nothing that the host would act on. */
bool hostsavefile_is_nothing(int covered, const struct stat *st);
/* All zero: the file system doesn't say. */
struct timespec hostsavefile_born(int dir, const char *name);
/* What the name is of, on the host: under a link that is mounted over it, another one. */
bool hostsavefile_is_same(const struct hostsave_file *f, int dir, const struct stat *st);
/* text is copied; NULL: not known. */
void hostsavefile_set_text(struct hostsave_file *f, const char *text);
void hostsavefile_remember(struct hostsave_file *f, const struct stat *st, struct timespec born);
/* Nobody inside has a way to it, as long as all stands still. */
void hostsavefile_made(const struct hostsave *h, struct hostsave_file *f, int dir, const struct stat *made);
/* The host took it away. */
void hostsavefile_gone(struct hostsave_file *f);
/* Owned; NULL with errno: it can't be read as a text. */
char *hostsavefile_read(int dir, const char *name, struct stat *st);

/* --- hostsavejudge.c: who wrote it, and what becomes of that */

/*
 * Of an open file. freeze NULL: the box has ended. end: the host may take so long (CLOCK_MONOTONIC); hidden: also where it
 * may be waiting for somebody inside, who ends nothing while all stands still. -errno.
 */
int hostsavejudge_writers(int fd, const struct stat *st, struct freeze *freeze, struct timespec end,
			  bool hidden);
/*
 * text: of what stands there; NULL: it can't be read as one. 1: it is the host's; 0: it was set aside, or is to be looked
 * at again; -errno.
 */
int hostsavejudge(struct hostsave *h, struct hostsave_file *f, int dir, const char *text,
		  enum hostsave_writers writers);
void hostsavejudge_forget(struct hostsave_aside *a);

/* --- hostsavehold.c: holds again what was replaced */

/* From now on the host may take some time to end what it writes, to all files together. */
void hostsavehold_wait(struct hostsave *h);
/* Each file. freeze NULL: the box has ended, and what it may have written is set aside. -errno: of *ret. */
int hostsavehold_all(struct hostsave *h, struct freeze *freeze, const struct hostsave_file **ret);
/* All of it, while the box stands still. -errno: *d says what can't be. */
int hostsavehold_again(struct hostsave *h, struct diag *d);

/* --- hostsaveend.c: what the account has of it */

/* After the last look. */
void hostsaveend_tell(struct account *account, struct hostsave *h);

#endif
