/* SPDX-License-Identifier: MIT */
/*
 * IP-01: a socket in a directory of the caller that is not bound.
 *
 * Remedy: hide it: default-deny of /run, homes and /tmp; a read-only bind
 *         does not stop a connect.
 * See: unix(7); mount_namespaces(7)
 */
#include "sock.h"

PROBE("ipc-unix-path", "a listening socket of the host cannot be reached by its path")
{
	LOOK_NEED(path, "CANARY_SOCK");
	return sock_unix(path);
}
