/* SPDX-License-Identifier: MIT */
#include "quarantine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
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

#define LIES_BYTES 100000000ll /* from which on it is said, */
#define LIES_DAYS  30	       /* and how old */
#define LIES_MAX   20000       /* entries that are looked at: a start is not to take long */

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

struct lies {
	size_t n, looked;
	long long bytes;
	time_t oldest;
};

/* The files right in it. */
static void look_at_files(int folder, const char *name, struct lies *ret)
{
	AUTO_DIR DIR *d =
	    mem_dir(openat(folder, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
	const struct dirent *e;
	struct stat st;

	while (d != NULL && ret->looked < LIES_MAX && (e = readdir(d)) != NULL) {
		ret->looked++;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
			continue;
		ret->oldest = ret->n == 0 || st.st_mtime < ret->oldest ? st.st_mtime : ret->oldest;
		ret->bytes += st.st_size;
		ret->n++;
	}
}

char *quarantine_lies(char *const *env)
{
	AUTO_FREE char *state = state_dir(env);
	AUTO_FREE char *folder = state != NULL ? path_join(state, FOLDER) : NULL;
	AUTO_DIR DIR *d =
	    folder != NULL ? mem_dir(open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) : NULL;
	const struct dirent *e;
	struct lies l = { 0 };
	char since[32] = "?";
	struct tm tm;

	while (d != NULL && l.looked < LIES_MAX && (e = readdir(d)) != NULL)
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			look_at_files(dirfd(d), e->d_name, &l);
	if (l.n == 0 || (l.bytes < LIES_BYTES && l.oldest > time(NULL) - LIES_DAYS * 24 * 60 * 60))
		return NULL;
	if (localtime_r(&l.oldest, &tm) != NULL)
		strftime(since, sizeof(since), "%F", &tm);
	return xasprintf(
	    "%s%zu file%s (%lld.%lld MB, the oldest of %s) in the quarantine %s: look at what you "
	    "don't know, and remove what you don't need",
	    l.looked >= LIES_MAX ? "more than " : "", l.n, l.n > 1 ? "s" : "", l.bytes / 1000000,
	    l.bytes / 100000 % 10, since, folder);
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

/* A name in the folder that says when, and what it was. */
static char *place_for(struct quarantine *q, const char *name)
{
	char when[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	return xasprintf("%s-%u-%.200s", when, ++q->n, name);
}

/* 0, or -errno. */
static int copy(struct quarantine *q, int dir, const char *aside, const char *name, char **ret)
{
	struct stat st;
	int e = -EEXIST;

	if (q->dir < 0)
		return q->why.code;
	if (fstatat(dir, aside, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	for (int i = 0; i < TRIES && e == -EEXIST; i++) {
		AUTO_FREE char *place = place_for(q, name);

		e = S_ISLNK(st.st_mode) ? copy_link(q, dir, aside, place) : copy_file(q, dir, aside, place);
		if (e == 0)
			*ret = path_join(q->path, place);
	}
	return e;
}

static bool exchange(int dir, const char *name, const char *aside)
{
	return syscall(SYS_renameat2, dir, name, dir, aside, RENAME_EXCHANGE) == 0;
}

/* None that could be taken beforehand. */
static char *name_aside(const char *name)
{
	unsigned long long any;

	if (getrandom(&any, sizeof(any), 0) != sizeof(any))
		return NULL;
	return xasprintf("%.200s.quarantined-%016llx", name, any);
}

static int write_instead(int fd, const struct quarantine_instead *instead)
{
	if (!textfile_write(fd, instead->text) || (instead->mode != 0 && fchmod(fd, instead->mode) < 0))
		return -errno;
	return 0;
}

/* Gives what has that name another one, in the same directory; -EEXIST: that is another's. */
static int put_aside(int dir, const char *name, const char *aside, struct quarantine_instead *instead)
{
	AUTO_CLOSE int fd = -1;
	struct stat made;
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
	e = write_instead(fd, instead);
	if (e == 0 && (fstat(fd, &made) < 0 || !exchange(dir, name, aside)))
		e = -errno;
	if (e == 0)
		instead->made = made;
	else
		unlinkat(dir, aside, 0);
	return e;
}

/* What took the place is left where it was; of ours nothing stays. */
static void put_back(int dir, const char *name, const char *aside, struct quarantine_instead *instead)
{
	struct stat st;

	if (instead == NULL || instead->made.st_ino == 0) {
		syscall(SYS_renameat2, dir, aside, dir, name, RENAME_NOREPLACE);
		return;
	}
	if (exchange(dir, name, aside) && fstatat(dir, aside, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == instead->made.st_ino && st.st_dev == instead->made.st_dev)
		unlinkat(dir, aside, 0);
	instead->made = (struct stat){ 0 };
}

int quarantine_take(struct quarantine *q, int dir, const char *shown, const char *name,
		    struct quarantine_instead *instead, char **ret_place, const char **ret_why)
{
	AUTO_FREE char *aside = NULL;
	struct stat st;
	int e = -EEXIST;

	*ret_why = NULL;
	if (instead != NULL)
		instead->made = (struct stat){ 0 };
	for (int i = 0; i < TRIES && e == -EEXIST; i++) {
		mem_free_ptr(&aside);
		aside = name_aside(name);
		if (aside == NULL)
			return -errno;
		e = put_aside(dir, name, aside, instead);
		/* Nothing can be put there in its place: at least it goes. */
		if (e == -EINVAL && instead != NULL)
			e = put_aside(dir, name, aside, NULL);
	}
	if (e < 0)
		return e;
	/* Another put there meanwhile. */
	if (fstatat(dir, aside, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
		put_back(dir, name, aside, instead);
		return -ENOENT;
	}
	try_folder(q);
	e = copy(q, dir, aside, name, ret_place);
	if (e == 0) {
		if (unlinkat(dir, aside, 0) == 0 || errno == ENOENT)
			return 0;
		/* The copy is there, but so is what the host should not find. */
		e = -errno;
		mem_free_ptr(ret_place);
	}
	*ret_why = q->dir < 0 ? q->why.msg : e < 0 ? strerror(-e) : NULL;
	if (e < 0)
		*ret_place = path_join(shown, aside);
	return 0;
}

static int keep_text(int dir, const char *place, const char *text)
{
	AUTO_CLOSE int fd = openat(dir, place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int e;

	if (fd < 0)
		return -errno;
	e = textfile_write(fd, text) ? 0 : -errno;
	if (e == 0 && close(TAKE_FD(fd)) < 0)
		e = -errno;
	if (e < 0)
		unlinkat(dir, place, 0);
	return e;
}

int quarantine_keep(struct quarantine *q, int dir, const char *shown, const char *name, const char *text,
		    char **ret_place, const char **ret_why)
{
	AUTO_FREE char *place = NULL;
	int e = -EEXIST;

	*ret_why = NULL;
	try_folder(q);
	for (int i = 0; i < TRIES && e == -EEXIST && q->dir >= 0; i++) {
		mem_free_ptr(&place);
		place = place_for(q, name);
		e = keep_text(q->dir, place, text);
	}
	if (e == 0) {
		*ret_place = path_join(q->path, place);
		return 0;
	}
	*ret_why = q->dir < 0 ? q->why.msg : strerror(-e);
	mem_free_ptr(&place);
	place = name_aside(name);
	if (place == NULL)
		return -errno;
	if (dir < 0)
		return q->dir < 0 ? q->why.code : e;
	e = keep_text(dir, place, text);
	if (e == 0)
		*ret_place = path_join(shown, place);
	return e;
}

/* --- a new inode */

/* Not taken along: what the kernel gives each file itself (a label), or lets nobody set. */
static bool is_kernels(const char *attribute)
{
	return !str_starts(attribute, "user.") && !str_starts(attribute, "system.posix_acl_");
}

static int copy_attributes(int from, int to)
{
	AUTO_FREE char *names = xmalloc(XATTR_LIST_MAX);
	AUTO_FREE char *value = xmalloc(XATTR_SIZE_MAX);
	ssize_t n = flistxattr(from, names, XATTR_LIST_MAX), size;

	/* Of the directory; where the old one has it too, it is set again. */
	if (fremovexattr(to, "system.posix_acl_access") < 0 && errno != ENODATA && errno != EOPNOTSUPP)
		return -errno;
	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	for (const char *s = names; s < names + n; s += strlen(s) + 1) {
		size = fgetxattr(from, s, value, XATTR_SIZE_MAX);
		if ((size < 0 || fsetxattr(to, s, value, (size_t)size, 0) < 0) && !is_kernels(s))
			return -errno;
	}
	return 0;
}

/* All of one file, into an empty one. */
static int copy_all(int from, int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	mode_t mode = st->st_mode & 0777;
	long long bytes;
	int e;

	if (!copy_bytes(from, to, st->st_size, &bytes))
		return errno == EFBIG ? -EAGAIN : -errno;
	if (bytes != st->st_size)
		return -EAGAIN;
	/* Another group gets no rights by it. */
	if (fchown(to, (uid_t)-1, st->st_gid) < 0)
		mode &= ~(mode_t)S_IRWXG;
	e = copy_attributes(from, to);
	if (e < 0)
		return e;
	/* What the host had put on the disk is there again before the old one goes. */
	return fchmod(to, mode) < 0 || futimens(to, times) < 0 || fsync(to) < 0 ? -errno : 0;
}

/* Nobody has written to it since either. */
static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       time_is_same(a->st_mtim, b->st_mtim);
}

/* File systems without an exchange. A file that comes between the two calls is lost there. */
static int put_over(int dir, const char *name, const char *aside, const struct stat *was)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!is_unchanged(&st, was))
		return -EAGAIN;
	return renameat(dir, aside, dir, name) < 0 ? -errno : 0;
}

/* What came there meanwhile goes back: each exchange shows what stood there at its moment. */
static int put_in_place(int dir, const char *name, const char *aside, const struct stat *was,
			const struct stat *made, bool keep)
{
	struct stat there = *was, ours = *made, out;

	for (int i = 0; i < TRIES; i++) {
		if (!exchange(dir, name, aside)) {
			int e = errno != EINVAL || i > 0 ? -errno
				: keep			 ? -EOPNOTSUPP
							 : put_over(dir, name, aside, was);

			/* The host has taken it away since: also what was to go back. */
			if (i == 0 || e == -ENOENT)
				unlinkat(dir, aside, 0);
			return e;
		}
		if (fstatat(dir, aside, &out, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		if (is_unchanged(&out, &there) && keep && i == 0)
			return 0;
		if (is_unchanged(&out, &there))
			return unlinkat(dir, aside, 0) < 0 ? -errno : i == 0 ? 0 : -EAGAIN;
		there = ours;
		ours = out;
	}
	return -EBUSY;
}

int quarantine_renew(int dir, const char *name, int from, const struct stat *st, struct stat *made,
		     char **kept)
{
	AUTO_FREE char *aside = name_aside(name);
	AUTO_CLOSE int to = -1;
	char proc[64];
	bool named;
	int e;

	if (aside == NULL)
		return -errno;
	/* Without a name it goes with us: of what is masked no copy stays that is not. */
	to = openat(dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	named = to < 0;
	if (named)
		to = openat(dir, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", to);
	e = copy_all(from, to, st);
	if (e == 0 && !named && linkat(AT_FDCWD, proc, dir, aside, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	if (e == 0 && fstat(to, made) < 0)
		e = -errno;
	if (e == 0) {
		e = put_in_place(dir, name, aside, st, made, kept != NULL);
		if (e == 0 && kept != NULL)
			*kept = TAKE_PTR(aside);
		return e;
	}
	if (named)
		unlinkat(dir, aside, 0);
	return e;
}
