/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4), for fingerprints and for telling whether a file changed. */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 65 /* 64 digits and the NUL */

struct sha256 {
	uint32_t h[8];
	uint64_t bytes;
	unsigned char block[64];
	size_t fill;
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_end(struct sha256 *s, char hex[SHA256_HEX]);
/* The digest of a file's content; 0 or -errno. */
int sha256_file(const char *path, char hex[SHA256_HEX]);

#endif
