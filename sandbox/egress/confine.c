/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#error "the audit number of this architecture"
#endif
/* Not in the headers of Debian 12. */
#define SCOPE_ABSTRACT_UNIX 1u
#define SCOPE_SIGNAL	    2u

enum op { ALWAYS, EQ, ANY, NONE };

struct call {
	unsigned nr;
	int argument;
	enum op op;
	unsigned value;
};

static const struct call relay_calls[] = {
#define CALL(name, why)				{ __NR_##name, 0, ALWAYS, 0 },
#define CALL_IF(name, argument, op, value, why) { __NR_##name, argument, op, value },
#include "data/egresscalls.def"
#undef CALL
#undef CALL_IF
};

static const struct call waiter_calls[] = {
	{ __NR_wait4, 0, ALWAYS, 0 },	     { __NR_exit_group, 0, ALWAYS, 0 },
	{ __NR_rt_sigreturn, 0, ALWAYS, 0 }, { __NR_restart_syscall, 0, ALWAYS, 0 },
	{ __NR_close, 0, ALWAYS, 0 },
};

static const struct call maker_calls[] = {
	{ __NR_socket, 0, EQ, AF_INET },	{ __NR_socket, 0, EQ, AF_INET6 },
	{ __NR_sendmsg, 0, ALWAYS, 0 },		{ __NR_close, 0, ALWAYS, 0 },
	{ __NR_exit_group, 0, ALWAYS, 0 },	{ __NR_rt_sigreturn, 0, ALWAYS, 0 },
	{ __NR_restart_syscall, 0, ALWAYS, 0 },
};

/* At most six instructions a row, and the frame around them. */
#define ROOM (6 * ARRAY_SIZE(relay_calls) + 8)

#define LOAD(at)	     ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(at)))
#define JUMP(op, k, yes, no) ((struct sock_filter)BPF_JUMP(BPF_JMP | (op) | BPF_K, (uint32_t)(k), yes, no))
#define RET(k)		     ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (uint32_t)(k)))

/* One row: falls to the next unless it lets the call pass. The accumulator holds the number before and after. */
static size_t add_call(struct sock_filter *f, const struct call *c)
{
	size_t n = 0;

	if (c->op == ALWAYS) {
		f[n++] = JUMP(BPF_JEQ, c->nr, 0, 1);
		f[n++] = RET(SECCOMP_RET_ALLOW);
		return n;
	}
	f[n++] = JUMP(BPF_JEQ, c->nr, 0, 4);
	/* The low half of the argument: both architectures are little-endian. */
	f[n++] = LOAD(offsetof(struct seccomp_data, args) + 8 * (size_t)c->argument);
	f[n++] = c->op == EQ	? JUMP(BPF_JEQ, c->value, 0, 1)
		 : c->op == ANY ? JUMP(BPF_JSET, c->value, 0, 1)
				: JUMP(BPF_JSET, c->value, 1, 0);
	f[n++] = RET(SECCOMP_RET_ALLOW);
	f[n++] = LOAD(offsetof(struct seccomp_data, nr));
	return n;
}

static int load_filter(const struct call *call, size_t n, struct diag *d)
{
	struct sock_filter f[ROOM];
	struct sock_fprog prog = { .filter = f };
	size_t len = 0;

	f[len++] = LOAD(offsetof(struct seccomp_data, arch));
	f[len++] = JUMP(BPF_JEQ, THIS_ARCH, 1, 0);
	f[len++] = RET(SECCOMP_RET_KILL_PROCESS);
	f[len++] = LOAD(offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < n; i++)
		len += add_call(f + len, &call[i]);
	f[len++] = RET(SECCOMP_RET_ERRNO | EPERM);
	prog.len = (unsigned short)len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return diag_errno(d, -errno, "egress: no_new_privs");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return diag_errno(d, -errno, "egress: its filter of system calls");
	return 0;
}

/* A tree of its own with nothing in it; what was the root is gone. */
static int empty_root(struct diag *d)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return diag_errno(d, -errno, "egress: private mounts");
	if (mount("egress", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=0555") < 0)
		return diag_errno(d, -errno, "egress: an empty root");
	if (chdir("/tmp") < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return diag_errno(d, -errno, "egress: entering its empty root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return diag_errno(d, -errno, "egress: leaving the root of this machine");
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) < 0)
		return diag_errno(d, -errno, "egress: its empty root read-only");
	return 0;
}

/* No file at all; from ABI 6 on no signal and no abstract socket outside either. */
static int landlock(struct diag *d)
{
	struct {
		uint64_t files, net, scoped;
	} attr = { .files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
			    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
			    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
			    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
			    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
			    LANDLOCK_ACCESS_FS_MAKE_SYM };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	AUTO_CLOSE int fd = -1;

	/* The second layer: what has no Landlock has the empty root and the filter. */
	if (abi < 1)
		return 0;
	if (abi >= 6)
		attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	fd =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, abi >= 6 ? sizeof(attr) : sizeof(attr.files), 0);
	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return diag_errno(d, -errno, "egress: Landlock");
	return 0;
}

static int drop_capabilities(struct diag *d)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	/* EINVAL: above the kernel's last one. */
	for (int cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	if (errno != EINVAL || syscall(SYS_capset, &head, none) < 0)
		return diag_errno(d, -errno, "egress: dropping capabilities");
	return 0;
}

static int limits(uint64_t file_bytes, struct diag *d)
{
	const struct {
		int what;
		rlim_t value;
	} limit[] = {
		{ RLIMIT_NPROC, 0 },
		{ RLIMIT_FSIZE, file_bytes },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
		/* Not 0: with that a piped handler of core files still runs. */
		{ RLIMIT_CORE, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limit); i++) {
		struct rlimit l;

		if (getrlimit((__rlimit_resource_t)limit[i].what, &l) < 0)
			return diag_errno(d, -errno, "egress: its limits");
		if (l.rlim_max > limit[i].value)
			l.rlim_max = limit[i].value;
		l.rlim_cur = l.rlim_max;
		if (setrlimit((__rlimit_resource_t)limit[i].what, &l) < 0)
			return diag_errno(d, -errno, "egress: its limits");
	}
	return 0;
}

int confine_namespaces(struct diag *d)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS |
		    CLONE_NEWCGROUP) == 0)
		return 0;
	diag_errno(d, -errno, "egress: namespaces of its own");
	diag_try(d, "claude-sandbox --test");
	return d->code;
}

int confine_rest(uint64_t file_bytes, struct diag *d)
{
	int r = empty_root(d);

	if (r == 0)
		r = limits(file_bytes, d);
	if (r == 0)
		r = drop_capabilities(d);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = diag_errno(d, -errno, "egress: no_new_privs");
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = diag_errno(d, -errno, "egress: undumpable");
	if (r == 0)
		r = landlock(d);
	return r == 0 ? load_filter(relay_calls, ARRAY_SIZE(relay_calls), d) : r;
}

static int confine_to(const struct call *call, size_t n, struct diag *d)
{
	int r = drop_capabilities(d);

	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = diag_errno(d, -errno, "egress: undumpable");
	return r == 0 ? load_filter(call, n, d) : r;
}

int confine_maker(struct diag *d)
{
	return confine_to(maker_calls, ARRAY_SIZE(maker_calls), d);
}

int confine_waiter(struct diag *d)
{
	return confine_to(waiter_calls, ARRAY_SIZE(waiter_calls), d);
}
