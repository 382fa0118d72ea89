/* SPDX-License-Identifier: MIT */
/*
 * socket (359) and socketcall (102) of the i386 table, for a netlink family that the filter
 * refuses; the descriptor proves it.
 * Remedy: The filter must refuse every ABI but the native one (the built-in one does): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP; `ia32_emulation=off` on the kernel's command line closes the entry
 *   for good.
 * See: syscall(2), seccomp(2)
 */
#include "int80.h"

#include <linux/netlink.h>
#include <sys/mman.h>
#include <sys/socket.h>

#ifdef __x86_64__
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
	return int80_run(try_int80);
#else
	return probe_na("no such entry on this architecture");
#endif
}
