/* SPDX-License-Identifier: MIT */
/*
 * IP-02: abstract names have no directory: only the network namespace, or a
 * Landlock scope, keeps them apart.
 *
 * Remedy: own network namespace; Landlock
 *         LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET.
 * See: CVE-2020-15257; unix(7); landlock(7)
 */
#include "sock.h"

PROBE("ipc-abstract-stream", "an abstract stream socket of the host cannot be reached")
{
	struct sockaddr_un sa;
	size_t n;

	LOOK_NEED(name, "CANARY_ABS");
	n = sock_abstract(&sa, name);
	return sock_ask(AF_UNIX, SOCK_STREAM, 0, &sa, n, "connect");
}
