/* SPDX-License-Identifier: MIT */
/*
 * int 0x80 with the i386 numbers of refused calls: a filter without a check of the architecture
 * lets mount reach the kernel. Where the entry is not built the process gets SIGSEGV.
 * Remedy: The filter must refuse every ABI but the native one (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP; `ia32_emulation=off` on the kernel's command line closes the entry
 *   for good.
 * See: syscall(2), seccomp(2)
 */
#include "probe.h"

#include <errno.h>
#include <string.h>

#ifdef __x86_64__
/* Result or -errno of an i386 call; bad pointers and small numbers only, since the registers are 32 bits wide. */
static long int80(long nr, long a, long b, long c, long d, long e)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)r;
}

static struct probe_result try_int80(void *arg)
{
	static const struct twin {
		const char *name;
		long nr, a, b, c;
		int calibrated;
	} twins[] = {
		{ "mount", 21, 1, 1, 1, EFAULT },	    { "ptrace", 26, 2, 0, 0, ESRCH },
		{ "keyctl", 288, 99999, 0, 0, EOPNOTSUPP }, { "unshare", 310, 0, 0, 0, 0 },
		{ "io_uring_setup", 425, 1, 0, 0, EFAULT }, { "open_tree", 428, -1, 1, 0, EFAULT },
		{ "fsconfig", 431, -1, 0, 0, EINVAL },
	};
	long r = int80(20, 0, 0, 0, 0, 0);

	(void)arg;
	if (r < 0)
		return probe_denied((int)-r, "int80 getpid", "the entry as a whole is refused");
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		r = int80(twins[i].nr, twins[i].a, twins[i].b, twins[i].c, 0, 1);
		if (r >= 0 || r == -twins[i].calibrated)
			return probe_allowed("int80", "%s reached the kernel (%s)", twins[i].name,
					     r >= 0 ? "success" : probe_errno_name((int)-r));
	}
	return probe_denied((int)-r, "int80", "the entry is open, but each of the refused calls is refused");
}
#endif

PROBE("sys-int80", "the 32-bit entry does not get round the filter")
{
#ifdef __x86_64__
	struct probe_result r = probe_in_child(try_int80, NULL, 2);

	if (r.seen == PROBE_UNKNOWN && strstr(r.detail, "signal 11") != NULL)
		return probe_na("this kernel has no 32-bit entry");
	return r;
#else
	return probe_na("no such entry on this architecture");
#endif
}
