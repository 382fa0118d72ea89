/* SPDX-License-Identifier: MIT */
/*
 * Every address family but the permitted ones, every netlink protocol but routes, every internet
 * protocol but TCP, UDP, ICMP and MPTCP, against all filters in force: also those that this kernel
 * was built without. No socket is made: see past.h.
 * Remedy: The filter permits AF_UNIX, AF_INET, AF_INET6 and NETLINK_ROUTE only: unset
 *   CLAUDE_SANDBOX_NO_SECCOMP, and look what `claude-sandbox --list-syscalls` says of socket.
 * See: socket(2), address_families(7), seccomp_unotify(2)
 */
#include "argued_run.h"

static const struct argued argued[] = {
#include "sockets.def"
};

PROBE("sys-filter-sockets", "no socket that the sandbox refuses gets past its filter")
{
	return argued_run(argued, sizeof(argued) / sizeof(argued[0]), "kinds of socket");
}
