/* SPDX-License-Identifier: MIT */
/*
 * HC-05: many homes are mode 0755: a key in one is then protected by its
 * own mode alone.
 *
 * Remedy: do not bind /home or /root; hide them behind a tmpfs.
 * See: mount_namespaces(7)
 */
#include "look.h"

PROBE("cred-other-home", "the home of another user cannot be read")
{
	char path[LOOK_PATH];

	LOOK_NEED(other, "CANARY_OTHER_HOME");
	return look_canary(look_join(path, other, ".ssh/id_ed25519"));
}
