/* SPDX-License-Identifier: MIT */
/*
 * NE-21: raw sockets forge addresses, and their code is a way into the
 * kernel from any namespace with CAP_NET_RAW.
 *
 * Remedy: no capabilities; no nested namespaces.
 * See: raw(7); capabilities(7)
 */
#include "sock.h"

static struct probe_result act(const char *where)
{
	int fd = sock_new(AF_INET, SOCK_RAW, 255);

	look_close(fd);
	return fd >= 0 ? probe_allowed("socket SOCK_RAW", "made %s", where)
		       : probe_denied(-fd, "socket SOCK_RAW", "%s", probe_errno_name(-fd));
}

static struct probe_result own(void *arg)
{
	long r = look_own_ns(CLONE_NEWNET);

	(void)arg;
	return r < 0 ? probe_denied((int)-r, "unshare", "%s", probe_errno_name((int)-r))
		     : act("in a namespace of its own");
}

PROBE("net-raw", "no raw socket can be made, here or in a network of one's own")
{
	struct probe_result r = act("here");

	return r.seen == PROBE_DENIED ? probe_in_child(own, NULL, 4) : r;
}
