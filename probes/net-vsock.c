/* SPDX-License-Identifier: MIT */
/*
 * NE-19: it leads to the hypervisor and to other machines on it, and a
 * network namespace does not confine it. Only the socket is made; nothing
 * is sent.
 *
 * Remedy: refuse AF_VSOCK in the filter.
 * See: vsock(7)
 */
#include "sock.h"

PROBE("net-vsock", "a socket of AF_VSOCK cannot be made")
{
	int fd;

	LOOK_NEED(there, "CANARY_VSOCK");
	fd = sock_new(40, SOCK_STREAM, 0);
	look_close(fd);
	return fd >= 0 ? probe_allowed("socket AF_VSOCK", "made")
		       : probe_denied(-fd, "socket AF_VSOCK", "%s", probe_errno_name(-fd));
}
