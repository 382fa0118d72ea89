/* SPDX-License-Identifier: MIT */
#include "gitnames.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gitconf.h"
#include "gitindex.h"
#include "gitsplit.h"
#include "gittree.h"
#include "jsonout.h"
#include "mem.h"
#include "oldkernel.h"
#include "textfile.h"
#include "util.h"

#define RERERE_MAX (1 << 20)

bool gitnames_is_bad(const char *name)
{
	static const char *const bad[] = { "", ".", "..", ".git", "git~1" };

	for (const char *part = name;; part++) {
		size_t n = strcspn(part, "/");

		for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
			if (n == strlen(bad[i]) && strncasecmp(part, bad[i], n) == 0)
				return true;
		part += n;
		if (*part == '\0')
			return false;
	}
}

bool gitnames_leads_out(const char *text)
{
	static const char symbolic[] = "ref:";
	const char *to = text + strlen(symbolic);

	if (!str_starts(text, symbolic))
		return false;
	to += strspn(to, " \t\n\v\f\r");
	return !str_starts(to, "refs/") || strstr(to, "..") != NULL;
}

static bool is_c1(unsigned char c)
{
	return c >= 0x80 && c < 0xa0;
}

bool gitnames_has_control(const char *text)
{
	for (size_t i = 0, left = strlen(text); left > 0;) {
		unsigned char c = (unsigned char)text[i];
		size_t n = jsonout_utf8(text + i, left);

		if ((c < ' ' && strchr("\t\n\r", c) == NULL) || c == 127)
			return true;
		/* Those of C1, in UTF-8 or by themselves. */
		if (n == 0 ? is_c1(c) : n == 2 && c == 0xc2 && is_c1((unsigned char)text[i + 1]))
			return true;
		n = n > 0 ? n : 1;
		i += n;
		left -= n;
	}
	return false;
}

/* Owned; NULL with errno: ENOENT, there is none; EFBIG. */
static unsigned char *read_file(int dir, const char *name, size_t max, size_t *ret)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	struct stat st = { 0 };
	char *s;

	if (fd < 0)
		errno = -fd;
	s = textfile_read_bytes(fd, max, &st);
	*ret = (size_t)st.st_size;
	return (unsigned char *)s;
}

/* A linked worktree has the config of the repository that its commondir names. */
static size_t oid_of(int dir)
{
	AUTO_CLOSE int at =
	    openat(dir, "commondir", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_CLOSE int common = -1, config = -1;
	AUTO_GITCONF struct gitconf c = { 0 };
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *of = NULL;
	struct stat st;

	if (at >= 0) {
		of = textfile_read(at, PATH_MAX, &st);
		if (of != NULL)
			of[strcspn(of, "\r\n")] = '\0';
		common = of != NULL ? openat(dir, of, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	}
	config = openat(common >= 0 ? common : dir, "config",
			O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	text = config >= 0 ? textfile_read(config, GITCONF_MAX, &st) : NULL;
	if (text == NULL || gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return GITINDEX_SHA1;
	return gitindex_oid(gitconf_get(&c, "extensions.objectformat"));
}

/* In one file of an index. shared: it is what another is split from. *ret_of: the name of that, or "". */
static char *first_bad(struct gitindex *x, bool shared, char *ret_of)
{
	AUTO_FREE char *nameless = NULL;
	struct gitindex_file f;
	char *found = NULL;
	int r = 0, split;

	while (found == NULL && (r = gitindex_next(x, &f)) > 0) {
		size_t n = strlen(f.path);

		/* In a split one it has the name of the other's. */
		if (n == 0 && !shared)
			nameless = nameless != NULL ? TAKE_PTR(nameless) : xstrdup("");
		/* A directory of a sparse checkout ends in a slash. */
		else if (n > 0 && f.type == 004 && f.path[n - 1] == '/') {
			AUTO_FREE char *without = xstrndup(f.path, n - 1);

			found = gitnames_is_bad(without) ? xstrdup(f.path) : NULL;
		} else if (gitnames_is_bad(f.path)) {
			found = xstrdup(f.path);
		}
	}
	if (found != NULL)
		return found;
	split = r < 0 ? -1 : gitindex_end(x, ret_of);
	if (split <= 0)
		*ret_of = '\0';
	if (split < 0 || (split == 0 && !shared && !gittree_is_sound(x, NULL)))
		return xstrdup("");
	return split > 0 ? NULL : TAKE_PTR(nameless);
}

/* Of x, which is split, in what it is split from, and in both together. */
static char *bad_of_split(int dir, struct gitindex *x, const char *of, size_t max, bool *ret_large)
{
	AUTO_FREE char *name = xasprintf("sharedindex.%s", of);
	AUTO_GITSPLIT struct gitsplit all = { 0 };
	AUTO_FREE unsigned char *s = NULL;
	char none[2 * GITINDEX_SHA256 + 1];
	char *found;
	struct gitindex y;
	size_t n;

	s = read_file(dir, name, max, &n);
	*ret_large = s == NULL && errno == EFBIG;
	if (*ret_large)
		return NULL;
	if (s == NULL || !gitindex_begin(&y, s, n, x->oid))
		return xstrdup("");
	found = first_bad(&y, true, none);
	if (found == NULL && (!gitsplit_join(x, &y, &all) || !gittree_is_sound(x, &all)))
		found = xstrdup("");
	return found;
}

char *gitnames_index(int dir, size_t max, bool *ret_large)
{
	AUTO_FREE unsigned char *s = NULL;
	char of[2 * GITINDEX_SHA256 + 1] = "";
	char *found;
	struct gitindex x;
	size_t n, oid = oid_of(dir);

	s = read_file(dir, "index", max, &n);
	*ret_large = s == NULL && errno == EFBIG;
	if (s == NULL && !*ret_large && errno != ENOENT)
		return xstrdup("");
	if (s == NULL || n == 0)
		return NULL;
	if (!gitindex_begin(&x, s, n, oid))
		return xstrdup("");
	found = first_bad(&x, false, of);
	return found != NULL || *of == '\0' ? found : bad_of_split(dir, &x, of, max, ret_large);
}

/* A link in the worktree, or on the way there. */
static bool is_link(int top, const char *name)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(top, name, O_PATH, false);
	struct stat st;

	return fd < 0 ? fd != -ENOENT && fd != -ENOTDIR : fstat(fd, &st) < 0 || S_ISLNK(st.st_mode);
}

/* It, or a directory on the way there. */
static bool is_masked(const struct policy *p, const char *below, const char *name)
{
	AUTO_FREE char *path = xasprintf("%s/%s", below, name);

	for (size_t n = strlen(below) + 1;; n++) {
		AUTO_FREE char *part = NULL;

		n += strcspn(path + n, "/");
		part = xstrndup(path + 1, n - 1);
		if (policy_mask(p, part) != NULL)
			return true;
		if (path[n] == '\0')
			return false;
	}
}

char *gitnames_rerere(int dir, const struct policy *p, const char *below)
{
	AUTO_CLOSE int top = below != NULL ? openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	AUTO_FREE unsigned char *s = NULL;
	size_t n;

	s = read_file(dir, "MERGE_RR", RERERE_MAX, &n);
	if (s == NULL)
		return errno == ENOENT ? NULL : xstrdup("");
	/* NUMBER, a tab, NAME, a NUL; as read_rr() of git's rerere.c. */
	for (size_t at = 0; at < n;) {
		const char *record = (const char *)s + at, *tab = strchr(record, '\t');
		const char *name = tab != NULL ? tab + 1 : record;

		if (top < 0 || gitnames_is_bad(name) || is_link(top, name) || is_masked(p, below, name))
			return xstrdup(name);
		at += strlen(record) + 1;
	}
	return NULL;
}
