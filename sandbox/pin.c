/* SPDX-License-Identifier: MIT */
#include "pin.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIN_LANES 8
#define PIN_BLOCK (PIN_LANES * sizeof(uint64_t))
#define PIN_CHUNK (128 * 1024)

/* Eight multiplications that don't wait for each other: the probes are 200 MB, and a test is to take a second. */
static void pin_add(uint64_t lane[PIN_LANES], const unsigned char *p, size_t n)
{
	for (size_t at = 0; at + PIN_BLOCK <= n; at += PIN_BLOCK) {
		for (size_t i = 0; i < PIN_LANES; i++) {
			uint64_t word;

			memcpy(&word, p + at + i * sizeof(word), sizeof(word));
			lane[i] = (lane[i] ^ le64toh(word)) * 0x9e3779b97f4a7c15u;
			lane[i] ^= lane[i] >> 29;
		}
	}
}

/* Fills the buffer as far as the file goes: a short read must not move the blocks. */
static ssize_t pin_chunk(int fd, unsigned char *buf)
{
	size_t n = 0;

	while (n < PIN_CHUNK) {
		ssize_t r = read(fd, buf + n, PIN_CHUNK - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		n += (size_t)r;
	}
	return (ssize_t)n;
}

int pin_read(int dirfd, const char *path, struct pin *ret)
{
	static unsigned char buf[PIN_CHUNK + PIN_BLOCK];
	uint64_t lane[PIN_LANES] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	ret->bytes = 0;
	while ((n = pin_chunk(fd, buf)) > 0) {
		memset(buf + n, 0, PIN_BLOCK);
		pin_add(lane, buf, ((size_t)n + PIN_BLOCK - 1) / PIN_BLOCK * PIN_BLOCK);
		ret->bytes += (unsigned long long)n;
	}
	close(fd);
	if (n < 0)
		return (int)n;
	ret->hash = ret->bytes;
	for (size_t i = 0; i < PIN_LANES; i++) {
		ret->hash = (ret->hash ^ lane[i]) * 0x9e3779b97f4a7c15u;
		ret->hash ^= ret->hash >> 32;
	}
	return 0;
}
