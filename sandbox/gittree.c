/* SPDX-License-Identifier: MIT */
#include "gittree.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gitobject.h"
#include "mem.h"
#include "util.h"

enum {
	NODE_MIN = 6, /* a name and its NUL, "0 0\n" */
	COUNT = 24,
};

#define NO_NODE SIZE_MAX

struct node {
	const char *name;
	size_t len, first, n; /* of `below` */
	size_t files;
	const unsigned char *object; /* NULL: git is to make it anew */
	bool met;
};

struct trees {
	const unsigned char *s; /* what is left of the extension */
	size_t left;
	struct node *node;
	size_t n, *below, nbelow, max;
	struct gitindex x;
	const struct gitsplit *all; /* NULL: those of x */
	size_t at;
	struct gitindex_file f;
	bool more;
	char dir[GITINDEX_PATH]; /* with its slash */
	char *text;		 /* of the directories that are being made, each behind the one above */
	size_t len, cap;
};

/* As git sorts them: subtree_name_cmp() of its cache-tree.c. */
static int compare(const char *a, size_t an, const char *b, size_t bn)
{
	return an != bn ? (an < bn ? -1 : 1) : memcmp(a, b, an);
}

static bool read_number(struct trees *t, char end, size_t *ret)
{
	size_t value = 0, n = 0;

	for (; n < t->left && t->s[n] >= '0' && t->s[n] <= '9' && n < 10; n++)
		value = value * 10 + (size_t)(t->s[n] - '0');
	if (n == 0 || n == t->left || t->s[n] != (unsigned char)end)
		return false;
	t->s += n + 1;
	t->left -= n + 1;
	*ret = value;
	return true;
}

/* One and all below it; its number, or NO_NODE: git does not write it so. above: bytes of the path before its name. */
static size_t read_node(struct trees *t, size_t above)
{
	size_t len = strnlen((const char *)t->s, t->left), at = t->n;
	struct node *d;
	bool known;

	if (t->left - len < NODE_MIN - 1 || t->n == t->max || above + len + 1 >= GITINDEX_PATH ||
	    (len == 0) != (at == 0))
		return NO_NODE;
	t->n++;
	d = &t->node[at];
	*d = (struct node){ .name = (const char *)t->s, .len = len };
	t->s += len + 1;
	t->left -= len + 1;
	known = *t->s != '-';
	if (!known && (t->left < 3 || memcmp(t->s, "-1 ", 3) != 0))
		return NO_NODE;
	if (!known) {
		t->s += 3;
		t->left -= 3;
	}
	if ((known && !read_number(t, ' ', &d->files)) || !read_number(t, '\n', &d->n))
		return NO_NODE;
	if (known) {
		if (t->left < t->x.oid)
			return NO_NODE;
		d->object = t->s;
		t->s += t->x.oid;
		t->left -= t->x.oid;
	}
	if (d->n > t->max - t->nbelow)
		return NO_NODE;
	d->first = t->nbelow;
	t->nbelow += d->n;
	for (size_t i = 0; i < d->n; i++) {
		size_t sub = read_node(t, above + len + 1);

		if (sub == NO_NODE || (i > 0 && compare(t->node[t->below[d->first + i - 1]].name,
							t->node[t->below[d->first + i - 1]].len,
							t->node[sub].name, t->node[sub].len) >= 0))
			return NO_NODE;
		t->below[d->first + i] = sub;
	}
	return at;
}

static struct node *find(const struct trees *t, const struct node *above, const char *name, size_t len)
{
	size_t lo = 0, hi = above != NULL ? above->n : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct node *d = &t->node[t->below[above->first + mid]];
		int c = compare(name, len, d->name, d->len);

		if (c == 0)
			return d;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static void next_file(struct trees *t)
{
	if (t->all == NULL) {
		t->more = gitindex_next(&t->x, &t->f) > 0;
		return;
	}
	t->more = t->at < t->all->n;
	if (t->more)
		t->f = t->all->file[t->at++].is;
}

/* An entry of a tree object: "MODE NAME", a NUL, the object. */
static void add(struct trees *t, uint32_t mode, const char *name, size_t len, const unsigned char *object)
{
	char head[16];
	size_t n = (size_t)snprintf(head, sizeof(head), "%" PRIo32 " ", mode);

	if (t->cap - t->len < n + len + 1 + t->x.oid) {
		t->cap = 2 * t->cap + n + len + 1 + t->x.oid;
		t->text = xrealloc_array(t->text, t->cap, 1);
	}
	memcpy(t->text + t->len, head, n);
	memcpy(t->text + t->len + n, name, len);
	t->text[t->len + n + len] = '\0';
	memcpy(t->text + t->len + n + len + 1, object, t->x.oid);
	t->len += n + len + 1 + t->x.oid;
}

static bool is_it(const struct trees *t, struct node *d, size_t files, const unsigned char *object)
{
	/* A second time: the files are not in their order. */
	if (d->met)
		return false;
	d->met = true;
	return d->files == files && memcmp(d->object, object, t->x.oid) == 0;
}

/*
 * The files of the directory that is t->dir; d: what the extension says of it, or NULL. wanted: that above is known, so
 * this one's object is to go into it. False: it says another thing.
 */
static bool look(struct trees *t, size_t base, struct node *d, bool wanted, size_t *ret_files,
		 bool *ret_whole, unsigned char *ret)
{
	const size_t begin = t->len;
	bool known = d != NULL && d->object != NULL;

	*ret_files = 0;
	*ret_whole = true;
	wanted = wanted || known;
	while (t->more && strncmp(t->f.path, t->dir, base) == 0) {
		const char *name = t->f.path + base;
		size_t len = strcspn(name, "/"), files = 1;
		unsigned char object[GITINDEX_SHA256];
		struct node *sub = name[len] != '\0' ? find(t, d, name, len) : NULL;
		/* One of a sparse checkout: the files in it are not in the index. */
		bool sparse = name[len] == '/' && name[len + 1] == '\0' && t->f.type == 004;
		bool whole = !t->f.staged && !t->f.meant;

		if (name[len] == '\0' || sparse) {
			if (sparse && sub != NULL && sub->object != NULL && !is_it(t, sub, 1, t->f.object))
				return false;
			if (wanted)
				add(t, t->f.mode, name, len, t->f.object);
			next_file(t);
		} else {
			memcpy(t->dir + base, name, len + 1);
			if (!look(t, base + len + 1, sub, wanted, &files, &whole, object))
				return false;
			if (wanted)
				add(t, 040000, t->dir + base, len, object);
		}
		*ret_files += files;
		*ret_whole = *ret_whole && whole;
	}
	if (wanted)
		gitobject_name(t->x.oid, "tree", t->text != NULL ? t->text + begin : "", t->len - begin, ret);
	t->len = begin;
	return !known || (*ret_whole && is_it(t, d, *ret_files, ret));
}

bool gittree_is_sound(const struct gitindex *x, const struct gitsplit *all)
{
	struct trees t = { .s = x->tree, .left = x->tree_len, .max = x->tree_len / NODE_MIN + 1, .all = all };
	unsigned char object[GITINDEX_SHA256];
	size_t files;
	bool whole, sound;

	if (x->tree == NULL)
		return true;
	if (!gitindex_begin(&t.x, x->s, x->n, x->oid))
		return false;
	t.node = xrealloc_array(NULL, t.max, sizeof(*t.node));
	t.below = xrealloc_array(NULL, t.max, sizeof(*t.below));
	sound = read_node(&t, 0) == 0 && t.left == 0;
	if (sound) {
		next_file(&t);
		sound = look(&t, 0, &t.node[0], false, &files, &whole, object);
	}
	/* Git passes over as many files as it says, of a directory that has none as well. */
	for (size_t i = 0; sound && i < t.n; i++)
		sound = t.node[i].object == NULL || t.node[i].met;
	free(t.node);
	free(t.below);
	free(t.text);
	return sound;
}
