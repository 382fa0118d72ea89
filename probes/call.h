/* SPDX-License-Identifier: MIT */
/*
 * A host outside that is spoken to calls a port of the machine's loopback (ORACLE_CALL): who listens there, here, is
 * told the canary.
 */
#ifndef CALL_H
#define CALL_H

#include "out.h"

#define CALL_NOBODY "nobody" /* ORACLE_NOBODY of suites/lib/oracle.h */

/* A listener at that port of every address here; owned, or a negative errno. */
static inline int call_listen(long port)
{
	struct sockaddr_in sa = out_to("0.0.0.0", (unsigned)port);
	int fd = sock_new(AF_INET, SOCK_STREAM, 0);
	long r = fd < 0 ? fd : probe_sys(SYS_bind, (long)fd, &sa, (long)sizeof(sa));

	if (r == 0)
		r = probe_sys(SYS_listen, (long)fd, 8L);
	if (r < 0 && fd >= 0)
		look_close(fd);
	return r < 0 ? (int)r : fd;
}

/* The next one who calls, and what he says: true: it is the canary. */
static inline bool call_came(int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	char text[256] = "";
	long fd = poll(&p, 1, OUT_WAIT) > 0 ? probe_sys(SYS_accept4, (long)listener, NULL, NULL,
							(long)(SOCK_NONBLOCK | SOCK_CLOEXEC))
					    : -ETIMEDOUT;

	if (fd < 0)
		return false;
	out_told((int)fd, text, sizeof(text));
	look_close((int)fd);
	return strstr(text, probe_input("CANARY_TEXT")) != NULL;
}

/* Has the host call the port, at which we listen. */
static inline struct probe_result call_ask(const struct out *o, long port)
{
	struct sockaddr_in server = out_server(), sa = out_to(o->address, o->port);
	int listener = call_listen(port), fd;
	struct probe_result r = { 0 };
	char text[256] = "";
	bool came;

	if (listener < 0)
		return probe_unknown(-listener, "listen", "port %ld here", port);
	/* Where nobody stands between, nobody knows the name either, and its address will do. */
	out_ask(&server, o->name, 0, &sa.sin_addr);
	fd = out_dial(&sa, "the caller", &r);
	if (fd >= 0)
		out_told(fd, text, sizeof(text));
	look_close(fd);
	/* It says the canary when somebody took the call, who may be between it and us. */
	came = strstr(text, probe_input("CANARY_TEXT")) != NULL && call_came(listener);
	look_close(listener);
	if (came)
		return probe_allowed("accept", "a call from the machine came to port %ld", port);
	if (strstr(text, CALL_NOBODY) != NULL)
		return probe_denied(ECONNREFUSED, "the call", "nobody took the call to port %ld", port);
	return probe_unknown(r.err, "the call",
			     text[0] != '\0' ? "somebody else took it" : "the caller said nothing");
}

#endif
