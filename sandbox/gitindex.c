/* SPDX-License-Identifier: MIT */
#include "gitindex.h"

#include <stdint.h>
#include <string.h>

#include "mem.h"

/* gitformat-index(5): a header, and for each file its state, the name of its object, flags, its path. */
enum {
	HEADER = 12,
	STATE = 40,
	MODE_AT = 24,
	SIZE_AT = 36,
	MTIME_AT = 8,
	FLAGS = 2,
	UNCHANGED = 0x8000, /* is to be taken so */
	EXTENDED = 0x4000,
	SKIPPED = 0x4000, /* of the second flags: not to be in the worktree */
	MEANT = 0x2000,	  /* likewise: to be added */
	EXTENSION = 8,
	STAGE = 0x3000,
	PATH_LIMIT = 4096,
};

static uint32_t number(const unsigned char *s)
{
	return (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
}

/* How much of the last path does not begin this one (version 4); where it ends in *at. False: too much. */
static bool stripped(const unsigned char *s, size_t n, size_t *at, size_t last, size_t *ret)
{
	size_t value = 0;

	for (int i = 0; *at < n && i < 4; i++) {
		unsigned char c = s[(*at)++];

		value = value << 7 | (c & 127);
		if ((c & 128) == 0) {
			*ret = value;
			return value <= last;
		}
		value++;
	}
	return false;
}

static void add_left(struct strv *left, const unsigned char *object, size_t oid, const char *path)
{
	static const char digits[] = "0123456789abcdef";
	char *line = xmalloc(2 * oid + 1 + strlen(path) + 1);

	for (size_t i = 0; i < oid; i++) {
		line[2 * i] = digits[object[i] >> 4];
		line[2 * i + 1] = digits[object[i] & 15];
	}
	line[2 * oid] = ' ';
	strcpy(line + 2 * oid + 1, path);
	strv_take(left, line);
}

/* What follows the files, up to the sum of all, says that most of them are in another file. */
static bool is_split(const unsigned char *s, size_t n, size_t at)
{
	while (at < n && n - at >= EXTENSION) {
		size_t len = number(s + at + 4);

		if (memcmp(s + at, "link", 4) == 0)
			return true;
		if (len > n - at - EXTENSION)
			break;
		at += EXTENSION + len;
	}
	return false;
}

bool gitindex_unwritten(const unsigned char *s, size_t n, size_t oid, size_t max, struct strv *ret,
			struct strv *left)
{
	char path[PATH_LIMIT] = "";
	uint32_t version, entries;
	size_t at = HEADER;

	if (n < HEADER || memcmp(s, "DIRC", 4) != 0)
		return false;
	version = number(s + 4);
	entries = number(s + 8);
	if (version < 2 || version > 4)
		return false;
	for (uint32_t i = 0; i < entries; i++) {
		size_t begin = at, keep = 0, strip = 0, len;
		const unsigned char *e = s + at;
		unsigned flags, more = 0;
		uint32_t type;
		bool stateless;

		if (n - at < STATE + oid + 2 * FLAGS)
			return false;
		at += STATE + oid;
		flags = (unsigned)s[at] << 8 | s[at + 1];
		at += FLAGS;
		if ((flags & EXTENDED) != 0) {
			more = (unsigned)s[at] << 8 | s[at + 1];
			at += FLAGS;
		}
		if (version == 4) {
			if (!stripped(s, n, &at, strlen(path), &strip))
				return false;
			keep = strlen(path) - strip;
		}
		if (at >= n || memchr(s + at, 0, n - at) == NULL)
			return false;
		len = strlen((const char *)s + at);
		if (keep + len >= sizeof(path))
			return false;
		memcpy(path + keep, s + at, len + 1);
		/* With a NUL behind it, and more up to a multiple of eight. */
		at = version == 4 ? at + len + 1 : begin + ((at + len - begin) / 8 + 1) * 8;
		if (at > n)
			return false;
		type = number(e + MODE_AT) >> 12;
		stateless = number(e + MTIME_AT) == 0 && number(e + SIZE_AT) == 0;
		if ((type != 010 && type != 012) || (flags & STAGE) != 0 || (more & MEANT) != 0)
			continue;
		if ((more & SKIPPED) != 0 || ((flags & UNCHANGED) != 0 && stateless)) {
			if (left != NULL && left->n < max)
				add_left(left, e + STATE, oid, path);
		} else if (stateless && ret != NULL && ret->n < max) {
			strv_add(ret, path);
		}
	}
	return !is_split(s, n, at);
}
