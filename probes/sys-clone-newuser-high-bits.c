/* SPDX-License-Identifier: MIT */
/*
 * The kernel ignores the upper half of the flags, a filter that compares 64 bits does not.
 * Remedy: Nested user namespaces are off in this sandbox by `--disable-userns` (bubblewrap 0.8 or
 *   newer) and by the filter: update bubblewrap, unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: clone(2), CVE-2019-10063 for the pattern
 */
#include "newuser.h"

PROBE("sys-clone-newuser-high-bits", "clone(2) with garbage above the 32nd bit makes no user namespace")
{
	return newuser_child(SYS_clone, (long)(CLONE_NEWUSER | SIGCHLD | 1UL << 40), 0, "clone | 1<<40");
}
