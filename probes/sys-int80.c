/* SPDX-License-Identifier: MIT */
/*
 * int 0x80 with the i386 numbers of refused calls: a filter without a check of the architecture
 * lets mount reach the kernel. Where the entry is not built the process gets SIGSEGV.
 * Remedy: The filter must refuse every ABI but the native one (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP; `ia32_emulation=off` on the kernel's command line closes the entry
 *   for good.
 * See: syscall(2), seccomp(2)
 */
#include "int80.h"

#ifdef __x86_64__
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
	return int80_run(try_int80);
#else
	return probe_na("no such entry on this architecture");
#endif
}
