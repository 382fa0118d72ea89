/* SPDX-License-Identifier: MIT */
/*
 * In a directory of its own in the project, each step judged by reading back; all of it removed
 * again.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: the positive checks of the threat catalogue; open(2), rename(2), link(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

static struct probe_result work(void)
{
	char buf[16] = "", target[16] = "";
	struct stat a, b;
	int fd = open("file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	FAIL_IF(fd < 0, "create");
	FAIL_IF(write(fd, "probe", 5) != 5, "write");
	FAIL_IF(fsync(fd) < 0, "fsync");
	FAIL_IF(fstat(fd, &a) < 0 || a.st_uid != geteuid(), "owner");
	close(fd);
	FAIL_IF(link("file", "link") < 0, "link");
	FAIL_IF(rename("file", "moved") < 0, "rename");
	FAIL_IF(stat("moved", &a) < 0 || stat("link", &b) < 0 || a.st_ino != b.st_ino, "inode of the link");
	FAIL_IF(symlink("moved", "symlink") < 0, "symlink");
	FAIL_IF(readlink("symlink", target, sizeof(target) - 1) != 5 || strcmp(target, "moved") != 0,
		"readlink");
	FAIL_IF(probe_read_file("symlink", buf, sizeof(buf)) != 5 || strcmp(buf, "probe") != 0, "read back");
	FAIL_IF(chmod("moved", 0600) < 0 || truncate("moved", 2) < 0, "chmod and truncate");
	FAIL_IF(probe_read_file("link", buf, sizeof(buf)) != 2, "read back after truncate");
	FAIL_IF(mkdir("sub", 0755) < 0 || rmdir("sub") < 0, "mkdir and rmdir");
	FAIL_IF(unlink("moved") < 0, "unlink");
	return probe_allowed("project", "all steps, read back");
}

PROBE("ok-project", "files of the project can be made, written, linked, renamed and removed")
{
	const char *project = probe_input("CANARY_PROJECT");
	char dir[4096];
	struct probe_result r;

	if (project == NULL)
		return probe_na("needs CANARY_PROJECT");
	snprintf(dir, sizeof(dir), "%s/.cs-probe-ok-XXXXXX", project);
	FAIL_IF(mkdtemp(dir) == NULL, "mkdir");
	FAIL_IF(chdir(dir) < 0, "chdir");
	r = work();
	unlink("file");
	unlink("moved");
	unlink("link");
	unlink("symlink");
	rmdir("sub");
	if (chdir("/") < 0 || rmdir(dir) < 0)
		return probe_denied(errno, "rmdir", "what was made can't be removed");
	return r;
}
