/* SPDX-License-Identifier: MIT */
/* Lexical path arithmetic. No system calls. */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>

/* Absolute path without "//", "/./", "/../" and trailing slash; `base` (absolute) is put before a relative one. Owned. */
char *path_clean(const char *base, const char *path);
/* a + "/" + b, cleaned. Owned. */
char *path_join(const char *a, const char *b);
/* True when `path` is `dir` or lies below it; both clean and absolute. "/" contains everything. */
bool path_is_under(const char *path, const char *dir);
/* Directory part, owned; "/" for "/". */
char *path_dirname(const char *path);
const char *path_basename(const char *path); /* borrowed from path */
/* As strcmp(3), for clean paths: what is above before what is below, and all of that before the rest: "/" is the first byte. */
int path_compare(const char *a, const char *b);
/* Expands a leading "~" or "~/" with `home`. Owned. "~user" stays as it is. */
char *path_expand(const char *path, const char *home);

/* A file name of its own for a path: its last component, as far as that is plain, and digits of a hash. Owned. */
char *path_unique(const char *path);

#endif
