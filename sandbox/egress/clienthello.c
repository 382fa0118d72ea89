/* SPDX-License-Identifier: MIT */
#include "egress/clienthello.h"

#include <stdint.h>
#include <string.h>

#define RECORD_HEADER	 CLIENTHELLO_HEADER
#define RECORD_MAX	 16384
#define TYPE_CHANGE	 20
#define TYPE_ALERT	 21
#define TYPE_HANDSHAKE	 22
#define TYPE_DATA	 23
#define TYPE_HEARTBEAT	 24
#define TYPE_LAST	 26
#define TYPE_HELLO	 1
#define TYPE_ANSWER	 2
#define ALERT_LENGTH	 2
#define ALERT_WARNING	 1
#define ALERT_CLOSE	 0
#define EXT_SERVER_NAME	 0
#define EXT_ECH		 0xfe0d
#define EXT_ESNI	 0xffce
#define NAME_IS_HOSTNAME 0

/* What is left of a text with lengths in it. What does not fit is marked bad, and reads as empty. */
struct reader {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static struct reader take(struct reader *r, size_t n)
{
	struct reader part = { .p = r->p, .n = n };

	if (n > r->n) {
		r->bad = true;
		r->n = 0;
		return (struct reader){ .p = r->p, .bad = true };
	}
	r->p += n;
	r->n -= n;
	return part;
}

/* A number of so many bytes; 0 where they are not there. */
static size_t number(struct reader *r, size_t bytes)
{
	struct reader part = take(r, bytes);
	size_t v = 0;

	for (size_t i = 0; i < part.n; i++)
		v = v << 8 | part.p[i];
	return v;
}

/* A vector: its length in so many bytes, and what it says. */
static struct reader vector(struct reader *r, size_t bytes)
{
	return take(r, number(r, bytes));
}

/*
 * The handshake bytes of the records in buf, without their headers, into out. *ret_len is their number, *ret_used that of
 * the records'. NONE: it is the whole hello, from the first byte to the last.
 */
static enum clienthello join(const uint8_t *buf, size_t n, uint8_t out[CLIENTHELLO_MAX], size_t *ret_len,
			     size_t *ret_used, const char **why)
{
	size_t len = 0, want = 4, at = 0;

	for (unsigned records = 0; records < CLIENTHELLO_RECORDS; records++) {
		size_t body, have;

		if (n - at < RECORD_HEADER)
			return CLIENTHELLO_MORE;
		if (buf[at] != TYPE_HANDSHAKE || buf[at + 1] != 3)
			return *why = "another record inside the ClientHello", CLIENTHELLO_BAD;
		body = (size_t)buf[at + 3] << 8 | buf[at + 4];
		if (body == 0 || body > RECORD_MAX)
			return *why = "a record of no or too many bytes", CLIENTHELLO_BAD;
		at += RECORD_HEADER;
		have = n - at < body ? n - at : body;
		memcpy(out + len, buf + at, have);
		len += have;
		if (len > 0 && out[0] != TYPE_HELLO)
			return *why = "a handshake that does not begin with a ClientHello", CLIENTHELLO_BAD;
		if (len >= 4)
			want = 4 + ((size_t)out[1] << 16 | (size_t)out[2] << 8 | out[3]);
		if (want > CLIENTHELLO_MAX)
			return *why = "a ClientHello of too many bytes", CLIENTHELLO_BAD;
		if (len - have + body > want && len >= 4)
			return *why = "something behind the ClientHello in its record", CLIENTHELLO_BAD;
		if (have < body)
			return CLIENTHELLO_MORE;
		at += body;
		if (len >= 4 && len == want) {
			*ret_len = len;
			*ret_used = at;
			return CLIENTHELLO_NONE;
		}
	}
	return *why = "a ClientHello in too many records", CLIENTHELLO_BAD;
}

/* RFC 6066: a list with one name in it. */
static bool read_server_name(struct reader ext, struct hostname *ret)
{
	struct reader list = vector(&ext, 2), name;
	size_t type = number(&list, 1);

	name = vector(&list, 2);
	return !ext.bad && ext.n == 0 && !list.bad && list.n == 0 && type == NAME_IS_HOSTNAME &&
	       hostname_parse((const char *)name.p, name.n, true, ret, NULL) && ret->kind == HOSTNAME_NAME;
}

static enum clienthello read_hello(struct reader r, struct hostname *ret, const char **why)
{
	struct reader exts;
	bool named = false, ech = false;

	take(&r, 4);	  /* type and length */
	take(&r, 2 + 32); /* version, random */
	vector(&r, 1);	  /* session */
	vector(&r, 2);	  /* cipher suites */
	vector(&r, 1);	  /* compression */
	exts = r.n > 0 ? vector(&r, 2) : (struct reader){ 0 };
	if (r.bad || r.n > 0)
		return *why = "a ClientHello whose lengths do not meet", CLIENTHELLO_BAD;
	while (exts.n > 0) {
		size_t type = number(&exts, 2);
		struct reader ext = vector(&exts, 2);

		if (exts.bad)
			return *why = "an extension whose lengths do not meet", CLIENTHELLO_BAD;
		if (type == EXT_ECH || type == EXT_ESNI)
			ech = true;
		if (type != EXT_SERVER_NAME)
			continue;
		if (named)
			return *why = "two server names", CLIENTHELLO_BAD;
		if (!read_server_name(ext, ret))
			return *why = "a server name that is no host name", CLIENTHELLO_BAD;
		named = true;
	}
	return ech ? CLIENTHELLO_ECH : named ? CLIENTHELLO_NAME : CLIENTHELLO_NONE;
}

static enum clienthello not_tls(const char **why)
{
	*why = "no TLS handshake";
	return CLIENTHELLO_NOT_TLS;
}

/* SSL 2's form, which TLS servers took for long: two bytes of length, type, version. It says no name. */
static enum clienthello read_ssl2(const uint8_t *p, size_t n, const char **why)
{
	if ((p[0] & 0x80) == 0 || (n > 2 && p[2] != TYPE_HELLO) || (n > 3 && p[3] != 0 && p[3] != 3) ||
	    (n > 4 && p[3] == 0 && p[4] != 2))
		return not_tls(why);
	return n < 5 ? CLIENTHELLO_MORE : (*why = "a ClientHello in the form of SSL 2", CLIENTHELLO_BAD);
}

/*
 * How it begins. NONE: as a record that may hold a hello. What some server takes for TLS all the same, while the name
 * can't be read, is BAD: on no port may it pass as something else.
 */
static enum clienthello begin(const uint8_t *p, size_t n, const char **why)
{
	if (n == 0 || (p[0] == TYPE_HANDSHAKE && (n == 1 || p[1] == 3)))
		return CLIENTHELLO_NONE;
	if (p[0] == TYPE_HANDSHAKE) {
		/* Servers need not look at the version of a record (RFC 8446, 5.1). */
		if (n <= RECORD_HEADER)
			return CLIENTHELLO_MORE;
		if (p[RECORD_HEADER] != TYPE_HELLO)
			return not_tls(why);
		*why = "a ClientHello in a record of an odd version";
		return CLIENTHELLO_BAD;
	}
	/* Who does not know a type ignores the record (RFC 4346, 6). */
	if (p[0] == TYPE_CHANGE || p[0] == TYPE_ALERT || (p[0] >= TYPE_HEARTBEAT && p[0] <= TYPE_LAST)) {
		if (n == 1)
			return CLIENTHELLO_MORE;
		if (p[1] != 3)
			return not_tls(why);
		*why = "another record before the ClientHello";
		return CLIENTHELLO_BAD;
	}
	return read_ssl2(p, n, why);
}

enum clienthello clienthello_parse(const void *buf, size_t n, struct hostname *ret, size_t *ret_len,
				   const char **ret_why)
{
	const uint8_t *p = buf;
	uint8_t hello[CLIENTHELLO_MAX];
	const char *why = NULL;
	enum clienthello r;
	size_t len = 0, used = 0;

	memset(ret, 0, sizeof(*ret));
	r = begin(p, n, &why);
	if (r == CLIENTHELLO_NONE) {
		r = join(p, n < CLIENTHELLO_MAX ? n : CLIENTHELLO_MAX, hello, &len, &used, &why);
		if (r == CLIENTHELLO_MORE && n >= CLIENTHELLO_MAX) {
			why = "a ClientHello of too many bytes";
			r = CLIENTHELLO_BAD;
		}
		if (r == CLIENTHELLO_NONE)
			r = read_hello((struct reader){ .p = hello, .n = len }, ret, &why);
	}
	if (r != CLIENTHELLO_NAME && r != CLIENTHELLO_ECH)
		memset(ret, 0, sizeof(*ret));
	*ret_len = r == CLIENTHELLO_NAME || r == CLIENTHELLO_ECH || r == CLIENTHELLO_NONE ? used : 0;
	if (ret_why != NULL)
		*ret_why = why;
	return r;
}

/* The random of a ServerHello that is a HelloRetryRequest (RFC 8446, 4.1.3). */
static const uint8_t retry[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
				   0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
				   0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };

static size_t body_of(const uint8_t *record)
{
	return (size_t)record[3] << 8 | record[4];
}

enum clienthello_answer clienthello_answer(const void *buf, size_t n)
{
	const size_t random_at = RECORD_HEADER + 4 + 2, want = random_at + sizeof(retry);
	const uint8_t *p = buf;

	/* Warnings (of a name that it does not know) come before it. */
	while (n >= RECORD_HEADER + ALERT_LENGTH && p[0] == TYPE_ALERT && body_of(p) == ALERT_LENGTH &&
	       p[RECORD_HEADER] == ALERT_WARNING && p[RECORD_HEADER + 1] != ALERT_CLOSE) {
		p += RECORD_HEADER + ALERT_LENGTH;
		n -= RECORD_HEADER + ALERT_LENGTH;
	}
	if (n > 0 && p[0] == TYPE_ALERT)
		return n < RECORD_HEADER + ALERT_LENGTH ? CLIENTHELLO_ANSWER_MORE : CLIENTHELLO_ANSWER_OTHER;
	if (n > 0 && p[0] != TYPE_HANDSHAKE)
		return CLIENTHELLO_ANSWER_OTHER;
	if (n <= RECORD_HEADER)
		return CLIENTHELLO_ANSWER_MORE;
	if (p[RECORD_HEADER] != TYPE_ANSWER)
		return CLIENTHELLO_ANSWER_OTHER;
	/* One in pieces so small may be anything. */
	if (body_of(p) < want - RECORD_HEADER)
		return CLIENTHELLO_ANSWER_RETRY;
	if (n < want)
		return CLIENTHELLO_ANSWER_MORE;
	return memcmp(p + random_at, retry, sizeof(retry)) == 0 ? CLIENTHELLO_ANSWER_RETRY
								: CLIENTHELLO_ANSWER_OTHER;
}

size_t clienthello_between(const void *buf, size_t n)
{
	const uint8_t *p = buf;

	/* An alert may be a warning; data is what was sent early, and is thrown away by the server. */
	if (n < RECORD_HEADER || (p[0] != TYPE_CHANGE && p[0] != TYPE_ALERT && p[0] != TYPE_DATA))
		return 0;
	return RECORD_HEADER + body_of(p);
}
