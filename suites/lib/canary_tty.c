/* SPDX-License-Identifier: MIT */
#include "canary_tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "mem.h"

struct canary_tty_state {
	struct termios termios;
	struct winsize size;
	int flags, discipline;
};

struct canary_tty {
	int fd; /* owned; handed in as standard error */
	struct canary_tty_state before;
};

/* What cannot be asked is told apart from what was there before. */
static void canary_tty_look(int fd, struct canary_tty_state *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (tcgetattr(fd, &ret->termios) < 0 || ioctl(fd, TIOCGWINSZ, &ret->size) < 0 ||
	    ioctl(fd, TIOCGETD, &ret->discipline) < 0)
		ret->discipline = -1;
	ret->flags = fcntl(fd, F_GETFL);
}

void canary_tty_plant(struct canary_site *s)
{
	const struct winsize size = { .ws_row = 37, .ws_col = 113 };
	AUTO_CLOSE int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), fd = -1;
	char name[64], id[64], word[128];
	struct stat st;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
	    ptsname_r(master, name, sizeof(name)) != 0)
		return;
	fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || ioctl(fd, TIOCSWINSZ, &size) < 0 ||
	    (geteuid() == 0 && fchown(fd, s->uid, s->gid) < 0))
		return;
	snprintf(id, sizeof(id), "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	canary_input(s, "CANARY_TTY", name);
	canary_input(s, "CANARY_TTYID", id);
	canary_input(s, "CANARY_ANSWER", s->text);
	oracle_add(&s->oracle, "CANARY_ANSWER", ORACLE_SCREEN, TAKE_FD(master));
	oracle_shown(&s->oracle, word, sizeof(word));
	canary_input(s, "CANARY_SHOWN", word);
	oracle_add(&s->oracle, "CANARY_SHOWN", ORACLE_SHOWN, -1);
	s->tty = xcalloc(1, sizeof(*s->tty));
	s->tty->fd = TAKE_FD(fd);
}

void canary_tty_seal(struct canary_site *s)
{
	if (s->tty != NULL)
		canary_tty_look(s->tty->fd, &s->tty->before);
}

bool canary_tty_changed(const struct canary_site *s)
{
	struct canary_tty_state now;

	if (s->tty == NULL)
		return false;
	canary_tty_look(s->tty->fd, &now);
	return memcmp(&now, &s->tty->before, sizeof(now)) != 0;
}

void canary_tty_take(const struct canary_site *s)
{
	/* Where that fails, the control arm says what it did not see. */
	if (s->tty != NULL && setsid() > 0 && ioctl(s->tty->fd, TIOCSCTTY, 0) < 0)
		return;
}

int canary_tty_fd(const struct canary_site *s)
{
	return s->tty != NULL ? s->tty->fd : -1;
}

void canary_tty_done(struct canary_site *s)
{
	if (s->tty != NULL)
		mem_close_fd(&s->tty->fd);
	free(s->tty);
	s->tty = NULL;
}
