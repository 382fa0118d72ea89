/* SPDX-License-Identifier: MIT */
/* A FIFO that the host reads. */
#ifndef FIFO_H
#define FIFO_H

#include "look.h"

#include <sys/stat.h>

/* Writes one byte into it, and judges whether that is the host's. */
static inline struct probe_result fifo_write(const char *fifo)
{
	int fd = look_open(fifo, O_WRONLY);
	struct probe_result r;
	struct stat st;
	long n;

	if (fd == -ENXIO)
		return probe_allowed("openat",
				     "a FIFO of the host without a reader: only the reader is missing");
	if (fd < 0)
		return probe_denied(-fd, look_modes("openat", -fd, fifo, W_OK), "%s", probe_errno_name(-fd));
	n = probe_sys(SYS_write, (long)fd, "?", 1L);
	if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		r = probe_denied(0, "fstat", "it is no FIFO here");
	else if (n == 1)
		r = probe_allowed("write", "a byte went to the host's reader");
	else
		r = probe_denied((int)-n, "write", "%s", probe_errno_name((int)-n));
	look_close(fd);
	return r;
}

#endif
