/* SPDX-License-Identifier: MIT */
/*
 * IP-01: connect asks for the right to write the socket, not for a writable
 * mount: a plain read-only bind lets it through.
 *
 * Remedy: mask sockets found in binds with an empty file; report those that
 *         appear later.
 * See: unix(7); mount_namespaces(7)
 */
#include "sock.h"

PROBE("ipc-unix-ro", "a listening socket below a read-only bind cannot be reached")
{
	LOOK_NEED(path, "CANARY_RSOCK");
	return sock_unix(path);
}
