/* SPDX-License-Identifier: MIT */
/* Late mounts in a process that plays the box: a root of its own, with a tree in it that it may write to. */
#include "fdmount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "tmptree.h"
#include "unit.h"
#include "util.h"

/* Two repositories below one directory, which are found one after the other. */
#define FIRST  "/p/big/1/.git"
#define SECOND "/p/big/2/.git"

static bool write_line(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* A root of its own; what went wrong, or NULL. */
static const char *make_box(const char *dir, uid_t uid, gid_t gid)
{
	static const char *const dirs[] = {
		"/run", "/run/claude-sandbox", PLAN_COVERS, "/p",   "/p/big",	    "/p/big/1",
		FIRST,	FIRST "/hooks",	       "/p/big/2",  SECOND, SECOND "/hooks"
	};
	char line[40];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return "unshare";
	snprintf(line, sizeof(line), "%u %u 1", uid, uid);
	if (!write_line("/proc/self/uid_map", line) || !write_line("/proc/self/setgroups", "deny"))
		return "uid_map";
	snprintf(line, sizeof(line), "%u %u 1", gid, gid);
	if (!write_line("/proc/self/gid_map", line) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, NULL) < 0 || chdir(dir) < 0)
		return "mount";
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i] + 1, 0755) < 0)
			return dirs[i];
	return syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0
		   ? "pivot_root"
		   : NULL;
}

static bool makes(int dir, const char *name)
{
	AUTO_CLOSE int fd = openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	return fd >= 0;
}

/* What went wrong, or NULL. Without what a namespace's owner may, as in a box. */
static const char *play_box(int sock, const char *dir, uid_t uid, gid_t gid)
{
	const char *wrong = make_box(dir, uid, gid);
	int before;
	char go;

	if (wrong != NULL)
		return wrong;
	before = open("/p/big/2/.git", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (write(sock, "r", 1) != 1 || read(sock, &go, 1) != 1)
		return "the other side is gone";
	if (makes(AT_FDCWD, FIRST "/hooks/x") || makes(AT_FDCWD, SECOND "/hooks/x"))
		return "what is held takes a file";
	if (makes(before, "hooks/x"))
		return "what is held takes a file, by a directory that was open before";
	if (rename("/p/big", "/p/evil") == 0 || rename("/p/big/2", "/p/big/evil") == 0 ||
	    rename(FIRST, "/p/big/evil") == 0 || renameat(before, "hooks", before, "evil") == 0)
		return "what is pinned can be renamed";
	if (rename("/p/big/1", "/p/1") == 0 || !makes(AT_FDCWD, "/p/big/1/x"))
		return "what is pinned takes no file";
	/* It is root of its namespace here: only that it has no rights in it says what a box can do. */
	if (unshare(CLONE_NEWUSER) < 0 || open(PLAN_COVERS "/pins/p", O_PATH | O_CLOEXEC) >= 0 ||
	    errno != EACCES || chmod(PLAN_COVERS, 0700) == 0 || errno != EROFS)
		return "where pins are kept can be entered";
	return NULL;
}

/* As the search does it: what it found, and then the directories above. */
static void hold(const char *hooks, const char *const *pins, size_t n, int mnt)
{
	const struct strv none = { 0 };
	AUTO_PLAN struct plan plan = { 0 };
	struct fdmount_job job = { .plan = &plan, .keep = &none, .late = true };
	struct fdmount_helper helper = { .sock = -1 };
	struct fdmount_result done;
	struct diag d = { 0 };

	plan_add(&plan, (struct plan_op){ .type = PLAN_RO_BIND,
					  .stage = PLAN_STAGE_FD,
					  .src = xstrdup(hooks),
					  .dst = xstrdup(hooks),
					  .why = xstrdup("hooks") });
	for (size_t i = 0; i < n; i++)
		plan_add(&plan, (struct plan_op){ .type = PLAN_PIN,
						  .stage = PLAN_STAGE_FD,
						  .dst = xstrdup(pins[i]),
						  .why = xstrdup("above") });
	ck_assert_msg(fdmount_start(&job, &helper, &d) == 0, "%s", d.msg);
	ck_assert_msg(fdmount_all(&helper, &job, mnt, &done, &d) == 0, "%s", d.msg);
	fdmount_end(&helper);
}

START_TEST(what_is_held_later_is_held_for_who_was_there_before)
{
	static const char *const first[] = { "/p/big", "/p/big/1", FIRST };
	static const char *const second[] = { "/p/big/2", SECOND };
	AUTO_FREE char *path = NULL;
	char *dir = tmptree_make();
	int sv[2], mnt, st;
	char text[200] = "";
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	pid = fork();
	if (pid == 0) {
		const char *wrong = play_box(sv[1], dir, geteuid(), getegid());

		_exit(wrong == NULL ? 0 : write(sv[1], wrong, strlen(wrong)) > 0 ? 1 : 2);
	}
	close(sv[1]);
	ck_assert_msg(read(sv[0], text, sizeof(text) - 1) == 1, "%s: %s", text, strerror(errno));
	path = xasprintf("/proc/%d/ns/mnt", pid);
	mnt = open(path, O_RDONLY | O_CLOEXEC);
	hold(FIRST "/hooks", first, ARRAY_SIZE(first), mnt);
	hold(SECOND "/hooks", second, ARRAY_SIZE(second), mnt);
	ck_assert_int_eq(write(sv[0], "g", 1), 1);
	ck_assert_msg(read(sv[0], text, sizeof(text) - 1) == 0, "%s", text);
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert_int_eq(st, 0);
	close(mnt);
	close(sv[0]);
	tmptree_remove(dir);
}
END_TEST

Suite *fdmount_suite(void)
{
	Suite *s = suite_create("fdmount");
	TCase *tc = tcase_create("fdmount");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, what_is_held_later_is_held_for_who_was_there_before);
	suite_add_tcase(s, tc);
	return s;
}
