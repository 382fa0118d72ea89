/* SPDX-License-Identifier: MIT */
/*
 * HC-06: XDG_RUNTIME_DIR holds sockets, decrypted secrets and the document
 * portal: its bus, and what lies in /run/user/UID.
 *
 * Remedy: give the sandbox a fresh /run.
 * See: https://specifications.freedesktop.org/basedir-spec/latest/
 */
#include "look.h"

PROBE("cred-runtime-dir", "the runtime directory of the session is not visible")
{
	long uid = probe_input_long("CANARY_UID"), n;
	char path[LOOK_PATH];
	struct dirent *e;
	DIR *d;

	LOOK_NEED(runtime, "CANARY_RUNTIME");
	snprintf(path, sizeof(path), "/run/user/%ld", uid < 0 ? probe_sys(SYS_getuid) : uid);
	d = look_open_arm() ? NULL : opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, "bus") == 0 || strcmp(e->d_name, "systemd") == 0 ||
		    strcmp(e->d_name, "gnupg") == 0 || strcmp(e->d_name, "doc") == 0) {
			struct probe_result r =
			    probe_allowed("getdents64", "%s holds %.40s", path, e->d_name);

			closedir(d);
			return r;
		}
	if (d != NULL)
		closedir(d);
	n = look_open(look_join(path, runtime, "bus"), O_PATH);
	look_close((int)n);
	return n >= 0
		   ? probe_allowed("openat", "the planted directory and its bus are visible")
		   : probe_denied((int)-n, "openat", "the planted directory: %s", probe_errno_name((int)-n));
}
