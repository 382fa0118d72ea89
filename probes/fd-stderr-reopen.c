/* SPDX-License-Identifier: MIT */
/*
 * EF-10: opened for appending by the shell, the file gives itself up in
 * full through /proc/self/fd. The first byte is read and written back
 * unchanged.
 *
 * Remedy: relay regular files through a pipe.
 * See: proc_pid_fd(5); open(2)
 */
#include "look.h"

PROBE("fd-stderr-reopen", "a log file behind a standard stream cannot be opened again and rewritten")
{
	struct probe_result r;
	long e;
	int fd;

	LOOK_NEED(file, "CANARY_STDERR");
	fd = look_open("/proc/self/fd/2", O_RDWR);
	if (fd < 0)
		return probe_denied(-fd, "openat /proc/self/fd/2", "%s", probe_errno_name(-fd));
	if (!look_fd_has_canary(fd)) {
		look_close(fd);
		return probe_denied(0, "pread64", "standard error is not the host's file");
	}
	e = look_rewrite(fd);
	r = e == 0 ? probe_allowed("pwrite64", "the file was read, and its beginning rewritten")
		   : probe_allowed("pread64", "the file was read");
	look_close(fd);
	return r;
}
