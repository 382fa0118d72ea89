/* SPDX-License-Identifier: MIT */
#include "egress/dns.h"

#include <string.h>

#include "util.h"

#define HEADER	  12
#define CLASS_IN  1
#define OPT_BYTES 11 /* without options */
#define SOA_BYTES 33

#define FLAG_QR 0x8000u
#define FLAG_TC 0x0200u
#define FLAG_RD 0x0100u
#define FLAG_RA 0x0080u
#define FLAG_CD 0x0010u
#define OPCODE	0x7800u

/* --- questions */

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/*
 * The labels at p, as text with dots. Returns the bytes they take, the last empty one included; 0: no name.
 * *ret_len is 0 where the text would lie: a dot inside a label, the root.
 */
static size_t read_name(const uint8_t *p, size_t n, char text[256], size_t *ret_len)
{
	size_t at = 0, len = 0;
	bool lies = false;

	while (at < n && p[at] != 0) {
		size_t label = p[at];

		if (label > 63 || at + 1 + label >= n || at + 1 + label >= 255)
			return 0;
		lies = lies || memchr(p + at + 1, '.', label) != NULL;
		memcpy(text + len, p + at + 1, label);
		text[len + label] = '.';
		len += label + 1;
		at += label + 1;
	}
	if (at == n)
		return 0;
	*ret_len = lies || len == 0 ? 0 : len - 1;
	return at + 1;
}

/* The record behind the question can only be an OPT (RFC 6891). */
static enum dns_rcode read_opt(const uint8_t *p, size_t n, struct dns_query *ret)
{
	uint16_t size;

	if (n < OPT_BYTES || p[0] != 0 || get16(p + 1) != DNS_OPT || n != OPT_BYTES + (size_t)get16(p + 9))
		return DNS_FORMERR;
	ret->edns = true;
	size = get16(p + 3);
	ret->room = size < ret->room ? ret->room : size > DNS_UDP_MAX ? DNS_UDP_MAX : size;
	return p[6] == 0 ? DNS_NOERROR : DNS_BADVERS;
}

static enum dns_rcode read_question(const uint8_t *p, size_t n, struct dns_query *ret)
{
	unsigned extra = get16(p + 10);
	char text[256];
	size_t len, raw;

	if ((ret->flags & OPCODE) != 0)
		return DNS_NOTIMP;
	if (get16(p + 4) != 1 || get16(p + 6) != 0 || get16(p + 8) != 0 || extra > 1)
		return DNS_FORMERR;
	raw = read_name(p + HEADER, n - HEADER, text, &len);
	if (raw == 0 || n - HEADER - raw < 4)
		return DNS_FORMERR;
	ret->type = get16(p + HEADER + raw);
	ret->raw_len = (uint16_t)(raw + 4);
	memcpy(ret->raw, p + HEADER, ret->raw_len);
	hostname_parse(text, len, false, &ret->name, NULL);
	p += HEADER + ret->raw_len;
	n -= HEADER + (size_t)ret->raw_len;
	if (get16(p - 2) != CLASS_IN)
		return DNS_NOTIMP;
	if (extra > 0)
		return read_opt(p, n, ret);
	return n == 0 ? DNS_NOERROR : DNS_FORMERR;
}

bool dns_parse(const void *msg, size_t n, struct dns_query *ret)
{
	const uint8_t *p = msg;

	memset(ret, 0, sizeof(*ret));
	if (n < HEADER || n > DNS_QUERY_MAX || get16(p + 2) & FLAG_QR)
		return false;
	ret->id = get16(p);
	ret->flags = get16(p + 2);
	ret->room = 512;
	ret->rcode = read_question(p, n, ret);
	return true;
}

/* Names that never have a server (RFC 6761, 7686): what asks one for them only says that somebody asked. */
static bool is_nobodys(const struct hostname *name)
{
	static const char *const tops[] = { "invalid", "localhost", "onion" };
	const char *dot = strrchr(name->text, '.'), *top = dot != NULL ? dot + 1 : name->text;

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		if (streq(top, tops[i]))
			return true;
	return false;
}

enum dns_act dns_decide(const struct dns_query *q, const struct hostrules *rules,
			struct hostrules_answer *ret_answer)
{
	*ret_answer = (struct hostrules_answer){ .by = HOSTRULES_UNLISTED };
	if (q->rcode != DNS_NOERROR)
		return DNS_ACT_RCODE;
	/* A literal address is no name, however a rule may allow it. */
	if (q->name.kind != HOSTNAME_NAME || is_nobodys(&q->name))
		return DNS_ACT_REFUSE;
	*ret_answer = hostrules_judge(rules, &q->name, 0);
	if (!hostrules_allowed(ret_answer))
		return DNS_ACT_REFUSE;
	if (q->type == DNS_TXT || q->type == DNS_SRV)
		return DNS_ACT_RESOLVE;
	if (q->type != DNS_A && q->type != DNS_AAAA)
		return DNS_ACT_NODATA;
	return ret_answer->by == HOSTRULES_EXACT ? DNS_ACT_GIVE : DNS_ACT_RESOLVE;
}

/* --- answers */

static void put8(struct dns_answer *a, unsigned v)
{
	a->out[a->n++] = (uint8_t)v;
}

static void put16(struct dns_answer *a, unsigned v)
{
	put8(a, v >> 8);
	put8(a, v & 0xff);
}

static void put32(struct dns_answer *a, uint32_t v)
{
	put16(a, v >> 16);
	put16(a, v & 0xffff);
}

static void put(struct dns_answer *a, const void *p, size_t n)
{
	memcpy(a->out + a->n, p, n);
	a->n += n;
}

static void set16(struct dns_answer *a, size_t at, unsigned v)
{
	a->out[at] = (uint8_t)(v >> 8);
	a->out[at + 1] = (uint8_t)v;
}

void dns_begin(struct dns_answer *a, const struct dns_query *q, enum dns_rcode rcode, void *out, size_t size,
	       bool tcp)
{
	size_t room = tcp ? size - 2 : size < q->room ? size : q->room;

	*a = (struct dns_answer){ .query = q,
				  .out = (uint8_t *)out + (tcp ? 2 : 0),
				  .room = room < DNS_TCP_MAX ? room : DNS_TCP_MAX,
				  .tcp = tcp,
				  .rcode = rcode };
	put16(a, q->id);
	put16(a, FLAG_QR | FLAG_RA | (q->flags & (OPCODE | FLAG_RD | FLAG_CD)) | (rcode & 0xf));
	put16(a, q->raw_len > 0);
	put16(a, 0);
	put16(a, 0);
	put16(a, q->edns);
	put(a, q->raw, q->raw_len);
}

bool dns_add_data(struct dns_answer *a, uint16_t type, uint32_t ttl, const void *data, size_t n)
{
	/* What dns_end writes always has room. */
	if (a->truncated || n > a->room || a->n + 12 + n + OPT_BYTES + SOA_BYTES > a->room) {
		a->truncated = true;
		return false;
	}
	put16(a, 0xc000 | HEADER); /* the name of the question */
	put16(a, type);
	put16(a, CLASS_IN);
	put32(a, ttl);
	put16(a, (unsigned)n);
	put(a, data, n);
	a->records++;
	return true;
}

bool dns_add_addr(struct dns_answer *a, const struct ipaddr *addr, uint32_t ttl)
{
	return dns_add_data(a, addr->bytes == 4 ? DNS_A : DNS_AAAA, ttl, addr->byte, addr->bytes);
}

/* The root's: it lies above every name, and needs no compression. */
static void put_soa(struct dns_answer *a, uint32_t ttl)
{
	put8(a, 0);
	put16(a, DNS_SOA);
	put16(a, CLASS_IN);
	put32(a, ttl);
	put16(a, 22);
	put8(a, 0);	/* mname */
	put8(a, 0);	/* rname */
	put32(a, 1);	/* serial */
	put32(a, 3600); /* refresh, retry, expire: for secondaries, which we have none of */
	put32(a, 3600);
	put32(a, 3600);
	put32(a, ttl); /* minimum: how long a "no" holds */
}

size_t dns_end(struct dns_answer *a, uint32_t ttl)
{
	bool no = a->rcode == DNS_NXDOMAIN || (a->rcode == DNS_NOERROR && a->records == 0);

	if (no && !a->truncated) {
		put_soa(a, ttl);
		set16(a, 8, 1);
	}
	if (a->query->edns) {
		put8(a, 0);
		put16(a, DNS_OPT);
		put16(a, DNS_UDP_MAX);
		put32(a, (uint32_t)(a->rcode >> 4) << 24);
		put16(a, 0);
	}
	set16(a, 6, a->records);
	if (a->truncated)
		a->out[2] |= FLAG_TC >> 8;
	if (!a->tcp)
		return a->n;
	a->out[-2] = (uint8_t)(a->n >> 8);
	a->out[-1] = (uint8_t)a->n;
	return a->n + 2;
}

size_t dns_tcp_frame(const void *buf, size_t n)
{
	size_t len = n < 2 ? 0 : get16(buf);

	if (n < 2)
		return 0;
	if (len < HEADER || len > DNS_QUERY_MAX)
		return SIZE_MAX;
	return n < len + 2 ? 0 : len + 2;
}
