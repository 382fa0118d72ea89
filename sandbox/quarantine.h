/* SPDX-License-Identifier: MIT */
/*
 * Where files go that must not stay where they are: the folder "quarantine" of the state folder, with a directory for
 * each project. A copy goes there: whoever has the file itself open inside can write to that, and nobody sees it.
 */
#ifndef QUARANTINE_H
#define QUARANTINE_H

#include <stdbool.h>
#include <sys/stat.h>
#include "diag.h"
#include "policy.h"

struct quarantine {
	const struct policy *policy;
	char *const *env;
	int dir;    /* owned; -1: not opened yet, or none can be had */
	char *path; /* owned; of dir */
	bool tried;
	struct diag why; /* there is none */
	unsigned n;	 /* for names */
	long long bytes;
};

/* The folder is made when it is needed. Started by root there is none: who could make it has given up the right to. */
void quarantine_begin(struct quarantine *q, const struct policy *p, char *const *env);
void quarantine_done(struct quarantine *q);
/*
 * What is to be said at a start of what sessions left in the folder, of all projects: from 100 MB on, or when some of it is
 * older than 30 days. Nothing is removed by itself. Owned; NULL: nothing.
 */
char *quarantine_lies(char *const *env);

/* What comes in the place of what is taken. */
struct quarantine_instead {
	const char *text;
	mode_t mode; /* 0: as that of a new file */
	struct stat
	    made; /* what came; st_ino 0: nothing did, on a file system that can't exchange two names */
};

/*
 * Takes the file or link `name` out of the directory dir: atomically, by another name there, which nobody acts on, and then
 * into the folder. instead: is in its place from that moment on; NULL: nothing is. shown: what dir is called. 0: *ret_place
 * (owned) is where it is now, in the folder or, with *ret_why (static
 * or in *q), by that other name. -ENOENT: it is gone already. -errno: it is where it was.
 */
int quarantine_take(struct quarantine *q, int dir, const char *shown, const char *name,
		    struct quarantine_instead *instead, char **ret_place, const char **ret_why);

/*
 * Keeps the text of a file that is gone: a new file in the folder, or, with *ret_why, in dir by a name that nobody acts on.
 * It is the user's alone (0600). dir may be < 0: in the folder only. 0: *ret_place (owned); -errno: it is not kept.
 */
int quarantine_keep(struct quarantine *q, int dir, const char *shown, const char *name, const char *text,
		    char **ret_place, const char **ret_why);

/*
 * The same file once more, in a new inode: to that nobody has a descriptor, nor another name. Bytes, rights, group, times and
 * attributes are as before; the owner is ours. from: `name` in dir, open for reading and not read from yet; st: of it.
 * kept: NULL, or the old one stays, by this name beside it (owned), which nobody acts on. 0: *made is what stands there
 * now. -EAGAIN: another file had come there, which is there again. -ENOENT: nothing was. -errno: the old one is there;
 * -EOPNOTSUPP: it can't be kept, on a file system that can't exchange two names.
 */
int quarantine_renew(int dir, const char *name, int from, const struct stat *st, struct stat *made,
		     char **kept);

#endif
