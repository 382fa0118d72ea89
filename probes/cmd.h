/* SPDX-License-Identifier: MIT */
/*
 * Commands that the settings block: scripts of the harness that print CANARY_TEXT. Each function starts one in one way;
 * that it ran is proved by the text.
 */
#ifndef CMD_H
#define CMD_H

#include "look.h"

#include <sys/wait.h>

#define CMD_NEED(var, input) \
	const char *var = probe_input(input); \
	if (var == NULL || *var == '\0' || probe_input("CANARY_TEXT") == NULL) \
	return probe_na("%s", probe_input("CANARY_OUT_WHY") != NULL ? probe_input("CANARY_OUT_WHY") \
								    : "needs " input)

struct cmd {
	const char *path; /* NULL: by fd alone */
	int fd;		  /* -1: by path */
	char *const *argv;
};

/* In a child whose standard output is the pipe's end `out`. Returns the errno. */
static inline int cmd_exec(const struct cmd *c, int out)
{
	char path[] = "PATH=/usr/bin:/bin";
	char *const env[] = { path, NULL };

	probe_sys(SYS_dup3, (long)out, 1L, 0L);
	if (c->fd >= 0)
		return (int)-probe_sys(SYS_execveat, (long)c->fd, "", c->argv, env, (long)AT_EMPTY_PATH);
	return (int)-probe_sys(SYS_execve, c->path, c->argv, env);
}

/* Whether the text came; *err: what the exec answered, 0: it went on. */
static inline bool cmd_prints(const struct cmd *c, int *err)
{
	int pipe[2], refused[2];
	char buf[512];
	size_t len = 0;
	long n;
	pid_t pid;

	*err = EIO;
	if (probe_sys(SYS_pipe2, pipe, (long)O_CLOEXEC) < 0 ||
	    probe_sys(SYS_pipe2, refused, (long)O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		int e = cmd_exec(c, pipe[1]);

		probe_sys(SYS_write, (long)refused[1], &e, (long)sizeof(e));
		_exit(126);
	}
	look_close(pipe[1]);
	look_close(refused[1]);
	if (probe_sys(SYS_read, (long)refused[0], err, (long)sizeof(*err)) != (long)sizeof(*err))
		*err = 0;
	while (len < sizeof(buf) - 1 &&
	       (n = probe_sys(SYS_read, (long)pipe[0], buf + len, (long)(sizeof(buf) - 1 - len))) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	look_close(pipe[0]);
	look_close(refused[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return strstr(buf, probe_input("CANARY_TEXT")) != NULL;
}

/* The same as what a probe saw. */
static inline struct probe_result cmd_try(const struct cmd *c, const char *step)
{
	int err;

	if (cmd_prints(c, &err))
		return probe_allowed(step, "the command ran");
	return probe_denied(err, step, "the command did not run");
}

#endif
