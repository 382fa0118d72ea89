/* SPDX-License-Identifier: MIT */
/*
 * A script with an interpreter line, a copy of the shell in the project, the shell itself, and a
 * copy in a memfd.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: execve(2), execveat(2), memfd_create(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

/* The exit status of the program with -c 'exit 42' (or the script alone), -1 when it did not exit. */
static int run(const char *path, int fd)
{
	char arg0[] = "sh", arg1[] = "-c", arg2[] = "exit 42";
	char *const argv[] = { arg0, arg1, arg2, NULL };
	char *const env[] = { NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (fd >= 0)
			probe_sys(SYS_execveat, (long)fd, "", argv, env, (long)AT_EMPTY_PATH);
		else
			execve(path, argv, env);
		_exit(100);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool copy_shell(int to)
{
	int from = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	while (from >= 0 && n > 0)
		n = sendfile(to, from, NULL, 1 << 20);
	if (from >= 0)
		close(from);
	return from >= 0 && n == 0;
}

static struct probe_result work(const char *dir)
{
	static const char script[] = "#!/bin/sh\nexit 42\n";
	char path[4096];
	int fd;

	FAIL_IF(run("/bin/sh", -1) != 42, "exec /bin/sh");
	snprintf(path, sizeof(path), "%s/script", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	FAIL_IF(fd < 0 || write(fd, script, sizeof(script) - 1) != (ssize_t)sizeof(script) - 1,
		"write script");
	close(fd);
	FAIL_IF(run(path, -1) != 42, "exec script");
	snprintf(path, sizeof(path), "%s/sh", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	FAIL_IF(fd < 0 || !copy_shell(fd), "copy /bin/sh");
	close(fd);
	FAIL_IF(run(path, -1) != 42, "exec the copy");
	fd = memfd_create("sh", MFD_CLOEXEC);
	FAIL_IF(fd < 0 || !copy_shell(fd), "copy to a memfd");
	FAIL_IF(run(NULL, fd) != 42, "exec from memory");
	return probe_allowed("exec", "shell, script, copy, memfd");
}

PROBE("ok-exec", "scripts and programs in the project can be run, also from memory")
{
	const char *project = probe_input("CANARY_PROJECT");
	char dir[4000], path[4096];
	struct probe_result r;

	if (project == NULL)
		return probe_na("needs CANARY_PROJECT");
	snprintf(dir, sizeof(dir), "%s/.cs-probe-exec-XXXXXX", project);
	FAIL_IF(mkdtemp(dir) == NULL, "mkdir");
	r = work(dir);
	snprintf(path, sizeof(path), "%s/script", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/sh", dir);
	unlink(path);
	rmdir(dir);
	return r;
}
