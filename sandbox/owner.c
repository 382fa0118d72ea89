/* SPDX-License-Identifier: MIT */
#include "owner.h"

#include <sys/stat.h>
#include <unistd.h>

#define OWNER_OVERFLOW 65534 /* /proc/sys/kernel/overflowuid, which nobody changes */

bool owner_is_root(uid_t uid)
{
	struct stat top;

	return uid == 0 || (uid == OWNER_OVERFLOW && stat("/", &top) == 0 && top.st_uid == uid);
}

bool owner_lets_group(const struct stat *st)
{
	return (st->st_mode & S_IWGRP) != 0 && st->st_gid != 0 && st->st_gid != getegid();
}
