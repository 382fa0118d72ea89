/* SPDX-License-Identifier: MIT */
#include "gitexit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "git.h"
#include "gitconf.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

enum {
	INSIDE_MAX = 256 << 10, /* a config that was written inside */
	CHANGES_MAX = 256,	/* keys of one */
	NAMES_MAX = 8,		/* in a line */
	LOCK_TRIES = 50,
	LOCK_PAUSE_MS = 20,
	LOCK_OLD_S = 2,
};

void gitexit_merge_done(struct gitexit_merge *m)
{
	strv_done(&m->kept);
	strv_done(&m->gone);
	strv_done(&m->dropped);
	strv_done(&m->why);
	strv_done(&m->met);
	strv_done(&m->stays);
}

/* --- what changed. Values of a key in their order; a key that stands alone has the value "true". */

static void values_of(const struct gitconf *c, const char *key, struct strv *ret)
{
	for (size_t i = 0; i < c->n; i++)
		if (streq(c->item[i].key, key))
			strv_add(ret, c->item[i].value != NULL ? c->item[i].value : "true");
}

static bool same_values(const struct strv *a, const struct strv *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!streq(a->v[i], b->v[i]))
			return false;
	return true;
}

static bool has_section_of(const struct gitconf *c, const char *key)
{
	size_t n = (size_t)(strrchr(key, '.') - key) + 1;

	for (size_t i = 0; i < c->n; i++)
		if (strncmp(c->item[i].key, key, n) == 0 && strchr(c->item[i].key + n, '.') == NULL)
			return true;
	return false;
}

static bool may_be(const char *key, const struct strv *values, const char *project, const char *dir)
{
	for (size_t i = 0; i < values->n; i++)
		if (!git_goes_back(key, values->v[i], project, dir))
			return false;
	return true;
}

/* A path, not a host: also "file:". */
static bool is_path(const char *url)
{
	return url[strcspn(url, ":/")] != ':' || strncasecmp(url, "file:", 5) == 0;
}

static bool is_of(const char *key, const char *section, const char *name)
{
	size_t n = strlen(key), m = strlen(name);

	return str_starts(key, section) && n > m && streq(key + n - m, name);
}

/* A URL that the host had already, whatever it called it, or one of a host. */
static bool leads_away(const struct gitconf *now, const char *url)
{
	for (size_t i = 0; i < now->n; i++)
		if (is_of(now->item[i].key, "remote.", "url") && now->item[i].value != NULL &&
		    streq(now->item[i].value, url))
			return true;
	return !is_path(url);
}

/* The three texts of a merge, and what they are of. */
struct merge {
	struct gitconf before, after, now;
	const char *project, *dir;
	const struct strv *taken;
	struct strv stays; /* remotes that were removed inside and are the host's still */
};

static void merge_done(struct merge *m)
{
	strv_done(&m->stays);
	gitconf_done(&m->before);
	gitconf_done(&m->after);
	gitconf_done(&m->now);
}
#define AUTO_MERGE __attribute__((cleanup(merge_done)))

/* The URL that a remote has in the end: the host's, else one from inside that goes back; NULL: none. Borrowed. */
static const char *remote_url(const struct merge *m, const char *name)
{
	AUTO_FREE char *key = xasprintf("remote.%s.url", name);
	AUTO_STRV struct strv is = { 0 };
	const char *url = gitconf_get(&m->now, key);

	if (url != NULL)
		return url;
	values_of(&m->after, key, &is);
	if (gitconf_get(&m->before, key) != NULL || !may_be(key, &is, m->project, m->dir))
		return NULL;
	for (size_t i = 0; i < is.n; i++)
		if (!leads_away(&m->now, is.v[i]))
			return NULL;
	return gitconf_get(&m->after, key);
}

/* The name in "remote.NAME.key"; NULL: a key of something else. Owned by the caller. */
static char *remote_name(const char *key)
{
	const char *name = key + strlen("remote."), *end = strrchr(key, '.');

	return str_starts(key, "remote.") && end > name ? xstrndup(name, (size_t)(end - name)) : NULL;
}

/* A refspec of a remote (git-fetch(1)) that has a fetch write to refs of that one, or to tags. */
static bool is_own_refs(const char *name, const char *spec)
{
	AUTO_FREE char *own = xasprintf("refs/remotes/%s/", name);
	const char *to = *spec == '^' ? NULL : strrchr(spec, ':');

	return to == NULL || to[1] == '\0' || str_starts(to + 1, own) || str_starts(to + 1, "refs/tags/");
}

/*
 * Pushed to by its path, a repository runs its hooks: one that the sandbox made
 * would run them on the host. A branch's remote that is no name is a path too,
 * and so is the name of a remote without a URL.
 */
static bool is_remote(const struct merge *m, const char *key, const struct strv *values)
{
	AUTO_FREE char *name = remote_name(key);

	if (is_of(key, "remote.", ".fetch") && name != NULL && remote_url(m, name) == NULL)
		return false;
	for (size_t i = 0; i < values->n; i++) {
		const char *url = remote_url(m, values->v[i]);

		/* Else a fetch of the host would overwrite branches, or the stash. */
		if (is_of(key, "remote.", ".fetch") && name != NULL && !is_own_refs(name, values->v[i]))
			return false;
		if (is_of(key, "remote.", "url") && !leads_away(&m->now, values->v[i]))
			return false;
		if ((is_of(key, "branch.", ".remote") || is_of(key, "branch.", ".pushremote")) &&
		    !streq(values->v[i], ".") && !leads_away(&m->now, url != NULL ? url : values->v[i]))
			return false;
	}
	return true;
}

static bool has_remote(const struct gitconf *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		AUTO_FREE char *of = remote_name(c->item[i].key);

		if (of != NULL && streq(of, name))
			return true;
	}
	return false;
}

static bool is_lost(const struct merge *m, const char *name)
{
	return has_remote(&m->before, name) && !has_remote(&m->after, name);
}

/* Why a remote that was removed inside stays the host's, given what the config would be without it. Owned; NULL: it goes. */
static char *why_stays(const struct merge *m, const char *name, const struct gitconf *then)
{
	for (size_t i = 0; m->taken != NULL && i + 1 < m->taken->n; i += 2)
		if (streq(m->taken->v[i], name))
			return xstrdup(m->taken->v[i + 1]);
	for (size_t i = 0; i < m->now.n; i++) {
		const char *key = m->now.item[i].key;
		AUTO_FREE char *of = remote_name(key);
		AUTO_STRV struct strv was = { 0 };
		AUTO_STRV struct strv there = { 0 };

		if (of == NULL || !streq(of, name))
			continue;
		values_of(&m->before, key, &was);
		values_of(&m->now, key, &there);
		if (!same_values(&was, &there))
			return xasprintf("the host's has %.80s, which is not as it was inside", key);
	}
	for (size_t i = 0; i < then->n; i++) {
		const char *key = then->item[i].key;

		if ((is_of(key, "branch.", ".remote") || is_of(key, "branch.", ".pushremote") ||
		     streq(key, "remote.pushdefault")) &&
		    then->item[i].value != NULL && streq(then->item[i].value, name))
			return xasprintf("%.80s names it still", key);
	}
	return NULL;
}

/* What a branch had of a remote that stays goes with it, or not at all. */
static bool is_of_one_that_stays(const struct merge *m, const char *key)
{
	static const char *const keys[] = { "remote", "pushremote" };
	const char *last = strrchr(key, '.');

	for (size_t i = 0; str_starts(key, "branch.") && last != NULL && i < ARRAY_SIZE(keys); i++) {
		AUTO_FREE char *of = xasprintf("%.*s.%s", (int)(last - key), key, keys[i]);
		const char *value = gitconf_get(&m->before, of);

		if (value != NULL && strv_has(&m->stays, value))
			return true;
	}
	return false;
}

/* A remote of the host keeps a URL: without one, what is pushed to it by name goes to a path; or it goes as a whole. */
static bool keeps_url(const struct merge *m, const char *key)
{
	AUTO_FREE char *name = remote_name(key);
	AUTO_FREE char *url = name != NULL ? xasprintf("remote.%s.url", name) : NULL;
	AUTO_FREE char *push = name != NULL ? xasprintf("remote.%s.pushurl", name) : NULL;

	if (name != NULL && is_lost(m, name))
		return !strv_has(&m->stays, name);
	if (name == NULL || (gitconf_get(&m->now, url) == NULL && gitconf_get(&m->now, push) == NULL))
		return true;
	return gitconf_get(&m->after, url) != NULL && remote_url(m, name) != NULL;
}

/* A key that is gone: one that may go back, or one of a branch, remote or submodule that is gone as a whole. */
static bool may_go(const struct merge *m, const char *key)
{
	bool whole =
	    str_starts(key, "branch.") || str_starts(key, "remote.") || str_starts(key, "submodule.");

	return keeps_url(m, key) && !is_of_one_that_stays(m, key) &&
	       (git_goes_back(key, "true", m->project, m->dir) || (whole && !has_section_of(&m->after, key)));
}

/* Keys of both, each once, in the order of `after`. False: there are too many. */
static bool changed_keys(const struct gitconf *before, const struct gitconf *after, struct strv *ret)
{
	const struct gitconf *both[] = { after, before };

	for (size_t k = 0; k < ARRAY_SIZE(both); k++)
		for (size_t i = 0; i < both[k]->n; i++) {
			const char *key = both[k]->item[i].key;
			AUTO_STRV struct strv was = { 0 };
			AUTO_STRV struct strv is = { 0 };

			if (strv_has(ret, key))
				continue;
			values_of(before, key, &was);
			values_of(after, key, &is);
			if (same_values(&was, &is))
				continue;
			if (ret->n >= CHANGES_MAX)
				return false;
			strv_add(ret, key);
		}
	return true;
}

/* Of what leads somewhere: why it is not taken. "" for the rest, where the key says it. */
static const char *why_dropped(const struct merge *m, const char *key, const struct strv *is)
{
	if (is->n > 0 && is_of(key, "remote.", ".fetch"))
		return "a fetch would write refs that are not that remote's; or that has no URL";
	if (is->n == 0 || !(is_of(key, "remote.", "url") || is_of(key, "branch.", ".remote") ||
			    is_of(key, "branch.", ".pushremote") || is_of(key, "submodule.", ".url")))
		return "";
	if (!may_be(key, is, m->project, m->dir))
		return "an option, or a program's";
	return is_of(key, "branch.", "remote")
		   ? "no remote of the host: a push to a path runs the hooks there"
		   : "a path that is new: a push there runs its hooks; set it outside";
}

static void drop(struct gitexit_merge *ret, const char *key, const char *why)
{
	strv_add(&ret->dropped, key);
	strv_add(&ret->why, why);
}

/* One key; takes and returns the text. */
static char *merge_key(char *text, const struct merge *m, const char *key, struct gitexit_merge *ret)
{
	AUTO_STRV struct strv was = { 0 };
	AUTO_STRV struct strv is = { 0 };
	AUTO_STRV struct strv there = { 0 };
	char *next;

	values_of(&m->before, key, &was);
	values_of(&m->after, key, &is);
	values_of(&m->now, key, &there);
	if (strchr(key, '.') == NULL ||
	    !(is.n > 0 ? may_be(key, &is, m->project, m->dir) && is_remote(m, key, &is) : may_go(m, key))) {
		drop(ret, key, why_dropped(m, key, &is));
		return text;
	}
	if (same_values(&there, &is))
		return text;
	if (!same_values(&there, &was)) {
		strv_add(&ret->met, key);
		return text;
	}
	next = gitconf_set(text, key, &is);
	if (next == NULL) {
		drop(ret, key, "");
		return text;
	}
	strv_add(&ret->kept, key);
	if (is.n == 0)
		strv_add(&ret->gone, key);
	free(text);
	return next;
}

static char *merge_keys(const char *now, const struct merge *m, const struct strv *keys,
			struct gitexit_merge *ret)
{
	char *text = xstrdup(now);

	for (size_t i = 0; i < keys->n; i++)
		text = merge_key(text, m, keys->v[i], ret);
	return text;
}

/* Adds the first remote that can't go to those that stay. False: there is none. */
static bool one_stays(struct merge *m, const struct gitconf *then, struct strv *ret)
{
	for (size_t i = 0; i < m->before.n; i++) {
		AUTO_FREE char *name = remote_name(m->before.item[i].key);
		AUTO_FREE char *why = NULL;

		if (name == NULL || !is_lost(m, name) || !has_remote(&m->now, name) ||
		    strv_has(&m->stays, name))
			continue;
		why = why_stays(m, name, then);
		if (why == NULL)
			continue;
		strv_add(&m->stays, name);
		strv_add(ret, name);
		strv_add(ret, why);
		return true;
	}
	return false;
}

char *gitexit_text(const char *now, const char *before, const char *after, const char *project,
		   const char *dir, const struct strv *taken, struct gitexit_merge *ret)
{
	AUTO_MERGE struct merge m = { .project = project, .dir = dir, .taken = taken };
	AUTO_STRV struct strv keys = { 0 };
	AUTO_STRV struct strv stays = { 0 };
	bool more = true;
	char *text = NULL;

	*ret = (struct gitexit_merge){ 0 };
	if (gitconf_parse(before, strlen(before), &m.before, NULL) < 0 ||
	    gitconf_parse(after, strlen(after), &m.after, NULL) < 0 ||
	    gitconf_parse(now, strlen(now), &m.now, NULL) < 0 || !changed_keys(&m.before, &m.after, &keys)) {
		drop(ret, "all changes", "");
		return NULL;
	}
	/* One that stays may keep a branch, for which another stays. */
	while (more) {
		AUTO_GITCONF struct gitconf then = { 0 };

		free(text);
		gitexit_merge_done(ret);
		*ret = (struct gitexit_merge){ 0 };
		text = merge_keys(now, &m, &keys, ret);
		if (gitconf_parse(text, strlen(text), &then, NULL) < 0) {
			mem_free_ptr(&text);
			break;
		}
		more = one_stays(&m, &then, &stays);
	}
	ret->stays = stays;
	stays = (struct strv){ 0 };
	if (ret->kept.n == 0)
		mem_free_ptr(&text);
	return text;
}

/* --- effects */

/* Nothing mounted is crossed: the box's own mounts must be gone from the host's file. */
static int open_beneath(int dir, const char *path, int flags)
{
	int fd = oldkernel_open_beneath(dir, path, flags, true);

	errno = fd < 0 ? -fd : errno;
	return fd;
}

/* A regular file's text, owned; NULL with errno: none that could be a config. */
static char *read_file(int dir, const char *path, size_t max, struct stat *st)
{
	AUTO_CLOSE int fd = open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	return textfile_read(fd, max, st);
}

/* git's own lock: whoever makes the file may write the config. A descriptor, or -1. */
static int lock(int dir, mode_t mode)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000l };
		int fd = openat(dir, "config.lock", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				mode & 0777);

		if (fd >= 0 || errno != EEXIST)
			return fd;
		nanosleep(&pause, NULL);
	}
	errno = EEXIST;
	return -1;
}

/* Writes the lock and makes it the config. Takes fd. */
static bool finish(int dir, int fd, mode_t mode, const char *text)
{
	bool ok = fchmod(fd, mode & 0777) == 0 && textfile_write(fd, text) && fsync(fd) == 0;
	int e = errno;

	if (close(fd) < 0 && ok) {
		e = errno;
		ok = false;
	}
	if (ok && renameat(dir, "config.lock", dir, "config") < 0) {
		e = errno;
		ok = false;
	}
	errno = e;
	return ok;
}

/* why: of each, "" for none; NULL: of none. */
static char *names(const struct strv *keys, const struct strv *why)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		mem_oom();
	for (size_t i = 0; i < keys->n && i < NAMES_MAX; i++)
		fprintf(f, why != NULL && *why->v[i] != '\0' ? "%s%.80s (%s)" : "%s%.80s", i > 0 ? ", " : "",
			keys->v[i], why != NULL ? why->v[i] : "");
	if (keys->n > NAMES_MAX)
		fprintf(f, " and %zu more keys%s", keys->n - NAMES_MAX, log_more());
	fclose(f);
	return out;
}

static bool names_remote(const struct strv *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		if (str_starts(keys->v[i], "remote.") || str_starts(keys->v[i], "submodule."))
			return true;
	return false;
}

/* Those that names() has no room for. */
static void name_others(struct account *a, const char *path, const struct strv *keys, const char *what)
{
	for (size_t i = NAMES_MAX; i < keys->n; i++)
		account_add(a, ACCOUNT_GIT, ACCOUNT_DETAIL, keys->v[i], "%s: %s: %.80s", path, what,
			    keys->v[i]);
}

static void say_dropped(struct account *a, const struct policy_git_config *c, const struct gitexit_merge *m)
{
	AUTO_FREE char *dropped = names(&m->dropped, &m->why);

	if (m->dropped.n > 0)
		account_add(a, ACCOUNT_GIT, ACCOUNT_SECURITY, c->path, "%s: changes inside are dropped: %s",
			    c->path, dropped);
	name_others(a, c->path, &m->dropped, "changes inside are dropped");
}

static void say(struct account *a, const struct policy_git_config *c, const struct gitexit_merge *m)
{
	AUTO_STRV struct strv changed = { 0 };
	AUTO_FREE char *gone = names(&m->gone, NULL);
	AUTO_FREE char *met = names(&m->met, NULL);
	AUTO_FREE char *kept = NULL;
	char word[2][DIAG_WORD];

	for (size_t i = 0; i < m->kept.n; i++)
		if (!strv_has(&m->gone, m->kept.v[i]))
			strv_add(&changed, m->kept.v[i]);
	kept = names(&changed, NULL);
	/* Where the host's next fetch or push goes is no detail. */
	if (changed.n > 0)
		account_add(a, ACCOUNT_GIT, names_remote(&changed) ? ACCOUNT_SECURITY : ACCOUNT_NOTE, c->path,
			    "%s: changed as inside: %s", c->path, kept);
	if (m->gone.n > 0)
		account_add(a, ACCOUNT_GIT, names_remote(&m->gone) ? ACCOUNT_SECURITY : ACCOUNT_NOTE, c->path,
			    "%s: removed as inside: %s", c->path, gone);
	say_dropped(a, c, m);
	name_others(a, c->path, &changed, "changed as inside");
	name_others(a, c->path, &m->gone, "removed as inside");
	name_others(a, c->path, &m->met, "changed on the host meanwhile, and left so");
	for (size_t i = 0; i + 1 < m->stays.n; i += 2)
		account_add(a, ACCOUNT_GIT, ACCOUNT_SECURITY, c->path,
			    "%s: the remote %.80s, removed inside, stays: %s; to remove it: "
			    "git --git-dir=%s remote remove %s",
			    c->path, m->stays.v[i], m->stays.v[i + 1],
			    diag_word(word[0], sizeof(word[0]), c->dir),
			    diag_word(word[1], sizeof(word[1]), m->stays.v[i]));
	if (m->met.n > 0)
		account_add(a, ACCOUNT_GIT, ACCOUNT_SECURITY, c->path,
			    "%s: changed on the host meanwhile, and left so: %s", c->path, met);
}

/*
 * A lock that stays would keep the host's git from its config. None that was at work inside makes it: there
 * config is a link to the copy. One of the host's is gone in a moment.
 */
static void say_lock(struct account *a, const struct policy_git_config *c, int dir)
{
	struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000l }, now;
	char word[DIAG_WORD];
	AUTO_FREE char *lock = xasprintf("%s.lock", c->path);
	struct stat st;

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (fstatat(dir, "config.lock", &st, AT_SYMLINK_NOFOLLOW) < 0)
			return;
		clock_gettime(CLOCK_REALTIME, &now);
		if (st.st_ctim.tv_sec + LOCK_OLD_S < now.tv_sec)
			break;
		nanosleep(&pause, NULL);
	}
	account_add(a, ACCOUNT_GIT, ACCOUNT_SECURITY, lock,
		    "%s is there, and git on the host can't change its config; if none is at work: rm %s",
		    lock, diag_word(word, sizeof(word), lock));
}

static const char *reason(int e)
{
	return e == EEXIST ? "another program holds config.lock" : strerror(e);
}

/* --- the names of remotes. One without a URL is a path: from the top of a worktree, or of the repository. */

/* Nothing could be made there, or it is not known. */
static bool is_there(int dir, const char *path)
{
	AUTO_CLOSE int fd = open_beneath(dir, path, O_PATH);

	return fd >= 0 || errno != ENOENT;
}

/* As git tries it, and what it reads besides its config. Owned; NULL: none is there. */
static char *what_is_there(int dir, const char *at, const char *name, bool repository)
{
	static const struct {
		const char *before, *behind;
	} forms[] = { { "", "" }, { "", ".git" }, { "remotes/", "" }, { "branches/", "" } };

	for (size_t i = 0; i < (repository ? ARRAY_SIZE(forms) : 2); i++) {
		AUTO_FREE char *path = xasprintf("%s%s%s", forms[i].before, name, forms[i].behind);

		if (is_there(dir, path))
			return path_join(at, path);
	}
	return NULL;
}

static bool is_plain_name(const char *name)
{
	return *name != '-' && *name != '.' && *name != '/' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+/")] ==
		   '\0';
}

/* Why a remote of this name must keep its URL. Owned; NULL: it need not. */
static char *why_taken(const struct policy *p, const struct policy_git_config *c, int project, int dir,
		       const char *name)
{
	AUTO_FREE char *git = path_join(p->project, ".git");
	char *at;

	if (!streq(c->dir, git) || !is_plain_name(name))
		return xstrdup("what its name would lead to without a URL is not looked at");
	at = what_is_there(project, p->project, name, false);
	if (at == NULL)
		at = what_is_there(dir, c->dir, name, true);
	for (size_t i = 0; i < p->git.tree.n && at == NULL; i++) {
		const char *tree = p->git.tree.v[i];
		AUTO_CLOSE int fd = -1;

		if (path_is_under(tree, p->project) && !streq(tree, p->project))
			fd = open_beneath(project, tree + strlen(p->project) + 1, O_PATH | O_DIRECTORY);
		if (fd >= 0)
			at = what_is_there(fd, tree, name, false);
		else if (!path_is_under(tree, p->project) || errno != ENOENT)
			return xasprintf("the worktree %s is not looked at, where its name may be a path",
					 tree);
	}
	if (at != NULL) {
		char *why = xasprintf("without a URL a push to it would go to %s and run its hooks", at);

		free(at);
		return why;
	}
	return NULL;
}

/* Pairs: a remote of the copy as it was given, why it must stay. */
static void taken_names(const struct policy *p, const struct policy_git_config *c, int project, int dir,
			struct strv *ret)
{
	AUTO_GITCONF struct gitconf before = { 0 };
	AUTO_STRV struct strv seen = { 0 };

	if (gitconf_parse(c->copy, strlen(c->copy), &before, NULL) < 0)
		return;
	for (size_t i = 0; i < before.n; i++) {
		AUTO_FREE char *name = remote_name(before.item[i].key);
		AUTO_FREE char *why = NULL;

		if (name == NULL || strv_has(&seen, name))
			continue;
		strv_add(&seen, name);
		why = why_taken(p, c, project, dir, name);
		if (why == NULL)
			continue;
		strv_add(ret, name);
		strv_add(ret, why);
	}
}

/*
 * m: what would have gone back. Without it the user would have to guess. And what would not: who plants a lock inside is not
 * to hide it.
 */
static void say_not_kept(struct account *a, const struct policy_git_config *c, const struct gitexit_merge *m,
			 int e)
{
	AUTO_FREE char *lost = names(&m->kept, NULL);
	char word[DIAG_WORD];

	account_try(account_add(a, ACCOUNT_GIT, ACCOUNT_SECURITY, c->path,
				"%s: changes inside are not kept: %s: %s", c->path, reason(e), lost),
		    "git config --file %s KEY VALUE", diag_word(word, sizeof(word), c->path));
	name_others(a, c->path, &m->kept, "changes inside are not kept");
	say_dropped(a, c, m);
}

/* Under the lock: the host's config as it is now decides. */
static void merge(struct account *a, const struct policy *p, const struct policy_git_config *c,
		  const char *after, int project, int dir)
{
	AUTO_STRV struct strv taken = { 0 };
	struct gitexit_merge wanted = { 0 }, m = { 0 };
	AUTO_FREE char *now = NULL;
	AUTO_FREE char *text = NULL;
	struct stat st;
	int fd, e;

	taken_names(p, c, project, dir, &taken);
	/* Most changes are none that goes back: no lock is needed to see that. */
	text = gitexit_text(c->copy, c->copy, after, p->project, NULL, &taken, &wanted);
	if (text == NULL) {
		say(a, c, &wanted);
		gitexit_merge_done(&wanted);
		return;
	}
	mem_free_ptr(&text);
	now = read_file(dir, "config", GITCONF_MAX, &st);
	fd = now != NULL ? lock(dir, st.st_mode) : -1;
	if (fd < 0) {
		say_not_kept(a, c, &wanted, errno);
		gitexit_merge_done(&wanted);
		return;
	}
	mem_free_ptr(&now);
	now = read_file(dir, "config", GITCONF_MAX, &st);
	text = now != NULL ? gitexit_text(now, c->copy, after, p->project, NULL, &taken, &m) : NULL;
	e = 0;
	if (text == NULL)
		close(fd);
	else if (!finish(dir, fd, st.st_mode, text))
		e = errno;
	if (text == NULL || e != 0)
		unlinkat(dir, "config.lock", 0);
	if (e != 0 || now == NULL)
		say_not_kept(a, c, &wanted, e != 0 ? e : EINVAL);
	else
		say(a, c, &m);
	gitexit_merge_done(&wanted);
	gitexit_merge_done(&m);
}

/*
 * A program of the host's that saves the config puts another file in its place, and
 * the mount is gone with the old one. What could be planted after that is named.
 */
static void replaced(struct account *a, const struct policy *p, const struct policy_git_config *c, int dir)
{
	AUTO_GITCONF struct gitconf was = { 0 };
	AUTO_GITCONF struct gitconf is = { 0 };
	AUTO_STRV struct strv keys = { 0 };
	AUTO_STRV struct strv odd = { 0 };
	AUTO_FREE char *list = NULL;
	AUTO_FREE char *now = NULL;
	struct stat st = { 0 };

	now = read_file(dir, "config", GITCONF_MAX, &st);
	/* Not by inode: its number may be another file's by now. */
	if (now != NULL && streq(now, c->host))
		return;
	if (now == NULL || gitconf_parse(now, strlen(now), &is, NULL) < 0 ||
	    gitconf_parse(c->host, strlen(c->host), &was, NULL) < 0) {
		account_add(a, ACCOUNT_GIT, ACCOUNT_SECURITY, c->path,
			    "%s was changed during the session, and is no git config any more", c->path);
		return;
	}
	if (!changed_keys(&was, &is, &keys))
		strv_add(&odd, "very many keys");
	for (size_t i = 0; i < keys.n; i++) {
		AUTO_STRV struct strv values = { 0 };

		values_of(&is, keys.v[i], &values);
		if (values.n > 0 && !may_be(keys.v[i], &values, p->project, NULL))
			strv_add(&odd, keys.v[i]);
	}
	if (odd.n == 0)
		return;
	list = names(&odd, NULL);
	account_add(
	    a, ACCOUNT_GIT, ACCOUNT_SECURITY, c->path,
	    "%s was changed on the host during the session, and a file that is replaced has no protection; "
	    "if it was not you, look at: %s",
	    c->path, list);
}

void gitexit(struct account *a, const struct policy *p, int project, int copies, const int *dir)
{
	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];
		AUTO_FREE char *name = xasprintf("%zu/config", i);
		AUTO_FREE char *after = NULL;
		struct stat st;

		if (c->copy == NULL)
			continue;
		replaced(a, p, c, dir[i]);
		after = read_file(copies, name, INSIDE_MAX, &st);
		if (after == NULL)
			account_add(a, ACCOUNT_GIT, ACCOUNT_SECURITY, c->path,
				    "%s: changes inside are dropped: %s", c->path,
				    errno == ENOENT ? "its copy is gone" : "its copy is no git config");
		else if (!streq(after, c->copy))
			merge(a, p, c, after, project, dir[i]);
		say_lock(a, c, dir[i]);
	}
}
