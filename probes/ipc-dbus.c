/* SPDX-License-Identifier: MIT */
/*
 * IP-04: with the session bus systemd --user starts any program outside.
 * The host's real ones are connected to and left; planted ones must answer.
 *
 * Remedy: hide /run; give single names through xdg-dbus-proxy.
 * See: dbus-daemon(1); systemd-run(1)
 */
#include "sock.h"

PROBE("ipc-dbus", "the message buses cannot be reached")
{
	return sock_family("dbus");
}
