/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "mem.h"
#include "util.h"

#define VERDICT_FD   3 /* of the suite; the launcher has closed whatever was there */
#define VERDICT_HEAD "claude-sandbox verdict"
#define VERDICT_ROOM 128

/* A message each way: the question carries our pid, so that an answer to another run is none. */
static void verdict_question(char *buf, pid_t launcher)
{
	snprintf(buf, VERDICT_ROOM, VERDICT_HEAD " for %d", launcher);
}

static int verdict_fail(struct diag *d, const char *suite, const char *why)
{
	diag_set(d, -EPROTO, "the security test gave no verdict: %s %s", suite, why);
	diag_try(d, "make install, or the package again");
	return VERDICT_INCOMPLETE;
}

/* What came of a suite that ended with `status`. */
static int verdict_judge(const char *suite, int status, const char *said, struct diag *d)
{
	char why[VERDICT_ROOM], build[VERDICT_ROOM];
	int code = -1, err = 0, n = 0;
	size_t passed = 0;

	if (sscanf(said, VERDICT_HEAD " none %d%n", &err, &n) == 1 && said[n] == '\0') {
		diag_errno(d, -err, "%s", suite);
		return VERDICT_INCOMPLETE;
	}
	if (WIFSIGNALED(status)) {
		snprintf(why, sizeof(why), "was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
		verdict_fail(d, suite, why);
		d->try[0] = '\0';
		return VERDICT_INCOMPLETE;
	}
	if (sscanf(said, VERDICT_HEAD " of %127s %d %zu%n", build, &code, &passed, &n) != 3 ||
	    said[n] != '\0') {
		snprintf(why, sizeof(why), "ended with %d and did not say what it found",
			 WEXITSTATUS(status));
		return verdict_fail(d, suite, why);
	}
	if (!streq(build, build_id))
		return verdict_fail(d, suite, "is of another build than this program");
	if (code != WEXITSTATUS(status)) {
		snprintf(why, sizeof(why), "said %d and ended with %d", code, WEXITSTATUS(status));
		return verdict_fail(d, suite, why);
	}
	return code == 0 && passed == 0 ? verdict_fail(d, suite, "ended with 0, and nothing passed") : code;
}

static void verdict_child(const char *suite, char **argv, int fd, pid_t parent) __attribute__((noreturn));
static void verdict_child(const char *suite, char **argv, int fd, pid_t parent)
{
	char none[VERDICT_ROOM];

	/* The suite ends with us, as if it were this very process. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() == parent && (fd == VERDICT_FD ? fcntl(fd, F_SETFD, 0) : dup2(fd, VERDICT_FD)) >= 0)
		execv(suite, argv);
	snprintf(none, sizeof(none), VERDICT_HEAD " none %d", errno);
	send(fd, none, strlen(none), MSG_NOSIGNAL);
	_exit(VERDICT_INCOMPLETE);
}

int verdict_run(const char *suite, char **argv, struct diag *d)
{
	char text[VERDICT_ROOM] = "";
	int pair[2], status = 0;
	pid_t me = getpid(), pid;
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		diag_errno(d, -errno, "a socket for the verdict of the security test");
		return VERDICT_INCOMPLETE;
	}
	verdict_question(text, me);
	if (send(pair[0], text, strlen(text), MSG_NOSIGNAL) < 0)
		diag_errno(d, -errno, "a socket for the verdict of the security test");
	fflush(NULL);
	pid = d->code == 0 ? fork() : -1;
	if (pid == 0)
		verdict_child(suite, argv, pair[1], me);
	if (pid < 0 && d->code == 0)
		diag_errno(d, -errno, "a process for the security test");
	close(pair[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* Who ended without reading the question left a reset before its answer. */
	do
		n = pid > 0 ? recv(pair[0], text, sizeof(text) - 1, MSG_DONTWAIT) : 0;
	while (n < 0 && errno == ECONNRESET);
	close(pair[0]);
	text[n > 0 ? n : 0] = '\0';
	return pid > 0 ? verdict_judge(suite, status, text, d) : VERDICT_INCOMPLETE;
}

/* --- in the suite */

int verdict_listen(void)
{
	char want[VERDICT_ROOM], got[VERDICT_ROOM];
	int type = 0, fd;
	socklen_t len = sizeof(type);
	ssize_t n;

	if (getsockopt(VERDICT_FD, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET)
		return -1;
	verdict_question(want, getppid());
	n = recv(VERDICT_FD, got, sizeof(got) - 1, MSG_DONTWAIT);
	got[n > 0 ? n : 0] = '\0';
	if (!streq(want, got))
		return -1;
	fd = fcntl(VERDICT_FD, F_DUPFD_CLOEXEC, VERDICT_FD + 1);
	close(VERDICT_FD);
	return fd;
}

void verdict_say(int fd, int code, size_t passed)
{
	char text[VERDICT_ROOM];

	if (fd < 0)
		return;
	fflush(NULL);
	snprintf(text, sizeof(text), VERDICT_HEAD " of %s %d %zu", build_id, code, passed);
	send(fd, text, strlen(text), MSG_NOSIGNAL);
}
