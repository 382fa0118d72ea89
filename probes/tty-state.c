/* SPDX-License-Identifier: MIT */
/*
 * DT-04: a descriptor of the host's terminal takes a new window size (one
 * pixel more, put back at once): what is set there stays when the sandbox
 * ends, raw mode and no echo included. A new session does not help.
 *
 * Remedy: give the sandbox a pty of its own and restore the host's terminal
 *         at exit.
 * See: ioctl_tty(2) TIOCSWINSZ
 */
#include "look.h"

#include <sys/ioctl.h>
#include <sys/stat.h>

/* 0: it is the host's and was changed, ENOTTY: it is not, else the errno of the change. */
static int change(int fd, const char *id)
{
	struct winsize w, old;
	struct stat st;
	char seen[64];
	long r;

	if (fstat(fd, &st) < 0)
		return ENOTTY;
	snprintf(seen, sizeof(seen), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	if (strcmp(seen, id) != 0)
		return ENOTTY;
	r = probe_sys(SYS_ioctl, (long)fd, (long)TIOCGWINSZ, &old);
	if (r < 0)
		return (int)-r;
	w = old;
	w.ws_xpixel++;
	r = probe_sys(SYS_ioctl, (long)fd, (long)TIOCSWINSZ, &w);
	if (r == 0)
		probe_sys(SYS_ioctl, (long)fd, (long)TIOCSWINSZ, &old);
	return (int)-r;
}

PROBE("tty-state", "the state of the launcher's terminal cannot be changed")
{
	pid_t pids[1024];
	size_t n = look_pids(pids, 1024);
	int err = ENOTTY;
	char path[64];

	LOOK_NEED(tty, "CANARY_TTY");
	LOOK_NEED(id, "CANARY_TTYID");
	for (int fd = 0; fd <= 2 && err == ENOTTY; fd++)
		err = change(fd, id);
	for (size_t i = 0; i < n * 3 && err == ENOTTY; i++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pids[i / 3], (int)(i % 3));
		fd = look_open(path, O_RDWR);
		if (fd >= 0)
			err = change(fd, id);
		look_close(fd);
	}
	if (err == 0)
		return probe_allowed("ioctl TIOCSWINSZ", "the host's terminal took another size");
	return probe_denied(err, "ioctl TIOCSWINSZ",
			    err == ENOTTY ? "no descriptor is the host's terminal" : "refused");
}
