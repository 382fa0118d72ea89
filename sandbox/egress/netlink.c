/* SPDX-License-Identifier: MIT */
#include "netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

int netlink_open(struct netlink *n, int protocol, unsigned groups)
{
	struct sockaddr_nl me = { .nl_family = AF_NETLINK, .nl_groups = groups };

	*n = (struct netlink){ .fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol) };
	if (n->fd < 0)
		return -errno;
	if (bind(n->fd, (const struct sockaddr *)&me, sizeof(me)) == 0)
		return 0;
	mem_close_fd(&n->fd);
	return -errno;
}

void netlink_done(struct netlink *n)
{
	mem_close_fd(&n->fd);
}

void netlink_raw(struct netlink *n, const void *data, size_t size)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)(n->buf + n->start);
	size_t padded = NLMSG_ALIGN(size);

	if (padded > sizeof(n->buf) - n->len)
		abort();
	memset(n->buf + n->len, 0, padded);
	if (size > 0)
		memcpy(n->buf + n->len, data, size);
	n->len += padded;
	h->nlmsg_len = (uint32_t)(n->len - n->start);
}

void netlink_begin(struct netlink *n, int type, int flags, const void *head, size_t size, const char *what)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)type,
			      .nlmsg_flags =
				  (uint16_t)(flags | NLM_F_REQUEST | (what != NULL ? NLM_F_ACK : 0)),
			      .nlmsg_seq = ++n->seq };

	if (n->asked == NETLINK_REQUESTS || sizeof(h) > sizeof(n->buf) - n->len)
		abort();
	n->start = n->len;
	memcpy(n->buf + n->len, &h, sizeof(h));
	n->len += sizeof(h);
	netlink_raw(n, head, size);
	if (what != NULL)
		n->what[n->asked++] = what;
}

void netlink_put(struct netlink *n, int type, const void *data, size_t size)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + size), .nla_type = (uint16_t)type };

	netlink_raw(n, &a, sizeof(a));
	netlink_raw(n, data, size);
}

void netlink_put32(struct netlink *n, int type, uint32_t value)
{
	netlink_put(n, type, &value, sizeof(value));
}

void netlink_put_text(struct netlink *n, int type, const char *s)
{
	netlink_put(n, type, s, strlen(s) + 1);
}

size_t netlink_nest(struct netlink *n, int type)
{
	size_t at = n->len;

	netlink_put(n, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void netlink_end(struct netlink *n, size_t nest)
{
	struct nlattr *a = (struct nlattr *)(void *)(n->buf + nest);

	a->nla_len = (uint16_t)(n->len - nest);
}

/* As NLMSG_OK, which compares a signed with an unsigned number. */
static bool is_whole(const struct nlmsghdr *h, int left)
{
	return left >= (int)sizeof(*h) && h->nlmsg_len >= sizeof(*h) && h->nlmsg_len <= (unsigned)left;
}

/* The answers come in the order of the requests. The first that failed is kept: it caused the others. */
static int read_answers(struct netlink *n, const char **ret_what)
{
	char buf[NETLINK_ROOM] __attribute__((aligned(8)));
	uint32_t i = 0;
	int failed = 0;

	while (i < n->asked) {
		ssize_t got = recv(n->fd, buf, sizeof(buf), 0);
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)buf; is_whole(h, left) && i < n->asked;
		     h = NLMSG_NEXT(h, left)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (e->error != 0 && failed == 0) {
				failed = e->error;
				*ret_what = n->what[i];
			}
			i++;
			/* A batch that is refused as a whole is answered once, with the number of its first part. */
			if (failed != 0)
				return failed;
		}
	}
	return failed;
}

int netlink_flush(struct netlink *n, const char **ret_what)
{
	int r = 0;

	*ret_what = "netlink";
	if (send(n->fd, n->buf, n->len, 0) < 0)
		r = -errno;
	if (r == 0)
		r = read_answers(n, ret_what);
	n->len = 0;
	n->asked = 0;
	return r;
}

int netlink_ask(struct netlink *n, int type, void *head, size_t size)
{
	char buf[NETLINK_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)buf;
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t len = n->len;
	ssize_t got;

	n->len = 0;
	if (send(n->fd, n->buf, len, 0) < 0)
		return -errno;
	/* What is no answer to this question is one to an older that was given up. */
	do {
		got = recv(n->fd, buf, sizeof(buf), 0);
		if (got < 0 && errno != EINTR)
			return -errno;
	} while (got < (ssize_t)sizeof(*h) || h->nlmsg_seq != n->seq);
	if (h->nlmsg_type == NLMSG_ERROR && got >= (ssize_t)NLMSG_LENGTH(sizeof(*e)))
		return e->error < 0 ? e->error : -EPROTO;
	if (h->nlmsg_type != type || got < (ssize_t)NLMSG_LENGTH(size))
		return -EPROTO;
	memcpy(head, NLMSG_DATA(h), size);
	return 0;
}

/* Whether it is news of that interface, and says that it is up. */
static bool says_up(struct nlmsghdr *h, int index)
{
	struct ifinfomsg *m = NLMSG_DATA(h);
	int left = (int)IFLA_PAYLOAD(h);

	if (h->nlmsg_type != RTM_NEWLINK || m->ifi_index != index)
		return false;
	for (struct rtattr *a = IFLA_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_OPERSTATE)
			return *(const uint8_t *)RTA_DATA(a) == IF_OPER_UP;
	return false;
}

int netlink_wait_up(struct netlink *n, int index, int ms)
{
	char buf[NETLINK_ROOM] __attribute__((aligned(8)));
	struct pollfd p = { n->fd, POLLIN, 0 };

	for (;;) {
		int ready = poll(&p, 1, ms);
		int left;
		ssize_t got;

		if (ready == 0)
			return -ETIMEDOUT;
		if (ready < 0 && errno == EINTR)
			continue;
		got = ready < 0 ? -1 : recv(n->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got < 0)
			return -errno;
		left = (int)got;
		for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)buf; is_whole(h, left);
		     h = NLMSG_NEXT(h, left))
			if (says_up(h, index))
				return 0;
	}
}
