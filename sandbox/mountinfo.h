/* SPDX-License-Identifier: MIT */
/* Reads the text of /proc/self/mountinfo. No system calls; foreign bytes, so fuzzed. */
#ifndef MOUNTINFO_H
#define MOUNTINFO_H

#include <stdbool.h>
#include "strv.h"

struct mountinfo {
	unsigned long id, parent;
	char *point;	 /* owned; mount point, escapes undone */
	char *type;	 /* owned; file system type */
	char device[24]; /* "MAJOR:MINOR"; empty when that is longer */
	bool read_only, nosuid, nodev;
};

/*
 * Takes one line from *text and moves it on. False at the end; a line that
 * isn't one of mountinfo's is skipped. mountinfo_done releases *ret.
 */
bool mountinfo_next(const char **text, struct mountinfo *ret);
void mountinfo_done(struct mountinfo *m);

/*
 * Adds the mount points of file systems that reach another machine's drives:
 * 9p, drvfs, virtiofs, also when FUSE serves them. Not "/": a virtual machine may have its root there.
 */
void mountinfo_drives(const char *text, struct strv *ret);

#endif
