/* SPDX-License-Identifier: MIT */
/*
 * NE-20: binding the very port on which the harness listens: EADDRINUSE
 * means that both stand in one network namespace, so that a listener inside
 * would be one of the host.
 *
 * Remedy: own network namespace; --publish opens single ports.
 * See: bind(2); network_namespaces(7)
 */
#include "sock.h"

PROBE("net-listen", "a port that is opened inside is not the host's")
{
	struct probe_result seen;
	struct sockaddr_in sa;
	long r;
	int fd = sock_to_host(&sa, &seen);

	if (fd < 0)
		return seen;
	r = probe_sys(SYS_bind, (long)fd, &sa, (long)sizeof(sa));
	look_close(fd);
	if (r == -EADDRINUSE)
		return probe_allowed("bind", "the port is taken by the host's listener");
	return probe_denied((int)-r, "bind", r == 0 ? "the port is free here" : "refused");
}
