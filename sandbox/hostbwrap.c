/* SPDX-License-Identifier: MIT */
#include "hostbwrap.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "path.h"
#include "util.h"

/* A build with everything is well below this. */
#define BWRAP_MAX_BYTES ((size_t)16 << 20)
#define OVERFLOW_UID	65534

void hostbwrap_path_dirs(char *const *env, struct strv *ret)
{
	const char *path = env_get(env, "PATH");

	while (path != NULL && *path != '\0') {
		size_t n = strcspn(path, ":");

		/* A relative entry means another directory in each place: never searched. */
		if (*path == '/') {
			AUTO_FREE char *dir = xstrndup(path, n);

			strv_take(ret, path_clean("/", dir));
		}
		path += n;
		path += *path == ':';
	}
}

void hostbwrap_options(const char *text, size_t len, struct host_bwrap *ret)
{
	const struct {
		const char *name;
		bool *flag;
	} option[] = {
		{ "as-pid-1", &ret->as_pid_1 },
		{ "disable-userns", &ret->disable_userns },
		{ "json-status-fd", &ret->json_status },
		{ "perms", &ret->perms },
		{ "size", &ret->size },
		{ "bind-fd", &ret->bind_fd },
	};
	const char *p = text, *end = text + len;

	/* memchr: several times faster than a search for both dashes. */
	while ((p = memchr(p, '-', (size_t)(end - p))) != NULL) {
		p++;
		if (p == end || *p != '-')
			continue;
		p++;
		for (size_t i = 0; i < ARRAY_SIZE(option); i++) {
			size_t n = strlen(option[i].name);

			if ((size_t)(end - p) > n && memcmp(p, option[i].name, n) == 0 &&
			    !isalnum((unsigned char)p[n]) && p[n] != '-')
				*option[i].flag = true;
		}
	}
}

static void hostbwrap_scan(int fd, const struct stat *st, struct host_bwrap *ret)
{
	size_t len = st->st_size > 0 ? (size_t)st->st_size : 0;
	AUTO_FREE char *text = NULL;
	ssize_t n;

	if (len == 0 || len > BWRAP_MAX_BYTES)
		return;
	/* Not mapped: faults cost more than the copy, and nobody can shorten a copy meanwhile. */
	text = xmalloc(len);
	n = pread(fd, text, len, 0);
	if (n > 0)
		hostbwrap_options(text, (size_t)n, ret);
}

/*
 * The uid that stands for root: in a container that leaves root unmapped it shows
 * as the overflow uid, "/" with it; anywhere else that is an account like others.
 */
static uid_t hostbwrap_root_uid(struct hostroot *root)
{
	AUTO_CLOSE int fd = hostroot_open(root, "/", O_PATH | O_DIRECTORY);
	struct stat st;

	return fd >= 0 && hostroot_stat(root, fd, &st) == 0 && st.st_uid == OVERFLOW_UID ? OVERFLOW_UID : 0;
}

/* True when only root could put another object there. Not the caller: what a sandbox writes is the caller's too. */
static bool hostbwrap_is_roots(const struct stat *st, uid_t root_uid)
{
	bool sticky_dir = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

	if (st->st_uid != root_uid)
		return false;
	if (S_ISLNK(st->st_mode))
		return true;
	/* The store of Nix is its builders' group's and sticky: what root has in it stays. */
	return (st->st_mode & S_IWOTH) == 0 &&
	       ((st->st_mode & S_IWGRP) == 0 || st->st_gid == 0 || sticky_dir);
}

/* The same of a path and of everything above it. */
static bool hostbwrap_is_safe(struct hostroot *root, const char *path, uid_t root_uid)
{
	for (const char *s = path;; s++) {
		AUTO_FREE char *name = NULL;
		AUTO_CLOSE int fd = -1;
		struct stat st;

		if (*s != '/' && *s != '\0')
			continue;
		name = s == path ? xstrdup("/") : xstrndup(path, (size_t)(s - path));
		fd = hostroot_open(root, name, O_PATH | O_NOFOLLOW);
		if (fd < 0 || hostroot_stat(root, fd, &st) < 0 || !hostbwrap_is_roots(&st, root_uid))
			return false;
		if (*s == '\0')
			return true;
	}
}

/*
 * Trees that guard hands to no sandbox for writing. Their owner alone would not do: what a sandbox of root's
 * writes in a project of root's is root's as well.
 */
static bool hostbwrap_is_system(const char *path)
{
	static const char *const trees[] = { "/usr", "/bin", "/sbin", "/nix/store", "/gnu/store" };

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		if (path_is_under(path, trees[i]))
			return true;
	return false;
}

/*
 * True when no sandbox and no other user could have made `path` lead to `real`, or have put something there.
 * A link to a bwrap may be anybody's, as in the profiles of Nix users: it is not the link that is run.
 */
static bool hostbwrap_may_run(struct hostroot *root, const char *path, const char *real, uid_t root_uid)
{
	if (!hostbwrap_is_system(real) || !hostbwrap_is_safe(root, real, root_uid))
		return false;
	return streq(path_basename(real), "bwrap") ||
	       (hostbwrap_is_system(path) && hostbwrap_is_safe(root, path, root_uid));
}

/* Takes `path` if it is an executable file. */
static bool hostbwrap_try(struct hostroot *root, const char *path, uid_t root_uid, struct host_bwrap *ret)
{
	AUTO_CLOSE int fd = hostroot_open(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	bool readable = fd >= 0;
	AUTO_FREE char *real = NULL;
	struct stat st;

	if (!readable)
		fd = hostroot_open(root, path, O_PATH);
	if (fd < 0 || hostroot_stat(root, fd, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return false;
	real = hostroot_real(root, fd);
	*ret = (struct host_bwrap){
		.setuid = (st.st_mode & S_ISUID) != 0,
		.uid = st.st_uid,
		.mode = st.st_mode & 07777,
		.ino = st.st_ino,
		.bytes = st.st_size,
		.changed = st.st_mtim,
		.odd_place = real == NULL || !hostbwrap_may_run(root, path, real, root_uid),
	};
	if (readable && !ret->odd_place)
		hostbwrap_scan(fd, &st, ret);
	/* What was judged is what will be run: no link on the way can be turned meanwhile. */
	ret->path = ret->odd_place ? xstrdup(path) : TAKE_PTR(real);
	return true;
}

/* Where distributions put it. */
static const char *hostbwrap_beside(struct hostroot *root, uid_t root_uid)
{
	static const char *const usual[] = { "/usr/bin/bwrap", "/usr/local/bin/bwrap",
					     "/run/current-system/sw/bin/bwrap" };

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		struct host_bwrap found;

		if (!hostroot_exists(root, usual[i]) || !hostbwrap_try(root, usual[i], root_uid, &found))
			continue;
		free(found.path);
		if (!found.odd_place)
			return usual[i];
	}
	return NULL;
}

void hostbwrap_find(struct hostroot *root, struct host *host)
{
	AUTO_STRV struct strv dirs = { 0 };
	uid_t root_uid = hostbwrap_root_uid(root);

	hostbwrap_path_dirs(host->env, &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		AUTO_FREE char *path = path_join(dirs.v[i], "bwrap");
		struct host_bwrap found;

		/* exists first: most directories have none, and a failed open costs three times as much. */
		if (!hostroot_exists(root, path) || !hostbwrap_try(root, path, root_uid, &found))
			continue;
		if (!found.odd_place) {
			if (host->bwrap.path != NULL)
				log_detail("%s is passed over: " HOSTBWRAP_ODD, host->bwrap.path);
			free(host->bwrap.path);
			host->bwrap = found;
			return;
		}
		/* The first one is named if there is none that can be taken. */
		if (host->bwrap.path == NULL)
			host->bwrap = found;
		else
			free(found.path);
	}
	if (host->bwrap.path == NULL)
		host->bwrap.beside = hostbwrap_beside(root, root_uid);
}

int hostbwrap_ask(char *const *env, struct host_bwrap *ret, struct diag *d)
{
	AUTO_CLOSE int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct hostroot root = { .fd = -1 };
	struct host host = { 0 };
	int r = fd < 0 ? diag_errno(d, -errno, "/") : hostroot_init(&root, fd, NULL, d);

	*ret = (struct host_bwrap){ 0 };
	if (r == 0) {
		/* The type of environ; nothing here writes to it. */
		memcpy(&host.env, &env, sizeof(host.env));
		hostbwrap_find(&root, &host);
		*ret = host.bwrap;
	}
	hostroot_done(&root);
	return r;
}
