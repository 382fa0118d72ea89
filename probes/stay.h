/* SPDX-License-Identifier: MIT */
/*
 * Names that were not there at the start, and that the host would act on: they can be made, and must not stay. Whoever
 * moves them away does so from outside, within a moment: that is waited for, but in the control arm nobody does.
 */
#ifndef STAY_H
#define STAY_H

#include "look.h"

#define STAY_SECONDS 25 /* for a machine under load; the deadline of these probes is longer */
#define STAY_HASTE   3	/* where nobody is expected to move it: many times what it takes */
#define STAY_TEXT    "cs-probe"

/* A name that ends with a slash is a directory. The last one is what the host would act on; it holds STAY_TEXT. */
struct stay {
	const char *name, *text;
};

/* 0 or -errno. */
static inline long stay_make(const char *top, const struct stay *s)
{
	char path[LOOK_PATH];
	long r;
	int fd;

	look_join(path, top, s->name);
	if (path[strlen(path) - 1] == '/')
		return probe_sys(SYS_mkdirat, (long)AT_FDCWD, path, 0755L);
	fd = (int)probe_sys(SYS_openat, (long)AT_FDCWD, path, (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC),
			    0755L);
	if (fd < 0)
		return fd;
	r = probe_sys(SYS_write, (long)fd, s->text, (long)strlen(s->text));
	look_close(fd);
	return r < 0 ? r : 0;
}

/* 1: it is there with its text, 0: it is not, or in its place is one without it; else -errno: nobody can tell. */
static inline long stay_is_there(const char *path)
{
	int fd = look_open(path, O_RDONLY | O_NOFOLLOW);
	char text[512] = "";
	long n;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	n = probe_sys(SYS_read, (long)fd, text, (long)(sizeof(text) - 1));
	look_close(fd);
	return n < 0 ? n : strstr(text, STAY_TEXT) != NULL;
}

/* The last answer: 0 ends it. */
static inline long stay_waited(const char *path)
{
	int tries = look_open_arm() ? 8 : (look_hasty() ? STAY_HASTE : STAY_SECONDS) * 200;
	long r;

	while ((r = stay_is_there(path)) != 0 && tries-- > 0)
		usleep(5000);
	return r;
}

/* own: a directory below the watched one, of this probe alone. */
static inline struct probe_result stay_all(const char *watched, const char *own, const struct stay *made,
					   size_t n)
{
	char top[LOOK_PATH], path[LOOK_PATH];
	size_t done = 0;
	long r, there = 0;

	look_join(top, watched, own);
	r = probe_sys(SYS_mkdirat, (long)AT_FDCWD, top, 0755L);
	while (r == 0 && done < n)
		r = stay_make(top, &made[done++]);
	look_join(path, top, made[n - 1].name);
	if (r == 0)
		there = stay_waited(path);
	while (done-- > 0) {
		char each[LOOK_PATH];

		look_join(each, top, made[done].name);
		probe_sys(SYS_unlinkat, (long)AT_FDCWD, each,
			  (long)(each[strlen(each) - 1] == '/' ? AT_REMOVEDIR : 0));
	}
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, top, (long)AT_REMOVEDIR);
	if (r < 0)
		return probe_denied((int)-r, "openat", "it can't be made: %s", probe_errno_name((int)-r));
	if (there < 0)
		return probe_unknown((int)-there, "look again", "%s was made, and can't be read: %s",
				     made[n - 1].name, probe_errno_name((int)-there));
	return there == 0
		   ? probe_denied(ENOENT, "moved away", "%s was made, and was moved away", made[n - 1].name)
		   : probe_allowed("write", "%s was made, and stays as it was written", made[n - 1].name);
}

#define STAY_ALL(watched, own, made) stay_all(watched, own, made, sizeof(made) / sizeof((made)[0]))

#endif
