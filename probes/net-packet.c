/* SPDX-License-Identifier: MIT */
/*
 * NE-21: AF_PACKET reads and writes whole frames, and has been a way to
 * root more than once.
 *
 * Remedy: refuse the family in the filter; no nested namespaces.
 * See: CVE-2016-8655; CVE-2020-14386; packet(7)
 */
#include "sock.h"

static struct probe_result act(const char *where)
{
	int fd = sock_new(AF_PACKET, SOCK_RAW, 0);

	look_close(fd);
	return fd >= 0 ? probe_allowed("socket AF_PACKET", "made %s", where)
		       : probe_denied(-fd, "socket AF_PACKET", "%s", probe_errno_name(-fd));
}

static struct probe_result own(void *arg)
{
	long r = look_own_ns(CLONE_NEWNET);

	(void)arg;
	return r < 0 ? probe_denied((int)-r, "unshare", "%s", probe_errno_name((int)-r))
		     : act("in a namespace of its own");
}

PROBE("net-packet", "no packet socket can be made, here or in a network of one's own")
{
	struct probe_result r = act("here");

	return r.seen == PROBE_DENIED ? probe_in_child(own, NULL, 4) : r;
}
