/* SPDX-License-Identifier: MIT */
/*
 * A pair, a bound name in /tmp with a connection to it, an abstract name, and a descriptor sent
 * through.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: unix(7)
 */
#include "probe.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

PROBE("ok-sockets", "local sockets and descriptor passing work")
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 'd', c = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *h;
	int p[2], l, s, got = -1, pipe_fds[2];

	FAIL_IF(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) < 0, "socketpair");
	FAIL_IF(pipe(pipe_fds) < 0, "pipe");
	h = CMSG_FIRSTHDR(&m);
	FAIL_IF(h == NULL, "cmsg");
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &pipe_fds[1], sizeof(int));
	FAIL_IF(sendmsg(p[0], &m, 0) != 1, "sendmsg");
	FAIL_IF(recvmsg(p[1], &m, MSG_CMSG_CLOEXEC) != 1, "recvmsg");
	h = CMSG_FIRSTHDR(&m);
	FAIL_IF(h == NULL, "SCM_RIGHTS");
	memcpy(&got, CMSG_DATA(h), sizeof(int));
	FAIL_IF(write(got, "x", 1) != 1 || read(pipe_fds[0], &c, 1) != 1 || c != 'x', "passed descriptor");
	for (int abstract = 0; abstract < 2; abstract++) {
		socklen_t len;

		memset(a.sun_path, 0, sizeof(a.sun_path));
		snprintf(a.sun_path + abstract, sizeof(a.sun_path) - 1, "/tmp/.cs-probe-sock-%d", getpid());
		len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(a.sun_path + abstract) + 1);
		l = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		FAIL_IF(bind(l, (struct sockaddr *)&a, len) < 0,
			abstract != 0 ? "bind abstract" : "bind in /tmp");
		got = listen(l, 1) < 0 || connect(s, (struct sockaddr *)&a, len) < 0 ? -1 : 0;
		if (abstract == 0)
			unlink(a.sun_path);
		FAIL_IF(got < 0, abstract != 0 ? "connect abstract" : "connect in /tmp");
	}
	return probe_allowed("AF_UNIX", "pair, names, descriptor passed");
}
