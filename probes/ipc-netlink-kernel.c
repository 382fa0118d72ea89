/* SPDX-License-Identifier: MIT */
/*
 * IP-11: audit, netfilter, generic netlink and connector are much kernel
 * code that nothing inside needs. Only the socket is made.
 *
 * Remedy: only NETLINK_ROUTE in the filter.
 * See: netlink(7); CVE-2022-34918; CVE-2024-1086
 */
#include "sock.h"

#include <linux/netlink.h>

PROBE("ipc-netlink-kernel", "no netlink protocol but routes can be opened")
{
	static const struct {
		int proto;
		const char *name;
	} protos[] = {
		{ NETLINK_NETFILTER, "netfilter" }, { NETLINK_GENERIC, "generic" },
		{ NETLINK_AUDIT, "audit" },	    { NETLINK_CONNECTOR, "connector" },
		{ NETLINK_XFRM, "xfrm" },	    { NETLINK_CRYPTO, "crypto" },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		int fd = sock_new(AF_NETLINK, SOCK_RAW, protos[i].proto);

		look_close(fd);
		if (fd >= 0)
			return probe_allowed("socket AF_NETLINK", "%s opens", protos[i].name);
		err = -fd;
	}
	return probe_denied(err, "socket AF_NETLINK", "%s for each", probe_errno_name(err));
}
