/* SPDX-License-Identifier: MIT */
/* The names of git's objects. Pure. */
#ifndef GITOBJECT_H
#define GITOBJECT_H

#include <stddef.h>

/* Of n bytes as an object of this type ("blob", "tree"). oid: bytes of a name, as gitindex_oid() says; so many to *ret. */
void gitobject_name(size_t oid, const char *type, const void *s, size_t n, unsigned char *ret);

#endif
