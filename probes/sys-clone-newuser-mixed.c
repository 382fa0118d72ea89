/* SPDX-License-Identifier: MIT */
/*
 * A filter that compares for equality with one flag misses the combination.
 * Remedy: Nested user namespaces are off in this sandbox by `--disable-userns` (bubblewrap 0.8 or
 *   newer) and by the filter: update bubblewrap, unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: clone(2), user_namespaces(7)
 */
#include "newuser.h"

PROBE("sys-clone-newuser-mixed", "clone(2) with several namespace flags at once is refused like one")
{
	return newuser_child(SYS_clone,
			     (long)(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | SIGCHLD), 0,
			     "clone of four");
}
