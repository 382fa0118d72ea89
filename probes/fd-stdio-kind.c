/* SPDX-License-Identifier: MIT */
/*
 * EF-06: a regular file behind a stream can be opened again with other
 * rights, a directory is a way out.
 *
 * Remedy: relay regular files through a pipe; pass only ttys, pipes,
 *         sockets and /dev/null.
 * See: proc_pid_fd(5)
 */
#include "look.h"

#include <sys/stat.h>

PROBE("fd-stdio-kind", "standard streams are no files, directories or devices of the host")
{
	LOOK_NEED(file, "CANARY_STDERR");
	for (int fd = 0; fd <= 2; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
			return probe_allowed("fstat", "descriptor %d has mode %o", fd, st.st_mode);
	}
	return probe_denied(0, "fstat", "pipes, sockets, terminals or /dev/null");
}
