/* SPDX-License-Identifier: MIT */
/*
 * What argued.def lists, each against all filters in force: namespace flags of clone one by one,
 * terminal and encryption ioctls, setuid and setgid modes one by one, execution domains bit by bit, the core
 * limit; some with garbage above the 31st bit. None is made: see past.h.
 * Remedy: The calls that are named must be refused by the filter with such arguments: look what
 *   `claude-sandbox --list-syscalls` says of them, and unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: seccomp(2), seccomp_unotify(2)
 */
#include "argued_run.h"

static const struct argued argued[] = {
#include "argued.def"
};

PROBE("sys-filter-arguments", "no arguments that the sandbox refuses get past its filter")
{
	return argued_run(argued, sizeof(argued) / sizeof(argued[0]), "refused arguments");
}
