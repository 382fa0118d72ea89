/* SPDX-License-Identifier: MIT */
#include "doctortry.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "mountinfo.h"
#include "util.h"

/* Who tries when root asks: a box never runs as root. */
#define NOBODY	 65534
#define DEADLINE 5

/* True when this is root of a user namespace only, whose other uids may not be mapped. */
static bool is_contained_root(void)
{
	AUTO_CLOSE int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	char map[64] = "";

	return fd >= 0 && read(fd, map, sizeof(map) - 1) > 0 && strstr(map, "4294967295") == NULL;
}

/* Root is no measure: it may what the box's user may not. */
static int become_ordinary(void)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0)
		return 0;
	return is_contained_root() ? 0 : -errno;
}

static int wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Runs act in a child; its -errno travels as exit code. */
static int in_child(int (*act)(const void *), const void *arg, bool ordinary)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		int r = ordinary ? become_ordinary() : 0;

		alarm(DEADLINE);
		if (r == 0)
			r = act(arg);
		_exit(-r & 0xff);
	}
	if (wait_for(pid, &status) < 0 || !WIFEXITED(status))
		return -ETIMEDOUT;
	return -WEXITSTATUS(status);
}

static int write_file(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

static int enter_userns(void)
{
	char map[64];
	uid_t uid = geteuid();
	int r;

	if (unshare(CLONE_NEWUSER) < 0)
		return -errno;
	snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
	/* Becoming another user took the right to write to our own /proc files. */
	prctl(PR_SET_DUMPABLE, 1);
	r = write_file("/proc/self/setgroups", "deny");
	return r < 0 ? r : write_file("/proc/self/uid_map", map);
}

static int try_namespace(const void *arg)
{
	return unshare(CLONE_NEWUSER | *(const int *)arg) < 0 ? -errno : 0;
}

int doctortry_namespace(int flag)
{
	return in_child(try_namespace, &flag, true);
}

static int try_capability(const void *arg)
{
	int r = enter_userns();

	(void)arg;
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) < 0)
		return -errno;
	return 0;
}

static int use_capability(void)
{
	return in_child(try_capability, NULL, true);
}

static int mount_proc(const void *arg)
{
	(void)arg;
	return mount("proc", "/proc", "proc", 0, NULL) < 0 ? -errno : 0;
}

int doctortry_network(pid_t *ret_pid)
{
	AUTO_CLOSE int told = -1, tell = -1;
	AUTO_FREE char *path = NULL;
	int p[2], r = -EPIPE, fd;
	pid_t parent = getpid(), pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	told = p[0];
	tell = p[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		r = become_ordinary();
		if (r == 0)
			r = enter_userns();
		if (r == 0 && unshare(CLONE_NEWNET) < 0)
			r = -errno;
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (write(tell, &r, sizeof(r)) != sizeof(r) || r < 0 || getppid() != parent)
			_exit(1);
		for (;;)
			pause();
	}
	mem_close_fd(&tell);
	if (read(told, &r, sizeof(r)) != sizeof(r))
		r = -EPIPE;
	path = xasprintf("/proc/%d/ns/net", pid);
	fd = r == 0 ? open(path, O_RDONLY | O_CLOEXEC) : r;
	if (fd < 0)
		r = r == 0 ? -errno : r;
	if (r < 0) {
		doctortry_network_end(pid);
		return r;
	}
	*ret_pid = pid;
	return fd;
}

void doctortry_network_end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	wait_for(pid, &status);
}

static int try_proc(const void *arg)
{
	int r = enter_userns();

	(void)arg;
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	return in_child(mount_proc, NULL, false);
}

/* The first kind of namespace that a limit keeps from being made, or NULL. */
static const char *find_limited(void)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {
#define NAMESPACE(name, flag) { #name, flag },
#include "data/namespaces.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int r = doctortry_namespace(kinds[i].flag);

		if (r == -ENOSPC || r == -EUSERS)
			return kinds[i].name;
	}
	return NULL;
}

static int try_no_new_privs(const void *arg)
{
	(void)arg;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

int doctortry_no_new_privs(void)
{
	return in_child(try_no_new_privs, NULL, true);
}

/* A filter that answers getppid with EDOM: proved by effect. */
static int try_filter(const void *arg)
{
	struct sock_filter insn[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(insn), .filter = insn };
	int r = try_no_new_privs(arg);

	if (r < 0)
		return r;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		return -errno;
	return syscall(SYS_getppid) < 0 && errno == EDOM ? 0 : -ENOSYS;
}

int doctortry_filter(void)
{
	return in_child(try_filter, NULL, true);
}

/* A descriptor of a user namespace that maps 0 to an ordinary uid; its maker ends when the pipe closes. */
static int mapped_userns(pid_t *ret_pid, int *ret_hold)
{
	int ready[2], hold[2];
	char path[64], c;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(hold, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(hold[1]);
		if (unshare(CLONE_NEWUSER) < 0 || write(ready[1], "x", 1) != 1 || read(hold[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	*ret_pid = pid;
	*ret_hold = hold[1];
	close(hold[0]);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		return -EPERM;
	close(ready[0]);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	if (write_file(path, "0 65534 1\n") < 0)
		return -EPERM;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	if (write_file(path, "0 65534 1\n") < 0)
		return -EPERM;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int try_idmap(const void *arg)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int hold = -1, status, r = 0;
	pid_t pid = -1;
	int userns = mapped_userns(&pid, &hold);
	long tree = -1;

	if (userns >= 0) {
		attr.userns_fd = (unsigned)userns;
		tree = syscall(SYS_open_tree, AT_FDCWD, arg, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	}
	if (userns < 0)
		r = userns;
	else if (tree < 0 ||
		 syscall(SYS_mount_setattr, (int)tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		r = -errno;
	mem_close_fd(&hold);
	if (pid > 0)
		wait_for(pid, &status);
	return r;
}

int doctortry_idmap(const char *dir)
{
	return in_child(try_idmap, dir, false);
}

/* In the child: never returns. */
static void __attribute__((noreturn)) exec_quietly(char *const *argv, int out)
{
	char *const none[] = { NULL };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	alarm(DEADLINE);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/") < 0 ||
	    become_ordinary() < 0)
		_exit(126);
	execve(argv[0], argv, none);
	_exit(127);
}

int doctortry_run(char *const *argv, char *text, size_t size)
{
	int pipefd[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		close(pipefd[0]);
		close(pipefd[1]);
		return -errno;
	}
	if (pid == 0)
		exec_quietly(argv, pipefd[1]);
	close(pipefd[1]);
	while (len + 1 < size && (n = read(pipefd[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(pipefd[0]);
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (wait_for(pid, &status) < 0)
		return -ECHILD;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int read_label(const char *path, char *ret, size_t size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, ret, size - 1) : -1;
	int r = n < 0 ? -errno : 0;

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return r;
}

/*
 * In the middle of exec a process has its old label still. One that reads is past that: its pipe is full, and then
 * no more. It gets no options to act on.
 */
int doctortry_label(const char *program, char *ret, size_t size)
{
	char *const argv[] = { (char[]){ "bwrap" }, (char[]){ "--args" }, (char[]){ "0" }, NULL };
	char *const none[] = { NULL };
	static const char zeros[4096];
	char path[64];
	struct pollfd full;
	int args[2], status, r;
	pid_t pid;

	ret[0] = '\0';
	if (pipe2(args, O_CLOEXEC) < 0)
		return -errno;
	fcntl(args[1], F_SETPIPE_SZ, sizeof(zeros));
	fcntl(args[1], F_SETFL, O_NONBLOCK);
	while (write(args[1], zeros, sizeof(zeros)) > 0)
		;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		alarm(DEADLINE);
		if (null >= 0 && dup2(args[0], 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2 &&
		    chdir("/") == 0 && become_ordinary() == 0)
			execve(program, argv, none);
		_exit(127);
	}
	r = pid < 0 ? -errno : -ETIMEDOUT;
	close(args[0]);
	full = (struct pollfd){ .fd = args[1], .events = POLLOUT };
	/* The alarm ends the wait: then nobody reads. */
	while (pid > 0 && poll(&full, 1, (DEADLINE + 1) * 1000) < 0 && errno == EINTR)
		;
	if (pid > 0 && full.revents == POLLOUT) {
		snprintf(path, sizeof(path), "/proc/%d/attr/current", (int)pid);
		r = read_label(path, ret, size);
	}
	close(args[1]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		wait_for(pid, &status);
	}
	return r;
}

/*
 * True when "/" is not the root of the mount namespace, which the kernel asks
 * before it makes a user namespace: no mount is at "/", or PID 1, where it may
 * be looked at, has another.
 */
static bool is_chrooted(const char *mounts)
{
	struct mountinfo m = { 0 };
	struct stat here, init;
	bool at_root = false, any = false;

	while (mountinfo_next(&mounts, &m)) {
		any = true;
		at_root |= streq(m.point, "/");
		mountinfo_done(&m);
	}
	if (any && !at_root)
		return true;
	return stat("/", &here) == 0 && stat("/proc/1/root/.", &init) == 0 &&
	       (here.st_ino != init.st_ino || here.st_dev != init.st_dev);
}

struct doctorcause_live doctortry_live(const struct host *h, const char *os_release)
{
	struct doctorcause_live live = {
		.userns = doctortry_namespace(0),
		.in_userns = use_capability(),
		.filtered = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0,
		.chrooted = is_chrooted(h->mounts),
		.limited = find_limited(),
		.no_sysctls = access("/proc/sys/kernel/overflowuid", R_OK) < 0,
		.proc = in_child(try_proc, NULL, true),
		.os_release = os_release,
	};

	if (h->apparmor_userns) {
		read_label("/proc/self/attr/current", live.label, sizeof(live.label));
		if (h->bwrap.path != NULL && !h->bwrap.odd_place)
			doctortry_label(h->bwrap.path, live.bwrap_label, sizeof(live.bwrap_label));
	}
	return live;
}
