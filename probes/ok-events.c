/* SPDX-License-Identifier: MIT */
/*
 * epoll over an eventfd, a timerfd and a signalfd, and inotify on the project, which must tell of
 * a new file.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: epoll(7), inotify(7)
 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

PROBE("ok-events", "event descriptors and watches on the project work")
{
	const char *project = probe_input("CANARY_PROJECT");
	struct itimerspec in = { .it_value.tv_nsec = 1000000 };
	char path[4096], dir[4000];
	int ep, fds[4], wd, fd;
	sigset_t set;

	if (project == NULL)
		return probe_na("needs CANARY_PROJECT");
	snprintf(dir, sizeof(dir), "%s/.cs-probe-watch-XXXXXX", project);
	FAIL_IF(mkdtemp(dir) == NULL, "mkdir");
	fds[3] = inotify_init1(IN_CLOEXEC);
	wd = inotify_add_watch(fds[3], dir, IN_CREATE);
	snprintf(path, sizeof(path), "%s/XXXXXX", dir);
	fd = mkstemp(path);
	unlink(path);
	rmdir(dir);
	FAIL_IF(wd < 0 || fd < 0, "inotify");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ep = epoll_create1(EPOLL_CLOEXEC);
	FAIL_IF(ep < 0, "epoll_create1");
	fds[0] = eventfd(1, EFD_CLOEXEC);
	fds[1] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	fds[2] = signalfd(-1, &set, SFD_CLOEXEC);
	FAIL_IF(timerfd_settime(fds[1], 0, &in, NULL) < 0, "timerfd");
	kill(getpid(), SIGUSR1);
	for (int i = 0; i < 4; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.fd = i }, got;

		FAIL_IF(epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e) < 0, "epoll_ctl");
		if (epoll_wait(ep, &got, 1, 1000) != 1 || got.data.fd != i)
			return probe_denied(errno, "epoll_wait", "descriptor %d told nothing", i);
		epoll_ctl(ep, EPOLL_CTL_DEL, fds[i], NULL);
	}
	return probe_allowed("epoll", "eventfd, timerfd, signalfd, inotify");
}
