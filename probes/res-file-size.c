/* SPDX-License-Identifier: MIT */
/*
 * RS-04: a file that is written without end fills the disk of the host. Raises the limit, then writes one byte
 * beyond it, into a file of the project that has nothing before.
 * Remedy: Look for `rlimit fsize` in --dry-run; --limit disk=2G asks for it.
 * See: setrlimit(2) on RLIMIT_FSIZE
 */
#include "look.h"

#include <signal.h>
#include <sys/resource.h>

PROBE("res-file-size", "no file can grow beyond the limit of disk")
{
	LOOK_NEED(project, "CANARY_PROJECT");
	LOOK_NEED(limit, "CANARY_DISK");
	struct rlimit64 none = { RLIM64_INFINITY, RLIM64_INFINITY };
	long raised = probe_sys(SYS_prlimit64, 0L, (long)RLIMIT_FSIZE, &none, 0L), r;
	char path[LOOK_PATH];
	int fd;

	signal(SIGXFSZ, SIG_IGN);
	fd = look_open(look_fresh(path, project), O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return probe_unknown(-fd, "openat", "no file can be made in the project");
	probe_sys(SYS_unlinkat, (long)AT_FDCWD, path, 0L);
	r = probe_sys(SYS_pwrite64, (long)fd, "x", 1L, (long)strtoll(limit, NULL, 10));
	look_close(fd);
	if (r == 1)
		return probe_allowed("pwrite", "a byte at %s; raising the limit: %s", limit,
				     probe_errno_name(raised < 0 ? (int)-raised : 0));
	if (r != -EFBIG)
		return probe_unknown(r < 0 ? (int)-r : 0, "pwrite", "neither written nor too large");
	return probe_denied(EFBIG, "pwrite", "no byte at %s; raising the limit: %s", limit,
			    probe_errno_name(raised < 0 ? (int)-raised : 0));
}
