/* SPDX-License-Identifier: MIT */
#include "latehold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deadline.h"
#include "freeze.h"
#include "hostsavefile.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "quarantine.h"
#include "util.h"

#define AT_ONCE	    64	/* files of one standstill */
#define RENEWED_MAX 256 /* files of a session: each is a write to the disk while all inside waits */
#define STOPS_MAX   64	/* standstills of a session */
#define WRITERS_MS  500 /* for the host to end its writes, in one standstill */
#define TRIES	    16	/* for one file: somebody may be writing to it */
#define AGAIN	    16	/* until nothing of the box has run meanwhile */
#define NAMED	    16	/* lines that are said */

enum {
	SIZE_MAX_OF_ONE = 16 << 20,
};

/* What our last change of a directory left. */
struct latehold_dir {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
};

struct late {
	struct finish_opened o;
	struct plan_op op; /* the late hold's, of it */
	bool renewed;	   /* in a standstill so far */
	bool by_inside;	   /* it was seen who had it open */
	bool clean;	   /* nobody changed it since the start, but we */
	bool dir_clean;	   /* nor its directory */
	struct stat made;  /* of the last one that we made */
	char *kept;	   /* owned; where the old one is; NULL: it is gone */
	int error;	   /* why it was not made new, -errno; 0: it was, or need not be */
	const char *why;   /* static; ... in other words; NULL: those of error are right */
};

static struct latehold_dir *find_dir(struct latehold *l, const struct stat *st)
{
	for (size_t i = 0; i < l->ndir; i++)
		if (l->dir[i].ino == st->st_ino && l->dir[i].dev == st->st_dev)
			return &l->dir[i];
	return NULL;
}

/* Not since the start, or by us alone. */
static bool is_clean_dir(struct latehold *l, int dir)
{
	const struct latehold_dir *ours;
	struct stat st;

	if (fstat(dir, &st) < 0)
		return false;
	ours = find_dir(l, &st);
	return ours != NULL ? time_is_same(st.st_ctim, ours->changed) : !time_is_since(st.st_ctim, l->since);
}

static void note_dir(struct latehold *l, const struct stat *st)
{
	struct latehold_dir *ours = find_dir(l, st);

	if (ours == NULL) {
		l->dir = xrealloc_array(l->dir, l->ndir + 1, sizeof(*l->dir));
		ours = &l->dir[l->ndir++];
	}
	*ours = (struct latehold_dir){ st->st_dev, st->st_ino, st->st_ctim };
}

static int not_new(struct late *a, int e, const char *why)
{
	a->why = why;
	return e;
}

/* 1: somebody has it open, and a->by_inside says whether he was seen; 0: nobody, any more; -errno: it can't be known. */
static int look_for_openers(struct late *a, int fd, const struct stat *st, struct freeze *freeze,
			    struct timespec end)
{
	int r = hostsavejudge_writers(fd, st, freeze, end, true);

	if (r < 0 || r == HOSTSAVE_NOT_OURS || r == HOSTSAVE_UNKNOWN)
		return r < 0 ? r : not_new(a, -EACCES, "it is another user's");
	a->by_inside = r == HOSTSAVE_INSIDE;
	if (r != HOSTSAVE_NO_WRITER)
		return 1;
	/* Who can read it by a descriptor opens it for writing by that. */
	r = freeze_opened(freeze, st);
	a->by_inside = r == 1;
	return r == FREEZE_HIDDEN ? 0 : r;
}

/* As it stands there now. */
static int note_made(struct latehold *l, struct late *a, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &a->made, AT_SYMLINK_NOFOLLOW) < 0 || fstat(dir, &st) < 0)
		return -errno;
	note_dir(l, &st);
	if (a->clean)
		finish_renewed(l->work, a->o.path, &a->made, a->dir_clean ? &st.st_ctim : NULL);
	return 0;
}

/* 0: it is a new one, or need not be; -EAGAIN: once more; -errno: it is as it was. */
static int renew(struct latehold *l, struct late *a, int dir, const char *name, struct freeze *freeze,
		 struct timespec end)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	AUTO_FREE char *kept = NULL;
	struct stat st, made;
	bool ours;
	int e;

	a->why = NULL;
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT || errno == ELOOP ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	ours = a->renewed && st.st_ino == a->made.st_ino && st.st_dev == a->made.st_dev;
	e = ours ? 1 : look_for_openers(a, fd, &st, freeze, end);
	if (e <= 0)
		return e;
	if (!a->o.noted)
		return not_new(a, -ENOENT, "something above it may have been moved");
	if (st.st_uid != geteuid())
		return not_new(a, -EACCES, "it is another user's");
	if (st.st_size > SIZE_MAX_OF_ONE)
		return not_new(a, -EFBIG, "it is too large");
	if (!a->renewed && l->renewed >= RENEWED_MAX)
		return not_new(a, -EDQUOT, "too many are");
	a->clean = ours ? a->clean && time_is_same(st.st_ctim, a->made.st_ctim)
			: !time_is_since(st.st_ctim, l->since);
	a->dir_clean = is_clean_dir(l, dir);
	/* Where only the host can be who writes, or nobody can be seen: what he writes is not lost. */
	e = quarantine_renew(dir, name, fd, &st, &made, a->by_inside || ours ? NULL : &kept);
	if (e < 0)
		return e;
	if (kept != NULL) {
		free(a->kept);
		a->kept = TAKE_PTR(kept);
	}
	l->renewed += !a->renewed;
	a->renewed = true;
	return note_made(l, a, dir, name);
}

/* The mount went with the old one. What is in a held directory is under its mount. */
static int hold(const struct late *a, struct freeze *freeze)
{
	int e = a->o.below || !a->renewed ? 0 : freeze_mount(freeze, &a->op, &a->made);

	/* The host has put another there: of what is held late that is the host's affair (README). */
	return e == -ESTALE ? 0 : e;
}

/* One file, while all stands still. -errno: it is not held any more. */
static int settle(struct latehold *l, struct late *a, struct freeze *freeze, struct timespec end)
{
	AUTO_FREE char *path = path_dirname(a->o.path);
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* As the host sees it: a directory that is held is read-only in the box. */
	AUTO_CLOSE int dir =
	    root >= 0 ? oldkernel_open_beneath(root, path + 1, O_PATH | O_DIRECTORY, false) : -errno;
	int e = dir < 0 ? dir : -EAGAIN;

	for (int i = 0; i < TRIES && e == -EAGAIN; i++)
		e = renew(l, a, dir, path_basename(a->o.path), freeze, end);
	a->error = e;
	return hold(a, freeze);
}

static int settle_all(struct latehold *l, struct late *late, size_t n, struct freeze *freeze, size_t *ret)
{
	struct timespec end = deadline_in(CLOCK_MONOTONIC, WRITERS_MS);

	for (size_t i = 0; i < n; i++) {
		int e = settle(l, &late[i], freeze, end);

		*ret = i;
		if (e < 0)
			return e;
	}
	return 0;
}

static void say(struct latehold *l, const struct late *a)
{
	const char *path = a->o.path;

	/* Who reads on the host can't be told from who writes there later: the many who do read are not named. */
	if (!a->renewed && (a->error == 0 || (!a->o.written && !a->o.unread && !a->by_inside)))
		return;
	if (l->said++ >= NAMED)
		account_add(l->account, a->renewed ? ACCOUNT_REPLACED : ACCOUNT_WEAKER, ACCOUNT_DETAIL, path,
			    "open before it was held: %s", path);
	else if (!a->renewed)
		account_tell(
		    l->account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, path,
		    "weaker: %s %s: what is written to it so, the host acts on; the end of the session "
		    "says whether it was (it can't be made new: %s)",
		    path,
		    a->o.unread	   ? "may have been open before it was held, inside or on the host"
		    : a->o.written ? "was open for writing before it was held, inside or on the host"
				   : "was open inside before it was held",
		    a->why != NULL ? a->why : strerror(-a->error));
	else if (a->kept != NULL)
		account_tell(
		    l->account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, path,
		    "weaker: %s was open for writing before it was held, inside or on the host: it "
		    "is a new file with the same content, and what is written to the old one is in %s",
		    path, a->kept);
	else
		account_tell(
		    l->account, ACCOUNT_REPLACED, ACCOUNT_SECURITY, path,
		    "made new: %s was open inside before it was held: it is a new file with the same "
		    "content, and what is written to the old one is lost",
		    path);
}

/* Until nothing of the box has run meanwhile: else somebody may have the new one open, too. */
static int renew_all(struct latehold *l, struct late *late, size_t n, bool *stopped, size_t *at)
{
	AUTO_FREE char *name = xasprintf("/proc/%d/ns/pid", (int)l->init);
	AUTO_CLOSE int pid = open(name, O_RDONLY | O_CLOEXEC);
	int e = pid >= 0 ? -EAGAIN : -errno;

	for (int i = 0; i < AGAIN && e == -EAGAIN; i++) {
		struct freeze freeze;
		int last;

		e = freeze_begin(l->mnt, pid, &freeze);
		if (e < 0)
			return e;
		*stopped = true;
		l->stops++;
		e = settle_all(l, late, n, &freeze, at);
		last = freeze_end(&freeze);
		e = e < 0 ? e : last;
	}
	return e;
}

static size_t take(struct finish *f, struct late *late)
{
	size_t n = 0;

	while (n < AT_ONCE && f->opened >= 0 && finish_opened(f, &late[n].o)) {
		struct late *a = &late[n++];

		/* Before all stands still: who mounts is a copy of us as we are then. */
		a->op = (struct plan_op){
			.type = PLAN_RO_BIND, .stage = PLAN_STAGE_FD, .src = a->o.path, .dst = a->o.path
		};
	}
	return n;
}

int latehold_step(struct latehold *l, struct finish *f, bool *stopped, struct diag *d)
{
	struct late *late = xcalloc(AT_ONCE, sizeof(*late));
	size_t n = take(f, late), at = 0;
	bool renews = n > 0 && l->hold && l->stops < STOPS_MAX;
	int e = renews ? renew_all(l, late, n, stopped, &at) : 0;
	bool lost = e < 0 && (late[at].renewed || e == -EAGAIN),
	     /* Where nothing is lost there is nothing to wait for. */
	    ended = e < 0 && freeze_met_end(l->init_fd, lost ? e : -ECANCELED);

	for (size_t i = 0; i < n; i++) {
		/* What is changed as the session ends is told then. */
		if (ended && !late[i].renewed)
			continue;
		if (!late[i].renewed && late[i].error == 0 && (!renews || e < 0))
			late[i].error =
			    e < 0 ? e
				  : not_new(&late[i], -EDQUOT, l->hold ? "too many were" : "none is held");
		say(l, &late[i]);
		free(late[i].kept);
	}
	if (lost && !ended)
		diag_set(
		    d, e,
		    "ended: %s was open before it was held, and can't be made read-only again inside: %s",
		    late[at].o.path, strerror(-e));
	free(late);
	return lost && !ended ? e : 0;
}

void latehold_done(struct latehold *l)
{
	if (l->said > NAMED)
		account_tell(l->account, ACCOUNT_WEAKER, ACCOUNT_SECURITY, NULL,
			     "weaker: %u more were open before they were held%s", l->said - NAMED,
			     log_more());
	free(l->dir);
	l->dir = NULL;
	l->ndir = 0;
}
