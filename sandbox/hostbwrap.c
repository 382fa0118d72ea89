/* SPDX-License-Identifier: MIT */
#include "hostbwrap.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* True when somebody else could put another program there. */
static bool hostbwrap_is_odd(const struct host *host, uid_t uid, gid_t gid, mode_t mode)
{
	/* A group of the caller alone, as most distributions make one for each user, is the caller. */
	bool own_group = gid == 0 || (gid == host->gid && host->uid == (uid_t)host->gid);

	/* In a container root may be unmapped and shows as the overflow uid. */
	if (uid != 0 && uid != host->uid && uid != OVERFLOW_UID)
		return true;
	return (mode & S_IWOTH) != 0 || ((mode & S_IWGRP) != 0 && !own_group);
}

static bool hostbwrap_is_odd_dir(struct hostroot *root, const struct host *host, const char *file)
{
	AUTO_FREE char *dir = path_dirname(file);
	AUTO_CLOSE int fd = hostroot_open(root, dir, O_PATH | O_DIRECTORY);
	struct stat st;

	if (fd < 0 || hostroot_stat(root, fd, &st) < 0)
		return true;
	return hostbwrap_is_odd(host, st.st_uid, st.st_gid, st.st_mode);
}

/* Takes `path` if it is an executable file. */
static bool hostbwrap_try(struct hostroot *root, struct host *host, const char *path)
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
	host->bwrap = (struct host_bwrap){
		.path = xstrdup(path),
		.setuid = (st.st_mode & S_ISUID) != 0,
		.uid = st.st_uid,
		.mode = st.st_mode & 07777,
		.odd_place = real == NULL || hostbwrap_is_odd(host, st.st_uid, st.st_gid, st.st_mode) ||
			     hostbwrap_is_odd_dir(root, host, path) || hostbwrap_is_odd_dir(root, host, real),
	};
	if (readable)
		hostbwrap_scan(fd, &st, &host->bwrap);
	return true;
}

void hostbwrap_find(struct hostroot *root, struct host *host)
{
	AUTO_STRV struct strv dirs = { 0 };

	hostbwrap_path_dirs(host->env, &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		AUTO_FREE char *path = path_join(dirs.v[i], "bwrap");

		/* exists first: most directories have none, and a failed open costs three times as much. */
		if (hostroot_exists(root, path) && hostbwrap_try(root, host, path))
			return;
	}
}
