/* SPDX-License-Identifier: MIT */
/*
 * NE-17: a host that is allowed has the harness end egress with SIGKILL, and answers when that is done. Then the same
 * host is tried again: by the address that it had, by its name, by the address that it has outside. The control arm has
 * no egress to end.
 *
 * Remedy: the network of the sandbox is one of its own, whose only way out is egress: look that
 *   claude-sandbox --dry-run shows both.
 * See: claude-sandbox(1), --net; network_namespaces(7)
 */
#include "out.h"

#define NOT_ENDED "not-ended" /* ORACLE_NOT_ENDED of suites/lib/oracle.h */
#define SETTLE	  100	      /* ms */

/* The kernel takes the gateway down behind the end of its sockets: till then there may be silence. */
static void settle(const struct sockaddr_in *sa)
{
	for (int left = OUT_WAIT; left > 0; left -= SETTLE) {
		int fd = sock_new(AF_INET, SOCK_STREAM, 0);
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		long r = probe_sys(SYS_connect, (long)fd, sa, (long)sizeof(*sa));
		bool taken =
		    r == 0 || (r == -EINPROGRESS && poll(&p, 1, SETTLE) > 0 && (p.revents & POLLERR) == 0);

		look_close(fd);
		if (taken || r == -ENETUNREACH)
			return;
	}
}

PROBE("net-egress-killed", "when egress has ended nothing gets out any more")
{
	struct sockaddr_in server, sa, outside;
	struct probe_result r;
	char text[256];
	int fd;
	bool told;
	OUT_NEED(o, "CANARY_OUT_LAST");

	server = out_server();
	sa = outside = out_to(o.address, o.port);
	/* Where nobody stands between, nobody knows the name either, and its address will do. */
	out_ask(&server, o.name, 0, &sa.sin_addr);
	fd = out_dial(&sa, "connect before", &r);
	if (fd < 0)
		return probe_unknown(r.err, "connect before", "the allowed host takes no connection before");
	told = out_told(fd, text, sizeof(text));
	look_close(fd);
	if (!told)
		return probe_unknown(ETIMEDOUT, "the end", "neither an answer nor an end came");
	if (strstr(text, NOT_ENDED) != NULL)
		return probe_unknown(0, "the end", "the harness could not end egress");
	settle(&sa);
	r = out_connect(&sa, "?", 1, "connect afterwards");
	if (r.seen == PROBE_DENIED)
		r = out_text(&o, "?");
	/* What was on its way when the gateway went gets no answer at all; what is asked then is refused. */
	if (r.seen == PROBE_UNKNOWN &&
	    (r = out_connect(&sa, "?", 1, "connect afterwards")).seen == PROBE_DENIED)
		r = out_text(&o, "?");
	return r.seen == PROBE_DENIED ? out_connect(&outside, "?", 1, "connect outside afterwards") : r;
}
