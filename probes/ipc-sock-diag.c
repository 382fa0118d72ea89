/* SPDX-License-Identifier: MIT */
/*
 * IP-11: NETLINK_SOCK_DIAG with the names of all AF_UNIX sockets.
 *
 * Remedy: own network namespace; only NETLINK_ROUTE in the filter.
 * See: sock_diag(7)
 */
#include "sock.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

PROBE("ipc-sock-diag", "a socket diagnosis dump does not list the host's sockets")
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req u;
	} ask = { 0 };
	static char buf[64 * 1024];
	bool hit = false;
	long r;
	int fd;

	LOOK_NEED(name, "CANARY_ABS");
	fd = sock_new(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	ask.h.nlmsg_len = sizeof(ask);
	ask.h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	ask.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ask.u.sdiag_family = AF_UNIX;
	ask.u.udiag_states = ~0U;
	ask.u.udiag_show = UDIAG_SHOW_NAME;
	r = probe_sys(SYS_sendto, (long)fd, &ask, (long)sizeof(ask), 0L, NULL, 0L);
	if (r < 0) {
		look_close(fd);
		return probe_denied((int)-r, "sendto", "%s", probe_errno_name((int)-r));
	}
	while (!hit && sock_wait(fd, POLLIN)) {
		r = probe_sys(SYS_read, (long)fd, buf, (long)sizeof(buf));
		if (r < (long)sizeof(struct nlmsghdr) ||
		    ((struct nlmsghdr *)(void *)buf)->nlmsg_type == NLMSG_DONE)
			break;
		hit = memmem(buf, (size_t)r, name, strlen(name)) != NULL;
	}
	look_close(fd);
	return hit ? probe_allowed("SOCK_DIAG_BY_FAMILY", "the host's socket is in the dump")
		   : probe_denied(0, "SOCK_DIAG_BY_FAMILY", "the host's socket is not in the dump");
}
