/* SPDX-License-Identifier: MIT */
/*
 * The shell with statuses 0, 1, 42 and 127 and a death by signal; stdin at its end; a mebibyte
 * through a pipe.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: exit status in sh(1p), waitpid(2), pipe(7)
 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

static int run(const char *script)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(100);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status;
}

PROBE("ok-exit-status", "exit statuses, signals and pipes of commands come through unchanged")
{
	static const struct cmd {
		const char *script;
		int status; /* as waitpid gives it */
	} cmds[] = {
		{ "exit 0", 0 },
		{ "exit 1", 1 << 8 },
		{ "exit 42", 42 << 8 },
		{ "/nonexistent/command 2>/dev/null", 127 << 8 },
		{ "kill -TERM $$", SIGTERM },
		{ "read x && exit 3; exit 4", 4 << 8 },
	};
	static char buf[65536];
	size_t sent = 0, got = 0;
	int p[2], status = -1;
	pid_t pid;

	signal(SIGPIPE, SIG_DFL);
	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		int st = run(cmds[i].script);

		if (st != cmds[i].status)
			return probe_denied(0, "waitpid", "%s gave 0x%x, not 0x%x", cmds[i].script,
					    (unsigned)st, (unsigned)cmds[i].status);
	}
	FAIL_IF(pipe(p) < 0, "pipe");
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		while (sent < 1 << 20) {
			ssize_t n = write(p[1], buf, sizeof(buf));

			if (n <= 0)
				_exit(1);
			sent += (size_t)n;
		}
		_exit(0);
	}
	close(p[1]);
	for (ssize_t n; (n = read(p[0], buf, sizeof(buf))) > 0;)
		got += (size_t)n;
	FAIL_IF(pid < 0 || waitpid(pid, &status, 0) != pid || status != 0, "writer");
	if (got != 1 << 20)
		return probe_denied(0, "pipe", "%zu bytes came of 1 MiB", got);
	return probe_allowed("waitpid", "statuses, signal, pipe");
}
