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
	MODULES_MAX = 4096,	/* directories that are searched for new ones */
	MODULE_DEPTH = 16,
	LOCK_TRIES = 50,
	LOCK_PAUSE_MS = 20,
	LOCK_OLD_S = 2,
};

void gitexit_merge_done(struct gitexit_merge *m)
{
	strv_done(&m->kept);
	strv_done(&m->dropped);
	strv_done(&m->met);
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
};

static void merge_done(struct merge *m)
{
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

		if (is_of(key, "remote.", "url") && !leads_away(&m->now, values->v[i]))
			return false;
		if ((is_of(key, "branch.", ".remote") || is_of(key, "branch.", ".pushremote")) &&
		    !streq(values->v[i], ".") && !leads_away(&m->now, url != NULL ? url : values->v[i]))
			return false;
	}
	return true;
}

/* A remote of the host keeps a URL: without one, what is pushed to it by name goes to a path. */
static bool keeps_url(const struct merge *m, const char *key)
{
	AUTO_FREE char *name = remote_name(key);
	AUTO_FREE char *url = name != NULL ? xasprintf("remote.%s.url", name) : NULL;
	AUTO_FREE char *push = name != NULL ? xasprintf("remote.%s.pushurl", name) : NULL;

	if (name == NULL || (gitconf_get(&m->now, url) == NULL && gitconf_get(&m->now, push) == NULL))
		return true;
	return gitconf_get(&m->after, url) != NULL && remote_url(m, name) != NULL;
}

/* A key that is gone: one that may go back, or one of a branch, remote or submodule that is gone as a whole. */
static bool may_go(const struct merge *m, const char *key)
{
	bool whole =
	    str_starts(key, "branch.") || str_starts(key, "remote.") || str_starts(key, "submodule.");

	return keeps_url(m, key) &&
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
		strv_add(&ret->dropped, key);
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
		strv_add(&ret->dropped, key);
		return text;
	}
	strv_add(&ret->kept, key);
	free(text);
	return next;
}

char *gitexit_text(const char *now, const char *before, const char *after, const char *project,
		   const char *dir, struct gitexit_merge *ret)
{
	AUTO_MERGE struct merge m = { .project = project, .dir = dir };
	AUTO_GITCONF struct gitconf check = { 0 };
	AUTO_STRV struct strv keys = { 0 };
	char *text;

	*ret = (struct gitexit_merge){ 0 };
	if (gitconf_parse(before, strlen(before), &m.before, NULL) < 0 ||
	    gitconf_parse(after, strlen(after), &m.after, NULL) < 0 ||
	    gitconf_parse(now, strlen(now), &m.now, NULL) < 0 || !changed_keys(&m.before, &m.after, &keys)) {
		strv_add(&ret->dropped, "all changes");
		return NULL;
	}
	text = xstrdup(now);
	for (size_t i = 0; i < keys.n; i++)
		text = merge_key(text, &m, keys.v[i], ret);
	if (ret->kept.n == 0 || gitconf_parse(text, strlen(text), &check, NULL) < 0)
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

static char *names(const struct strv *keys)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		mem_oom();
	for (size_t i = 0; i < keys->n && i < NAMES_MAX; i++)
		fprintf(f, "%s%.80s", i > 0 ? ", " : "", keys->v[i]);
	if (keys->n > NAMES_MAX)
		fprintf(f, " and %zu more", keys->n - NAMES_MAX);
	fclose(f);
	return out;
}

static void say(const char *path, const struct gitexit_merge *m)
{
	AUTO_FREE char *kept = names(&m->kept);
	AUTO_FREE char *dropped = names(&m->dropped);
	AUTO_FREE char *met = names(&m->met);

	if (m->kept.n > 0)
		log_note("%s: changed as inside: %s", path, kept);
	if (m->dropped.n > 0)
		log_security("%s: changes inside are dropped: %s", path, dropped);
	if (m->met.n > 0)
		log_security("%s: changed on the host meanwhile, and left so: %s", path, met);
}

/*
 * A lock that stays would keep the host's git from its config. None that was at work inside makes it: there
 * config is a link to the copy. One of the host's is gone in a moment.
 */
static void say_lock(const struct policy_git_config *c, int dir)
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
	log_security("%s is there, and git on the host can't change its config; if none is at work: rm %s",
		     lock, diag_word(word, sizeof(word), lock));
}

static const char *reason(int e)
{
	return e == EEXIST ? "another program holds config.lock" : strerror(e);
}

/* Under the lock: the host's config as it is now decides. */
static void merge(const struct policy *p, const struct policy_git_config *c, const char *after, int dir)
{
	struct gitexit_merge m = { 0 };
	AUTO_FREE char *now = NULL;
	AUTO_FREE char *text = NULL;
	struct stat st;
	int fd, e;

	/* Most changes are none that goes back: no lock is needed to see that. */
	text = gitexit_text(c->copy, c->copy, after, p->project, NULL, &m);
	if (text == NULL) {
		say(c->path, &m);
		gitexit_merge_done(&m);
		return;
	}
	gitexit_merge_done(&m);
	mem_free_ptr(&text);
	now = read_file(dir, "config", GITCONF_MAX, &st);
	fd = now != NULL ? lock(dir, st.st_mode) : -1;
	if (fd < 0) {
		log_security("%s: changes inside are not kept: %s", c->path, reason(errno));
		return;
	}
	mem_free_ptr(&now);
	now = read_file(dir, "config", GITCONF_MAX, &st);
	text = now != NULL ? gitexit_text(now, c->copy, after, p->project, NULL, &m) : NULL;
	e = 0;
	if (text == NULL)
		close(fd);
	else if (!finish(dir, fd, st.st_mode, text))
		e = errno;
	if (text == NULL || e != 0)
		unlinkat(dir, "config.lock", 0);
	if (e != 0 || now == NULL)
		log_security("%s: changes inside are not kept: %s", c->path, reason(e != 0 ? e : EINVAL));
	else
		say(c->path, &m);
	gitexit_merge_done(&m);
}

/*
 * A program of the host's that saves the config puts another file in its place, and
 * the mount is gone with the old one. What could be planted after that is named.
 */
static void replaced(const struct policy *p, const struct policy_git_config *c, int dir)
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
		log_security("%s was changed during the session, and is no git config any more", c->path);
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
	list = names(&odd);
	log_security(
	    "%s was changed on the host during the session, and a file that is replaced has no protection; "
	    "if it was not you, look at: %s",
	    c->path, list);
}

/* --- repositories of submodules that were added inside: git on the host runs what their configs say */

static bool is_known(const struct policy *p, const char *dir)
{
	for (size_t i = 0; i < p->git.n; i++)
		if (streq(p->git.config[i].dir, dir))
			return true;
	return false;
}

/* What can't be read as a config is put aside: git takes a repository without one too. */
static void put_aside(int dir, const char *path)
{
	bool ok =
	    syscall(SYS_renameat2, dir, "config", dir, "config.dropped", 1u /* RENAME_NOREPLACE */) == 0;

	log_security("%s/config, made inside, is no git config: %s", path,
		     ok ? "it is config.dropped now" : strerror(errno));
}

/* A worktree that is reached through a link could be anywhere: git on the host would write its files there. */
static char *real_worktree(const struct policy *p, int project, const char *path, char *text,
			   struct gitexit_merge *m)
{
	AUTO_GITCONF struct gitconf c = { 0 };
	const struct strv none = { 0 };
	AUTO_FREE char *place = NULL;
	AUTO_CLOSE int fd = -1;
	const char *value;
	char *without;

	if (text == NULL || gitconf_parse(text, strlen(text), &c, NULL) < 0)
		return text;
	value = gitconf_get(&c, "core.worktree");
	if (value == NULL)
		return text;
	place = path_clean(path, value);
	if (path_is_under(place, p->project) && !streq(place, p->project))
		fd = open_beneath(project, place + strlen(p->project) + 1, O_PATH | O_DIRECTORY);
	if (fd >= 0)
		return text;
	without = gitconf_set(text, "core.worktree", &none);
	strv_add(&m->dropped, "core.worktree");
	free(text);
	return without;
}

static void new_config(const struct policy *p, int project, int dir, const char *path)
{
	struct gitexit_merge m = { 0 };
	AUTO_FREE char *file = path_join(path, "config");
	AUTO_FREE char *now = NULL;
	AUTO_FREE char *text = NULL;
	struct stat st;
	int fd;

	now = read_file(dir, "config", INSIDE_MAX, &st);
	if (now == NULL && errno == ENOENT)
		return;
	if (now != NULL)
		text = real_worktree(p, project, path, gitexit_text("", "", now, p->project, path, &m), &m);
	if (now == NULL || (text == NULL && m.dropped.n > 0)) {
		put_aside(dir, path);
	} else if (m.dropped.n > 0) {
		AUTO_FREE char *dropped = names(&m.dropped);

		fd = lock(dir, st.st_mode);
		if (fd >= 0 && finish(dir, fd, st.st_mode, text)) {
			log_security("%s, made inside: dropped: %s", file, dropped);
		} else {
			log_security("%s, made inside, can't be cleaned (%s): look at %s", file,
				     reason(errno), dropped);
			if (fd >= 0)
				unlinkat(dir, "config.lock", 0);
		}
	}
	gitexit_merge_done(&m);
}

/* Hooks that are no samples run at git's next command. */
static void new_hooks(int dir, const char *path)
{
	int fd = open_beneath(dir, "hooks", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	AUTO_DIR DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (d == NULL) {
		mem_close_fd(&fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);

		if (*e->d_name == '.' || (n > 7 && streq(e->d_name + n - 7, ".sample")))
			continue;
		log_security("%s/hooks/%s was made inside: git on the host would run it", path, e->d_name);
	}
}

static void new_modules(const struct policy *p, int project, int above, const char *path, int depth,
			size_t *left)
{
	int fd = open_beneath(above, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	AUTO_DIR DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	struct stat st;

	if (d == NULL) {
		mem_close_fd(&fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		AUTO_FREE char *name = path_join(path, e->d_name);
		AUTO_CLOSE int dir = -1;
		AUTO_CLOSE int below = -1;

		if (*e->d_name == '.' && (e->d_name[1] == '\0' || streq(e->d_name, "..")))
			continue;
		dir = open_beneath(fd, e->d_name, O_PATH | O_DIRECTORY);
		if (dir < 0)
			continue;
		if (*left == 0 || depth >= MODULE_DEPTH) {
			log_security("%s and more were not searched for new repositories", name);
			return;
		}
		--*left;
		if (fstatat(dir, "HEAD", &st, AT_SYMLINK_NOFOLLOW) < 0) {
			new_modules(p, project, dir, name, depth + 1, left);
			continue;
		}
		if (!is_known(p, name)) {
			new_config(p, project, dir, name);
			new_hooks(dir, name);
		}
		below = open_beneath(dir, "modules", O_PATH | O_DIRECTORY);
		if (below >= 0) {
			AUTO_FREE char *more = path_join(name, "modules");

			new_modules(p, project, below, more, depth + 1, left);
		}
	}
}

void gitexit(const struct policy *p, int project, int copies, const int *dir)
{
	size_t left = MODULES_MAX;

	for (size_t i = 0; i < p->git.n && i < POLICY_GIT_COPIES; i++) {
		const struct policy_git_config *c = &p->git.config[i];
		AUTO_FREE char *name = xasprintf("%zu/config", i);
		AUTO_FREE char *after = NULL;
		struct stat st;

		if (c->copy == NULL)
			continue;
		replaced(p, c, dir[i]);
		after = read_file(copies, name, INSIDE_MAX, &st);
		if (after == NULL)
			log_security("%s: changes inside are dropped: %s", c->path,
				     errno == ENOENT ? "its copy is gone" : "its copy is no git config");
		else if (!streq(after, c->copy))
			merge(p, c, after, dir[i]);
		say_lock(c, dir[i]);
		if (c->repository) {
			AUTO_CLOSE int modules = open_beneath(dir[i], "modules", O_PATH | O_DIRECTORY);
			AUTO_FREE char *path = path_join(c->dir, "modules");

			if (modules >= 0)
				new_modules(p, project, modules, path, 0, &left);
		}
	}
}
