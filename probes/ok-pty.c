/* SPDX-License-Identifier: MIT */
/*
 * As terminals multiplexers and test tools do: a pair, raw mode, a session of its own with it as
 * controlling terminal, SIGWINCH on a change of size, bytes through it.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: pty(7), ioctl_tty(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

static volatile sig_atomic_t winch;

static void on_winch(int sig)
{
	winch = sig;
}

PROBE("ok-pty", "a pseudo terminal can be made and controlled")
{
	struct winsize ws = { .ws_row = 33, .ws_col = 77 }, got = { 0 };
	int master, slave, zero = 0, n = -1;
	struct sigaction sa = { .sa_handler = on_winch };
	const char *pts = probe_input("CANARY_PTS");
	struct termios t;
	char path[32], buf[8];

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	FAIL_IF(master < 0, "open /dev/ptmx");
	FAIL_IF(ioctl(master, TIOCGPTN, &n) < 0, "number");
	snprintf(path, sizeof(path), "/dev/pts/%d", n);
	/* A terminal of the host has this number too, and tty-grab, at the same time, takes what has it: another. */
	if (pts != NULL && strcmp(path, pts) == 0) {
		master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
		FAIL_IF(master < 0 || ioctl(master, TIOCGPTN, &n) < 0, "a second /dev/ptmx");
		snprintf(path, sizeof(path), "/dev/pts/%d", n);
	}
	FAIL_IF(ioctl(master, TIOCSPTLCK, &zero) < 0, "unlock");
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	FAIL_IF(slave < 0, "open /dev/pts/N");
	FAIL_IF(tcgetattr(slave, &t) < 0, "tcgetattr");
	cfmakeraw(&t);
	FAIL_IF(tcsetattr(slave, TCSANOW, &t) < 0, "tcsetattr");
	FAIL_IF(write(master, "probe", 5) != 5 || read(slave, buf, 5) != 5 || memcmp(buf, "probe", 5) != 0,
		"bytes");
	FAIL_IF(setsid() < 0, "setsid");
	FAIL_IF(ioctl(slave, TIOCSCTTY, 0) < 0, "TIOCSCTTY");
	sigaction(SIGWINCH, &sa, NULL);
	FAIL_IF(ioctl(master, TIOCSWINSZ, &ws) < 0 || ioctl(slave, TIOCGWINSZ, &got) < 0, "window size");
	FAIL_IF(got.ws_row != 33 || got.ws_col != 77, "window size read back");
	for (int i = 0; i < 100 && winch == 0; i++)
		usleep(1000);
	FAIL_IF(winch == 0, "SIGWINCH");
	FAIL_IF(tcgetpgrp(slave) != getpgrp(), "foreground group");
	signal(SIGHUP, SIG_IGN);
	return probe_allowed("pty", "made, raw, controlling, resized");
}
