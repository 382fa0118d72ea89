/* SPDX-License-Identifier: MIT */
/*
 * NE-14: a relay of our own: for the proxy another process asks, from another port.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: claude-sandbox(1), --net; anthropics/claude-code 87381
 */
#include "byproxy.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a session of its own: one connection, as long as both sides have something to say. */
static void relay(const struct out *o, int listener) __attribute__((noreturn));
static void relay(const struct out *o, int listener)
{
	struct sockaddr_in to = look_open_arm() ? out_to(o->address, o->port) : out_to(OUT_SERVER, BY_PORT);
	struct pollfd p[2] = { { .fd = listener, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	struct probe_result r;
	char buf[4096];

	setsid();
	if (poll(p, 1, OUT_WAIT) <= 0)
		_exit(1);
	p[0].fd = accept(listener, NULL, NULL);
	p[1].fd = out_dial(&to, "the proxy", &r);
	while (p[0].fd >= 0 && p[1].fd >= 0 && poll(p, 2, OUT_WAIT) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n = p[i].revents == 0 ? -2 : read(p[i].fd, buf, sizeof(buf));

			if (n == -2 || (n < 0 && errno == EAGAIN))
				continue;
			if (n <= 0 || send(p[1 - i].fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
				_exit(0);
		}
	_exit(0);
}

PROBE("net-proxy-relay", "through a relay inside the proxy leads no further than without it")
{
	static const char wish[] = "CONNECT relay.test:443 HTTP/1.1\r\nHost: relay.test:443\r\n\r\n";
	unsigned char hello[400];
	size_t len;
	struct sockaddr_in sa = out_to("127.0.0.1", 0);
	socklen_t n = sizeof(sa);
	struct probe_result r;
	int fd = sock_new(AF_INET, SOCK_STREAM, 0);
	long pid;
	OUT_NEED(o, "CANARY_OUT_RELAY");

	len = out_hello(hello, o.name, strlen(o.name));
	if (fd < 0 || probe_sys(SYS_bind, (long)fd, &sa, (long)n) < 0 ||
	    probe_sys(SYS_listen, (long)fd, 1L) < 0 || probe_sys(SYS_getsockname, (long)fd, &sa, &n) < 0)
		return probe_unknown(0, "listen", "no relay on the own loopback");
	pid = fork();
	if (pid < 0)
		return probe_unknown(errno, "fork", "no process for the relay");
	if (pid == 0)
		relay(&o, fd);
	look_close(fd);
	fd = out_dial(&sa, "the relay", &r);
	if (fd < 0)
		return probe_unknown(r.err, "the relay", "it takes no connection");
	/* The control arm has no proxy behind the relay, but the host. */
	if (look_open_arm() || by_wish(fd, wish, sizeof(wish) - 1, 0, "CONNECT", &r))
		r = out_say(fd, hello, len, "CONNECT");
	look_close(fd);
	kill((pid_t)pid, SIGKILL);
	waitpid((pid_t)pid, NULL, 0);
	return r;
}
