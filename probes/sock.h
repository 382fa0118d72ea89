/* SPDX-License-Identifier: MIT */
/*
 * What probes of sockets share. A listener of the harness answers CANARY_TEXT to
 * a byte: that answer, not a return code, is the proof. Everything is
 * non-blocking with a limit: a connect that hangs must not hang the probe.
 */
#ifndef SOCK_H
#define SOCK_H

#include "look.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SOCK_WAIT 2000 /* ms */

static inline int sock_new(int family, int type, int proto)
{
	return (int)probe_sys(SYS_socket, (long)family, (long)(type | SOCK_NONBLOCK | SOCK_CLOEXEC),
			      (long)proto);
}

static inline bool sock_wait(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, SOCK_WAIT) > 0;
}

/* The error of a connect that was left in progress: 0, or a positive errno (ETIMEDOUT: no answer in time). */
static inline int sock_finish(int fd)
{
	int err = 0;
	socklen_t n = sizeof(err);

	if (!sock_wait(fd, POLLOUT))
		return ETIMEDOUT;
	probe_sys(SYS_getsockopt, (long)fd, (long)SOL_SOCKET, (long)SO_ERROR, &err, &n);
	return err;
}

/*
 * A TCP socket, and in *sa the address of the harness's listener on the host's loopback; -1: *why says why a probe has
 * neither.
 */
static inline int sock_to_host(struct sockaddr_in *sa, struct probe_result *why)
{
	long port = probe_input_long("CANARY_TCP");
	int fd;

	*sa = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (port < 0) {
		*why = probe_na("needs CANARY_TCP");
		return -1;
	}
	sa->sin_port = htons((unsigned short)port);
	fd = sock_new(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		*why = probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	return fd < 0 ? -1 : fd;
}

/* Raw connect; 0, or a positive errno. */
static inline int sock_connect(int fd, const void *sa, size_t len)
{
	long r = -EAGAIN;

	for (int i = 0; i < 50 && r == -EAGAIN; i++) {
		if (i > 0)
			usleep(5000); /* AF_UNIX: the listener's queue is full */
		r = probe_sys(SYS_connect, (long)fd, sa, (long)len);
	}
	return r == -EINPROGRESS ? sock_finish(fd) : (int)-r;
}

/* Sends a byte on the connected socket and waits for the canary. */
static inline struct probe_result sock_listen(int fd, const char *step)
{
	const char *text = probe_input("CANARY_TEXT");
	char buf[4096];
	size_t n = 0;
	long r;

	/*
	 * In your own box nothing is known to answer; the connection itself is what must not be. A handshake is none yet where
	 * a relay answers for everybody: what it does not let through it resets.
	 */
	if (text == NULL) {
		r = sock_wait(fd, POLLIN) ? probe_sys(SYS_read, (long)fd, buf, 1L) : 0;
		return r < 0 ? probe_denied((int)-r, step, "connected, then %s", probe_errno_name((int)-r))
			     : probe_allowed(step, "the host's listener took the connection");
	}
	r = probe_sys(SYS_sendto, (long)fd, "?", 1L, (long)MSG_NOSIGNAL, NULL, 0L);
	if (r < 0 && r != -EISCONN)
		return probe_denied((int)-r, step, "connected, then %s", probe_errno_name((int)-r));
	while (n < sizeof(buf) - 1 && sock_wait(fd, POLLIN)) {
		r = probe_sys(SYS_read, (long)fd, buf + n, sizeof(buf) - 1 - n);
		if (r <= 0)
			break;
		n += (size_t)r;
		if (memmem(buf, n, text, strlen(text)) != NULL)
			return probe_allowed(step, "the host's listener answered with the canary");
	}
	if (r < 0)
		return probe_denied((int)-r, step, "connected, then %s", probe_errno_name((int)-r));
	return probe_unknown(0, step, "connected, but the canary did not come");
}

static inline struct probe_result sock_ask(int family, int type, int proto, const void *sa, size_t len,
					   const char *step)
{
	struct probe_result r;
	int err, fd = sock_new(family, type, proto);

	if (fd < 0)
		return probe_denied(-fd, "socket", "%s: %s", step, probe_errno_name(-fd));
	err = sock_connect(fd, sa, len);
	if (err == ETIMEDOUT)
		r = probe_unknown(err, step, "no answer within %d ms", SOCK_WAIT);
	else if (err != 0)
		r = probe_denied(err, step, "connect: %s", probe_errno_name(err));
	else
		r = sock_listen(fd, step);
	look_close(fd);
	return r;
}

/* Fills the address; a path that is too long goes through *ret_dir (owned by the caller, -1: none). -errno. */
static inline long sock_name(struct sockaddr_un *sa, const char *path, int *ret_dir)
{
	const char *slash = strrchr(path, '/');
	char dir[LOOK_PATH];

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	*ret_dir = -1;
	if (strlen(path) < sizeof(sa->sun_path)) {
		strcpy(sa->sun_path, path);
		return 0;
	}
	if (slash == NULL)
		return -ENAMETOOLONG;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	*ret_dir = look_open(dir, O_PATH | O_DIRECTORY);
	if (*ret_dir < 0)
		return *ret_dir;
	snprintf(sa->sun_path, sizeof(sa->sun_path), "/proc/self/fd/%d/%.80s", *ret_dir, slash + 1);
	return 0;
}

/* Connects to the socket at the path and asks it. */
static inline struct probe_result sock_unix(const char *path)
{
	struct probe_result r;
	struct sockaddr_un sa;
	int dir = -1;
	long e = sock_name(&sa, path, &dir);

	if (e < 0)
		return probe_denied((int)-e, "openat", "%.180s: %s", path, probe_errno_name((int)-e));
	r = sock_ask(AF_UNIX, SOCK_STREAM, 0, &sa, sizeof(sa), "connect");
	look_close(dir);
	return r;
}

/* The same for an abstract name; returns the length of the address. */
static inline size_t sock_abstract(struct sockaddr_un *sa, const char *name)
{
	size_t n = strlen(name);

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (n > sizeof(sa->sun_path) - 1)
		n = sizeof(sa->sun_path) - 1;
	memcpy(sa->sun_path + 1, name, n);
	return offsetof(struct sockaddr_un, sun_path) + 1 + n;
}

/* Connects and hangs up: a daemon of the host is not spoken to. 0 or a positive errno. */
static inline int sock_knock(const char *path)
{
	struct sockaddr_un sa;
	int dir = -1, err, fd = sock_new(AF_UNIX, SOCK_STREAM, 0);
	long e;

	if (fd < 0)
		return -fd;
	e = sock_name(&sa, path, &dir);
	err = e < 0 ? (int)-e : sock_connect(fd, &sa, sizeof(sa));
	look_close(dir);
	look_close(fd);
	return err;
}

/* 127.0.0.1 and the like. */
static inline struct probe_result sock_tcp4(const char *address, long port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };

	if (inet_pton(AF_INET, address, &sa.sin_addr) != 1)
		return probe_unknown(0, "inet_pton", "%s", address);
	return sock_ask(AF_INET, SOCK_STREAM, 0, &sa, sizeof(sa), "connect");
}

static inline struct probe_result sock_tcp6(const char *address, long port)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port) };

	if (inet_pton(AF_INET6, address, &sa.sin6_addr) != 1)
		return probe_unknown(0, "inet_pton", "%s", address);
	return sock_ask(AF_INET6, SOCK_STREAM, 0, &sa, sizeof(sa), "connect");
}

/* --- sockets of a desktop or server session: runtime.def --- */

struct sock_row {
	const char *family, *name; /* name: below CANARY_RUNTIME, or absolute with %u for the uid */
};

#define RUNTIME(family, name) { #family, name },
#define HOSTSOCK(family, path)
static const struct sock_row sock_planted[] = {
#include "runtime.def"
};
#undef RUNTIME
#undef HOSTSOCK
#define RUNTIME(family, name)
#define HOSTSOCK(family, path) { #family, path },
static const struct sock_row sock_host[] = {
#include "runtime.def"
};
#undef RUNTIME
#undef HOSTSOCK

static inline const char *sock_expand(char buf[LOOK_PATH], const char *path, long uid)
{
	const char *mark = strstr(path, "%u");

	if (mark == NULL)
		snprintf(buf, LOOK_PATH, "%s", path);
	else
		snprintf(buf, LOOK_PATH, "%.*s%ld%s", (int)(mark - path), path, uid, mark + 2);
	return buf;
}

/* The host's real sockets of a family: 0 when one takes a connection, else a positive errno. */
static inline int sock_knock_all(const char *family, char path[LOOK_PATH])
{
	long uid = probe_input_long("CANARY_UID");
	int err = ENOENT;

	if (uid < 0)
		uid = probe_sys(SYS_getuid);
	for (size_t i = 0; i < sizeof(sock_host) / sizeof(sock_host[0]) && err != 0; i++)
		if (strcmp(sock_host[i].family, family) == 0)
			err = sock_knock(sock_expand(path, sock_host[i].name, uid));
	return err;
}

/* The planted sockets of a family are asked: all of them, so that the control arm shows each. */
static inline struct probe_result sock_ask_all(const char *family, const char *runtime)
{
	struct probe_result r, denied = { 0 };
	char path[LOOK_PATH];
	bool hit = false;

	for (size_t i = 0; i < sizeof(sock_planted) / sizeof(sock_planted[0]); i++) {
		if (strcmp(sock_planted[i].family, family) != 0)
			continue;
		r = sock_unix(look_join(path, runtime, sock_planted[i].name));
		if (r.seen == PROBE_ALLOWED)
			hit = true;
		else if (r.seen == PROBE_DENIED)
			denied = r;
		else
			return r;
	}
	if (hit && denied.seen == PROBE_DENIED && look_open_arm())
		return probe_unknown(denied.err, denied.step, "control: %.180s", denied.detail);
	if (hit)
		return probe_allowed("connect", "a planted socket of the session answered with the canary");
	if (denied.seen != PROBE_DENIED)
		return probe_unknown(0, "runtime.def", "no row of family %s", family);
	return denied;
}

/*
 * All sockets of a family. Without planted ones only the host's own are left, and
 * their absence says something only where CANARY_HOSTSOCKS says that they are there.
 */
static inline struct probe_result sock_family(const char *family)
{
	const char *runtime = probe_input("CANARY_RUNTIME"), *there = probe_input("CANARY_HOSTSOCKS");
	char path[LOOK_PATH];
	int err = look_open_arm() ? ENOENT : sock_knock_all(family, path);

	if (err == 0)
		return probe_allowed("connect", "%.180s takes connections", path);
	if (runtime != NULL)
		return sock_ask_all(family, runtime);
	if (there == NULL)
		return probe_na("needs CANARY_RUNTIME or CANARY_HOSTSOCKS");
	if (!look_has_opt(there, family))
		return probe_na("this host has no such socket");
	return probe_denied(err, "connect", "the host has one, and it is not in reach: %s",
			    probe_errno_name(err));
}

#endif
