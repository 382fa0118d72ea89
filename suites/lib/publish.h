/* SPDX-License-Identifier: MIT */
/* Files that are there whole or not at all: written without a name, then named, over an older one. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Gives the finished, still unnamed file `fd` the name `name` in the directory `dirfd`. A link of that name is
 * replaced, not followed. 0 or -errno.
 */
int publish_name(int fd, int dirfd, const char *name);
/* A whole file with that text, that mode and that name; also where files need a name from the start. 0 or -errno. */
int publish_text(int dirfd, const char *name, const char *text, size_t n, mode_t mode);
/* All of the text to fd. 0 or -errno. */
int publish_write(int fd, const char *text, size_t n);

#endif
