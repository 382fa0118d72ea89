/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a question: what is taken as one gives answers that another walk over the message finds whole, within
 * their room, and that are no questions. The first byte says how many records, and whether by TCP.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "egress/dns.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static unsigned u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The bytes of a name at p: labels, or a pointer to the question's. */
static size_t name(const uint8_t *p, const uint8_t *end)
{
	size_t n = 0;

	check(p < end);
	if (p[0] == 0xc0) {
		check(p + 1 < end && p[1] == 12);
		return 2;
	}
	while (p[n] != 0) {
		check(p[n] < 64 && p + n + 1 + p[n] < end);
		n += 1 + p[n];
	}
	check(n < 255);
	return n + 1;
}

static void walk(const uint8_t *msg, size_t n, const struct dns_query *q, unsigned records)
{
	const uint8_t *p = msg + 12, *end = msg + n;
	unsigned rest = 0;

	check(n >= 12 && u16(msg) == q->id && msg[2] & 0x80 && u16(msg + 4) <= 1 && u16(msg + 6) == records);
	if (u16(msg + 4) == 1)
		p += name(p, end) + 4;
	for (unsigned i = 6; i <= 10; i += 2)
		rest += u16(msg + i);
	check(u16(msg + 10) == q->edns);
	for (; rest > 0; rest--) {
		p += name(p, end);
		check(end - p >= 10);
		p += 10 + u16(p + 8);
		check(p <= end);
	}
	check(p == end);
}

static void answer(const struct dns_query *q, unsigned count, bool tcp)
{
	static const enum dns_rcode rcodes[] = { DNS_NOERROR, DNS_NXDOMAIN, DNS_SERVFAIL };
	struct ipaddr v6 = ipaddr_of("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x42", 16),
		      v4 = ipaddr_of("\xc6\x12\0\1", 4);
	enum dns_rcode rcode = q->rcode != DNS_NOERROR ? q->rcode : rcodes[count % ARRAY_SIZE(rcodes)];
	size_t size = tcp ? 4096 : q->room, n;
	AUTO_FREE uint8_t *out = xmalloc(size);
	struct dns_query again;
	struct dns_answer a;
	unsigned added = 0;

	dns_begin(&a, q, rcode, out, size, tcp);
	for (unsigned i = 0; rcode == DNS_NOERROR && i < count; i++)
		added += dns_add_addr(&a, i % 2 ? &v4 : &v6, i);
	n = dns_end(&a, 60);
	check(n <= size && (!tcp || u16(out) + 2 == n));
	walk(out + 2 * tcp, n - 2 * tcp, q, added);
	check(!dns_parse(out + 2 * tcp, n - 2 * tcp, &again));
	check((out[2 * tcp + 2] & 2) >> 1 == (rcode == DNS_NOERROR && added < count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	__attribute__((cleanup(hostrules_done))) struct hostrules rules = { 0 };
	size_t n = size > 0 ? size - 1 : 0;
	AUTO_FREE uint8_t *msg = xmemdup(data, size > 0 ? size : 1);
	AUTO_FREE uint8_t *copy = NULL;
	struct hostrules_answer a;
	struct hostname_fault f;
	struct dns_query q;
	enum dns_act act;
	size_t frame;

	if (size < 2)
		return 0;
	copy = xmemdup(msg + 1, n);
	frame = dns_tcp_frame(copy, n);
	check(frame == SIZE_MAX || frame == 0 || (frame >= 14 && frame <= n && frame <= DNS_QUERY_MAX + 2));
	if (!dns_parse(copy, n, &q))
		return 0;
	check(q.room >= 512 && q.room <= DNS_UDP_MAX && q.raw_len <= sizeof(q.raw));
	check(q.rcode != DNS_NOERROR || memcmp(q.raw, copy + 12, q.raw_len) == 0);
	check(hostrules_add(&rules, HOSTRULES_ALLOW, "*.b.example", 11, "here", &f) == 0);
	act = dns_decide(&q, &rules, &a);
	check((act == DNS_ACT_RCODE) == (q.rcode != DNS_NOERROR));
	/* Nothing goes further but a name below the allowed one. */
	check((act != DNS_ACT_RESOLVE && act != DNS_ACT_NODATA) ||
	      (q.name.kind == HOSTNAME_NAME && q.name.len > 10 &&
	       streq(q.name.text + q.name.len - 10, ".b.example")));
	check(act != DNS_ACT_GIVE);
	answer(&q, msg[0] >> 1, msg[0] & 1);
	return 0;
}
