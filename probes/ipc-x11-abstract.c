/* SPDX-License-Identifier: MIT */
/*
 * IP-08: an X server also listens at @/tmp/.X11-unix/Xn, where no fresh
 * /tmp helps.
 *
 * Remedy: own network namespace.
 * See: Xserver(1) -nolisten local; unix(7)
 */
#include "sock.h"

PROBE("ipc-x11-abstract", "the X display cannot be reached by its abstract name")
{
	struct sockaddr_un sa;
	size_t n;

	LOOK_NEED(name, "CANARY_X11");
	n = sock_abstract(&sa, name);
	return sock_ask(AF_UNIX, SOCK_STREAM, 0, &sa, n, "connect");
}
