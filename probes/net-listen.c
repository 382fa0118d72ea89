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
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long port = probe_input_long("CANARY_TCP"), r;
	int fd;

	if (port < 0)
		return probe_na("needs CANARY_TCP");
	sa.sin_port = htons((unsigned short)port);
	fd = sock_new(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_bind, (long)fd, &sa, (long)sizeof(sa));
	look_close(fd);
	if (r == -EADDRINUSE)
		return probe_allowed("bind", "the port is taken by the host's listener");
	return probe_denied((int)-r, "bind", r == 0 ? "the port is free here" : "refused");
}
