/* SPDX-License-Identifier: MIT */
#include "gitobject.h"

#include <stdio.h>
#include <string.h>

#include "sha.h"

void gitobject_name(size_t oid, const char *type, const void *s, size_t n, unsigned char *ret)
{
	char head[32];
	struct sha h;

	snprintf(head, sizeof(head), "%s %zu", type, n);
	if (oid == SHA1_BYTES)
		sha1_init(&h);
	else
		sha256_init(&h);
	sha_add(&h, head, strlen(head) + 1);
	sha_add(&h, s, n);
	sha_end_bytes(&h, ret);
}
