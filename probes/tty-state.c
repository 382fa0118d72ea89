/* SPDX-License-Identifier: MIT */
/*
 * DT-04: a descriptor of the host's terminal takes a new window size (one
 * pixel more, put back at once): what is set there stays when the sandbox
 * ends, raw mode and no echo included. A new session does not help. Inside,
 * every terminal that stdio leads to is left spoilt: the harness compares its
 * own with what it was.
 *
 * Remedy: give the sandbox a pty of its own and restore the host's terminal
 *         at exit.
 * See: ioctl_tty(2) TIOCSWINSZ
 */
#include "look.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

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

/* No echo, raw, tiny, without waiting. Where the open arm would, the terminal is needed for the next probe. */
static void spoil(int fd)
{
	const struct winsize tiny = { .ws_row = 1, .ws_col = 1 };
	struct termios t;

	if (look_open_arm() || probe_sys(SYS_ioctl, (long)fd, (long)TCGETS, &t) < 0)
		return;
	t.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	probe_sys(SYS_ioctl, (long)fd, (long)TCSETS, &t);
	probe_sys(SYS_ioctl, (long)fd, (long)TIOCSWINSZ, &tiny);
	probe_sys(SYS_fcntl, (long)fd, (long)F_SETFL,
		  probe_sys(SYS_fcntl, (long)fd, (long)F_GETFL) | O_NONBLOCK);
}

PROBE("tty-state", "the state of the launcher's terminal cannot be changed")
{
	pid_t pids[1024];
	size_t n = look_pids(pids, 1024);
	int err = ENOTTY;
	char path[64];

	LOOK_NEED(tty, "CANARY_TTY");
	LOOK_NEED(id, "CANARY_TTYID");
	/* From the background a change would stop us. */
	signal(SIGTTOU, SIG_IGN);
	for (int fd = 0; fd <= 2 && err == ENOTTY; fd++)
		err = change(fd, id);
	for (int fd = 0; fd <= 2; fd++)
		spoil(fd);
	if (err == ENOTTY) {
		int fd = look_open(tty, O_RDWR);

		if (fd >= 0)
			err = change(fd, id);
		look_close(fd);
	}
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
