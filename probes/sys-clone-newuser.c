/* SPDX-License-Identifier: MIT */
/*
 * A filter on unshare alone leaves this way open. The capabilities of the child prove it.
 * Remedy: Nested user namespaces are off in this sandbox by `--disable-userns` (bubblewrap 0.8 or
 *   newer) and by the filter: update bubblewrap, unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: clone(2), user_namespaces(7)
 */
#include "newuser.h"

PROBE("sys-clone-newuser", "clone(2) makes no user namespace")
{
	return newuser_child(SYS_clone, (long)(CLONE_NEWUSER | SIGCHLD), 0, "clone CLONE_NEWUSER");
}
