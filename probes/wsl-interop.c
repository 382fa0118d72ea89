/* SPDX-License-Identifier: MIT */
/*
 * WS-03: through it any Windows program is started. The host's real ones
 * are connected to and left; planted ones must answer.
 *
 * Remedy: hide /run/WSL; unset WSL_INTEROP.
 * See: https://learn.microsoft.com/windows/wsl/filesystems
 */
#include "sock.h"

PROBE("wsl-interop", "the interop socket of WSL cannot be reached")
{
	return sock_family("wsl");
}
