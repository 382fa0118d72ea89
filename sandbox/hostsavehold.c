/* SPDX-License-Identifier: MIT */
/*
 * The order: all in the box is stopped; a lease (fcntl(2), F_SETLEASE) is had on the file only when nobody has it
 * open for writing, in whatever way he keeps it open, and it is given back at once, since nobody inside can open
 * anything now; the file is read and judged; it comes once more, as a new inode; that one is mounted over, read-only; all
 * goes on. What is still open for writing is set aside whatever is in it, and another file with the old content comes in
 * its place.
 *
 * The new inode, since who has a descriptor of the host's for reading alone, or of its path (O_PATH), can open it for
 * writing later, by /proc/self/fd and past the mount, and so can who has another name of it. A descriptor hides where
 * nobody can look: in a process that is not dumpable, or on its way through a socket. What is made while all stands still
 * nobody inside has a way to.
 *
 * Other sessions of the project don't stand still, and each takes the other's new inode for a save of the host. So one that
 * comes for the fourth time within a minute, as it was, is mounted over itself, if no descriptor of it is seen inside.
 */
#include "hostsavefile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "freeze.h"
#include "log.h"
#include "mem.h"
#include "quarantine.h"
#include "textfile.h"
#include "util.h"

#define WRITERS_MS 2000	 /* for the host to end its writes; all inside has stopped */
#define READERS_MS 100	 /* for the host to end reading */
#define RENEWALS   3	 /* of one file, as it was: then another session renews it too */
#define RENEWED_MS 60000 /* ... since the last */
#define MASKED_MAX (64ll << 20)
#define PAUSE_US   500
#define TRIES	   16 /* for one file: the host may go on replacing it */
#define STOPS	   16 /* until nothing of the box has run meanwhile */

/* The same file, which nobody has a way to. 0: it is to be looked at again, as whatever stands there then. */
static int renew(struct hostsave *h, struct hostsave_file *f, int dir, int fd, const struct stat *st)
{
	struct stat made;
	int e = quarantine_renew(dir, f->name, fd, st, &made, NULL);

	if (e < 0)
		return e == -ENOENT || e == -EAGAIN ? 0 : e;
	/* Another session's renewals are what it counts: not that one standstill takes several. */
	if (f->counted != h->holds)
		f->renewals++;
	f->counted = h->holds;
	f->renewed = deadline_in(CLOCK_MONOTONIC, RENEWED_MS);
	hostsavefile_made(h, f, dir, &made);
	return 0;
}

/* Another session makes it new whenever we do. */
static bool is_contended(struct hostsave_file *f, bool changed)
{
	if (changed || deadline_over(CLOCK_MONOTONIC, &f->renewed))
		f->renewals = 0;
	return f->renewals >= RENEWALS;
}

/* We made it, in this standstill. */
static bool is_ours(const struct hostsave *h, const struct hostsave_file *f, int dir, const struct stat *st)
{
	return f->stop != 0 && f->stop == h->stops && hostsavefile_is_same(f, dir, st);
}

/* Whether anybody is seen to have a way past a mount: another name, or a descriptor that can't write. */
static bool is_reached(int fd, const struct stat *st, struct freeze *freeze)
{
	struct timespec end = deadline_in(CLOCK_MONOTONIC, READERS_MS);
	const struct timespec pause = { .tv_nsec = PAUSE_US * 1000l };
	int opened = st->st_nlink > 1 ? 1 : freeze_opened(freeze, st);

	if (opened != 0 && opened != FREEZE_HIDDEN)
		return true;
	while (fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
		if (errno != EAGAIN || opened == FREEZE_HIDDEN || deadline_over(CLOCK_MONOTONIC, &end))
			return true;
		nanosleep(&pause, NULL);
	}
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

static int open_held(int dir, const struct hostsave_file *f, const struct stat *st)
{
	AUTO_CLOSE int fd = -1;
	struct stat now;

	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	fd = openat(dir, f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fstat(fd, &now) < 0 || now.st_ino != st->st_ino || now.st_dev != st->st_dev ? -EAGAIN
											   : TAKE_FD(fd);
}

/* What it says is the host's alone to know. 0: done; -EAGAIN: once more; -errno. */
static int settle_mask(struct hostsave *h, struct hostsave_file *f, int dir, const struct stat *st,
		       struct freeze *freeze)
{
	AUTO_CLOSE int fd = -1;
	int e;

	/* Else who has a way to it reads what the host writes into it later. What is too large is mounted over as it is. */
	if (!is_ours(h, f, dir, st) && S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    st->st_size <= MASKED_MAX && !is_contended(f, false)) {
		fd = open_held(dir, f, st);
		if (fd < 0 && fd != -EACCES)
			return -EAGAIN;
		e = fd >= 0 ? renew(h, f, dir, fd, st) : fd;
		if (e != -EACCES)
			return e < 0 ? e : -EAGAIN;
	}
	e = freeze_mount(freeze, f->op, st);
	return e == -ESTALE ? -EAGAIN : e;
}

/* It passed. It comes new, unless it just did. 0: mounted over; -EAGAIN: once more; -errno. */
static int take_over(struct hostsave *h, struct hostsave_file *f, int dir, int fd, const char *text,
		     const struct stat *st, enum hostsave_writers writers, struct freeze *freeze)
{
	bool changed = f->text == NULL || !streq(text, f->text);
	struct timespec born = hostsavefile_born(dir, f->name);
	int e;

	if (!is_ours(h, f, dir, st) && writers != HOSTSAVE_NOT_OURS &&
	    (!is_contended(f, changed) || is_reached(fd, st, freeze))) {
		e = renew(h, f, dir, fd, st);
		return e < 0 ? e : -EAGAIN;
	}
	e = freeze_mount(freeze, f->op, st);
	if (e < 0)
		return e == -ESTALE ? -EAGAIN : e;
	if (changed)
		log_detail("%s was replaced on the host, and is taken as it is", f->op->dst);
	hostsavefile_set_text(f, text);
	hostsavefile_remember(f, st, born);
	f->stop = h->stops;
	f->taken++;
	return 0;
}

/* One file. freeze NULL: the box has ended. 0: done; -EAGAIN: once more; -errno. */
static int settle(struct hostsave *h, struct hostsave_file *f, struct freeze *freeze)
{
	AUTO_CLOSE int dir = hostsavefile_open_dir(h, f);
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	struct stat st, now;
	int r = dir >= 0 ? hostsavefile_is_covered(dir, f->name, &st) : dir, writers = HOSTSAVE_NO_WRITER;

	if (hostsavefile_is_nothing(r, &st)) {
		hostsavefile_gone(f);
		return 0;
	}
	if (r < 0)
		return r;
	if (freeze == NULL &&
	    ((hostsavefile_is_same(f, dir, &st) && f->stop == 0) || hostsavefile_is_mask(f)))
		return 0;
	/* Unless it was mounted over while somebody inside may have run. */
	if (freeze != NULL && r == 1 && (f->stop == 0 || f->stop == h->stops))
		return 0;
	if (hostsavefile_is_mask(f))
		return settle_mask(h, f, dir, &st, freeze);
	fd = open_held(dir, f, &st);
	if (fd == -EAGAIN)
		return fd;
	if (fd >= 0 && !is_ours(h, f, dir, &st))
		writers = hostsavejudge_writers(fd, &st, freeze, h->writers, false);
	if (writers < 0)
		return writers;
	text = textfile_read(fd, HOSTSAVE_TEXT_MAX, &now);
	/* It changed while it was read. */
	if (fd >= 0 && text == NULL && errno == EIO)
		return -EAGAIN;
	r = hostsavejudge(h, f, dir, text, (enum hostsave_writers)writers);
	if (r <= 0)
		return r < 0 ? r : -EAGAIN;
	return freeze != NULL ? take_over(h, f, dir, fd, text, &now, (enum hostsave_writers)writers, freeze)
			      : 0;
}

/* Once for all files: who keeps each of many open has the old text away for no longer than who does one. */
void hostsavehold_wait(struct hostsave *h)
{
	h->writers = deadline_in(CLOCK_MONOTONIC, WRITERS_MS);
}

int hostsavehold_all(struct hostsave *h, struct freeze *freeze, const struct hostsave_file **ret)
{
	for (size_t i = 0; i < h->n; i++) {
		int e = -EAGAIN;

		*ret = &h->file[i];
		for (int k = 0; k < TRIES && e == -EAGAIN; k++)
			e = settle(h, &h->file[i], freeze);
		if (e < 0)
			return e;
	}
	return 0;
}

static int can_not(const struct hostsave_file *f, int e, struct diag *d)
{
	const char *path = f != NULL ? f->op->dst : "a file";

	if (e == -EUSERS)
		diag_set(
		    d, e,
		    "ended: files that are read-only inside were replaced on the host more than %d times",
		    HOSTSAVE_ASIDE_MAX);
	else
		diag_set(d, e,
			 "ended: %s was replaced on the host, and can't be made read-only again inside: %s",
			 path, strerror(-e));
	return e;
}

/* What the host did too often, or what its disk says: on the way into a box that ends it is called otherwise. */
static bool is_of_host(int e)
{
	return e == -EUSERS || e == -ENOSPC || e == -EDQUOT || e == -EROFS;
}

int hostsavehold_again(struct hostsave *h, struct diag *d)
{
	AUTO_FREE char *name = xasprintf("/proc/%d/ns/pid", (int)h->o.init);
	AUTO_CLOSE int pid = open(name, O_RDONLY | O_CLOEXEC);
	const struct hostsave_file *f = NULL;
	int e = pid >= 0 ? -EAGAIN : -errno;

	h->holds++;
	hostsavehold_wait(h);
	for (int i = 0; i < STOPS && e == -EAGAIN; i++) {
		struct freeze freeze;
		int last;

		e = freeze_begin(h->o.mnt, pid, &freeze);
		if (e < 0)
			break;
		h->stopped = true;
		h->stops++;
		e = hostsavehold_all(h, &freeze, &f);
		last = freeze_end(&freeze);
		for (size_t k = 0; k < h->n && e == 0 && last == 0; k++)
			h->file[k].stop = 0;
		e = e < 0 && e != -EAGAIN ? e : last < 0 ? last : e;
	}
	/* What is changed as the session ends is looked at then. */
	if (e < 0 && !is_of_host(e) && freeze_met_end(h->init, e))
		return 0;
	return e < 0 ? can_not(f, e, d) : 0;
}
