/* SPDX-License-Identifier: MIT */
#include "quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/fs.h>

#include "mem.h"
#include "path.h"
#include "state.h"
#include "textfile.h"
#include "trust.h"
#include "util.h"

#define FOLDER "quarantine"
#define TRIES  100 /* for a name that is free */

enum {
	FILE_MAX = 16 << 20,	/* bytes of one */
	SESSION_MAX = 64 << 20, /* of all of a session */
};

static int open_folder(struct quarantine *q, struct diag *d)
{
	AUTO_FREE char *folder = state_dir(q->env);
	AUTO_FREE char *name = path_unique(q->policy->project);
	AUTO_FREE char *below = xasprintf(FOLDER "/%s", name);
	int e;

	if (folder == NULL) {
		diag_set(d, -ENOENT, "no state folder: neither XDG_STATE_HOME nor HOME is an absolute path");
		return d->code;
	}
	q->path = path_join(folder, below);
	/* What the box could put back is no quarantine. */
	e = trust_file(q->policy, q->path, d);
	return e < 0 ? e : state_open_below(folder, below, q->policy->kernel_uid, d);
}

static void try_folder(struct quarantine *q)
{
	if (!q->tried)
		q->dir = open_folder(q, &q->why);
	q->tried = true;
}

void quarantine_begin(struct quarantine *q, const struct policy *p, char *const *env)
{
	*q = (struct quarantine){ .policy = p, .env = env, .dir = -1 };
	if (p->identity == POLICY_SELF)
		return;
	/* A folder that is made now would stay behind where nothing is moved. */
	q->tried = true;
	diag_set(&q->why, -EPERM, "who was root gave up the right to");
}

void quarantine_done(struct quarantine *q)
{
	mem_close_fd(&q->dir);
	mem_free_ptr(&q->path);
}

/* False with errno. */
static bool copy_bytes(int from, int to, long long max, long long *ret)
{
	char buf[65536];
	ssize_t n;

	*ret = 0;
	while ((n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		*ret += n > 0 ? n : 0;
		if (n > 0 && *ret > max) {
			errno = EFBIG;
			return false;
		}
		for (ssize_t done = 0, w; n > 0 && done < n; done += w) {
			w = write(to, buf + done, (size_t)(n - done));
			if (w < 0 && errno == EINTR)
				w = 0;
			if (w < 0)
				return false;
		}
		if (n < 0)
			return false;
	}
	return true;
}

static int copy_file(struct quarantine *q, int dir, const char *name, const char *place)
{
	AUTO_CLOSE int from = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	long long left = SESSION_MAX - q->bytes, max, bytes;
	AUTO_CLOSE int to = -1;
	struct stat st;
	int e = 0;

	if (from < 0 || fstat(from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	max = left < FILE_MAX ? left : FILE_MAX;
	/* It may grow yet; what is too large already is made in no time, and would be copied a thousand times. */
	if (st.st_size > max)
		return -EFBIG;
	to = openat(q->dir, place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	if (!copy_bytes(from, to, max, &bytes) || fchmod(to, st.st_mode & 0777) < 0)
		e = -errno;
	if (close(TAKE_FD(to)) < 0 && e == 0)
		e = -errno;
	if (e == 0)
		q->bytes += bytes;
	else
		unlinkat(q->dir, place, 0);
	return e;
}

static int copy_link(struct quarantine *q, int dir, const char *name, const char *place)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir, name, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return symlinkat(text, q->dir, place) < 0 ? -errno : 0;
}

/* A name in the folder that says when, and what it was. 0, or -errno. */
static int copy(struct quarantine *q, int dir, const char *aside, const char *name, char **ret)
{
	char when[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	struct stat st;
	int e = -EEXIST;

	if (q->dir < 0)
		return q->why.code;
	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	if (fstatat(dir, aside, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	for (int i = 0; i < TRIES && e == -EEXIST; i++) {
		AUTO_FREE char *place = xasprintf("%s-%u-%.200s", when, ++q->n, name);

		e = S_ISLNK(st.st_mode) ? copy_link(q, dir, aside, place) : copy_file(q, dir, aside, place);
		if (e == 0)
			*ret = path_join(q->path, place);
	}
	return e;
}

/* Gives what has that name another one, in the same directory; -EEXIST: that is another's. */
static int put_aside(int dir, const char *name, const char *aside, const char *instead)
{
	AUTO_CLOSE int fd = -1;
	int e = 0;

	if (instead == NULL) {
		e = syscall(SYS_renameat2, dir, name, dir, aside, RENAME_NOREPLACE) < 0 ? -errno : 0;
		/* File systems without this flag. */
		if (e == -EINVAL && faccessat(dir, aside, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			e = renameat(dir, name, dir, aside) < 0 ? -errno : 0;
		return e;
	}
	fd = openat(dir, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (!textfile_write(fd, instead) ||
	    syscall(SYS_renameat2, dir, name, dir, aside, RENAME_EXCHANGE) < 0) {
		e = -errno;
		unlinkat(dir, aside, 0);
	}
	return e;
}

int quarantine_take(struct quarantine *q, int dir, const char *shown, const char *name, const char *instead,
		    char **ret_place, const char **ret_why)
{
	AUTO_FREE char *aside = NULL;
	unsigned long long any;
	struct stat st;
	int e = -EEXIST;

	*ret_why = NULL;
	for (int i = 0; i < TRIES && e == -EEXIST; i++) {
		mem_free_ptr(&aside);
		if (getrandom(&any, sizeof(any), 0) != sizeof(any))
			return -errno;
		/* None that could be taken beforehand. */
		aside = xasprintf("%.200s.quarantined-%016llx", name, any);
		e = put_aside(dir, name, aside, instead);
		/* Nothing can be put there in its place: at least it goes. */
		if (e == -EINVAL && instead != NULL)
			e = put_aside(dir, name, aside, NULL);
	}
	if (e < 0)
		return e;
	/* Another put there meanwhile. */
	if (fstatat(dir, aside, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
		syscall(SYS_renameat2, dir, aside, dir, name, RENAME_NOREPLACE);
		return -ENOENT;
	}
	try_folder(q);
	e = copy(q, dir, aside, name, ret_place);
	if (e == 0 && unlinkat(dir, aside, 0) == 0)
		return 0;
	*ret_why = q->dir < 0 ? q->why.msg : e < 0 ? strerror(-e) : NULL;
	if (e < 0)
		*ret_place = path_join(shown, aside);
	return 0;
}
