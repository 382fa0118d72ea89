/* SPDX-License-Identifier: MIT */
/* Names of projects as the agent makes them. */
#include "slug.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"

/* Longest name before the agent cuts it and adds a checksum. */
#define SLUG_MAX 200

/* The next character of UTF-8; a byte that is none counts as one, as in a decoder that replaces it. */
static uint32_t next_char(const unsigned char **s)
{
	const unsigned char *p = *s;
	int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	uint32_t c = more > 0 ? *p & (0x3fu >> more) : *p;

	for (int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*s = p + 1;
			return 0xfffd;
		}
		c = c << 6 | (p[i] & 0x3f);
	}
	*s = p + 1 + more;
	return more == 0 && c >= 0x80 ? 0xfffd : c;
}

/* As the agent does it in JavaScript: by UTF-16 units, and a 32-bit checksum in base 36 where the name is long. */
char *claude_slug(const char *project)
{
	char *name = xmalloc(strlen(project) + 16), base36[16];
	size_t n = 0, i = sizeof(base36);
	uint32_t sum = 0, left;

	for (const unsigned char *s = (const unsigned char *)project; *s != '\0';) {
		uint32_t c = next_char(&s);
		uint32_t unit[2] = { c, 0 };
		int units = 1;

		if (c >= 0x10000) {
			unit[0] = 0xd800 + ((c - 0x10000) >> 10);
			unit[1] = 0xdc00 + ((c - 0x10000) & 0x3ff);
			units = 2;
		}
		for (int u = 0; u < units; u++) {
			bool plain = unit[u] < 0x80 && ((unit[u] >= '0' && unit[u] <= '9') ||
							((unit[u] | 0x20) >= 'a' && (unit[u] | 0x20) <= 'z'));

			sum = (sum << 5) - sum + unit[u];
			name[n++] = plain ? (char)unit[u] : '-';
		}
	}
	name[n] = '\0';
	if (n <= SLUG_MAX)
		return name;
	left = (int32_t)sum < 0 ? 0u - sum : sum;
	base36[--i] = '\0';
	do
		base36[--i] = "0123456789abcdefghijklmnopqrstuvwxyz"[left % 36];
	while ((left /= 36) > 0);
	snprintf(name + SLUG_MAX, strlen(project) + 16 - SLUG_MAX, "-%s", base36 + i);
	return name;
}
