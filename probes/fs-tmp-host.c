/* SPDX-License-Identifier: MIT */
/*
 * FS-11: sockets, downloads and half-written secrets of the session lie in
 * /tmp: a file there, and a name made there.
 *
 * Remedy: give the sandbox a fresh /tmp.
 * See: tmpfs(5)
 */
#include "look.h"

PROBE("fs-tmp-host", "the host's /tmp is not the sandbox's")
{
	char path[LOOK_PATH];

	LOOK_NEED(tmp, "CANARY_TMP");
	return look_canary(look_join(path, tmp, "canary"));
}
