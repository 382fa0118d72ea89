/* SPDX-License-Identifier: MIT */
/*
 * Twenty families, four types each, and the netlink protocols but NETLINK_ROUTE: each is kernel
 * code that an attacker gets to talk to. The detail names what was given.
 * Remedy: The filter permits AF_UNIX, AF_INET, AF_INET6 and NETLINK_ROUTE only: unset
 *   CLAUDE_SANDBOX_NO_SECCOMP.
 * See: socket(2), address_families(7), CVE-2020-14386, CVE-2021-43267
 */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

PROBE("sys-socket-families", "no socket of a family that the sandbox does not need")
{
	static const struct family {
		const char *name;
		long family, protocol;
	} families[] = {
		{ "ax25", 3, 0 },
		{ "ipx", 4, 0 },
		{ "appletalk", 5, 0 },
		{ "netrom", 6, 0 },
		{ "x25", 9, 0 },
		{ "netlink-sock-diag", 16, 4 },
		{ "netlink-xfrm", 16, 6 },
		{ "netlink-audit", 16, 9 },
		{ "netlink-netfilter", 16, 12 },
		{ "netlink-uevent", 16, 15 },
		{ "netlink-generic", 16, 16 },
		{ "packet", 17, 0 },
		{ "rds", 21, 0 },
		{ "pppox", 24, 0 },
		{ "llc", 26, 0 },
		{ "can", 29, 1 },
		{ "tipc", 30, 0 },
		{ "bluetooth", 31, 0 },
		{ "alg", 38, 0 },
		{ "nfc", 39, 0 },
		{ "vsock", 40, 0 },
		{ "kcm", 41, 0 },
		{ "qipcrtr", 42, 0 },
		{ "smc", 43, 0 },
		{ "xdp", 44, 0 },
		{ "key", 15, 2 },
	};
	static const long types[] = { 1, 2, 3, 5 };
	char got[160] = "";
	int err = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
			long r = probe_sys(SYS_socket, families[i].family, types[k], families[i].protocol);

			if (r < 0) {
				err = (int)-r;
				continue;
			}
			probe_sys(SYS_close, r);
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s", families[i].name);
			break;
		}
	if (got[0] != '\0')
		return probe_allowed("socket", "sockets of:%s", got);
	return probe_denied(err, "socket", "refused, all of them");
}
