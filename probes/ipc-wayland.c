/* SPDX-License-Identifier: MIT */
/*
 * IP-08: clipboard, virtual keyboards, screen capture. The host's real ones
 * are connected to and left; planted ones must answer.
 *
 * Remedy: hide /run; unset WAYLAND_DISPLAY.
 * See: https://wayland.freedesktop.org/docs/html/
 */
#include "sock.h"

PROBE("ipc-wayland", "the Wayland display cannot be reached")
{
	return sock_family("wayland");
}
