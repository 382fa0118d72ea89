/* SPDX-License-Identifier: MIT */
/*
 * IP-08: any X client reads and types every key. The host's real ones are
 * connected to and left; planted ones must answer.
 *
 * Remedy: fresh /tmp.
 * See: Xsecurity(7)
 */
#include "sock.h"

PROBE("ipc-x11", "the X display cannot be reached by path")
{
	return sock_family("x11");
}
