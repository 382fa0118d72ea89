/* SPDX-License-Identifier: MIT */
/*
 * What probes are to find if a box leaks: files with a text that is unique to
 * the run, sockets, FIFOs, keys, descriptors, a process; one row each in
 * probes/INPUTS. A site is one set of them for one arm.
 */
#ifndef CANARY_H
#define CANARY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "diag.h"
#include "oracle.h"
#include "strv.h"

struct canary_site {
	char text[40], token[40];
	uid_t uid; /* owner of everything that is planted */
	gid_t gid;
	char *base;	      /* owned; NULL: a real home, nothing is planted in it */
	char *home, *project; /* owned */
	char *ro_dir, *outside, *protected, *stderr_path; /* owned; NULL without base */
	struct strv mask;				  /* globs that the launcher must be given */
	struct strv input;				  /* NAME=VALUE for the probes */
	struct strv env;				  /* NAME=VALUE that the launcher's caller has set */
	struct strv kept;				  /* "CANARY_X=PATH": trees that must not change */
	struct strv digest;				  /* of kept, at canary_seal */
	struct strv trash; /* paths outside base, in the order of their removal */
	struct oracle oracle;
	int stderr_fd;		/* owned */
	struct canary_tty *tty; /* owned; canary_tty.c; NULL: none */
};

/*
 * Plants everything below base, which is made and must be private to the suite.
 * 0 or -errno.
 */
int canary_plant(struct canary_site *s, const char *base, uid_t uid, gid_t gid, struct diag *d);
/*
 * A site for the user's own box: only what is outside of files (sockets, process,
 * names). creds: ids, comma-separated. token: what CS_CANARY_TOKEN was when the
 * plan was composed.
 */
int canary_outside(struct canary_site *s, const char *home, const char *project, const char *creds,
		   const char *token, uid_t uid, gid_t gid, struct diag *d);
/* A site beside that one, with a text and a witness of its own and nothing planted yet. */
void canary_apart(struct canary_site *s, const struct canary_site *of);
/* A text that is unique to the run. */
void canary_random(char *out, size_t room, const char *prefix);
/* Plants in /tmp and /dev/shm what canary_done removes again. */
void canary_plant_shared(struct canary_site *s);
/*
 * Starts the oracle that serves the sockets, as that uid when started by root
 * (the one that the box has, so that it is "a process of the same user").
 */
int canary_start(struct canary_site *s, uid_t uid, gid_t gid, struct diag *d);
/* A file that only the supplementary group may read; root only. */
void canary_group_file(struct canary_site *s, gid_t group);
/*
 * The files of sysmasks.def that only their mask keeps away: they exist, are not
 * empty, and everybody may read them. Resolved paths, in the order of the table.
 */
void canary_etc(struct strv *ret);

/* Makes the directory and those above it, up to the base; 0 or -errno. */
int canary_dir(const struct canary_site *s, const char *path, mode_t mode);
/* A file with that line (NULL: the canary's text), and the directories above it; 0 or -errno. */
int canary_file(const struct canary_site *s, const char *path, mode_t mode, const char *content);

/* Adds an input. */
void canary_input(struct canary_site *s, const char *name, const char *value);
bool canary_has_input(const struct canary_site *s, const char *name);

/* Remembers what the kept trees look like; canary_changed names the inputs whose tree differs from that. */
void canary_seal(struct canary_site *s);
void canary_changed(const struct canary_site *s, struct strv *ret_names);

/*
 * In the process that starts the launcher: leaves the descriptors of
 * CANARY_FDS and CANARY_DIRFD open, sets the variables, ignores a signal and
 * takes a personality, as a careless caller would.
 */
void canary_leak(const struct canary_site *s);

void canary_done(struct canary_site *s);

/* "user=4026531837,mnt=...": the namespaces of the calling process. Owned by the caller. */
char *canary_namespaces(void);

#endif
