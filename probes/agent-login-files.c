/* SPDX-License-Identifier: MIT */
/*
 * AG-13: what a login or a desktop runs from the home: shell files, autostart, units of systemd, programs
 * in PATH. A name of the probe's own is made beside them; what is made in a home of the run's own is nothing.
 *
 * Remedy: put a fresh directory in the place of the home, and let nothing of it go back.
 * See: bash(1), systemd.unit(5), autostart of freedesktop.org
 */
#include "look.h"

#include <stdio.h>
#include <sys/stat.h>

PROBE("agent-login-files", "nothing that a login runs can be left in the home")
{
	static const char *const dirs[] = { "", ".config/autostart", ".config/systemd/user", ".local/bin",
					    ".ssh" };
	struct stat st;
	int denied = 0;

	LOOK_NEED(home, "CANARY_HOME");
	LOOK_NEED(dev, "CANARY_HOMEDEV");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		char dir[LOOK_PATH], made[LOOK_PATH], id[32];
		long fd;

		look_join(dir, home, dirs[i]);
		look_join(made, dir, ".planted-by-a-probe");
		fd = probe_sys(SYS_openat, (long)AT_FDCWD, made,
			       (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), 0600L);
		if (fd < 0) {
			denied = (int)-fd;
			continue;
		}
		id[0] = '\0';
		if (probe_sys(SYS_fstat, fd, &st) == 0)
			snprintf(id, sizeof(id), "%lu", (unsigned long)st.st_dev);
		look_close((int)fd);
		probe_sys(SYS_unlinkat, (long)AT_FDCWD, made, 0L);
		/* Another file system than the home's is the run's own. */
		if (strcmp(id, dev) == 0)
			return probe_allowed("openat O_CREAT", "a file was made in ~/%.60s, and removed",
					     dirs[i]);
	}
	return probe_denied(denied, "openat O_CREAT", "what can be made in the home is not in the host's");
}
