/* SPDX-License-Identifier: MIT */
/*
 * DT-03: a new session opens it and takes it with TIOCSCTTY: keys and
 * signals of that terminal would go to the session.
 *
 * Remedy: give the sandbox a devpts of its own (newinstance).
 * See: ioctl_tty(2) TIOCSCTTY; pts(4)
 */
#include "look.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>

static struct probe_result grab(void *arg)
{
	const char *text = probe_input("CANARY_TEXT");
	char buf[4096];
	int fd,
	    wait = look_open_arm() ? 10000 : 1500; /* ms: there the answer comes, however busy the host is */
	size_t n = 0;
	long r;

	(void)arg;
	if (text == NULL)
		return probe_na("needs CANARY_TEXT");
	probe_sys(SYS_setsid);
	/* Another terminal of that number may be gone any moment. */
	signal(SIGHUP, SIG_IGN);
	fd = look_open(probe_input("CANARY_PTS"), O_RDWR);
	if (fd < 0)
		return probe_denied(-fd, "openat", "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_ioctl, (long)fd, (long)TIOCSCTTY, 0L);
	if (r < 0)
		return probe_denied((int)-r, "ioctl TIOCSCTTY", "%s", probe_errno_name((int)-r));
	probe_sys(SYS_write, (long)fd, "?\n", 2L);
	while (n < sizeof(buf) && poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, wait) > 0) {
		r = probe_sys(SYS_read, (long)fd, buf + n, sizeof(buf) - n);
		if (r <= 0)
			break;
		n += (size_t)r;
		if (memmem(buf, n, text, strlen(text)) != NULL)
			return probe_allowed("ioctl TIOCSCTTY", "taken, and the host's side answered");
	}
	return probe_denied(0, "read", "it is another terminal of that name");
}

PROBE("tty-grab", "a terminal of the host cannot become the controlling terminal")
{
	LOOK_NEED(pts, "CANARY_PTS");
	return probe_in_child(grab, NULL, 15);
}
