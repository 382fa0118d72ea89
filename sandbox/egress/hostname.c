/* SPDX-License-Identifier: MIT */
#include "egress/hostname.h"

#include <string.h>

#define LABEL_MAX 63

static bool fail(struct hostname_fault *f, size_t at, const char *why)
{
	if (f != NULL)
		*f = (struct hostname_fault){ .at = at, .why = why };
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The byte of a name in its one spelling; 0: none. */
static char name_byte(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_' ? c : '\0';
}

static const char *byte_fault(char c)
{
	switch (c) {
	case '\0':
		return "a NUL byte";
	case ' ':
		return "a space";
	case '%':
		return "a percent sign: neither escapes nor zones are read";
	case '@':
		return "an @: user names are not read";
	case ':':
		return "a colon: a port has no place here, an IPv6 address stands in brackets";
	case '[':
	case ']':
		return "a bracket that is not around an IPv6 address";
	case '*':
		return "a *";
	}
	if ((unsigned char)c < ' ' || c == 0x7f)
		return "a control byte";
	if ((unsigned char)c > 0x7f)
		return "a byte that is not ASCII: write the A-label, xn--...";
	return "a byte that no host name has";
}

/* Whether inet_aton, or a URL parser, could read the label as a number. */
static bool is_number(const char *label, size_t n)
{
	size_t i = 0;

	if (n >= 2 && label[0] == '0' && label[1] == 'x') {
		for (i = 2; i < n && (is_digit(label[i]) || (label[i] >= 'a' && label[i] <= 'f')); i++)
			;
		return i == n;
	}
	while (i < n && is_digit(label[i]))
		i++;
	return i == n;
}

bool hostname_number(const char *text, size_t n, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (n == 0 || (text[0] == '0' && n > 1))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)(text[i] - '0');

		if (!is_digit(text[i]) || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v < min || v > max)
		return false;
	*ret = v;
	return true;
}

struct hostname hostname_of_addr(const struct ipaddr *a)
{
	struct hostname h = { .kind = HOSTNAME_ADDR, .addr = *a };

	ipaddr_text(a, h.text);
	h.len = (uint8_t)strlen(h.text);
	return h;
}

static bool parse_addr(const char *text, size_t n, size_t at, struct hostname *ret, struct hostname_fault *f)
{
	struct ipaddr a;

	if (!ipaddr_parse(text, n, &a))
		return fail(f, at,
			    memchr(text, '%', n) != NULL ? "an IPv6 address with a zone" : "no IPv6 address");
	*ret = hostname_of_addr(&a);
	return true;
}

/* Labels into ret->text, in lower case. `start` is where the last one began. */
static bool parse_labels(const char *text, size_t n, struct hostname *ret, size_t *ret_start,
			 struct hostname_fault *f)
{
	size_t start = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && text[i] != '.') {
			ret->text[i] = name_byte(text[i]);
			if (ret->text[i] == '\0')
				return fail(f, i, byte_fault(text[i]));
			continue;
		}
		if (i == start)
			return fail(f, i, "an empty label");
		if (i - start > LABEL_MAX)
			return fail(f, start, "a label of more than 63 bytes");
		if (text[start] == '-' || text[i - 1] == '-')
			return fail(f, text[start] == '-' ? start : i - 1,
				    "a label that begins or ends with a hyphen");
		if (i < n) {
			ret->text[i] = '.';
			start = i + 1;
		}
	}
	*ret_start = start;
	return true;
}

bool hostname_parse(const char *text, size_t n, bool bare_v6, struct hostname *ret, struct hostname_fault *f)
{
	size_t start;

	memset(ret, 0, sizeof(*ret));
	if (n == 0)
		return fail(f, 0, "an empty name of a host");
	if (text[0] == '[') {
		if (text[n - 1] != ']' || memchr(text, ':', n) == NULL)
			return fail(f, 0, "brackets without an IPv6 address");
		return parse_addr(text + 1, n - 2, 1, ret, f);
	}
	if (bare_v6 && memchr(text, ':', n) != NULL)
		return parse_addr(text, n, 0, ret, f);
	if (text[n - 1] == '.' && n > 1)
		n--;
	if (n > HOSTNAME_MAX)
		return fail(f, HOSTNAME_MAX, "a name of more than 253 bytes");
	if (!parse_labels(text, n, ret, &start, f)) {
		memset(ret, 0, sizeof(*ret));
		return false;
	}
	if (is_number(ret->text + start, n - start)) {
		struct ipaddr a;
		bool good = ipaddr_parse(text, n, &a);

		memset(ret, 0, sizeof(*ret));
		if (!good)
			return fail(f, start,
				    "a number at the end, and no IPv4 address of four plain decimal numbers");
		*ret = hostname_of_addr(&a);
		return true;
	}
	ret->kind = HOSTNAME_NAME;
	ret->len = (uint8_t)n;
	return true;
}

bool hostname_parse_authority(const char *text, size_t n, struct hostname *ret, uint16_t *ret_port,
			      struct hostname_fault *f)
{
	const char *bracket = n > 0 && text[0] == '[' ? memchr(text, ']', n) : NULL;
	size_t from = bracket != NULL ? (size_t)(bracket - text) + 1 : 0;
	const char *colon = memchr(text + from, ':', n - from);
	size_t host = colon != NULL ? (size_t)(colon - text) : n;
	uint64_t port = 0;

	memset(ret, 0, sizeof(*ret));
	if (colon != NULL && bracket == NULL && memchr(colon + 1, ':', n - host - 1) != NULL)
		return fail(f, 0, "two colons: an IPv6 address stands in brackets");
	if (colon != NULL && !hostname_number(colon + 1, n - host - 1, 1, 65535, &port))
		return fail(f, host + 1, "no port from 1 to 65535");
	if (!hostname_parse(text, host, false, ret, f))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

bool hostname_equal(const struct hostname *a, const struct hostname *b)
{
	return a->kind == b->kind && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

bool hostname_is_loopback(const struct hostname *h)
{
	static const struct ipaddr any = { .bytes = 16 }, six = { .bytes = 16, .byte = { [15] = 1 } };
	static const char name[] = "localhost";
	size_t n = sizeof(name) - 1;

	if (h->kind == HOSTNAME_NAME)
		return h->len >= n && memcmp(h->text + h->len - n, name, n) == 0 &&
		       (h->len == n || h->text[h->len - n - 1] == '.');
	return h->addr.bytes == 4 ? h->addr.byte[0] == 127 || h->addr.byte[0] == 0
				  : ipaddr_equal(&h->addr, &any) || ipaddr_equal(&h->addr, &six);
}
