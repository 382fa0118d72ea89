/* SPDX-License-Identifier: MIT */
#include "gitindex.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

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
	PARTS_MAX = 16, /* git has eight kinds of them */
	BLOCK = 8,	/* where it begins, and how many files */
	STAGE = 0x3000,
	LENGTH = 0xfff,
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

/* 2 * n digits and a NUL. */
static void hex(char *ret, const unsigned char *s, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[s[i] >> 4];
		ret[2 * i + 1] = digits[s[i] & 15];
	}
	ret[2 * n] = '\0';
}

static void add_left(struct strv *left, const unsigned char *object, size_t oid, const char *path)
{
	char *line = xmalloc(2 * oid + 1 + strlen(path) + 1);

	hex(line, object, oid);
	line[2 * oid] = ' ';
	strcpy(line + 2 * oid + 1, path);
	strv_take(left, line);
}

size_t gitindex_oid(const char *format)
{
	return format != NULL && strcasecmp(format, "sha256") == 0 ? GITINDEX_SHA256 : GITINDEX_SHA1;
}

bool gitindex_begin(struct gitindex *x, const unsigned char *s, size_t n, size_t oid)
{
	*x = (struct gitindex){ .s = s, .n = n, .oid = oid, .at = HEADER };
	if (n < HEADER || memcmp(s, "DIRC", 4) != 0)
		return false;
	x->version = number(s + 4);
	x->left = number(s + 8);
	return x->version >= 2 && x->version <= 4;
}

int gitindex_next(struct gitindex *x, struct gitindex_file *ret)
{
	size_t begin = x->at, keep = 0, strip = 0, len;
	const unsigned char *e = x->s + x->at;
	unsigned flags, more = 0;

	if (x->left == 0)
		return 0;
	if (x->n - x->at < STATE + x->oid + 2 * FLAGS)
		return -1;
	x->at += STATE + x->oid;
	flags = (unsigned)x->s[x->at] << 8 | x->s[x->at + 1];
	x->at += FLAGS;
	if ((flags & EXTENDED) != 0) {
		more = (unsigned)x->s[x->at] << 8 | x->s[x->at + 1];
		x->at += FLAGS;
	}
	if (x->version == 4) {
		if (!stripped(x->s, x->n, &x->at, strlen(x->path), &strip))
			return -1;
		keep = strlen(x->path) - strip;
	}
	if (x->at >= x->n || memchr(x->s + x->at, 0, x->n - x->at) == NULL)
		return -1;
	len = strlen((const char *)x->s + x->at);
	/* Git goes by the length in the flags, as long as it fits there. */
	x->kept = keep;
	if (keep + len >= sizeof(x->path) || ((flags & LENGTH) != LENGTH && (flags & LENGTH) != keep + len))
		return -1;
	memcpy(x->path + keep, x->s + x->at, len + 1);
	/* With a NUL behind it, and more up to a multiple of eight. */
	x->at = x->version == 4 ? x->at + len + 1 : begin + ((x->at + len - begin) / 8 + 1) * 8;
	if (x->at > x->n)
		return -1;
	x->left--;
	*ret = (struct gitindex_file){ .path = x->path,
				       .object = e + STATE,
				       .mode = number(e + MODE_AT),
				       .type = number(e + MODE_AT) >> 12,
				       .mtime = number(e + MTIME_AT),
				       .mtime_ns = number(e + MTIME_AT + 4),
				       .size = number(e + SIZE_AT),
				       .stateless = number(e + MTIME_AT) == 0 && number(e + SIZE_AT) == 0,
				       .staged = (flags & STAGE) != 0,
				       .unchanged = (flags & UNCHANGED) != 0,
				       .skipped = (more & SKIPPED) != 0,
				       .meant = (more & MEANT) != 0 };
	return 1;
}

/* Threads of git begin where it says (index.threads), and with no name before. */
static bool is_where_files_begin(const struct gitindex *x, const unsigned char *blocks, size_t len)
{
	struct gitindex y;
	struct gitindex_file f;

	if (len < sizeof(uint32_t) || (len - sizeof(uint32_t)) % BLOCK != 0 || number(blocks) != 1 ||
	    !gitindex_begin(&y, x->s, x->n, x->oid))
		return false;
	for (size_t at = sizeof(uint32_t); at < len; at += BLOCK) {
		if (number(blocks + at) != y.at)
			return false;
		for (uint32_t i = 0, files = number(blocks + at + 4); i < files; i++)
			if (gitindex_next(&y, &f) <= 0 || (i == 0 && y.kept > 0))
				return false;
	}
	return y.left == 0;
}

int gitindex_end(struct gitindex *x, char *ret)
{
	const unsigned char *seen[PARTS_MAX];
	size_t n = 0, at = x->at, end = x->n - x->oid, len;
	int split = 0;

	if (x->n < x->at + x->oid)
		return -1;
	for (; at < end; at += EXTENSION + len, n++) {
		const unsigned char *part = x->s + at, *body = part + EXTENSION;

		if (n == PARTS_MAX || end - at < EXTENSION)
			return -1;
		len = number(part + 4);
		if (len > end - at - EXTENSION)
			return -1;
		/* Of two alike git goes by the last. */
		for (size_t i = 0; i < n; i++)
			if (memcmp(seen[i], part, 4) == 0)
				return -1;
		seen[n] = part;
		if (memcmp(part, "link", 4) == 0) {
			if (len < x->oid)
				return -1;
			hex(ret, body, x->oid);
			split = ret[strspn(ret, "0")] != '\0';
			x->link = body;
			x->link_len = len;
		} else if (memcmp(part, "TREE", 4) == 0) {
			x->tree = body;
			x->tree_len = len;
		} else if (memcmp(part, "IEOT", 4) == 0) {
			if (!is_where_files_begin(x, body, len))
				return -1;
		} else if (memcmp(part, "EOIE", 4) == 0) {
			/* Where a thread of its own begins with these. */
			if (len != 4 + x->oid || number(body) != x->at || at + EXTENSION + len != end)
				return -1;
		}
	}
	return split;
}

bool gitindex_unwritten(const unsigned char *s, size_t n, size_t oid, size_t max, struct strv *ret,
			struct strv *left)
{
	char of[2 * GITINDEX_SHA256 + 1];
	struct gitindex x;
	struct gitindex_file f;
	int r;

	if (!gitindex_begin(&x, s, n, oid))
		return false;
	while ((r = gitindex_next(&x, &f)) > 0) {
		if ((f.type != 010 && f.type != 012) || f.staged || f.meant)
			continue;
		if (f.skipped || (f.unchanged && f.stateless)) {
			if (left != NULL && left->n < max)
				add_left(left, f.object, oid, f.path);
		} else if (f.stateless && ret != NULL && ret->n < max) {
			strv_add(ret, f.path);
		}
	}
	return r == 0 && gitindex_end(&x, of) == 0;
}
