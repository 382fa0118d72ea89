/* SPDX-License-Identifier: MIT */
/*
 * HC-01: the key of the user, by its usual name below the path of the
 * host's home (not below $HOME, which may be another), and everything else
 * in that directory.
 *
 * Creds: ssh
 * Remedy: keep the home a fresh tmpfs; give an ssh agent by --ssh-agent
 *         instead of a key.
 * See: ssh(1) FILES; mount_namespaces(7)
 */
#include "cred.h"

PROBE("cred-ssh-key", "a private key in ~/.ssh cannot be read")
{
	static const char *const ids[] = { "ssh", NULL };
	char path[LOOK_PATH];
	struct probe_result r;

	LOOK_NEED(home, "CANARY_HOME");
	if (probe_input("CANARY_TEXT") == NULL)
		return cred_family(ids);
	r = look_canary(look_join(path, home, ".ssh/id_ed25519"));
	return r.seen == PROBE_DENIED && !look_open_arm() ? cred_family(ids) : r;
}
