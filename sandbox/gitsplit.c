/* SPDX-License-Identifier: MIT */
#include "gitsplit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

enum {
	WORD = 8,
	BITS = 64,
	/* Of a word of EWAH that says what follows: a bit, how many words are all of it, how many are as they stand. */
	RUN_BITS = 32,
};

static uint64_t big_endian(const unsigned char *s, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | s[i];
	return value;
}

/*
 * A bitmap (EWAH, as ewah_serialize() of git writes it) of one byte for each of n files. False: it is cut off, or has a bit
 * for a file that there is not.
 */
static bool read_bits(const unsigned char **s, size_t *left, unsigned char *set, size_t n)
{
	size_t words, at = 0, pos = 0;
	const unsigned char *word;

	if (*left < 3 * sizeof(uint32_t))
		return false;
	words = big_endian(*s + sizeof(uint32_t), sizeof(uint32_t));
	word = *s + 2 * sizeof(uint32_t);
	if (words > (*left - 3 * sizeof(uint32_t)) / WORD)
		return false;
	*s += 3 * sizeof(uint32_t) + words * WORD;
	*left -= 3 * sizeof(uint32_t) + words * WORD;
	while (at < words) {
		uint64_t head = big_endian(word + at++ * WORD, WORD);
		uint64_t run = (head >> 1 & UINT32_MAX) * BITS, literal = head >> (RUN_BITS + 1);

		if (literal > words - at || ((head & 1) != 0 && run > n - pos))
			return false;
		if ((head & 1) != 0)
			memset(set + pos, 1, run);
		pos = run > n - pos ? n : pos + run;
		for (; literal > 0; literal--) {
			uint64_t bits = big_endian(word + at++ * WORD, WORD);

			for (unsigned i = 0; i < BITS; i++)
				if ((bits >> i & 1) != 0) {
					if (i >= n - pos)
						return false;
					set[pos + i] = 1;
				}
			pos = n - pos < BITS ? n : pos + BITS;
		}
	}
	return true;
}

static bool read_files(const struct gitindex *x, struct gitsplit *ret)
{
	struct gitindex y;
	struct gitindex_file f;
	int r;

	if (!gitindex_begin(&y, x->s, x->n, x->oid))
		return false;
	/* None is shorter than its state. */
	ret->file = xcalloc(x->n / GITINDEX_FILE_MIN + 1, sizeof(*ret->file));
	while ((r = gitindex_next(&y, &f)) > 0) {
		struct gitsplit_file *to = &ret->file[ret->n++];

		*to = (struct gitsplit_file){ .path = xstrdup(f.path), .is = f };
		to->is.path = to->path;
	}
	return r == 0;
}

static int by_path(const void *a, const void *b)
{
	const struct gitsplit_file *x = a, *y = b;
	int c = strcmp(x->path, y->path);

	return c != 0 ? c : (int)x->is.staged - (int)y->is.staged;
}

static void take(struct gitsplit *to, struct gitsplit_file *f)
{
	to->file[to->n++] = *f;
	f->path = NULL;
}

/* Those of both that are left, in the order of their paths; a file of `more` stands for all of its path. */
static void merge(struct gitsplit *base, struct gitsplit *more, size_t from, struct gitsplit *ret)
{
	size_t i = 0, k = from;

	qsort(more->file + from, more->n - from, sizeof(*more->file), by_path);
	ret->file = xcalloc(base->n + more->n + 1, sizeof(*ret->file));
	while (i < base->n || k < more->n) {
		int c = i == base->n ? 1 : k == more->n ? -1 : strcmp(base->file[i].path, more->file[k].path);

		if (c == 0 && !more->file[k].is.staged)
			i++;
		else if (c <= 0)
			take(ret, &base->file[i++]);
		else
			take(ret, &more->file[k++]);
	}
}

/* What is in the place of another keeps its name. */
static bool replace(struct gitsplit *base, struct gitsplit *more, const unsigned char *set, size_t *ret)
{
	for (size_t i = 0; i < base->n; i++) {
		if (set[i] == 0)
			continue;
		if (*ret == more->n || more->file[*ret].path[0] != '\0')
			return false;
		base->file[i].is = more->file[(*ret)++].is;
		base->file[i].is.path = base->file[i].path;
	}
	for (size_t i = *ret; i < more->n; i++)
		if (more->file[i].path[0] == '\0')
			return false;
	return true;
}

static void drop(struct gitsplit *base, const unsigned char *set)
{
	size_t n = 0;

	for (size_t i = 0; i < base->n; i++)
		if (set[i] != 0)
			free(base->file[i].path);
		else
			base->file[n++] = base->file[i];
	base->n = n;
}

bool gitsplit_join(const struct gitindex *own, const struct gitindex *shared, struct gitsplit *ret)
{
	AUTO_GITSPLIT struct gitsplit base = { 0 }, more = { 0 };
	const unsigned char *s = own->link + own->oid;
	size_t left = own->link_len - own->oid, replaced = 0;
	AUTO_FREE unsigned char *gone = NULL;
	AUTO_FREE unsigned char *other = NULL;

	*ret = (struct gitsplit){ 0 };
	if (!read_files(shared, &base) || !read_files(own, &more))
		return false;
	gone = xcalloc(base.n + 1, 1);
	other = xcalloc(base.n + 1, 1);
	if (left > 0 &&
	    (!read_bits(&s, &left, gone, base.n) || !read_bits(&s, &left, other, base.n) || left > 0))
		return false;
	if (!replace(&base, &more, other, &replaced))
		return false;
	drop(&base, gone);
	merge(&base, &more, replaced, ret);
	return true;
}

void gitsplit_done(struct gitsplit *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->file[i].path);
	free(s->file);
	*s = (struct gitsplit){ 0 };
}
