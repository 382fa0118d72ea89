/* SPDX-License-Identifier: MIT */
/*
 * A parent stops its child at the entry of getppid and makes it mount with bad pointers; before
 * Linux 4.8 the filter had already been asked by then.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused. With `allow_debug` tracing works,
 *   and the rewritten call must still be refused.
 * See: ptrace(2), seccomp(2), Linux commit 93e35efb8de4
 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
static struct probe_result trace(pid_t pid)
{
	struct user_regs_struct regs;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return probe_denied(EPERM, "ptrace TRACEME", "refused");
	for (int i = 0; i < 50; i++) {
		if (ptrace(PTRACE_SYSCALL, pid, 0L, 0L) < 0)
			return probe_denied(errno, "ptrace SYSCALL", "refused");
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return probe_unknown(0, "ptrace SYSCALL", "the child ended");
		if (ptrace(PTRACE_GETREGS, pid, 0L, &regs) < 0)
			return probe_denied(errno, "ptrace GETREGS", "refused");
		if (regs.orig_rax != SYS_getppid || (long)regs.rax != -ENOSYS)
			continue;
		regs.orig_rax = SYS_mount;
		regs.rdi = regs.rsi = regs.rdx = regs.r8 = 1;
		regs.r10 = 0;
		if (ptrace(PTRACE_SETREGS, pid, 0L, &regs) < 0)
			return probe_denied(errno, "ptrace SETREGS", "refused");
		ptrace(PTRACE_SYSCALL, pid, 0L, 0L);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
		    ptrace(PTRACE_GETREGS, pid, 0L, &regs) < 0)
			return probe_denied(ENOSYS, "rewritten mount", "the child was ended");
		return probe_calibrated((long)regs.rax, EFAULT, "rewritten mount");
	}
	return probe_unknown(0, "ptrace SYSCALL", "no entry of getppid seen");
}
#endif

PROBE("sys-ptrace-rewrite", "a tracer can't turn a permitted call into a refused one")
{
#ifdef __x86_64__
	struct probe_result seen;
	pid_t pid = fork();

	if (pid == 0) {
		if (probe_sys(SYS_ptrace, (long)PTRACE_TRACEME, 0L, 0L, 0L) < 0)
			_exit(1);
		probe_sys(SYS_kill, probe_sys(SYS_getpid), (long)SIGSTOP);
		probe_sys(SYS_getppid);
		_exit(0);
	}
	if (pid < 0)
		return probe_unknown(errno, "fork", "no child");
	seen = trace(pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return seen;
#else
	return probe_na("written for x86_64");
#endif
}
