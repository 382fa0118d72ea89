/* SPDX-License-Identifier: MIT */
#include "githeld.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gitconf.h"
#include "gitindex.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "util.h"

enum {
	INDEX_MAX = 64 << 20, /* of half a million files */
	UNWRITTEN_MAX = 4096,
	NAMED_MAX = 8,
	SHA1 = 20,
	SHA256 = 32,
};

/* Owned; NULL: it was not written since, or can't be read. */
static unsigned char *read_index(int dir, struct timespec since, size_t *ret)
{
	AUTO_CLOSE int fd = oldkernel_open_beneath(dir, "index", O_RDONLY | O_NONBLOCK | O_NOCTTY, true);
	AUTO_FREE unsigned char *s = NULL;
	struct stat st;
	ssize_t n;

	*ret = 0;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !time_is_since(st.st_ctim, since) ||
	    st.st_size == 0 || st.st_size > INDEX_MAX)
		return NULL;
	s = xmalloc((size_t)st.st_size);
	while (*ret < (size_t)st.st_size &&
	       (n = pread(fd, s + *ret, (size_t)st.st_size - *ret, (off_t)*ret)) > 0)
		*ret += (size_t)n;
	return TAKE_PTR(s);
}

/* How long the names of its objects are: as the host's config says. */
static size_t oid_of(const struct policy_git_config *c)
{
	AUTO_GITCONF struct gitconf conf = { 0 };
	const char *format = NULL;

	if (c->host != NULL && gitconf_parse(c->host, strlen(c->host), &conf, NULL) == 0)
		format = gitconf_get(&conf, "extensions.objectformat");
	return format != NULL && strcasecmp(format, "sha256") == 0 ? SHA256 : SHA1;
}

static bool is_held(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (p->entry[i].part == POLICY_AUTORUN && p->entry[i].access == POLICY_READ &&
		    path_is_under(path, p->entry[i].path))
			return true;
	return false;
}

static void say(struct account *a, const char *top, const struct strv *names)
{
	AUTO_FREE char *list = xstrdup(""), *words = xstrdup("");
	char place[DIAG_WORD], word[DIAG_WORD];
	struct account_fact *f;

	for (size_t i = 0; i < names->n && i < NAMED_MAX; i++) {
		char *more = xasprintf("%s%s%s", list, i > 0 ? ", " : "", names->v[i]);
		char *next = xasprintf("%s %s", words, diag_word(word, sizeof(word), names->v[i]));

		free(list);
		free(words);
		list = more;
		words = next;
	}
	if (names->n > NAMED_MAX) {
		char *more = xasprintf("%s and %zu more (git status names them)", list, names->n - NAMED_MAX);

		free(list);
		list = more;
	}
	f = account_add(
	    a, ACCOUNT_GIT, ACCOUNT_NOTE, top,
	    "%s: git could not write what is held inside: %s; what is there is not what is checked out, and "
	    "`git commit -a` would undo the difference; look at it outside",
	    top, list);
	f->others = names->n - 1;
	account_try(f, "git -C %s restore --%s", diag_word(place, sizeof(place), top), words);
}

void githeld_say(struct account *a, const struct policy *p, const int *dir, struct timespec since)
{
	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];
		AUTO_FREE char *top = path_dirname(c->dir);
		AUTO_FREE unsigned char *index = NULL;
		AUTO_STRV struct strv all = { 0 };
		AUTO_STRV struct strv held = { 0 };
		size_t n;

		if (c->copy == NULL || !c->repository || !streq(path_basename(c->dir), ".git"))
			continue;
		index = read_index(dir[i], since, &n);
		if (index != NULL)
			gitindex_unwritten(index, n, oid_of(c), UNWRITTEN_MAX, &all);
		for (size_t k = 0; k < all.n; k++) {
			AUTO_FREE char *path = path_join(top, all.v[k]);

			if (is_held(p, path))
				strv_add(&held, all.v[k]);
		}
		if (held.n > 0)
			say(a, top, &held);
	}
}
