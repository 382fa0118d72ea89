/* SPDX-License-Identifier: MIT */
/*
 * fork, vfork, posix_spawn, clone3 answered by success or ENOSYS (EPERM breaks libc), process
 * groups, a signal delivered, a stop and a continue.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: clone(2), posix_spawn(3), waitpid(2)
 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

static char sh[] = "sh", dash_c[] = "-c", script[] = "exit 9";

PROBE("ok-processes", "processes can be started, signalled and waited for")
{
	char *const argv[] = { sh, dash_c, script, NULL };
	char *const env[] = { NULL };
	int status = 0;
	pid_t pid;
	long r;

	pid = fork();
	if (pid == 0)
		_exit(setpgid(0, 0) == 0 ? 7 : 8);
	FAIL_IF(pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7,
		"fork, setpgid, waitpid");
	pid = vfork();
	if (pid == 0)
		_exit(5);
	FAIL_IF(pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 5, "vfork");
	errno = posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, env);
	FAIL_IF(errno != 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 9, "posix_spawn");
	r = probe_sys(SYS_clone3, 0L, 0L);
	if (r != -ENOSYS && r != -EINVAL)
		return probe_denied((int)-r, "clone3", "neither there nor ENOSYS: libc does not fall back");
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	FAIL_IF(pid < 0, "fork");
	kill(pid, SIGSTOP);
	FAIL_IF(waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status), "stop");
	kill(pid, SIGCONT);
	FAIL_IF(waitpid(pid, &status, WCONTINUED) != pid || !WIFCONTINUED(status), "continue");
	kill(pid, SIGTERM);
	FAIL_IF(waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM,
		"signal");
	return probe_allowed("processes", "started, signalled, waited for");
}
