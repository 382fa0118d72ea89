/* SPDX-License-Identifier: MIT */
/* The hosts that a project's file leaves of those that the user allows. Part of conf. */
#ifndef CONFNARROW_H
#define CONFNARROW_H

#include "conf.h"
#include "opt.h"

/* The network as the user's own files have it, and who says so. */
struct confnarrow_own {
	int n;
	char *origin; /* owned; NULL: nobody */
	size_t hosts; /* that are allowed before the options are read */
};

/*
 * A project's list of hosts makes filtered of open by itself: with its network.mode alone, no host of the user's would
 * be allowed that is left.
 * As conffile_read_project; fills *own, whose origin is the caller's.
 */
int confnarrow_read_project(struct conf *c, const char *home, struct confnarrow_own *own, struct diag *d);

/*
 * Of the hosts that the user's files and --yolo allow, those that a project's list has too: never more. What an option
 * allows comes after the project's file, and stays. Where every host may be reached, so much is left of that; unless an
 * option or the environment says which network it is: then the list is not in force.
 * 0, or -EINVAL with a message.
 */
int confnarrow(struct conf *c, const struct confnarrow_own *own, const struct opt_line *line, struct diag *d);

#endif
