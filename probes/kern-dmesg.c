/* SPDX-License-Identifier: MIT */
/*
 * syslog(READ_ALL) and the devices. Where kernel.dmesg_restrict is set, the kernel refuses every
 * user and the row shows nothing.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused. Or set kernel.dmesg_restrict=1.
 * See: syslog(2), proc_sys_kernel(5)
 */
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

PROBE("kern-dmesg", "the kernel log can't be read")
{
	static char buf[16 * 1024];
	char on[8] = "";
	long r = probe_sys(SYS_syslog, 3L, buf, (long)sizeof(buf)), file;

	if (r >= 0)
		return probe_allowed("syslog", "%ld bytes of the kernel log", r);
	file = probe_read_file("/dev/kmsg", buf, sizeof(buf));
	if (file > 0)
		return probe_allowed("read /dev/kmsg", "%ld bytes of the kernel log", file);
	if (probe_read_file("/proc/sys/kernel/dmesg_restrict", on, sizeof(on)) > 0 && atoi(on) != 0)
		return probe_na("kernel.dmesg_restrict refuses every user");
	return probe_denied((int)-r, "syslog", "refused");
}
