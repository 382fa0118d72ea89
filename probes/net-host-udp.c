/* SPDX-License-Identifier: MIT */
/*
 * NE-03: QUIC would say the name where nobody reads it.
 *
 * Remedy: own network namespace whose rules know TCP and the name server alone.
 * See: RFC 9000; ip-rule(8)
 */
#include "out.h"

PROBE("net-host-udp", "no datagram reaches a host, whether it is allowed or not")
{
	const char *text = probe_input("CANARY_TEXT");
	struct sockaddr_in server = out_server(), sa;
	struct pollfd p = { .events = POLLIN };
	char buf[200];
	long r = 0;
	int fd;
	OUT_NEED(o, "CANARY_OUT_UDP");

	sa = out_to(o.address, o.port);
	/* Its bare address, then the one that programs here know. */
	for (int i = 0; i < 2; i++) {
		if (i == 1 && out_ask(&server, o.name, 0, &sa.sin_addr) != 0)
			break;
		fd = sock_new(AF_INET, SOCK_DGRAM, 0);
		if (fd < 0)
			return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
		r = probe_sys(SYS_connect, (long)fd, &sa, (long)sizeof(sa));
		if (r == 0)
			r = probe_sys(SYS_sendto, (long)fd, text, (long)strlen(text), 0L, NULL, 0L);
		p.fd = fd;
		if (r > 0)
			r = poll(&p, 1, OUT_WAIT) > 0 ? probe_sys(SYS_read, (long)fd, buf, (long)sizeof(buf))
						      : -ETIMEDOUT;
		look_close(fd);
		if (r > 0)
			return probe_allowed("read", "the datagram came back");
		if (r == -ETIMEDOUT)
			return probe_unknown(ETIMEDOUT, "sendto",
					     "sent, and neither an answer nor an error came");
	}
	return probe_denied((int)-r, "sendto", "%s", probe_errno_name((int)-r));
}
