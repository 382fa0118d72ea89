/* SPDX-License-Identifier: MIT */
/*
 * FS-20: password hashes, host keys, sudo rules and /root, also with uid 0
 * mapped; and, as the control that the act can work, a file of the
 * caller outside.
 *
 * Remedy: never let kernel uid 0 into the box; mask private keys in /etc.
 * See: shadow(5); user_namespaces(7)
 */
#include "look.h"

PROBE("fs-root-only", "files that only root or the owner may read stay closed")
{
	static const char *const files[] = {
		"/etc/shadow",
		"/etc/gshadow",
		"/etc/shadow-",
		"/etc/sudoers",
		"/etc/ssh/ssh_host_ed25519_key",
		"/etc/ssh/ssh_host_rsa_key",
		"/etc/ssh/ssh_host_ecdsa_key",
		"/etc/krb5.keytab",
		"/root/.bash_history",
		"/root/.ssh/id_ed25519",
		NULL,
	};
	const char *outside = probe_input("CANARY_OUTSIDE");
	char path[LOOK_PATH];
	int first = 0;

	for (int i = 0; files[i] != NULL; i++) {
		int fd = look_open(files[i], O_RDONLY);

		look_close(fd);
		if (fd >= 0)
			return probe_allowed("openat", "%s opens", files[i]);
		if (i == 0)
			first = -fd;
	}
	if (outside != NULL && look_canary(look_join(path, outside, "file")).seen == PROBE_ALLOWED)
		return probe_allowed("read", "the caller's own file outside the project was read");
	return probe_denied(first, "openat", "/etc/shadow: %s, and all others", probe_errno_name(first));
}
