/* SPDX-License-Identifier: MIT */
/*
 * The keys of an encrypted directory belong to the file system, not to a namespace: added or
 * removed inside, they are so on the host. A bad descriptor is all that is tried.
 * Remedy: The call is refused by the built-in filter: unset CLAUDE_SANDBOX_NO_SECCOMP, and look
 *   that `claude-sandbox --list-syscalls` names it as refused.
 * See: linux/Documentation/filesystems/fscrypt.rst
 */
#include "probe.h"

#include <errno.h>
#include <linux/fscrypt.h>
#include <sys/syscall.h>

PROBE("sys-fscrypt-key", "keys of the host's encrypted directories cannot be added or removed")
{
	long r = probe_sys(SYS_ioctl, -1L, (long)FS_IOC_ADD_ENCRYPTION_KEY, 1L);

	if (r == -EBADF)
		return probe_calibrated(r, EBADF, "ioctl FS_IOC_ADD_ENCRYPTION_KEY");
	r = probe_sys(SYS_ioctl, -1L, (long)FS_IOC_REMOVE_ENCRYPTION_KEY, 1L);
	return probe_calibrated(r, EBADF, "ioctl FS_IOC_REMOVE_ENCRYPTION_KEY");
}
