/* SPDX-License-Identifier: MIT */
#include "oldkernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "mem.h"
#include "util.h"

#define DESCRIPTORS_MAX 65536

unsigned long oldkernel_mount_id(int proc, int fd)
{
	char name[64], text[512];
	AUTO_CLOSE int info = -1;
	const char *at;
	struct statx st;
	ssize_t n;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0 && (st.stx_mask & STATX_MNT_ID) != 0)
		return (unsigned long)st.stx_mnt_id;
	snprintf(name, sizeof(name), "self/fdinfo/%d", fd);
	info = openat(proc, name, O_RDONLY | O_CLOEXEC);
	n = info >= 0 ? read(info, text, sizeof(text) - 1) : -1;
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strstr(text, "mnt_id:");
	return at != NULL ? strtoul(at + strlen("mnt_id:"), NULL, 10) : 0;
}

static bool on_mount_of(int dir, int fd)
{
	AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned long id = oldkernel_mount_id(proc, dir);

	return id != 0 && id == oldkernel_mount_id(proc, fd);
}

static int open_by_name(int dir, const char *path, int flags, bool same_mount)
{
	AUTO_CLOSE int at = -1;

	if (*path == '/')
		return -EXDEV;
	for (;;) {
		char name[NAME_MAX + 1];
		size_t n = strcspn(path, "/"), slashes = strspn(path + n, "/");
		bool last = path[n + slashes] == '\0';
		AUTO_CLOSE int fd = -1;

		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, path, n);
		name[n] = '\0';
		if (streq(name, ".."))
			return -EXDEV;
		fd = openat(at >= 0 ? at : dir, name,
			    (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		if (same_mount && !on_mount_of(dir, fd))
			return -EXDEV;
		if (last)
			return TAKE_FD(fd);
		mem_close_fd(&at);
		at = TAKE_FD(fd);
		path += n + slashes;
	}
}

bool oldkernel_lacks_openat2(int error)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	int before = errno;
	bool lacks = error == ENOSYS;

	/* No right is needed for a descriptor of the root: nothing is looked up, nothing is opened for use. */
	if (error == EPERM || error == EACCES) {
		AUTO_CLOSE int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

		lacks = fd < 0 && errno == error;
	}
	errno = before;
	return lacks;
}

int oldkernel_open_beneath(int dir, const char *path, int flags, bool same_mount)
{
	struct open_how how = { .flags = (unsigned)flags | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
					   (same_mount ? RESOLVE_NO_XDEV : 0u) };
	long fd = syscall(SYS_openat2, dir, *path != '\0' ? path : ".", &how, sizeof(how));

	if (fd >= 0)
		return (int)fd;
	return oldkernel_lacks_openat2(errno)
		   ? open_by_name(dir, *path != '\0' ? path : ".", flags, same_mount)
		   : -errno;
}

void oldkernel_close_range(unsigned first, unsigned last, bool at_exec)
{
	if (syscall(SYS_close_range, first, last, at_exec ? CLOSE_RANGE_CLOEXEC : 0u) == 0)
		return;
	for (unsigned fd = first; fd <= last && fd < DESCRIPTORS_MAX; fd++) {
		if (at_exec)
			fcntl((int)fd, F_SETFD, FD_CLOEXEC);
		else
			close((int)fd);
	}
}
