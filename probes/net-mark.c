/* SPDX-License-Identifier: MIT */
/*
 * NE-21: SO_MARK chooses routing tables and firewall rules: the way round a
 * filter that lets a mark pass.
 *
 * Remedy: no capabilities over the network namespace.
 * See: socket(7) SO_MARK
 */
#include "sock.h"

static struct probe_result act(const char *where)
{
	int fd = sock_new(AF_INET, SOCK_DGRAM, 0), mark = 1;
	long r = fd < 0 ? fd
			: probe_sys(SYS_setsockopt, (long)fd, (long)SOL_SOCKET, (long)SO_MARK, &mark,
				    (long)sizeof(mark));

	look_close(fd);
	return r >= 0 ? probe_allowed("setsockopt SO_MARK", "set %s", where)
		      : probe_denied((int)-r, "setsockopt SO_MARK", "%s", probe_errno_name((int)-r));
}

static struct probe_result own(void *arg)
{
	long r = look_own_ns(CLONE_NEWNET);

	(void)arg;
	return r < 0 ? probe_denied((int)-r, "unshare", "%s", probe_errno_name((int)-r))
		     : act("in a namespace of its own");
}

PROBE("net-mark", "packets cannot be marked for other routes")
{
	struct probe_result r = act("here");

	return r.seen == PROBE_DENIED ? probe_in_child(own, NULL, 4) : r;
}
