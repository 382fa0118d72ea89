/* SPDX-License-Identifier: MIT */
/*
 * Looks at paths below a root descriptor: "/" of the live machine, or the tree
 * of a recorded one, whose absolute symlinks must not lead out of it. Part of
 * host; nothing else includes it.
 */
#ifndef HOSTROOT_H
#define HOSTROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include "diag.h"
#include "host.h"
#include "strv.h"

struct hostroot_dir {
	char *path, *real; /* owned; real NULL: no such directory */
	size_t len;	   /* of path */
};

struct hostroot {
	int fd;			  /* borrowed */
	size_t prefix;		  /* bytes that the root's own path takes in /proc/self/fd's answers */
	bool no_openat2;	  /* the kernel, or a container's filter, has no openat2 */
	char *owners;		  /* owned; recorded: text of its owners file, else NULL */
	struct hostroot_dir *dir; /* owned; directories looked into so far, and where they really are */
	size_t ndir;
};

/*
 * `recorded` is the directory of a recorded host, NULL for the live machine.
 * -errno without /proc or when a recorded host's files are unreadable.
 */
int hostroot_init(struct hostroot *root, int fd, const char *recorded, struct diag *d);
void hostroot_done(struct hostroot *root);

/* Opens an absolute path below the root, close-on-exec. A descriptor or -errno. */
int hostroot_open(struct hostroot *root, const char *path, int flags);
/* Attributes of an open file; a recorded host's owners and modes come from its owners file. */
int hostroot_stat(struct hostroot *root, int fd, struct stat *ret);
/* The path, as seen from the root, of an open file. Owned; NULL when it has none (deleted, outside). */
char *hostroot_real(struct hostroot *root, int fd);
/* The kind of an st_mode. */
enum host_type hostroot_type(mode_t mode);
/* Fills *ret with what is at an absolute, clean path. */
void hostroot_node(struct hostroot *root, const char *path, struct host_node *ret);
/* Adds the directories among absolute, clean paths, each once by what it really is. */
void hostroot_dirs(struct hostroot *root, const struct strv *paths, struct strv *ret);
/* Whether there is something, be it a dangling link, at an absolute, clean path. */
bool hostroot_exists(struct hostroot *root, const char *path);
/* The bytes of a file, NUL-terminated, owned; NULL when unreadable or larger than max. */
char *hostroot_read(struct hostroot *root, const char *path, size_t max);

#endif
