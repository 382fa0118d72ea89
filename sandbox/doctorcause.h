/* SPDX-License-Identifier: MIT */
/* Why a host can't make the namespaces of a box, and the smallest change that lets it. Pure. Part of doctor. */
#ifndef DOCTORCAUSE_H
#define DOCTORCAUSE_H

#include <stdbool.h>
#include "diag.h"
#include "host.h"

/* What a look at the running machine adds to the recorded facts. */
struct doctorcause_live {
	int userns;    /* -errno of making a user namespace, 0 when it worked */
	int in_userns; /* -errno of using its capabilities, 0 when that worked */
	bool filtered; /* a system call filter lies on this very process: a container's */
	bool chrooted;
	const char *limited;  /* of namespaces.def, where making one is refused by its limit; NULL: none is */
	bool no_sysctls;      /* /proc/sys can't be read */
	char label[64];	      /* AppArmor's of this program, "unconfined" or "PROFILE (MODE)"; "": unknown */
	char bwrap_label[64]; /* of bwrap when it runs */
	int proc;	      /* -errno of mounting a new /proc, 0 when that worked */
	const char *os_release; /* text of the os-release file, "" when unknown */
};

/*
 * Sets d's message and advice by the first cause that holds and returns true;
 * false, d untouched, when none is known.
 */
bool doctorcause_find(const struct host *h, const struct doctorcause_live *live, struct diag *d);

/* The command that installs bubblewrap on the distribution of that os-release text. */
const char *doctorcause_install(const char *os_release);

#endif
