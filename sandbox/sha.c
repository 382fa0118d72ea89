/* SPDX-License-Identifier: MIT */
/* SHA-1 and SHA-256, straight from the standard. */
#include "sha.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

static const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t ror(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A round of SHA-1: what its rounds have in common. */
static void sha1_step(uint32_t v[5], uint32_t f, uint32_t w)
{
	uint32_t t = ror(v[0], 27) + f + v[4] + w;

	v[4] = v[3];
	v[3] = v[2];
	v[2] = ror(v[1], 2);
	v[1] = v[0];
	v[0] = t;
}

static void sha1_block(uint32_t h[8], const unsigned char *p)
{
	uint32_t w[80], v[5];

	for (size_t i = 0; i < 16; i++)
		w[i] = big_endian(p + 4 * i);
	for (size_t i = 16; i < 80; i++)
		w[i] = ror(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 31);
	memcpy(v, h, sizeof(v));
	for (size_t i = 0; i < 20; i++)
		sha1_step(v, ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999, w[i]);
	for (size_t i = 20; i < 40; i++)
		sha1_step(v, (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1, w[i]);
	for (size_t i = 40; i < 60; i++)
		sha1_step(v, ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8f1bbcdc, w[i]);
	for (size_t i = 60; i < 80; i++)
		sha1_step(v, (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6, w[i]);
	for (size_t i = 0; i < 5; i++)
		h[i] += v[i];
}

static void sha256_block(uint32_t h[8], const unsigned char *p)
{
	uint32_t w[64], v[8];

	for (size_t i = 0; i < 16; i++)
		w[i] = big_endian(p + 4 * i);
	for (size_t i = 16; i < 64; i++) {
		uint32_t a = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
		uint32_t b = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + a + w[i - 7] + b;
	}
	memcpy(v, h, sizeof(v));
	for (size_t i = 0; i < 64; i++) {
		uint32_t s1 = ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25);
		uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + sha256_k[i] + w[i];
		uint32_t s0 = ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22);
		uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (size_t i = 0; i < 8; i++)
		h[i] += v[i];
}

void sha1_init(struct sha *s)
{
	static const uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };

	*s = (struct sha){ .block = sha1_block };
	memcpy(s->h, h, sizeof(h));
}

void sha256_init(struct sha *s)
{
	static const uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	*s = (struct sha){ .block = sha256_block };
	memcpy(s->h, h, sizeof(h));
}

void sha_add(struct sha *s, const void *data, size_t n)
{
	const unsigned char *p = data;

	s->bytes += n;
	while (n > 0) {
		size_t take = sizeof(s->text) - s->fill;

		if (s->fill == 0 && n >= sizeof(s->text)) {
			s->block(s->h, p);
			take = sizeof(s->text);
		} else {
			if (take > n)
				take = n;
			memcpy(s->text + s->fill, p, take);
			s->fill += take;
			if (s->fill == sizeof(s->text)) {
				s->block(s->h, s->text);
				s->fill = 0;
			}
		}
		p += take;
		n -= take;
	}
}

void sha_end_bytes(struct sha *s, unsigned char *ret)
{
	size_t words = (s->block == sha1_block ? SHA1_BYTES : SHA256_BYTES) / 4;
	uint64_t bits = s->bytes * 8;
	unsigned char tail[8];

	sha_add(s, "\x80", 1);
	while (s->fill != 56)
		sha_add(s, "", 1);
	for (size_t i = 0; i < 8; i++)
		tail[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha_add(s, tail, sizeof(tail));
	for (size_t i = 0; i < 4 * words; i++)
		ret[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void sha_end(struct sha *s, char hex[SHA256_HEX])
{
	unsigned char bytes[SHA256_BYTES];

	sha_end_bytes(s, bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

int sha256_file(const char *path, char hex[SHA256_HEX])
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	unsigned char buf[16384];
	struct sha s;

	if (fd < 0)
		return -errno;
	sha256_init(&s);
	for (;;) {
		ssize_t r = read(fd, buf, sizeof(buf));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		sha_add(&s, buf, (size_t)r);
	}
	sha_end(&s, hex);
	return 0;
}
