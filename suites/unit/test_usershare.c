/* SPDX-License-Identifier: MIT */
/* The box's share of what the kernel counts for a user, in user namespaces of the test's own, whose limits are small. */
#include "usershare.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan.h"
#include "unit.h"
#include "userns.h"
#include "util.h"

#define MOST	10
#define WATCHES "10"

/* Each directory can be watched once by one instance. */
static int watch_all(void)
{
	static const char *const dir[] = {
		"/",	"/dev", "/etc",	 "/usr",       "/usr/bin",	  "/usr/lib",
		"/var", "/tmp", "/proc", "/proc/self", "/proc/self/task", "/proc/self/fd"
	};
	int fd = inotify_init1(IN_CLOEXEC), n = 0;

	_Static_assert(ARRAY_SIZE(dir) > MOST, "more than there may be");
	for (size_t i = 0; i < ARRAY_SIZE(dir); i++)
		n += inotify_add_watch(fd, dir[i], IN_CREATE) >= 0;
	return n;
}

/* Tells how many watches it got (-1: no namespaces, or no share) and keeps them until the other end is closed. */
static _Noreturn void inside(const struct usershare_outside *outside, int sock)
{
	char name[] = "inotify-watches";
	struct plan_op op = { .type = PLAN_SHARE, .dst = name, .number = 50 };
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int n = -1;

	/* As bwrap does it: one namespace more, which has no limits and may not change those above. */
	if (userns_enter() && usershare_set(proc, outside, &op) == 0 && userns_enter())
		n = watch_all();
	_exit(write(sock, &n, sizeof(n)) == sizeof(n) && read(sock, &n, 1) == 0 ? 0 : 1);
}

START_TEST(what_is_used_up_inside_is_left_outside)
{
	struct usershare_outside outside;
	int pair[2], n = -2, st;
	pid_t pid;

	ck_assert_msg(userns_enter(), "unshare: %s", strerror(errno));
	ck_assert_msg(userns_write("/proc/sys/user/max_inotify_watches", WATCHES), "%s", strerror(errno));
	ck_assert_int_eq(usershare_read(&outside), 0);
	for (size_t i = 0; i < LIMIT_USERS; i++)
		ck_assert_msg(outside.most[i] > 0, "%s", limit_user(i)->name);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		inside(&outside, pair[1]);
	}
	close(pair[1]);
	ck_assert_int_eq(read(pair[0], &n, sizeof(n)), sizeof(n));
	ck_assert_int_eq(n, MOST / 2);
	ck_assert_int_eq(watch_all(), MOST - MOST / 2);
	close(pair[0]);
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert_int_eq(st, 0);
}
END_TEST

Suite *usershare_suite(void)
{
	Suite *s = suite_create("usershare");
	TCase *tc = tcase_create("usershare");

	tcase_add_test(tc, what_is_used_up_inside_is_left_outside);
	suite_add_tcase(s, tc);
	return s;
}
