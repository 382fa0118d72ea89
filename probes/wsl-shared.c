/* SPDX-License-Identifier: MIT */
/*
 * WS-04: /mnt/wsl is one directory for all distributions, /mnt/wslg has the
 * display and sound of Windows.
 *
 * Remedy: leave /mnt and /usr/lib/wsl out.
 * See: https://github.com/microsoft/wslg
 */
#include "look.h"

PROBE("wsl-shared", "the directories that WSL shares between systems are not visible")
{
	static const char *const dirs[] = {
		"/mnt/wsl",	    "/mnt/wslg", "/mnt/wslg/runtime-dir", "/mnt/wslg/.X11-unix",
		"/mnt/wslg/distro", NULL,
	};
	int err = 0;

	LOOK_NEED(wsl, "CANARY_WSL");
	for (int i = 0; dirs[i] != NULL; i++) {
		int fd = look_open(dirs[i], O_PATH);

		look_close(fd);
		if (fd >= 0)
			return probe_allowed("openat", "%s is there", dirs[i]);
		err = -fd;
	}
	return probe_denied(err, "openat", "none is there");
}
