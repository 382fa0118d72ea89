/* SPDX-License-Identifier: MIT */
/* SHA-256, for fingerprints and for telling whether a file changed, and SHA-1, for the names of git's objects (FIPS 180-4). */
#ifndef SHA_H
#define SHA_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 65 /* 64 digits and the NUL */

enum { SHA1_BYTES = 20, SHA256_BYTES = 32 };

struct sha {
	uint32_t h[8];
	void (*block)(uint32_t h[8], const unsigned char *p);
	uint64_t bytes;
	unsigned char text[64];
	size_t fill;
};

void sha1_init(struct sha *s);
void sha256_init(struct sha *s);
void sha_add(struct sha *s, const void *p, size_t n);
/* SHA1_BYTES, or SHA256_BYTES. */
void sha_end_bytes(struct sha *s, unsigned char *ret);
/* Of SHA-256, in digits. */
void sha_end(struct sha *s, char hex[SHA256_HEX]);
/* The digest of a file's content; 0 or -errno. */
int sha256_file(const char *path, char hex[SHA256_HEX]);

#endif
