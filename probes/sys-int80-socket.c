/* SPDX-License-Identifier: MIT */
/*
 * socket (359) and socketcall (102) of the i386 table, for a netlink family that the filter
 * refuses; the descriptor proves it.
 * Remedy: The filter must refuse every ABI but the native one (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP; `ia32_emulation=off` on the kernel's command line closes the entry
 *   for good.
 * See: syscall(2), seccomp(2)
 */
#include "probe.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

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
	unsigned *low =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long r = int80(359, AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT, 0, 0);

	(void)arg;
	if (r >= 0)
		return probe_allowed("int80 socket", "descriptor %ld", r);
	if (low != MAP_FAILED) {
		low[0] = AF_NETLINK;
		low[1] = SOCK_RAW;
		low[2] = NETLINK_KOBJECT_UEVENT;
		r = int80(102, 1, (long)low, 0, 0, 0);
		if (r >= 0)
			return probe_allowed("int80 socketcall", "descriptor %ld", r);
	}
	return probe_denied((int)-r, "int80 socketcall", "refused");
}
#endif

PROBE("sys-int80-socket", "no socket of a refused family comes from the 32-bit entry")
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
