/* SPDX-License-Identifier: MIT */
/*
 * IP-13: VS Code, Emacs, Neovim, kitty and WezTerm run what their socket
 * tells them. The host's real ones are connected to and left; planted ones
 * must answer.
 *
 * Remedy: fresh /tmp and /run; unset their variables.
 * See: https://sw.kovidgoyal.net/kitty/remote-control/
 */
#include "sock.h"

PROBE("ipc-editor", "control sockets of editors and terminals cannot be reached")
{
	return sock_family("editor");
}
