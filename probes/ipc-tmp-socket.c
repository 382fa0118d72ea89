/* SPDX-License-Identifier: MIT */
/*
 * IP-13: tmux, ssh agents, X and editors put theirs there.
 *
 * Remedy: give the sandbox a fresh /tmp.
 * See: tmux(1); unix(7)
 */
#include "sock.h"

PROBE("ipc-tmp-socket", "a listening socket in the host's /tmp cannot be reached")
{
	char path[LOOK_PATH];

	LOOK_NEED(tmp, "CANARY_TMP");
	return sock_unix(look_join(path, tmp, "sock"));
}
