/* SPDX-License-Identifier: MIT */
/*
 * IP-09: nscd, systemd-resolved, avahi and sssd ask the network for whoever
 * asks them: a tunnel out of an empty network namespace. The host's real
 * ones are connected to and left; planted ones must answer.
 *
 * Remedy: hide /run; give names through the egress relay only.
 * See: nscd(8); systemd-resolved.service(8)
 */
#include "sock.h"

PROBE("ipc-resolver", "name service sockets cannot be reached")
{
	return sock_family("resolver");
}
