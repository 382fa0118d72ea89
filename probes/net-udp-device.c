/* SPDX-License-Identifier: MIT */
/*
 * NE-03: a datagram that names its interface goes round the rules for routes:
 * the kernel takes the host for a neighbour on that wire. Where it is taken,
 * who sent it waits for an answer that nobody gives.
 *
 * Remedy: own network namespace, and a rule of nftables in it that knows TCP
 *         and the name server alone (CONFIG_NF_TABLES_INET).
 * See: ip(7) IP_PKTINFO; ip-rule(8); nft(8)
 */
#include "out.h"

#include <net/if.h>
#include <sys/ioctl.h>

#define INTERFACES 1024 /* that are tried, by their numbers */

PROBE("net-udp-device", "no datagram goes out by an interface of its own choice")
{
	int fd = sock_new(AF_INET, SOCK_DGRAM, 0), err = ENODEV;
	struct sockaddr_in sa;
	OUT_NEED(o, "CANARY_OUT_UDP");

	if (probe_input("CANARY_OUT_RULES") == NULL)
		return probe_na(
		    "this kernel has no rules of nf_tables: who names an interface reaches the gateway, "
		    "which takes none");
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	sa = out_to(o.address, o.port);
	for (int i = 1; i <= INTERFACES; i++) {
		struct ifreq name = { .ifr_ifindex = i };
		struct in_pktinfo by = { .ipi_ifindex = i };
		struct iovec iov = { (char[]){ "x" }, 1 };
		union {
			char buf[CMSG_SPACE(sizeof(by))];
			struct cmsghdr align;
		} u = { .align = { .cmsg_level = IPPROTO_IP,
				   .cmsg_type = IP_PKTINFO,
				   .cmsg_len = CMSG_LEN(sizeof(by)) } };
		struct msghdr m = { .msg_name = &sa,
				    .msg_namelen = sizeof(sa),
				    .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = u.buf,
				    .msg_controllen = sizeof(u.buf) };
		long r = probe_sys(SYS_ioctl, (long)fd, (long)SIOCGIFNAME, &name);

		if (r < 0 || strcmp(name.ifr_name, "lo") == 0)
			continue;
		memcpy(CMSG_DATA(&u.align), &by, sizeof(by));
		r = probe_sys(SYS_sendmsg, (long)fd, &m, 0L);
		if (r >= 0)
			return probe_allowed("sendmsg", "taken for %s", name.ifr_name);
		err = (int)-r;
	}
	look_close(fd);
	return probe_denied(err, "sendmsg", "%s", probe_errno_name(err));
}
