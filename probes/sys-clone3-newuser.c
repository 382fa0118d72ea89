/* SPDX-License-Identifier: MIT */
/*
 * The flags of clone3 lie behind a pointer, where no filter sees them; so the call as a whole
 * must be "not implemented".
 * Remedy: Nested user namespaces are off in this sandbox by `--disable-userns` (bubblewrap 0.8 or
 *   newer) and by the filter: update bubblewrap, unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: clone(2), CVE-2021-41133
 */
#include "newuser.h"

/* struct clone_args of 88 bytes: flags, pidfd, child_tid, parent_tid, exit_signal, stack, ... */
static unsigned long args[11] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD };

PROBE("sys-clone3-newuser", "clone3(2) makes no user namespace")
{
	return newuser_child(SYS_clone3, (long)args, 88, "clone3 CLONE_NEWUSER");
}
