/* SPDX-License-Identifier: MIT */
/*
 * The launch proof: forbidden acts, tried, judged by their effect.
 *
 * Should: be quick, leave no trace, and miss when in doubt. Mustn't: allocate,
 * print, or believe a return code where content or an identity can be had. The
 * calls with bad arguments are those of which an unfiltered kernel answers a
 * known errno (EFAULT, EBADF, ESRCH); that answer means that they reached it.
 */
#include "prove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/stat.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "egressmsg.h"
#include "util.h"

#define PROOF_NAME ".claude-sandbox-proof"
#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#define CLONE_NEWUSER_BIT 0x10000000ul
#define CLONE_NEWNS_BIT	  0x20000ul
#define TIOCSTI_NR	  0x5412ul

extern char **environ;

static bool ns_other(const char *name, uint64_t host_inode)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	return stat(path, &st) == 0 && st.st_ino != host_inode;
}

static bool caps_empty(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, set) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		if ((set[i].effective | set[i].permitted | set[i].inheritable) != 0)
			return false;
	return true;
}

static bool bounding_empty(void)
{
	int n = 0;

	/* The kernel answers EINVAL above its last capability. */
	for (;; n++) {
		int r = prctl(PR_CAPBSET_READ, n, 0, 0, 0);

		if (r < 0)
			return n > 0 && errno == EINVAL;
		if (r > 0)
			return false;
	}
}

/* bwrap sets PWD itself (setup of the new root); nothing else may be there. */
static bool env_empty(void)
{
	for (char **e = environ; e != NULL && *e != NULL; e++)
		if (!str_starts(*e, "PWD="))
			return false;
	return true;
}

/* Only our own descriptors are open, and all but stdio are closed on exec. */
static bool fds_known(void)
{
	DIR *dir = opendir("/proc/self/fd");
	bool known = dir != NULL;
	struct dirent *e;

	while (known && (e = readdir(dir)) != NULL) {
		int fd = 0;

		for (const char *s = e->d_name; *s >= '0' && *s <= '9'; s++)
			fd = fd * 10 + (*s - '0');
		if (e->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		if (fd > 2 && (fd != RECORD_FD_SOCKET || (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0))
			known = false;
	}
	if (dir != NULL)
		closedir(dir);
	return known;
}

/* relay.c's rule: any other socket could be connected anew, to what the host reaches. */
static bool connected_stream(int fd)
{
	struct sockaddr_storage peer;
	socklen_t np = sizeof(peer), n = sizeof(int);
	int domain = -1, type = -1, listens = -1;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens == 0 &&
	       getpeername(fd, (struct sockaddr *)&peer, &np) == 0;
}

static bool stdio_no_file(void)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0)
			return false;
		if (S_ISSOCK(st.st_mode) && !connected_stream(fd))
			return false;
		if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(fd)))
			continue;
		if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) /* /dev/null */
			return false;
	}
	return true;
}

/* Terminals on stdio are the box's own, and its session can have no other one. */
static bool tty_own(uint64_t host_dev)
{
	struct stat pts, st;

	if (getsid(0) != 1)
		return false;
	for (int fd = 0; fd < 3; fd++) {
		if (!isatty(fd))
			continue;
		if (stat("/dev/pts", &pts) < 0 || pts.st_dev == host_dev || fstat(fd, &st) < 0 ||
		    st.st_dev != pts.st_dev)
			return false;
	}
	return true;
}

static bool hostname_is_ours(void)
{
	struct utsname u;

	return uname(&u) == 0 && streq(u.nodename, "claude-sandbox");
}

static bool has_size(const char *dir, uint64_t percent)
{
	unsigned long long pages;
	struct sysinfo info;
	struct statfs fs;

	if (sysinfo(&info) < 0 || statfs(dir, &fs) < 0 || fs.f_blocks == 0 || fs.f_files == 0)
		return false;
	pages = (unsigned long long)info.totalram * info.mem_unit / (unsigned long long)fs.f_bsize * percent /
		100;
	return fs.f_blocks <= pages && fs.f_files <= pages;
}

static bool core_limit(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_cur == 1 && r.rlim_max == 1;
}

/* Neither limit of the two is more, so that none can be raised to more. */
static bool at_most(int resource, uint64_t most)
{
	struct rlimit r;

	return getrlimit(resource, &r) == 0 && r.rlim_cur <= most && r.rlim_max <= most;
}

/* A call that an unfiltered kernel answers with `reached`; success is worse. */
static bool refused(long r, int reached)
{
	return r < 0 && errno != reached;
}

static bool no_vsock(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return true;
	close(fd);
	return false;
}

static bool no_tiocsti(void)
{
	return refused(syscall(SYS_ioctl, -1, TIOCSTI_NR, 1), EBADF) &&
	       refused(syscall(SYS_ioctl, -1, TIOCSTI_NR | 1ul << 32, 1), EBADF);
}

/* A datagram socket's connect sends nothing: it only asks for a route. 192.0.2.0/24 is for documentation (RFC 5737). */
static bool no_route(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(0xc0000201) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool none;

	if (fd < 0)
		return true;
	none = connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0;
	close(fd);
	return none;
}

static bool ask_name_server(int fd)
{
	/* A question for the address of EGRESS_PROOF_NAME, which nobody has. */
	static const char name[] = "\005proof\016claude-sandbox\007invalid";
	uint8_t msg[12 + sizeof(name) + 4] = { 0x5a, 0xa5, 1, 0, 0, 1 }, answer[512];
	ssize_t n;

	memcpy(msg + 12, name, sizeof(name));
	msg[12 + sizeof(name) + 1] = 1;
	msg[12 + sizeof(name) + 3] = 1;
	if (send(fd, msg, sizeof(msg), MSG_NOSIGNAL) != (ssize_t)sizeof(msg))
		return false;
	n = recv(fd, answer, sizeof(answer), 0);
	/* NXDOMAIN, to this question. */
	return n >= 12 && answer[0] == 0x5a && answer[1] == 0xa5 && (answer[2] & 0x80) != 0 &&
	       (answer[3] & 15) == 3;
}

static int connect_to(int type, uint32_t address, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(address) };
	struct timeval limit = { 10, 0 };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
			connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * There is one interface beside the loopback, or none; behind it a name server that knows no name that is not allowed,
 * and a listener that takes a connection to anybody and resets it.
 */
static bool egress_refuses(void)
{
	struct if_nameindex *list = if_nameindex();
	int names, refused_one;
	char byte;
	bool ok = list != NULL;

	for (size_t i = 0; ok && list[i].if_name != NULL; i++)
		ok = streq(list[i].if_name, "lo") || streq(list[i].if_name, "eth0");
	if (list != NULL)
		if_freenameindex(list);
	if (!ok)
		return false;
	names = connect_to(SOCK_DGRAM, EGRESS_IP4, 53);
	ok = names >= 0 && ask_name_server(names);
	if (names >= 0)
		close(names);
	if (!ok)
		return false;
	refused_one = connect_to(SOCK_STREAM, EGRESS_IP4, EGRESS_PROOF_PORT);
	/* Reset before, or as soon as, it stood. */
	if (refused_one < 0)
		return errno == ECONNRESET || errno == ECONNREFUSED;
	ok = recv(refused_one, &byte, 1, 0) < 0 && errno == ECONNRESET;
	close(refused_one);
	return ok;
}

/*
 * Refuses a write, and because of the mount: as an ordinary user EACCES would
 * come from the modes alone.
 */
static bool read_only(const char *path)
{
	struct statvfs fs;
	struct stat st;
	int fd;

	if (statvfs(path, &fs) < 0 || stat(path, &st) < 0)
		return errno == EACCES || errno == ENOENT;
	if (!S_ISDIR(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0)
			close(fd);
		return fd < 0 && (fs.f_flag & ST_RDONLY) != 0;
	}
	fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		int made = openat(fd, PROOF_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (made >= 0) {
			unlinkat(fd, PROOF_NAME, 0);
			close(made);
		}
		close(fd);
		if (made >= 0)
			return false;
	}
	return (fs.f_flag & ST_RDONLY) != 0;
}

static bool opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool answers(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	ok = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool same(const char *path, uint64_t device, uint64_t inode)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* Mounted here, not the host's: another device number. */
static bool fresh(const char *path, uint64_t host_dev)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev != host_dev;
}

/*
 * The kernel renames and removes nothing that is a mount. Before 5.8 it doesn't tell whether it is one, nor where a
 * container's filter knows no statx.
 */
static bool pinned(const char *path)
{
	struct statx st;
	struct stat old;

	if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) < 0)
		return errno == ENOSYS && lstat(path, &old) == 0;
	return (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0 ||
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* Takes a write, without leaving a name where the file system can do that. */
static bool writable(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		return false;
	if (!S_ISDIR(st.st_mode))
		return opens(path, O_WRONLY);
	fd = open(path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	/* No O_TMPFILE on 9p, NFS and old overlays: the right to write is what can be asked without leaving a trace. */
	return (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) &&
	       faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0;
}

static bool uid_is(uid_t want)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 && real == want && effective == want &&
	       saved == want;
}

static bool gid_is(gid_t want)
{
	gid_t real, effective, saved;

	return getresgid(&real, &effective, &saved) == 0 && real == want && effective == want &&
	       saved == want;
}

/* True when the child ends well; one that is killed, by a missing entry into the kernel too, doesn't. */
static bool in_child(bool (*act)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(act() ? 0 : 1);
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool makes_userns(void)
{
	return syscall(SYS_unshare, CLONE_NEWUSER_BIT) == 0;
}

/* With all capabilities over a user namespace of its own; without one, whatever refuses that. */
static bool mounts_nothing(void)
{
	makes_userns();
	return syscall(SYS_unshare, CLONE_NEWNS_BIT) < 0 &&
	       refused(syscall(SYS_mount, 1, 1, 1, 0, 1), EFAULT);
}

/* An i386 call with arguments that name nothing. */
static long call_32(long nr)
{
#ifdef __x86_64__
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(1L), "c"(1L), "d"(1L), "S"(0L), "D"(1L)
			 : "r8", "r9", "r10", "r11", "memory", "cc");
	return (int)r;
#else
	(void)nr;
	return -ENOSYS;
#endif
}

static bool calls_32(void)
{
	return call_32(20 /* getpid */) == getpid();
}

static bool mount_32_refused(void)
{
	long r = call_32(21 /* mount */);

	return r < 0 && r != -EFAULT;
}

/* Tried before the filter was there, which refuses it too. */
static bool nested_refused;

static bool check(const struct record *rec, const struct record_check *c)
{
	const char *text = (const char *)rec + c->text;

	switch ((enum check_id)c->id) {
	case CHECK_PID_1:
		return getpid() == 1;
	case CHECK_NS_OTHER:
		return ns_other(text, c->number);
	case CHECK_CAPS_EMPTY:
		return caps_empty();
	case CHECK_BOUNDING_EMPTY:
		return bounding_empty();
	case CHECK_NO_NEW_PRIVS:
		return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	case CHECK_NON_DUMPABLE:
		return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
	case CHECK_ENV_EMPTY:
		return env_empty();
	case CHECK_FDS_KNOWN:
		return fds_known();
	case CHECK_STDIO_NO_FILE:
		return stdio_no_file();
	case CHECK_TTY_OWN:
		return tty_own(c->number);
	case CHECK_HOSTNAME:
		return hostname_is_ours();
	case CHECK_SIZE:
		return has_size(text, c->number);
	case CHECK_CORE_LIMIT:
		return core_limit();
	case CHECK_OPEN_FILES:
		return at_most(RLIMIT_NOFILE, c->number);
	case CHECK_FILE_SIZE:
		return at_most(RLIMIT_FSIZE, c->number);
	case CHECK_FILTERED:
		return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
	case CHECK_LANDLOCKED: /* its mode lets anybody read it */
		return !opens(text, O_RDONLY) && errno == EACCES;
	case CHECK_EXEC_ASKED: /* the kernel itself would first stumble over the arguments */
		return refused(syscall(SYS_execve, text, 1, 0), EFAULT);
	case CHECK_NO_MOUNT:
		return refused(syscall(SYS_mount, 1, 1, 1, 0, 1), EFAULT);
	case CHECK_NO_UNSHARE:
		return refused(syscall(SYS_unshare, CLONE_NEWUSER_BIT), 0);
	case CHECK_NO_PTRACE:
		return refused(syscall(SYS_ptrace, 2 /* PTRACE_PEEKDATA */, 0, 0, 0), ESRCH);
	case CHECK_ANSWERS:
		return answers(text);
	case CHECK_DEBUG:
		return !refused(syscall(SYS_ptrace, 2 /* PTRACE_PEEKDATA */, 0, 0, 0), ESRCH);
	case CHECK_USERNS:
		return in_child(makes_userns);
	case CHECK_NO_MOUNT_NESTED:
		return in_child(mounts_nothing);
	case CHECK_CALLS_32:
		return in_child(calls_32);
	case CHECK_NO_MOUNT_32:
		return in_child(mount_32_refused);
	case CHECK_VSOCK:
		return !no_vsock();
	case CHECK_NO_VSOCK:
		return no_vsock();
	case CHECK_NO_TIOCSTI:
		return no_tiocsti();
	case CHECK_NO_ROUTE:
		return no_route();
	case CHECK_EGRESS:
		return egress_refuses();
	case CHECK_READ_ONLY:
		return read_only(text);
	case CHECK_PROC_SYS:
		return !opens(text, O_WRONLY);
	case CHECK_FRESH:
		return fresh(text, c->number);
	case CHECK_SAME:
		return same(text, c->device, c->number);
	case CHECK_PINNED:
		return pinned(text);
	case CHECK_WRITABLE:
		return writable(text);
	case CHECK_CLOSED:
		return !opens(text, O_RDONLY);
	case CHECK_OPEN:
		return opens(text, O_RDONLY);
	case CHECK_UID:
		return uid_is((uid_t)c->number);
	case CHECK_GID:
		return gid_is((gid_t)c->number);
	case CHECK_NO_NESTED:
		return nested_refused;
	/* The launcher's. */
	case CHECK_MOUNT_MORE:
	case CHECK_MOUNT_LESS:
	case CHECK_MOUNT_WRITABLE:
	case CHECK_MOUNT_FLAGS:
	case CHECK_MOUNT_FRESH:
	case CHECK_MOUNT_SOURCE:
	case CHECK_LIMITED:
	case CHECK_MADE:
	case CHECK_MADE_MORE:
	case CHECKS:
		break;
	}
	return false;
}

void prove_unfiltered(const struct record *rec)
{
	const struct record_check *c =
	    (const struct record_check *)(const void *)((const char *)rec + rec->check);

	for (uint32_t i = 0; i < rec->ncheck && !rec->skip_proof; i++)
		if (c[i].id == CHECK_NO_NESTED)
			nested_refused = syscall(SYS_unshare, CLONE_NEWUSER_BIT) < 0;
}

bool prove(const struct record *rec, struct record_report *report)
{
	const struct record_check *c =
	    (const struct record_check *)(const void *)((const char *)rec + rec->check);

	report->checks = 0;
	for (uint32_t i = 0; i < rec->ncheck; i++, c++) {
		report->checks++;
		if (check(rec, c))
			continue;
		report->check = c->id;
		snprintf(report->text, sizeof(report->text), "%s",
			 c->text != 0 ? (const char *)rec + c->text : "");
		return false;
	}
	return true;
}
