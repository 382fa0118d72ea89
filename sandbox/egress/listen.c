/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "egress/conn.h"
#include "egress/dnsserve.h"
#include "egress/ports.h"
#include "egress/tell.h"
#include "mem.h"
#include "util.h"

#define AT_ONCE		      64
#define IP6T_SO_ORIGINAL_DST_ 80 /* linux/netfilter_ipv6/ip6_tables.h, which does not go with netinet/in.h */

bool listen_meant(const struct egress *e, int fd, struct ipaddr *ret, uint16_t *ret_port)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *four = (struct sockaddr_in *)(void *)&a;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)&a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return false;
	if (e->gateway.way == GATEWAY_REDIRECT || e->gateway.way == GATEWAY_LOOP) {
		bool ip6 = a.ss_family == AF_INET6;

		len = sizeof(a);
		if (getsockopt(fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP,
			       ip6 ? IP6T_SO_ORIGINAL_DST_ : SO_ORIGINAL_DST, &a, &len) < 0)
			return false;
	}
	if (a.ss_family == AF_INET6) {
		*ret = ipaddr_of(&six->sin6_addr, 16);
		*ret_port = ntohs(six->sin6_port);
	} else {
		*ret = ipaddr_of(&four->sin_addr, 4);
		*ret_port = ntohs(four->sin_port);
	}
	return true;
}

static bool is_name_server(const struct ipaddr *to, uint16_t port)
{
	struct ipaddr dns;

	return port == GATEWAY_DNS_PORT && ipaddr_parse(GATEWAY_IP4, sizeof(GATEWAY_IP4) - 1, &dns) &&
	       ipaddr_equal(to, &dns);
}

/* Who connected to the listener on the loopback of the box itself: nobody was meant. */
static bool is_listener(const struct egress *e, const struct ipaddr *to, uint16_t port)
{
	static const struct in6_addr six = IN6ADDR_LOOPBACK_INIT;
	const struct in_addr four = { htonl(INADDR_LOOPBACK) };
	struct ipaddr own = to->bytes == 4 ? ipaddr_of(&four, 4) : ipaddr_of(&six, 16);

	return e->gateway.way == GATEWAY_LOOP && port == GATEWAY_LISTENER && ipaddr_equal(to, &own);
}

/* Of the gateway. */
static void watch(struct egress *e, bool on)
{
	for (size_t i = 0; i < e->gateway.ntcp; i++)
		if (on)
			event_add(e->listener[i], NULL);
		else
			event_del(e->listener[i]);
}

bool listen_is_short(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

void listen_pause(struct egress *e, int error, const char *who)
{
	const char *what = error == EMFILE   ? "no file descriptor is free (ulimit -n)"
			   : error == ENFILE ? "this machine has no file free (sysctl fs.file-max)"
					     : "the kernel has no memory for one more";

	e->paused = true;
	watch(e, false);
	ports_watch(e, false);
	tell(e, EGRESS_LOST, -error, "%s: %s, and who connects waits for one", who, what);
}

void listen_again(struct egress *e)
{
	if (!e->paused)
		return;
	e->paused = false;
	watch(e, true);
	ports_watch(e, true);
}

int listen_accept(struct egress *e, int fd, const char *who)
{
	int client;

	do
		client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (client < 0 && errno == EINTR);
	/* Who waits is told again and again, and each time in vain. */
	if (client < 0 && listen_is_short(errno))
		listen_pause(e, errno, who);
	return client;
}

static void on_listener(evutil_socket_t fd, short what, void *arg)
{
	struct egress *e = arg;

	(void)what;
	for (int i = 0; i < AT_ONCE; i++) {
		int client = listen_accept(e, fd, "any host");
		struct ipaddr to;
		uint16_t port;

		if (client < 0)
			return;
		if (!listen_meant(e, client, &to, &port) || is_listener(e, &to, port))
			conn_reset(client);
		else if (is_name_server(&to, port))
			dnsserve_stream(e, client);
		else
			conn_begin(e, client, &to, port);
	}
}

void listen_begin(struct egress *e)
{
	for (size_t i = 0; i < e->gateway.ntcp; i++) {
		e->listener[i] = event_new(e->base, e->gateway.tcp[i], EV_READ | EV_PERSIST, on_listener, e);
		if (e->listener[i] == NULL || event_add(e->listener[i], NULL) < 0)
			mem_oom();
	}
}
