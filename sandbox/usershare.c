/* SPDX-License-Identifier: MIT */
/*
 * The kernel counts for a user in his user namespace, for who made that namespace in the one above it, and so on up to
 * the first. Each namespace has limits of its own, and a new one none. So a limit of the namespace that owns the box
 * holds for all in it together, whatever is nested there, and nobody inside has the right to change it
 * (CAP_SYS_RESOURCE). /proc/sys/user shows, and changes, the limits of the namespace of who opens it.
 */
#include "usershare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

static int read_number(int proc, const char *file, long *ret)
{
	AUTO_CLOSE int fd = openat(proc, file, O_RDONLY | O_CLOEXEC);
	char text[32];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (n < 0)
		return -errno;
	text[n] = '\0';
	*ret = strtol(text, NULL, 10);
	return 0;
}

int usershare_read(struct usershare_outside *ret)
{
	AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*ret = (struct usershare_outside){ 0 };
	for (size_t i = 0; i < LIMIT_USERS; i++) {
		const struct limit_user *u = limit_user(i);
		long own = 0, machine = 0;
		int r = proc < 0 ? -errno : read_number(proc, u->own, &own);

		if (r == 0)
			r = read_number(proc, u->machine, &machine);
		if (r < 0 && (r != -ENOENT || proc < 0))
			return r;
		ret->most[i] = r < 0 ? 0 : own < machine ? own : machine;
	}
	return 0;
}

int usershare_set(int proc, const struct usershare_outside *outside, const struct plan_op *op)
{
	AUTO_CLOSE int fd = -1;
	char text[32];
	size_t i = 0;
	ssize_t done;
	int n;

	while (i < LIMIT_USERS && !streq(limit_user(i)->name, op->dst))
		i++;
	if (i == LIMIT_USERS)
		return -ENOTSUP;
	if (outside->most[i] == 0)
		return 0;
	fd = openat(proc, limit_user(i)->own, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = snprintf(text, sizeof(text), "%lld", (long long)outside->most[i] * op->number / 100);
	done = write(fd, text, (size_t)n);
	return done == n ? 0 : done < 0 ? -errno : -EIO;
}
