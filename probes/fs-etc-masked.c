/* SPDX-License-Identifier: MIT */
/*
 * FS-20: files of the system that everybody on the host may read and that hold secrets or
 * tell about the host: their modes protect nothing, only the mask does.
 *
 * Remedy: sysmasks.def names them: look for `mask-file` in --dry-run, and whether a bind of
 *         your configuration asks for the file.
 * See: mount_namespaces(7), fstab(5)
 */
#include "look.h"

PROBE("fs-etc-masked", "a system file that everybody on the host may read can be hidden")
{
	char path[LOOK_PATH], buf[256];
	long n = 0;

	LOOK_NEED(list, "CANARY_ETC");
	for (const char *s = list; *s != '\0'; s += strcspn(s, ","), s += *s == ',') {
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(s, ","), s);
		n = probe_read_file(path, buf, sizeof(buf));
		if (n > 0)
			return probe_allowed("read", "%.180s can be read", path);
	}
	return probe_denied(n < 0 ? (int)-n : 0, "read", "closed or empty: %.180s", list);
}
