/* SPDX-License-Identifier: MIT */
#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

/* Beside the target, so that a rename can replace it. */
static char *publish_temporary(const char *name)
{
	return xasprintf("%s.%d.new", name, (int)getpid());
}

static int publish_rename(int dirfd, const char *from, const char *to)
{
	int r = renameat(dirfd, from, dirfd, to) < 0 ? -errno : 0;

	if (r < 0)
		unlinkat(dirfd, from, 0);
	return r;
}

int publish_name(int fd, int dirfd, const char *name)
{
	AUTO_FREE char *tmp = publish_temporary(name);
	AUTO_FREE char *self = xasprintf("/proc/self/fd/%d", fd);

	if (linkat(AT_FDCWD, self, dirfd, tmp, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return publish_rename(dirfd, tmp, name);
}

int publish_write(int fd, const char *text, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t w = write(fd, text + done, n - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		done += (size_t)w;
	}
	return 0;
}

int publish_text(int dirfd, const char *name, const char *text, size_t n, mode_t mode)
{
	AUTO_FREE char *tmp = publish_temporary(name);
	AUTO_CLOSE int fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	bool named = fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR);
	int r;

	if (named)
		fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = publish_write(fd, text, n);
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	if (r < 0) {
		if (named)
			unlinkat(dirfd, tmp, 0);
		return r;
	}
	return named ? publish_rename(dirfd, tmp, name) : publish_name(fd, dirfd, name);
}
