/* SPDX-License-Identifier: MIT */
#include "egress/ipaddr.h"

#include <arpa/inet.h>
#include <string.h>

#include "util.h"

struct row {
	struct ipaddr prefix;
	uint8_t bits, need;
	enum ipaddr_class class;
	const char *words;
};

#define NEED_ROW(bits, all)   (bits)
#define NEED_ADDR(bits, all)  (all)
#define NEED_NEVER(bits, all) IPADDR_NEVER
#define WORD(w)		      (uint8_t)((w) >> 8), (uint8_t)((w)&0xff)
#define WORDS(a, b, c, d, e, f, g, h) \
	{ \
		16, \
		{ \
			WORD(a), WORD(b), WORD(c), WORD(d), WORD(e), WORD(f), WORD(g), WORD(h) \
		} \
	}

static const struct row rows[] = {
#define V4(a, b, c, d, len, cls, how, source) \
	{ { 4, { a, b, c, d } }, len, NEED_##how(len, 32), IPADDR_##cls, source },
#define V6(a, b, c, d, e, f, g, h, len, cls, how, source) \
	{ WORDS(a, b, c, d, e, f, g, h), len, NEED_##how(len, 128), IPADDR_##cls, source },
#include "data/addrclasses.def"
#undef V4
#undef V6
};

/* Where a public IPv6 address may hide an IPv4 address. */
static const struct inside {
	struct ipaddr prefix;
	uint8_t bits, at, xor;
	const char *name;
} insides[] = {
#define INSIDE(a, b, c, d, e, f, g, h, len, at, xor, name) \
	{ WORDS(a, b, c, d, e, f, g, h), len, at, xor, name },
#include "data/addrclasses.def"
#undef INSIDE
};

static const char *const class_names[] = {
	[IPADDR_UNKNOWN] = "unknown",
#define CLASS(id, name, words) [IPADDR_##id] = name,
#include "data/addrclasses.def"
#undef CLASS
};

static const char *const class_words[] = {
	[IPADDR_UNKNOWN] = "nothing known",
#define CLASS(id, name, words) [IPADDR_##id] = words,
#include "data/addrclasses.def"
#undef CLASS
};

struct ipaddr ipaddr_of(const void *raw, size_t bytes)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	const uint8_t *from = raw;
	struct ipaddr a = { 0 };

	if (bytes == 16 && memcmp(from, mapped, sizeof(mapped)) == 0) {
		from += sizeof(mapped);
		bytes = 4;
	}
	if (bytes != 4 && bytes != 16)
		return a;
	a.bytes = (uint8_t)bytes;
	memcpy(a.byte, from, bytes);
	return a;
}

bool ipaddr_parse(const char *text, size_t n, struct ipaddr *ret)
{
	char copy[IPADDR_TEXT];
	uint8_t raw[16];
	bool v6;

	if (n == 0 || n >= sizeof(copy) || memchr(text, '\0', n) != NULL)
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	v6 = strchr(copy, ':') != NULL;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, copy, raw) != 1)
		return false;
	*ret = ipaddr_of(raw, v6 ? 16 : 4);
	return true;
}

const char *ipaddr_text(const struct ipaddr *a, char buf[IPADDR_TEXT])
{
	if (a->bytes == 0 || inet_ntop(a->bytes == 4 ? AF_INET : AF_INET6, a->byte, buf, IPADDR_TEXT) == NULL)
		strcpy(buf, "none");
	return buf;
}

bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
	return a->bytes == b->bytes && memcmp(a->byte, b->byte, sizeof(a->byte)) == 0;
}

bool ipaddr_under(const struct ipaddr *a, const struct ipaddr *prefix, unsigned bits)
{
	unsigned whole = bits / 8, mask = 0xff00u >> bits % 8 & 0xff;

	if (a->bytes != prefix->bytes || bits > 8u * a->bytes || memcmp(a->byte, prefix->byte, whole) != 0)
		return false;
	return mask == 0 || ((a->byte[whole] ^ prefix->byte[whole]) & mask) == 0;
}

static const struct row *longest(const struct ipaddr *a)
{
	const struct row *best = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (ipaddr_under(a, &rows[i].prefix, rows[i].bits) &&
		    (best == NULL || rows[i].bits > best->bits))
			best = &rows[i];
	return best;
}

bool ipaddr_inside(const struct ipaddr *a, size_t *i, struct ipaddr *ret)
{
	while (*i < ARRAY_SIZE(insides)) {
		const struct inside *in = &insides[(*i)++];
		uint8_t v4[4];

		if (!ipaddr_under(a, &in->prefix, in->bits))
			continue;
		for (size_t k = 0; k < sizeof(v4); k++)
			v4[k] = a->byte[in->at + k] ^ in->xor ;
		*ret = ipaddr_of(v4, sizeof(v4));
		return true;
	}
	return false;
}

/* The form in which a public IPv6 address leads to an IPv4 address that is not public; NULL: in none. */
static const struct inside *hides(const struct ipaddr *a)
{
	struct ipaddr inner;
	size_t i = 0;

	while (ipaddr_inside(a, &i, &inner))
		if (longest(&inner)->class != IPADDR_PUBLIC)
			return &insides[i - 1];
	return NULL;
}

struct ipaddr_about ipaddr_about(const struct ipaddr *a)
{
	struct ipaddr_about about = { .class = IPADDR_UNKNOWN, .words = "", .need = IPADDR_NEVER };
	const struct row *row = longest(a);
	const struct inside *in = NULL;

	if (row != NULL) {
		about.class = row->class;
		about.words = row->words;
		about.bits = row->bits;
		about.need = row->class == IPADDR_PUBLIC ? 0 : row->need;
		in = row->class == IPADDR_PUBLIC ? hides(a) : NULL;
	}
	if (in != NULL) {
		about.class = IPADDR_HIDDEN;
		about.words = in->name;
		about.need = about.bits = 128;
	}
	about.name = class_names[about.class];
	about.meaning = class_words[about.class];
	return about;
}
