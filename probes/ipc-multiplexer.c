/* SPDX-License-Identifier: MIT */
/*
 * IP-13: tmux and screen run what their socket tells them. The host's real
 * ones are connected to and left; planted ones must answer.
 *
 * Remedy: fresh /tmp and /run.
 * See: tmux(1)
 */
#include "sock.h"

PROBE("ipc-multiplexer", "terminal multiplexers cannot be reached")
{
	return sock_family("multiplexer");
}
