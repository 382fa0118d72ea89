/* SPDX-License-Identifier: MIT */
/*
 * WS-02: binfmt_misc holds its interpreter open, so that hiding /init is
 * not enough: the harness put a program there that Windows, or the stand-in
 * of the test, answers with the canary.
 *
 * Remedy: hide /run/WSL and refuse AF_VSOCK: the interpreter then has
 *         nothing to talk to.
 * See: https://learn.microsoft.com/windows/wsl/filesystems;
 *      proc_sys_fs_binfmt(5)
 */
#include "look.h"

static struct probe_result start(void *arg)
{
	const char *exe = probe_input("CANARY_EXE"), *text = probe_input("CANARY_TEXT");
	char *argv[] = { NULL, NULL }, buf[4096];
	long e, n, got = 0;
	int p[2], err = 0;
	pid_t pid;

	(void)arg;
	memcpy(&argv[0], &exe, sizeof(exe));
	if (text == NULL || pipe2(p, O_CLOEXEC) < 0)
		return probe_na("needs CANARY_TEXT");
	pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		e = probe_sys(SYS_execve, exe, argv, environ);
		dprintf(p[1], "errno %ld", -e);
		_exit(127);
	}
	look_close(p[1]);
	while (got < (long)sizeof(buf) - 1 &&
	       (n = probe_sys(SYS_read, (long)p[0], buf + got, sizeof(buf) - 1 - (size_t)got)) > 0)
		got += n;
	buf[got] = '\0';
	if (strstr(buf, text) != NULL)
		return probe_allowed("execve", "it ran and printed the canary");
	if (strncmp(buf, "errno ", 6) == 0)
		err = atoi(buf + 6);
	return probe_denied(err, "execve", "%s",
			    err != 0 ? probe_errno_name(err) : "it started, and did not reach Windows");
}

PROBE("wsl-exec", "a Windows program in the project does not start")
{
	LOOK_NEED(exe, "CANARY_EXE");
	return probe_in_child(start, NULL, 6);
}
