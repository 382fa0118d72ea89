/* SPDX-License-Identifier: MIT */
/* Small files as one text, by descriptor. */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * The text of a regular file of at most max bytes, from its beginning; owned. NULL with errno: EINVAL, it is no
 * file; EFBIG; EILSEQ, it has a NUL byte in it; EIO, it ended early. fd below 0: NULL, errno as it is.
 */
char *textfile_read(int fd, size_t max, struct stat *st);
/* The same of what may be a script: without NUL bytes, which shells leave out; EILSEQ where its first line has one. */
char *textfile_read_script(int fd, size_t max, struct stat *st);
/* The same of any bytes, st->st_size of them, and a NUL behind. */
char *textfile_read_bytes(int fd, size_t max, struct stat *st);
/* Writes all of it. False with errno. */
bool textfile_write(int fd, const char *text);

#endif
