/* SPDX-License-Identifier: MIT */
/*
 * egress: the only way out of the box.
 *
 * Three processes. The gateway maker waits for the descriptor of the box's network, makes the gateway in it, hands
 * the sockets on and ends. The relay, PID 1 of namespaces of its own, opens what it needs, confines itself, and then
 * takes those sockets. The third was there first, and only waits: it dies with the launcher, and they with it.
 *
 * Should: end at the end of file of its control socket. Mustn't: open anything after it has confined itself, ask
 * anybody for a name that policy does not allow, connect to an address that was not judged at that moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "egress/confine.h"
#include "egress/conn.h"
#include "egress/connlog.h"
#include "egress/dnsserve.h"
#include "egress/egress.h"
#include "egress/listen.h"
#include "egress/orphan.h"
#include "egress/ports.h"
#include "egress/tally.h"
#include "egress/tell.h"
#include "mem.h"
#include "util.h"

#define EXIT_OURS 125

/* --- the rules */

static int add_rule(struct hostrules *rules, enum hostrules_side side, char *text, struct diag *d)
{
	char *origin = strchr(text, '\t');
	struct hostname_fault fault;

	if (origin == NULL)
		return diag_set(d, -EINVAL, "egress: a rule without an origin");
	*origin++ = '\0';
	/* The launcher has looked at it before: what is wrong is wrong between us. */
	if (hostrules_add(rules, side, text, strlen(text), origin, &fault) < 0)
		return diag_set(d, -EINVAL, "egress: %s: %s", text, fault.why);
	return 0;
}

static int add_web(struct hostrules *rules, const char *text, struct diag *d)
{
	struct hostname_fault fault;

	if (hostrules_add_port(rules, text, strlen(text), &fault) < 0)
		return diag_set(d, -EINVAL, "egress: %s: %s", text, fault.why);
	return 0;
}

static int add_port(uint16_t port[EGRESS_PORTS], size_t *n, const char *text, struct diag *d)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*n == EGRESS_PORTS || *end != '\0' || number == 0 || number > UINT16_MAX)
		return diag_set(d, -EINVAL, "egress: no port: %s", text);
	port[(*n)++] = (uint16_t)number;
	return 0;
}

static int read_rules(struct egress *e, struct diag *d)
{
	struct hostrules *rules = &e->rules;
	struct ports *ports = &e->ports;
	AUTO_FILE FILE *f = fdopen(EGRESS_FD_RULES, "r");
	AUTO_FREE char *line = NULL;
	size_t room = 0;
	int r = 0;

	if (f == NULL)
		return diag_errno(d, -errno, "egress: its rules");
	while (r == 0 && getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (str_starts(line, "allow "))
			r = add_rule(rules, HOSTRULES_ALLOW, line + 6, d);
		else if (str_starts(line, "deny "))
			r = add_rule(rules, HOSTRULES_DENY, line + 5, d);
		else if (str_starts(line, "port "))
			r = add_web(rules, line + 5, d);
		else if (str_starts(line, "direct "))
			r = add_rule(&e->upstream.direct, HOSTRULES_ALLOW, line + 7, d);
		else if (str_starts(line, "upstream "))
			r = upstream_read(&e->upstream, line + 9, d);
		else if (str_starts(line, "tap "))
			r = upstream_read(&e->tap, line + 4, d);
		else if (str_starts(line, "host-port "))
			r = add_port(ports->host, &ports->nhost, line + 10, d);
		else if (str_starts(line, "publish "))
			r = add_port(ports->publish, &ports->npublish, line + 8, d);
		else if (streq(line, "open"))
			rules->open = true;
		else
			r = diag_set(d, -EINVAL, "egress: no rule: %s", line);
	}
	/* A login was among them. */
	if (line != NULL)
		explicit_bzero(line, room);
	return r == 0 && ferror(f) ? diag_errno(d, -EIO, "egress: its rules") : r;
}

/* --- descriptors from one process to another */

static int send_sockets(int to, struct gateway *g)
{
	struct iovec iov = { g, sizeof(*g) };
	union {
		char buf[CMSG_SPACE(GATEWAY_FDS * sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	int *fds[GATEWAY_FDS];
	size_t n = gateway_fds(g, fds), bytes = n * sizeof(int);
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = CMSG_SPACE(bytes)
	};
	struct cmsghdr *c = &u.align;

	*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS,
			       .cmsg_len = CMSG_LEN(bytes) };
	for (size_t i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), fds[i], sizeof(int));
	return sendmsg(to, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* One message with at most n descriptors. The number of them; -errno; -EPIPE: the other side has ended. */
static int receive_fds(int from, void *data, size_t size, int *fd, size_t n)
{
	struct iovec iov = { data, size };
	union {
		char buf[CMSG_SPACE(GATEWAY_FDS * sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf)
	};
	struct cmsghdr *c;
	ssize_t got;

	do
		got = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if ((size_t)got != size)
		return got == 0 ? -EPIPE : -EPROTO;
	c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_type != SCM_RIGHTS || (m.msg_flags & MSG_CTRUNC) != 0 ||
	    c->cmsg_len > CMSG_LEN(n * sizeof(int)))
		return -EPROTO;
	memcpy(fd, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
}

/* --- the maker of the gateway */

/* Whether a rule may mean an address of that range. */
static bool wanted(void *arg, int family, const void *address, unsigned bits)
{
	const struct hostrules *rules = arg;
	struct ipaddr range = ipaddr_of(address, family == AF_INET6 ? 16 : 4);

	for (size_t i = 0; i < rules->n; i++) {
		const struct hostrule *r = &rules->rule[i];
		unsigned common = r->bits < bits ? r->bits : bits;

		if (r->side == HOSTRULES_ALLOW && r->addr.bytes == range.bytes &&
		    ipaddr_under(&range, &r->addr, common))
			return true;
	}
	return false;
}

/* Without nf_tables: the ports that rules name, and those of everyday services. False: there is no room. */
static bool wish_port(struct gateway_wish *w, uint16_t port)
{
	for (size_t i = 0; i < w->nport; i++)
		if (w->port[i] == port)
			return true;
	if (w->nport == ARRAY_SIZE(w->port))
		return false;
	w->port[w->nport++] = port;
	return true;
}

/* The number of rules that allow a port for which there is no room. */
static uint64_t wish_ports(struct gateway_wish *w, const struct hostrules *rules)
{
	static const uint16_t usual[] = {
		GATEWAY_DNS_PORT, EGRESS_PROXY_PORT, 80, 443, 22, 9418, 8080, 8443, 5432, 3306, 6379
	};
	uint64_t left_out = 0;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		wish_port(w, usual[i]);
	for (size_t i = 0; i < rules->nweb; i++)
		left_out += !wish_port(w, rules->web[i]);
	for (size_t i = 0; i < rules->n; i++)
		if (rules->rule[i].ports == HOSTRULES_PORT_ONE && !wish_port(w, rules->rule[i].port) &&
		    rules->rule[i].side == HOSTRULES_ALLOW)
			left_out++;
	return left_out;
}

static void make_gateway(const struct egress *e, int relay, int stock) __attribute__((noreturn));
static void make_gateway(const struct egress *e, int relay, int stock)
{
	const struct hostrules *rules = &e->rules;
	struct gateway_wish wish = { .wanted = wanted, .arg = (void *)(uintptr_t)rules };
	struct gateway g;
	struct diag d = { 0 };
	char go = 0;
	int box = -1, r;

	wish_ports(&wish, rules);
	r = receive_fds(EGRESS_FD_CONTROL, &go, 1, &box, 1);
	if (r != 1 || go != EGRESS_GO)
		_exit(EXIT_OURS);
	r = gateway_make(box, &wish, &g, &d);
	if (r == 0)
		r = ports_inside(&e->ports, &g, &d);
	if (r == 0) {
		r = send_sockets(relay, &g);
		if (r < 0)
			diag_errno(&d, r, "egress: handing on the gateway's sockets");
	}
	if (r < 0)
		tell_failed(EGRESS_FD_CONTROL, &d);
	if (r < 0 || e->ports.npublish == 0)
		_exit(r < 0 ? EXIT_OURS : 0);
	gateway_done(&g);
	for (int fd = EGRESS_FD_CONTROL; fd < EGRESS_FD_END; fd++)
		close(fd);
	close(box);
	close(relay);
	for (size_t i = 0; i < e->ports.nlistener; i++)
		close(e->ports.listener[i]);
	ports_make_sockets(stock);
}

/* --- the relay */

static void on_control(evutil_socket_t fd, short what, void *arg)
{
	struct egress_servers s;
	struct egress *e = arg;
	ssize_t n = recv(fd, &s, sizeof(s), MSG_DONTWAIT);
	int status;

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == sizeof(s) && s.message == EGRESS_SERVERS_ARE && s.n > 0 && s.n <= EGRESS_SERVERS) {
		status = resolve_servers(e->resolve, s.server, s.n);
		if (status != 0)
			tell(e, EGRESS_LOST, -EINVAL, "the new name servers of this machine: c-ares: %d",
			     status);
		return;
	}
	conn_log_open(arg);
	_exit(0);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conn_sweep(arg);
	listen_again(arg);
	ports_look(arg);
}

/* Each connection needs two descriptors; a published one, its client and both sockets of the box, three. */
static int set_limit(const struct ports *ports, uint64_t *ret_most, struct diag *d)
{
	rlim_t each = ports->npublish > 0 ? 1 + PORTS_PAIR : 2;
	rlim_t least = EGRESS_RESERVE + 2 * PUMP_PIPES + each + 1;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return diag_errno(d, -errno, "egress: its limit of file descriptors");
	l.rlim_cur = l.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &l) < 0)
		return diag_errno(d, -errno, "egress: its limit of file descriptors");
	if (l.rlim_cur < least) {
		diag_set(d, -EMFILE,
			 "egress: too few file descriptors: %llu at most (ulimit -Hn), and it needs %llu",
			 (unsigned long long)l.rlim_cur, (unsigned long long)least);
		diag_try(
		    d, "a hard limit of 4096: \"hard nofile 4096\" in limits.conf(5), LimitNOFILE= of a "
		       "systemd unit, docker run --ulimit nofile=4096; or --net none, which needs no egress");
		return d->code;
	}
	*ret_most = EGRESS_CONNECTIONS;
	if (l.rlim_cur != RLIM_INFINITY && (l.rlim_cur - EGRESS_RESERVE - 2 * PUMP_PIPES) / each < *ret_most)
		*ret_most = (l.rlim_cur - EGRESS_RESERVE - 2 * PUMP_PIPES) / each;
	return 0;
}

/* All that must be opened. */
static int prepare(struct egress *e, struct diag *d)
{
	struct event_config *config = event_config_new();
	int r;

	e->control = EGRESS_FD_CONTROL;
	connlog_open(e);
	r = tally_open(e, d);
	if (r < 0)
		return r;
	r = set_limit(&e->ports, &e->most, d);
	if (r < 0)
		return r;
	/* No signal and no timer's descriptor: the loop has one for its own. */
	e->base = config != NULL ? event_base_new_with_config(config) : NULL;
	if (e->base == NULL)
		return diag_set(d, -ENOMEM, "egress: its loop");
	event_config_free(config);
	e->resolve = resolve_new(e->base, d);
	if (e->resolve == NULL)
		return d->code;
	r = netlink_open(&e->routes, NETLINK_ROUTE, 0);
	if (r < 0)
		return diag_errno(d, r, "egress: rtnetlink");
	/* A hint: a kernel that has no such answer gives none. */
	e->diag = e->ports.npublish > 0 ? orphan_ask() : -1;
	names_init(&e->names);
	pump_init(&e->pipes);
	return 0;
}

/* That it is known where the proxy outside is: before it is needed, and before somebody inside asks for it. */
static void nothing(void *arg, const struct resolved *r)
{
	(void)arg;
	(void)r;
}

static void serve(struct egress *e, int stock)
{
	static const struct timeval second = { 1, 0 };
	struct event *control = event_new(e->base, e->control, EV_READ | EV_PERSIST, on_control, e);
	struct event *timer = event_new(e->base, -1, EV_PERSIST, on_second, e);
	struct gateway_wish wish = { 0 };

	if (control == NULL || timer == NULL || event_add(control, NULL) < 0 || event_add(timer, &second) < 0)
		mem_oom();
	dnsserve_begin(e);
	listen_begin(e);
	ports_begin(e, e->ports.npublish > 0 ? stock : -1);
	if (e->upstream.host.kind != HOSTNAME_NONE)
		upstream_find(e, nothing, NULL);
	tell_ready(e, e->gateway.way == GATEWAY_PORTS ? wish_ports(&wish, &e->rules) : 0);
	event_base_dispatch(e->base);
}

static void relay(struct egress *e, int from, int stock) __attribute__((noreturn));
static void relay(struct egress *e, int from, int stock)
{
	int fd[GATEWAY_FDS], *fds[GATEWAY_FDS], r;
	struct diag d = { 0 };

	/* With the one that waits. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	r = prepare(e, &d);
	if (r == 0)
		r = confine_rest(e->log >= 0 ? EGRESS_LOG_MAX : 0, &d);
	if (r < 0) {
		tell_failed(e->control, &d);
		_exit(EXIT_OURS);
	}
	r = receive_fds(from, &e->gateway, sizeof(e->gateway), fd, ARRAY_SIZE(fd));
	/* The other has said why. */
	if (r < 2 || (size_t)r != gateway_fds(&e->gateway, fds))
		_exit(EXIT_OURS);
	close(from);
	for (int i = 0; i < r; i++)
		*fds[i] = fd[i];
	serve(e, stock);
	_exit(EXIT_OURS);
}

/* --- the one that waits */

static int wait_for(pid_t relay_pid)
{
	int st, code = EXIT_OURS;
	pid_t pid;

	while ((pid = waitpid(-1, &st, 0)) > 0 || errno == EINTR)
		if (pid == relay_pid)
			code = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	return code;
}

int main(void)
{
	static struct egress e;
	struct diag d = { 0 };
	pid_t maker, child = -1;
	int pair[2], stock[2], room = 1, r;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* A socket that is gone is an errno. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	fcntl(EGRESS_FD_CONTROL, F_SETFD, FD_CLOEXEC);
	r = read_rules(&e, &d);
	/* Before it gives up an identity that may be allowed a low one. */
	if (r == 0)
		r = ports_publish(&e.ports, &d);
	if (r == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		r = diag_errno(&d, -errno, "egress: socketpair");
	if (r == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, stock) < 0)
		r = diag_errno(&d, -errno, "egress: socketpair");
	/* A few are ready, the kernel's least; more would only hold descriptors. */
	if (r == 0 && setsockopt(stock[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) < 0)
		r = diag_errno(&d, -errno, "egress: SO_SNDBUF");
	maker = r == 0 ? fork() : -1;
	if (maker == 0) {
		close(pair[0]);
		close(stock[0]);
		make_gateway(&e, pair[1], stock[1]);
	}
	if (r == 0 && maker < 0)
		r = diag_errno(&d, -errno, "egress: fork");
	if (r == 0)
		r = confine_namespaces(&d);
	if (r == 0) {
		/* Forgotten with the capabilities that came with the namespace. */
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		child = fork();
		if (child == 0) {
			close(pair[1]);
			close(stock[1]);
			relay(&e, pair[0], stock[0]);
		}
		if (child < 0)
			r = diag_errno(&d, -errno, "egress: fork");
	}
	if (r == 0)
		r = confine_waiter(&d);
	if (r < 0) {
		tell_failed(EGRESS_FD_CONTROL, &d);
		_exit(EXIT_OURS);
	}
	close(pair[0]);
	close(pair[1]);
	close(stock[0]);
	close(stock[1]);
	for (size_t i = 0; i < e.ports.nlistener; i++)
		close(e.ports.listener[i]);
	close(EGRESS_FD_CONTROL);
	close(EGRESS_FD_ACCOUNT);
	close(EGRESS_FD_LOG);
	_exit(wait_for(child));
}
