/* SPDX-License-Identifier: MIT */
/* Copying stdio that must not enter the box as it is. */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mem.h"

static long sockopt(int fd, int name)
{
	int value = -1;
	socklen_t n = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &n) == 0 ? value : -1;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/*
 * A socket is a way out whatever namespace its holder is in: unconnected, or
 * connected anew with connect(2), it reaches what its maker reached. Only a
 * connected stream of AF_UNIX can't be turned to another peer (EISCONN).
 * init/prove.c has the same rule. Nor may it be the launcher's own standard error: shutdown(2) ends that for both, and
 * SO_SNDTIMEO counts for both.
 */
static bool socket_passes(int fd, int error)
{
	struct sockaddr_storage peer;
	socklen_t n = sizeof(peer);

	return !same_file(fd, error) && sockopt(fd, SO_DOMAIN) == AF_UNIX &&
	       sockopt(fd, SO_TYPE) == SOCK_STREAM && sockopt(fd, SO_ACCEPTCONN) == 0 &&
	       getpeername(fd, (struct sockaddr *)&peer, &n) == 0;
}

static bool is_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* error: the caller's standard error. */
static bool passes(int fd, int error, bool direct, bool *terminal)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (S_ISCHR(st.st_mode) && isatty(fd)) {
		*terminal = *terminal || direct;
		return direct;
	}
	if (S_ISSOCK(st.st_mode))
		return socket_passes(fd, error);
	return is_null(&st);
}

/*
 * Closed by the caller, which main.c makes /dev/null the wrong way round, or for accept(2) only: the box gets /dev/null,
 * never an accidental descriptor.
 */
static bool is_closed(int fd, int i)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || sockopt(fd, SO_ACCEPTCONN) == 1)
		return true;
	return (flags & O_ACCMODE) == (i == 0 ? O_WRONLY : O_RDONLY) && fstat(fd, &st) == 0 && is_null(&st);
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static bool is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* What the box leaves unread of a file or a pipe is the caller's: see give_back. */
static int keep_rest(struct relay_one *one, int inside)
{
	struct stat st;

	if (!one->input || fstat(one->from, &st) < 0 || (!S_ISREG(st.st_mode) && !one->pipe))
		return 0;
	if (one->pipe) {
		int e = relaypipe_open(&one->given, one->from, one->to);

		if (e < 0)
			return e;
		one->file = one->from;
		one->rest = fcntl(inside, F_DUPFD_CLOEXEC, 0);
		return one->rest < 0 ? -errno : 0;
	}
	one->start = one->at = lseek(one->from, 0, SEEK_CUR);
	if (one->start < 0)
		return 0;
	one->file = one->from;
	one->rest = fcntl(inside, F_DUPFD_CLOEXEC, 0);
	return one->rest < 0 ? -errno : 0;
}

static int open_null(struct relay *r, int i, struct diag *d)
{
	r->inside[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	r->owned[i] = true;
	return r->inside[i] < 0 ? diag_errno(d, -errno, "/dev/null") : 0;
}

static int open_one(struct relay *r, int i, int fd, struct diag *d)
{
	struct relay_one *one = &r->one[i];
	int p[2], e;

	if (pipe2(p, O_CLOEXEC) < 0)
		return diag_errno(d, -errno, "pipe2");
	one->input = i == 0;
	one->socket = sockopt(fd, SO_TYPE) >= 0;
	one->pipe = is_pipe(fd);
	one->from = one->input ? fd : p[0];
	one->to = one->input ? p[1] : fd;
	r->inside[i] = one->input ? p[0] : p[1];
	r->owned[i] = true;
	if (set_nonblocking(one->input ? p[1] : p[0]) < 0)
		return diag_errno(d, -errno, "fcntl");
	e = keep_rest(one, p[0]);
	return e < 0 ? diag_errno(d, e, "fcntl") : 0;
}

int relay_open(struct relay *r, const int stdio[3], bool enabled, unsigned own, bool direct, struct diag *d)
{
	r->terminal = false;
	r->most = 0;
	for (int i = 0; i < 3; i++) {
		/* Not the buffers: their pages exist once they are touched. */
		memset(&r->one[i], 0, offsetof(struct relay_one, buf));
		r->one[i].from = r->one[i].to = r->one[i].rest = r->inside[i] = -1;
		r->owned[i] = false;
	}
	for (int i = 0; i < 3; i++) {
		int e;

		if ((own >> i & 1) != 0 || (enabled && is_closed(stdio[i], i))) {
			e = open_null(r, i, d);
			if (e < 0)
				return e;
			continue;
		}
		if (passes(stdio[i], stdio[2], direct, &r->terminal) ||
		    (!enabled && fcntl(stdio[i], F_GETFD) >= 0)) {
			r->inside[i] = stdio[i];
			continue;
		}
		/* `>log 2>&1`: one pipe keeps the order of lines. */
		if (i == 2 && r->one[1].from >= 0 && same_file(stdio[1], stdio[2])) {
			r->inside[2] = r->inside[1];
			continue;
		}
		e = open_one(r, i, stdio[i], d);
		if (e < 0)
			return e;
	}
	return 0;
}

void relay_give(const struct relay *r, uid_t uid, gid_t gid)
{
	for (int i = 0; i < 3; i++) {
		struct statfs fs;

		/* Only a convenience: what can't be given away still works as it is. */
		if (fstatfs(r->inside[i], &fs) == 0 && fs.f_type == PIPEFS_MAGIC &&
		    fchown(r->inside[i], uid, gid) < 0)
			continue;
	}
}

void relay_started(struct relay *r)
{
	for (int i = 0; i < 3; i++)
		if (r->owned[i])
			mem_close_fd(&r->inside[i]);
}

static void stop(struct relay_one *one)
{
	int *ours = one->input ? &one->to : &one->from;

	mem_close_fd(ours);
	one->from = one->to = -1;
}

static bool has_sent(const struct relay_one *one)
{
	return one->have == one->sent && !one->full;
}

int relay_poll_fds(const struct relay *r, struct pollfd *p)
{
	for (int i = 0; i < 3; i++) {
		const struct relay_one *one = &r->one[i];

		p[i] = (struct pollfd){ .fd = -1 };
		if (one->from < 0)
			continue;
		if (one->pipe && one->input) {
			p[i].fd = relaypipe_waits(&one->given, one->to, &p[i].events);
			continue;
		}
		/* What the next step waits for; a regular file is always ready. */
		p[i].fd = has_sent(one) ? one->from : one->to;
		p[i].events = has_sent(one) ? POLLIN : POLLOUT;
	}
	return 3;
}

/* The caller's descriptor may be shared: it is never made non-blocking, and yet must not hold us. */
static ssize_t read_some(struct relay_one *one)
{
	struct pollfd p = { one->from, POLLIN, 0 };
	ssize_t n;

	if (!one->input)
		return read(one->from, one->buf, sizeof(one->buf));
	if (one->socket)
		return recv(one->from, one->buf, sizeof(one->buf), MSG_DONTWAIT);
	if (poll(&p, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	n = read(one->from, one->buf, sizeof(one->buf));
	if (n > 0 && one->rest >= 0)
		one->at = lseek(one->from, 0, SEEK_CUR);
	return n;
}

/* Of n bytes, as many as the file may grow by. What the box writes itself the kernel holds to that (RLIMIT_FSIZE). */
static size_t below(const struct relay_one *one, uint64_t most, size_t n)
{
	struct stat st;
	off_t at;

	if (most == 0 || one->input || fstat(one->to, &st) < 0 || !S_ISREG(st.st_mode))
		return n;
	at = (fcntl(one->to, F_GETFL) & O_APPEND) != 0 ? st.st_size : lseek(one->to, 0, SEEK_CUR);
	if (at < 0 || (uint64_t)at >= most)
		return at < 0 ? n : 0;
	return n < most - (uint64_t)at ? n : (size_t)(most - (uint64_t)at);
}

static ssize_t write_some(struct relay_one *one, uint64_t most)
{
	const char *data = one->buf + one->sent;
	size_t n = one->have - one->sent;

	if (one->socket && !one->input)
		return send(one->to, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	n = below(one, most, n);
	if (n == 0) {
		one->beyond = true;
		errno = EFBIG;
		return -1;
	}
	return write(one->to, data, n);
}

static bool pass_on(struct relay_one *one)
{
	ssize_t n = one->input ? relaypipe_give(&one->given, one->from, one->to)
			       : relaypipe_move(one->from, one->to, &one->full);

	if (n > 0)
		return true;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0 && errno != EPIPE)
		one->error = errno;
	stop(one);
	return false;
}

/* One read and as many writes as it takes. False: nothing to do now. */
static bool copy_once(struct relay_one *one, uint64_t most)
{
	ssize_t n;

	if (one->pipe)
		return pass_on(one);
	if (one->have == one->sent) {
		n = read_some(one);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n <= 0) {
			stop(one);
			return false;
		}
		one->have = (size_t)n;
		one->sent = 0;
	}
	n = write_some(one, most);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		one->error = one->input || errno == EPIPE ? 0 : errno;
		stop(one);
		return false;
	}
	one->sent += (size_t)n;
	return true;
}

void relay_step(struct relay *r)
{
	for (int i = 0; i < 3; i++)
		/* bounded, so that signals are seen in between */
		for (int k = 0; k < 64 && r->one[i].from >= 0 && copy_once(&r->one[i], r->most); k++)
			;
}

bool relay_drain(struct relay *r)
{
	bool all = true;

	for (int i = 0; i < 3; i++) {
		struct relay_one *one = &r->one[i];

		if (one->input && one->from >= 0)
			stop(one);
		while (one->from >= 0 && copy_once(one, r->most))
			;
		all = all && (one->from < 0 || has_sent(one));
	}
	return all;
}

int relay_error(const struct relay *r, struct diag *d)
{
	for (int i = 1; i < 3; i++)
		if (r->one[i].beyond)
			return diag_set(d, -EFBIG, "writing standard %s: it would grow beyond the limit disk",
					i == 1 ? "output" : "error");
		else if (r->one[i].error != 0)
			return diag_errno(d, -r->one[i].error, "writing standard %s",
					  i == 1 ? "output" : "error");
	return 0;
}

const char *relay_beyond(const struct relay *r)
{
	return r->one[1].beyond ? "output" : r->one[2].beyond ? "error" : NULL;
}

/*
 * The caller's offset goes to where the box stopped reading, as if it had read the
 * file itself: `while read line; do claude-sandbox ...; done <list`. Never before
 * the start, since the box could have filled its pipe, and not when somebody else
 * has moved it meanwhile.
 */
static void give_back(struct relay_one *one)
{
	int unread = 0;
	off_t to;

	if (one->rest < 0)
		return;
	if (one->pipe)
		relaypipe_done(&one->given, one->file, one->rest);
	else if (ioctl(one->rest, FIONREAD, &unread) == 0 && lseek(one->file, 0, SEEK_CUR) == one->at) {
		to = one->at - unread - (off_t)(one->have - one->sent);
		if (to < one->start)
			to = one->start;
		if (to < one->at)
			lseek(one->file, to, SEEK_SET);
	}
	mem_close_fd(&one->rest);
}

void relay_done(struct relay *r)
{
	relay_started(r);
	for (int i = 0; i < 3; i++) {
		if (r->one[i].from >= 0)
			stop(&r->one[i]);
		give_back(&r->one[i]);
	}
}
