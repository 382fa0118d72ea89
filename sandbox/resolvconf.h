/* SPDX-License-Identifier: MIT */
/*
 * The name servers of this machine, as they change: a laptop that comes into another network. egress opens no file any
 * more, so the launcher looks, and tells it.
 */
#ifndef RESOLVCONF_H
#define RESOLVCONF_H

#include <stdbool.h>

#include "egressmsg.h"

/* Name servers that are not used. */
struct resolvconf_skipped {
	unsigned zones; /* with a zone, as of a link-local address: c-ares takes those at its start only */
	unsigned wrong; /* no addresses, */
	char word[64];	/* and the first of them */
};

struct resolvconf {
	const char *path; /* borrowed */
	int fd; /* owned; a timer, then inotify(7); readable when there may be something new; -1: nothing is watched */
	bool waiting; /* it is the timer */
	struct egress_servers now;
	struct resolvconf_skipped skipped;
};

/* Reads the file. Without one, or one that names nobody, there are none. */
void resolvconf_begin(struct resolvconf *r, const char *path);
/* From a second later on: what came between is seen, too. Without inotify nothing is watched. */
void resolvconf_watch(struct resolvconf *r);
/* Looks again; true: there are others now. A file without any, as it is while it is written, changes nothing. */
bool resolvconf_changed(struct resolvconf *r);
void resolvconf_done(struct resolvconf *r);

#endif
