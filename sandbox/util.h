/* SPDX-License-Identifier: MIT */
/* Small macros that every room uses. No state, no system calls. */
#ifndef UTIL_H
#define UTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* FNV-1a, for tables of ours: who chooses the keys can make them slow, and nothing else. */
#define HASH_START 2166136261u
static inline uint32_t hash_bytes(uint32_t h, const void *p, size_t n)
{
	for (const uint8_t *b = p; n > 0; n--, b++)
		h = (h ^ *b) * 16777619u;
	return h;
}
static inline uint32_t hash_text(const char *s)
{
	return hash_bytes(HASH_START, s, strlen(s));
}

/* t is not before since. */
static inline bool time_is_since(struct timespec t, struct timespec since)
{
	return t.tv_sec > since.tv_sec || (t.tv_sec == since.tv_sec && t.tv_nsec >= since.tv_nsec);
}
static inline bool time_is_same(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

#endif
