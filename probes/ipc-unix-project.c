/* SPDX-License-Identifier: MIT */
/*
 * FS-24: a daemon of the host that listens in the project directory.
 *
 * Remedy: mask sockets found in binds with an empty file; report those that
 *         appear later.
 * See: unix(7); mount_namespaces(7)
 */
#include "sock.h"

PROBE("ipc-unix-project", "a listening socket of the host in the project cannot be reached")
{
	LOOK_NEED(path, "CANARY_PSOCK");
	return sock_unix(path);
}
