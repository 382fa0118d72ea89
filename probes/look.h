/* SPDX-License-Identifier: MIT */
/*
 * What probes of files share: inputs, canaries, listings. Each function makes
 * one attempt and tells what it saw; none of them judges.
 */
#ifndef LOOK_H
#define LOOK_H

#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Declares var with the value of the input, or ends the probe as not applicable. */
#define LOOK_NEED(var, name) \
	const char *var = probe_input(name); \
	if (var == NULL || *var == '\0') \
	return probe_na("needs %s", name)

#define LOOK_PATH 4096

/* True in the control arm: there everything planted must be in reach. */
static inline bool look_open_arm(void)
{
	const char *arm = probe_input("CANARY_ARM");

	return arm != NULL && strcmp(arm, "open") == 0;
}

/* True where silence is what is expected: no long wait for a refusal then. */
static inline bool look_hasty(void)
{
	return look_open_arm() || probe_input("CANARY_HASTE") != NULL;
}

static inline const char *look_join(char buf[LOOK_PATH], const char *dir, const char *name)
{
	snprintf(buf, LOOK_PATH, "%.3000s%s%.1000s", dir, name[0] == '/' ? "" : "/", name);
	return buf;
}

static inline int look_openat(int dir, const char *path, int flags)
{
	return (int)probe_sys(SYS_openat, (long)dir, path, (long)(flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
			      0L);
}

static inline int look_open(const char *path, int flags)
{
	return look_openat(AT_FDCWD, path, flags);
}

static inline void look_close(int fd)
{
	if (fd >= 0)
		probe_sys(SYS_close, (long)fd);
}

/*
 * The step, and where it was EACCES what access(2) says of the path: it looks at modes and
 * mounts, never at Landlock, so that "modes permit" means Landlock (or its like).
 */
static inline const char *look_modes(const char *step, long err, const char *path, int mode)
{
	static char buf[64];

	if (err != EACCES)
		return step;
	snprintf(buf, sizeof(buf), "%.40s, modes %s", step,
		 probe_sys(SYS_faccessat, (long)AT_FDCWD, path, (long)mode) == 0 ? "permit" : "refuse");
	return buf;
}

/* Reads the canary through the path: allowed, or denied with the errno of the open. */
static inline struct probe_result look_canary(const char *path)
{
	int err;

	if (probe_input("CANARY_TEXT") == NULL)
		return probe_na("needs CANARY_TEXT");
	if (probe_file_has_canary(path, &err))
		return probe_allowed("read", "the canary was read through %.180s", path);
	if (err == 0)
		return probe_denied(0, "read", "%.180s holds something else", path);
	return probe_denied(err, look_modes("openat", err, path, R_OK), "%.180s: %s", path,
			    probe_errno_name(err));
}

/* True when the open file begins, from offset 0, with a text that holds the canary. */
static inline bool look_fd_has_canary(int fd)
{
	const char *text = probe_input("CANARY_TEXT");
	char buf[4096];
	long n;

	if (text == NULL || *text == '\0')
		return false;
	n = probe_sys(SYS_pread64, (long)fd, buf, (long)sizeof(buf), 0L);
	return n > 0 && memmem(buf, (size_t)n, text, strlen(text)) != NULL;
}

/* Writes the file's own first byte over itself: a write that changes nothing. 0 or -errno. */
static inline long look_rewrite(int fd)
{
	char c;
	long r = probe_sys(SYS_pread64, (long)fd, &c, 1L, 0L);

	if (r != 1)
		return r < 0 ? r : -ENODATA;
	r = probe_sys(SYS_pwrite64, (long)fd, &c, 1L, 0L);
	return r == 1 ? 0 : r;
}

/* A name in dir that nobody else uses. */
static inline const char *look_fresh(char buf[LOOK_PATH], const char *dir)
{
	unsigned long long r = 0;

	probe_sys(SYS_getrandom, &r, (long)sizeof(r), 0L);
	snprintf(buf, LOOK_PATH, "%.3000s/.cs-probe-%llx", dir, r ^ (unsigned long long)getpid());
	return buf;
}

/* renameat2; another probe may have the file aside for a moment, so ENOENT is tried again. */
static inline long look_rename(const char *from, const char *to, unsigned flags)
{
	long r = -ENOENT;

	for (int i = 0; i < 40 && r == -ENOENT; i++) {
		if (i > 0)
			usleep(5000);
		r = probe_sys(SYS_renameat2, (long)AT_FDCWD, from, (long)AT_FDCWD, to, (long)flags);
	}
	return r;
}

/* The visible processes but this one and its parent. */
static inline size_t look_pids(pid_t *pids, size_t max)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t n = 0;

	while (d != NULL && n < max && (e = readdir(d)) != NULL) {
		long pid = strtol(e->d_name, NULL, 10);

		if (pid > 0 && pid != getpid() && pid != getppid())
			pids[n++] = (pid_t)pid;
	}
	if (d != NULL)
		closedir(d);
	return n;
}

struct look_mount {
	char *root, *point, *opts, *tags, *type, *super; /* borrowed; tags: "" or "shared:1 master:2" */
};

/* Calls fn for each line of mountinfo until it returns true; -errno when it can't be read, 1 when fn did. */
static inline long look_mounts(bool (*fn)(const struct look_mount *, void *), void *arg)
{
	static char buf[1024 * 1024];
	long n = probe_read_file("/proc/self/mountinfo", buf, sizeof(buf));
	char *line, *save = NULL;

	if (n < 0)
		return n;
	for (line = strtok_r(buf, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *s = NULL, *tail = strstr(line, " - ");
		struct look_mount m;

		if (tail == NULL)
			continue;
		*tail = '\0';
		strtok_r(line, " ", &s);
		strtok_r(NULL, " ", &s);
		strtok_r(NULL, " ", &s);
		m.root = strtok_r(NULL, " ", &s);
		m.point = strtok_r(NULL, " ", &s);
		m.opts = strtok_r(NULL, " ", &s);
		m.tags = s;
		m.type = strtok_r(tail + 3, " ", &s);
		strtok_r(NULL, " ", &s);
		m.super = s;
		if (m.opts == NULL || m.type == NULL)
			continue;
		if (m.tags == NULL)
			m.tags = tail;
		if (m.super == NULL)
			m.super = tail;
		if (fn(&m, arg))
			return 1;
	}
	return 0;
}

static inline bool look_under(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/' || (n > 0 && dir[n - 1] == '/'));
}

static inline bool look_has_opt(const char *opts, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = opts; (p = strstr(p, word)) != NULL; p += n)
		if ((p == opts || p[-1] == ',') && (p[n] == '\0' || p[n] == ','))
			return true;
	return false;
}

static inline void look_put(const char *path, const char *text)
{
	int fd = look_open(path, O_WRONLY);

	if (fd >= 0) {
		probe_sys(SYS_write, (long)fd, text, (long)strlen(text));
		look_close(fd);
	}
}

/*
 * A namespace of our own (CLONE_NEWNS, CLONE_NEWNET) with capabilities in it: straight
 * away, or through a new user namespace. Only in a child. Mounts are made private first:
 * without that a mount made by real root would appear on the host. 0 or -errno.
 */
static inline long look_own_ns(int flags)
{
	long r = probe_sys(SYS_unshare, (long)flags), uid = probe_sys(SYS_getuid),
	     gid = probe_sys(SYS_getgid);
	char map[64];

	if (r < 0) {
		r = probe_sys(SYS_unshare, (long)(CLONE_NEWUSER | flags));
		if (r < 0)
			return r;
		look_put("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "0 %ld 1", uid);
		look_put("/proc/self/uid_map", map);
		snprintf(map, sizeof(map), "0 %ld 1", gid);
		look_put("/proc/self/gid_map", map);
	}
	if (flags & CLONE_NEWNS)
		r = probe_sys(SYS_mount, "none", "/", NULL, (long)(MS_PRIVATE | MS_REC), NULL);
	return r;
}

#endif
