/* SPDX-License-Identifier: MIT */
/*
 * NE-03: a datagram to 127.0.0.1, which the harness sends back.
 *
 * Remedy: own network namespace without a route; what is allowed goes
 *         through the egress relay.
 * See: udp(7); network_namespaces(7)
 */
#include "sock.h"

PROBE("net-udp-host", "a UDP service on the host's loopback does not answer")
{
	const char *text = probe_input("CANARY_TEXT");
	long port = probe_input_long("CANARY_UDP"), r;
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char buf[4096];
	int fd;

	if (text == NULL)
		text = "echo of a probe";
	if (port < 0)
		return probe_na("needs CANARY_UDP");
	sa.sin_port = htons((unsigned short)port);
	fd = sock_new(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	r = probe_sys(SYS_connect, (long)fd, &sa, (long)sizeof(sa));
	if (r == 0)
		r = probe_sys(SYS_sendto, (long)fd, text, (long)strlen(text), 0L, NULL, 0L);
	if (r > 0 && sock_wait(fd, POLLIN))
		r = probe_sys(SYS_read, (long)fd, buf, (long)sizeof(buf));
	else if (r > 0)
		r = -ETIMEDOUT;
	look_close(fd);
	if (r < 0)
		return r == -ETIMEDOUT ? probe_unknown(ETIMEDOUT, "read", "no answer and no refusal")
				       : probe_denied((int)-r, "sendto", "%s", probe_errno_name((int)-r));
	return memmem(buf, (size_t)r, text, strlen(text)) != NULL
		   ? probe_allowed("read", "the host's service answered")
		   : probe_denied(0, "read", "something else answered");
}
