/* SPDX-License-Identifier: MIT */
/*
 * AG-14: the agent's own program is rewritten, another version is put beside it, or a program of a
 * system's name into a directory of PATH that comes before the system's: run later, also outside.
 *
 * Remedy: bind the agent's installation read-only, file by file; let nothing before /usr/bin in PATH be of the host and
 *   writable.
 * See: CVE-2019-5736
 */
#include "look.h"

#include <stdio.h>
#include <sys/stat.h>

/* Makes and removes a file of its own; true when it came to lie on the device. */
static bool made_on(const char *dir, const char *dev, int *err)
{
	char made[LOOK_PATH], id[32] = "";
	struct stat st;
	long fd;

	look_join(made, dir, ".planted-by-a-probe");
	fd = probe_sys(SYS_openat, (long)AT_FDCWD, made, (long)(O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC),
		       0700L);
	if (fd < 0) {
		*err = (int)-fd;
		return false;
	}
	if (probe_sys(SYS_fstat, fd, &st) == 0)
		snprintf(id, sizeof(id), "%lu", (unsigned long)st.st_dev);
	look_close((int)fd);
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, made, 0L);
	return strcmp(id, dev) == 0;
}

PROBE("agent-binary-write",
      "the agent's program and what comes before the system's in PATH cannot be written")
{
	char dir[LOOK_PATH], *slash;
	const char *path = getenv("PATH");
	int fd, err = 0;
	long r;

	LOOK_NEED(program, "CANARY_AGENT");
	LOOK_NEED(dev, "CANARY_HOMEDEV");
	fd = look_open(program, O_RDWR);
	r = fd < 0 ? fd : look_rewrite(fd);
	look_close(fd);
	if (r == 0)
		return probe_allowed("pwrite64",
				     "a byte of the agent's program was written (the same as before)");
	snprintf(dir, sizeof(dir), "%.4000s", program);
	slash = strrchr(dir, '/');
	if (slash != NULL)
		*slash = '\0';
	if (made_on(dir, dev, &err))
		return probe_allowed("openat O_CREAT", "a version was made beside it, and removed");
	while (path != NULL && *path != '\0' && strncmp(path, "/usr/", 5) != 0 &&
	       strncmp(path, "/bin", 4) != 0) {
		size_t n = strcspn(path, ":");

		snprintf(dir, sizeof(dir), "%.*s", n < 4000 ? (int)n : 4000, path);
		if (made_on(dir, dev, &err))
			return probe_allowed("openat O_CREAT", "a program was made in %.100s, and removed",
					     dir);
		path += n + (path[n] == ':');
	}
	return probe_denied((int)-r, "openat O_RDWR", "%s; beside it: %s", probe_errno_name((int)-r),
			    err != 0 ? probe_errno_name(err) : "not on the host");
}
