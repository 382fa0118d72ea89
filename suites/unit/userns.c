/* SPDX-License-Identifier: MIT */
#include "userns.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

bool userns_write(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

bool userns_enter(void)
{
	char user[40], group[40];

	snprintf(user, sizeof(user), "%u %u 1", getuid(), getuid());
	snprintf(group, sizeof(group), "%u %u 1", getgid(), getgid());
	return unshare(CLONE_NEWUSER) == 0 && userns_write("/proc/self/uid_map", user) &&
	       userns_write("/proc/self/setgroups", "deny") && userns_write("/proc/self/gid_map", group);
}
