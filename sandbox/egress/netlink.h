/* SPDX-License-Identifier: MIT */
/*
 * Requests to the kernel over netlink, several in one message, each of them acknowledged. No program (ip, nft) is
 * needed at run time, and the kernel's answer comes back as an errno with the words of the request that failed.
 */
#ifndef NETLINK_H
#define NETLINK_H

#include <stddef.h>
#include <stdint.h>

#define NETLINK_ROOM	 8192
#define NETLINK_REQUESTS 64

struct netlink {
	int fd;		     /* owned */
	uint32_t seq, asked; /* of the last request; how many wait for their answer */
	size_t len, start;   /* what is in buf; where the request that is being written begins */
	const char *what[NETLINK_REQUESTS]; /* of each that waits */
	char buf[NETLINK_ROOM] __attribute__((aligned(8)));
};

/*
 * In the network namespace of the calling thread; protocol: NETLINK_ROUTE, NETLINK_NETFILTER. groups: what the kernel
 * shall tell by itself (RTMGRP_LINK); 0: nothing. 0 or -errno.
 */
int netlink_open(struct netlink *n, int protocol, unsigned groups);
void netlink_done(struct netlink *n);

/*
 * A request: head is the fixed structure that its type has. `what` (borrowed, NULL: no answer is asked for) says it
 * in words. Attributes follow. Running out of room is a bug, and ends the process.
 */
void netlink_begin(struct netlink *n, int type, int flags, const void *head, size_t size, const char *what);
void netlink_put(struct netlink *n, int type, const void *data, size_t size);
void netlink_put32(struct netlink *n, int type, uint32_t value);
void netlink_put_text(struct netlink *n, int type, const char *s); /* with its NUL */
size_t netlink_nest(struct netlink *n, int type);
void netlink_raw(struct netlink *n, const void *data, size_t size); /* within a nest, what is no attribute */
void netlink_end(struct netlink *n, size_t nest);

/*
 * Sends a single question (what: NULL) and gives the head of its answer, if it is of that type. -errno: the
 * kernel's, or -EPROTO.
 */
int netlink_ask(struct netlink *n, int type, void *head, size_t size);
/*
 * Of one that has RTMGRP_LINK: waits until the interface can send. Between its carrier and that lies work that the
 * kernel does later, once in a second if it must; until then it drops packets. -ETIMEDOUT, or -errno.
 */
int netlink_wait_up(struct netlink *n, int index, int ms);
/* Sends what was written and reads every answer. 0, or -errno of the first that failed and its words in *ret_what. */
int netlink_flush(struct netlink *n, const char **ret_what);

#endif
