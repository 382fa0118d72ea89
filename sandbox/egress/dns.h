/* SPDX-License-Identifier: MIT */
/*
 * DNS messages as the gateway meets them: the parser of questions, what each one
 * gets, and the writer of answers. Pure: bytes in, bytes out; no allocation.
 *
 * A question is read strictly (RFC 1035, 6891): one question, class IN, no compression, no other record
 * than one OPT, nothing behind the end. The name goes through
 * hostname.h; what that refuses gets NXDOMAIN, so that no odd spelling leaves the machine.
 */
#ifndef DNS_H
#define DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/hostname.h"
#include "egress/hostrules.h"
#include "egress/ipaddr.h"

#define DNS_UDP_MAX   1232  /* what we promise and write at most in one datagram (no fragments) */
#define DNS_TCP_MAX   65535 /* of an answer; a question has at most DNS_QUERY_MAX bytes */
#define DNS_QUERY_MAX 1232

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_OPT = 41,
	DNS_SVCB = 64,
	DNS_HTTPS = 65,
	DNS_ANY = 255,
};

enum dns_rcode {
	DNS_NOERROR,
	DNS_FORMERR,
	DNS_SERVFAIL,
	DNS_NXDOMAIN,
	DNS_NOTIMP,
	DNS_REFUSED,
	DNS_BADVERS = 16
};

struct dns_query {
	uint16_t id, flags;
	enum dns_rcode rcode; /* of the answer, when this alone decides it; DNS_NOERROR: ask dns_decide */
	uint16_t type;
	struct hostname name; /* kind NONE: no name that hostname.h takes */
	bool edns;
	uint16_t room; /* bytes of a UDP answer that the asker takes: 512 to DNS_UDP_MAX */
	uint16_t
	    raw_len; /* name, type and class as they came, for the answer: 0x20 casing survives; 0: none */
	uint8_t raw[255 + 4];
};

/*
 * One message of exactly n bytes. False: no query at all (an answer, less than a header, too long): say
 * nothing. True: *ret is one, and ret->rcode says whether it is a good one.
 */
bool dns_parse(const void *msg, size_t n, struct dns_query *ret);

/* What a question gets. */
enum dns_act {
	DNS_ACT_REFUSE,	 /* NXDOMAIN with SOA; nothing leaves the machine */
	DNS_ACT_RCODE,	 /* q->rcode, without more */
	DNS_ACT_NODATA,	 /* the name is good, the type has nothing: HTTPS, SVCB, SRV ... */
	DNS_ACT_GIVE,	 /* A or AAAA of an exactly allowed name: a synthetic address at once */
	DNS_ACT_RESOLVE, /* ask upstream first: A or AAAA below a wildcard or in open; SRV, TXT */
};
/*
 * What this question gets under these rules. *ret_answer is what the rules said about the name (any port),
 * for the log. SRV and TXT of an allowed name are RESOLVE: whoever resolves may still answer NODATA.
 */
enum dns_act dns_decide(const struct dns_query *q, const struct hostrules *rules,
			struct hostrules_answer *ret_answer);

/* An answer that is being written. */
struct dns_answer {
	const struct dns_query *query; /* borrowed */
	uint8_t *out;		       /* borrowed; behind the length */
	size_t room, n;
	bool tcp;
	enum dns_rcode rcode;
	uint16_t records;
	bool truncated;
};

/*
 * Begins an answer in out, which has `size` bytes (514 at least). Over UDP no more than q->room are used; over
 * TCP the message has its two bytes of length in front. The records follow, then dns_end.
 */
void dns_begin(struct dns_answer *a, const struct dns_query *q, enum dns_rcode rcode, void *out, size_t size,
	       bool tcp);
/* A or AAAA, after what the address is. False: no room; the answer has TC, and no more is added. */
bool dns_add_addr(struct dns_answer *a, const struct ipaddr *addr, uint32_t ttl);
/* A record of another type with data that has no compressed names. */
bool dns_add_data(struct dns_answer *a, uint16_t type, uint32_t ttl, const void *data, size_t n);
/*
 * Ends it: an SOA for NXDOMAIN and for NOERROR without records (RFC 2308; its minimum is `ttl`), an OPT
 * when the question had one. The number of bytes to send.
 */
size_t dns_end(struct dns_answer *a, uint32_t ttl);

/*
 * TCP (RFC 1035 4.2.2): how many of the n bytes are the first message with its two bytes of length. 0: more is
 * needed; SIZE_MAX: too long or too short for a query, close.
 */
size_t dns_tcp_frame(const void *buf, size_t n);

#endif
