/* SPDX-License-Identifier: MIT */
#include "egress/httphead.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util.h"

static bool bad(struct httphead *h, int status, size_t at, const char *why)
{
	h->status = status;
	h->at = at;
	h->why = why;
	return false;
}

/* --- bytes */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110 5.6.2 */
static bool is_token_char(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_token_char(s[i]))
			return false;
	return n > 0;
}

/* A part of the head. */
struct span {
	const char *p;
	size_t n;
};

static bool is(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static bool starts(struct span s, const char *word)
{
	return s.n >= strlen(word) && strncasecmp(s.p, word, strlen(word)) == 0;
}

static struct span trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/*
 * Looks at each new byte once: false for one that no head has (control bytes, CR or LF alone). At the end of the head
 * h->len is set.
 */
static bool scan(struct httphead *h, const char *buf, size_t n)
{
	for (; h->len == 0 && h->seen < n; h->seen++) {
		size_t i = h->seen;
		unsigned char c = (unsigned char)buf[i];

		if (i == 0 && !is_token_char(buf[0]))
			return bad(h, 400, i, "no method at the beginning");
		if (c == '\r' || c == '\t' || (c >= ' ' && c != 0x7f)) {
			if (i > 0 && buf[i - 1] == '\r')
				return bad(h, 400, i, "a CR without its LF");
		} else if (c != '\n') {
			return bad(h, 400, i, "a control byte");
		} else if (i == 0 || buf[i - 1] != '\r') {
			return bad(h, 400, i, "an LF without its CR");
		} else if (i >= 3 && buf[i - 2] == '\n') {
			h->len = i + 1;
		}
	}
	return true;
}

/* --- the first line */

/* "http://" AUTHORITY [PATH], or for CONNECT the authority alone. */
static bool read_target(struct httphead *h, const char *buf, size_t at, struct span t)
{
	struct hostname_fault f;
	struct span auth = t;

	h->path_at = at;
	if (h->form == HTTPHEAD_CONNECT) {
		if (!hostname_parse_authority(t.p, t.n, &h->host, &h->port, &f))
			return bad(h, 400, at + f.at, f.why);
		return h->port > 0 ? true : bad(h, 400, at, "CONNECT without a port");
	}
	if (t.n > 0 && t.p[0] == '/') {
		h->form = HTTPHEAD_ORIGIN;
		h->path_len = t.n;
		return true;
	}
	if (t.n == 1 && t.p[0] == '*' && h->method_len == 7 && memcmp(buf, "OPTIONS", 7) == 0) {
		h->form = HTTPHEAD_ASTERISK;
		h->path_len = 1;
		return true;
	}
	if (!starts(t, "http://"))
		return bad(h, 400, at, "a target that is neither a path nor an http:// URL");
	h->form = HTTPHEAD_ABSOLUTE;
	auth.p += 7;
	auth.n = 0;
	while (7 + auth.n < t.n && auth.p[auth.n] != '/' && auth.p[auth.n] != '?')
		auth.n++;
	if (!hostname_parse_authority(auth.p, auth.n, &h->host, &h->port, &f))
		return bad(h, 400, at + 7 + f.at, f.why);
	h->path_at = at + 7 + auth.n;
	h->path_len = t.n - 7 - auth.n;
	return true;
}

/* METHOD SP TARGET SP HTTP/1.x, one space each. */
static bool read_request_line(struct httphead *h, const char *buf, size_t n)
{
	const char *space = memchr(buf, ' ', n), *second;
	size_t at, len;

	if (space == NULL || !is_token(buf, (size_t)(space - buf)))
		return bad(h, 400, 0, "no method and a space at the beginning");
	h->method_len = (size_t)(space - buf);
	at = h->method_len + 1;
	second = memchr(buf + at, ' ', n - at);
	if (second == NULL)
		return bad(h, 400, at, "no version: HTTP/0.9");
	len = (size_t)(second - buf) - at;
	for (size_t i = 0; i < len; i++)
		if (buf[at + i] <= ' ' || buf[at + i] >= 0x7f ||
		    buf[at + i] == '#') /* nor one beyond ASCII */
			return bad(h, 400, at + i, "a byte that no target has");
	if (n - at - len != strlen(" HTTP/1.1") || memcmp(second, " HTTP/1.", 8) != 0 ||
	    (second[8] != '0' && second[8] != '1'))
		return bad(h, 505, at + len + 1, "a version other than HTTP/1.0 and 1.1");
	h->http10 = second[8] == '0';
	h->close = h->http10;
	if (h->method_len == 7 && memcmp(buf, "CONNECT", 7) == 0)
		h->form = HTTPHEAD_CONNECT;
	return read_target(h, buf, at, (struct span){ buf + at, len });
}

/* --- fields */

/* What the fields said that must be said once, or not together. */
struct fields {
	bool host, length, coding, keep_alive, close;
	bool upgrade, named; /* options of Connection: Upgrade, HTTP2-Settings */
	bool h2c, settings;  /* fields: Upgrade, which is h2c; HTTP2-Settings */
	struct hostname name;
	uint16_t port;
};

static bool read_host(struct httphead *h, struct fields *f, struct span v, size_t at)
{
	struct hostname_fault fault;

	if (f->host)
		return bad(h, 400, at, "two Host fields");
	f->host = true;
	if (!hostname_parse_authority(v.p, v.n, &f->name, &f->port, &fault))
		return bad(h, 400, at + fault.at, fault.why);
	return true;
}

static bool read_length(struct httphead *h, struct fields *f, struct span v, size_t at)
{
	if (f->length)
		return bad(h, 400, at, "two Content-Length fields");
	f->length = true;
	if (!hostname_number(v.p, v.n, 0, INT64_MAX, &h->length))
		return bad(h, 400, at, "a Content-Length that is no plain number");
	h->framing = h->length > 0 ? HTTPHEAD_LENGTH : HTTPHEAD_NO_BODY;
	return true;
}

static bool read_coding(struct httphead *h, struct fields *f, struct span v, size_t at)
{
	if (f->coding)
		return bad(h, 400, at, "two Transfer-Encoding fields");
	f->coding = true;
	if (h->http10)
		return bad(h, 400, at, "Transfer-Encoding in HTTP/1.0");
	if (!is(v, "chunked"))
		return bad(h, 501, at, "a Transfer-Encoding other than chunked");
	h->framing = HTTPHEAD_CHUNKED;
	return true;
}

/* The first of a list, which is left without it. */
static struct span next_option(struct span *list)
{
	const char *comma = memchr(list->p, ',', list->n);
	size_t len = comma != NULL ? (size_t)(comma - list->p) : list->n;
	struct span word = trim((struct span){ list->p, len });

	len += comma != NULL;
	*list = (struct span){ list->p + len, list->n - len };
	return word;
}

/* A list of options; what would make the next hop drop a field or speak otherwise is refused. */
static bool read_connection(struct httphead *h, struct fields *f, struct span v, size_t at)
{
	while (v.n > 0) {
		struct span word = next_option(&v);

		if (is(word, "close"))
			f->close = true;
		else if (is(word, "keep-alive"))
			f->keep_alive = true;
		else if (is(word, "upgrade"))
			f->upgrade = true;
		else if (is(word, "http2-settings"))
			f->named = true;
		else if (word.n > 0 && !is(word, "te"))
			return bad(h, 400, at, "a Connection option other than close, keep-alive, TE");
	}
	return true;
}

static const char no_upgrade[] = "Upgrade: no other protocol passes";

/* A client that would speak HTTP/2 offers it with its request, and speaks on as it began when nobody takes the offer. */
static bool read_upgrade(struct httphead *h, struct fields *f, struct span v, size_t at)
{
	if (f->h2c || !is(v, "h2c"))
		return bad(h, 501, at, no_upgrade);
	f->h2c = true;
	return true;
}

static bool read_settings(struct httphead *h, struct fields *f, size_t at)
{
	if (f->settings)
		return bad(h, 501, at, no_upgrade);
	f->settings = true;
	return true;
}

static bool read_expect(struct httphead *h, struct span v, size_t at)
{
	h->expect = true;
	return is(v, "100-continue") ? true : bad(h, 400, at, "an Expect other than 100-continue");
}

static bool read_field(struct httphead *h, struct fields *f, struct span name, struct span v, size_t at)
{
	if (is(name, "host"))
		return read_host(h, f, v, at);
	if (is(name, "content-length"))
		return read_length(h, f, v, at);
	if (is(name, "transfer-encoding"))
		return read_coding(h, f, v, at);
	if (is(name, "connection"))
		return read_connection(h, f, v, at);
	if (is(name, "expect"))
		return read_expect(h, v, at);
	if (is(name, "upgrade"))
		return read_upgrade(h, f, v, at);
	if (is(name, "http2-settings"))
		return read_settings(h, f, at);
	return true;
}

/* The lines from `at` to the empty one. */
static bool read_fields(struct httphead *h, const char *buf, size_t at, struct fields *f)
{
	for (unsigned count = 0; at < h->len - 2; count++) {
		const char *end = memchr(buf + at, '\r', h->len - at);
		size_t n = (size_t)(end - buf) - at;
		const char *colon = memchr(buf + at, ':', n);
		struct span v;

		if (count == HTTPHEAD_FIELDS)
			return bad(h, 431, at, "too many fields");
		if (buf[at] == ' ' || buf[at] == '\t')
			return bad(h, 400, at, "a folded line");
		if (colon == NULL || !is_token(buf + at, (size_t)(colon - buf) - at))
			return bad(h, 400, at, "a field without a name and its colon");
		v = trim((struct span){ colon + 1, (size_t)(end - colon) - 1 });
		if (!read_field(h, f, (struct span){ buf + at, (size_t)(colon - buf) - at }, v,
				(size_t)(v.p - buf)))
			return false;
		at += n + 2;
	}
	return true;
}

bool httphead_is_trace(const struct httphead *h, const char *buf)
{
	static const char trace[] = "TRACE";

	return h->method_len == strlen(trace) && strncasecmp(buf, trace, h->method_len) == 0;
}

/* Whose body each server reads; what it leaves unread of another's is the next request to it (RFC 9110 9.3.1). */
static bool has_body(const char *buf, size_t method_len)
{
	static const char *const method[] = { "POST", "PUT", "PATCH" };

	for (size_t i = 0; i < ARRAY_SIZE(method); i++)
		if (strlen(method[i]) == method_len && memcmp(buf, method[i], method_len) == 0)
			return true;
	return false;
}

/* What must hold between the first line and the fields. */
static bool judge(struct httphead *h, const char *buf, const struct fields *f)
{
	if (!f->host && (!h->http10 || h->form != HTTPHEAD_CONNECT))
		return bad(h, 400, h->fields_at, "no Host field");
	if (f->host && h->host.kind != HOSTNAME_NONE &&
	    (!hostname_equal(&h->host, &f->name) ||
	     (f->port > 0 && f->port != (h->port > 0 ? h->port : 80)) ||
	     (f->port == 0 && h->form == HTTPHEAD_ABSOLUTE && h->port > 0 && h->port != 80)))
		return bad(h, 400, h->fields_at, "a Host field that is not the target's");
	if (h->host.kind == HOSTNAME_NONE) {
		h->host = f->name;
		h->port = f->port;
	}
	if (f->length && f->coding)
		return bad(h, 400, h->fields_at, "Content-Length beside Transfer-Encoding");
	if (h->form == HTTPHEAD_CONNECT && (f->length || f->coding))
		return bad(h, 400, h->fields_at, "CONNECT with a body");
	/* Half of an offer is none that servers read alike. */
	if (f->h2c != f->upgrade || f->settings != f->named || (f->settings && !f->h2c) ||
	    (f->h2c && (h->http10 || h->form == HTTPHEAD_CONNECT)))
		return bad(h, 501, h->fields_at, no_upgrade);
	h->offer = f->h2c;
	h->close = f->close || (h->http10 && !f->keep_alive);
	/* That of HTTP/1.0 is no word of the client's: not each server ends the connection for it. */
	if (h->framing != HTTPHEAD_NO_BODY && !f->close && !has_body(buf, h->method_len))
		return bad(h, 400, h->fields_at,
			   "a body of no POST, PUT or PATCH, without Connection: close");
	return true;
}

enum httphead_result httphead_parse(struct httphead *h, const char *buf, size_t n)
{
	struct fields f = { 0 };
	size_t max = n < HTTPHEAD_MAX ? n : HTTPHEAD_MAX;
	size_t line;

	if (!scan(h, buf, max))
		return HTTPHEAD_BAD;
	if (h->len == 0 && n >= HTTPHEAD_MAX)
		return bad(h, 431, HTTPHEAD_MAX, "a head of too many bytes"), HTTPHEAD_BAD;
	if (h->len == 0)
		return HTTPHEAD_MORE;
	line = (size_t)((const char *)memchr(buf, '\r', h->len) - buf);
	h->fields_at = line + 2;
	if (!read_request_line(h, buf, line) || !read_fields(h, buf, h->fields_at, &f) ||
	    !judge(h, buf, &f)) {
		h->host = (struct hostname){ 0 };
		return HTTPHEAD_BAD;
	}
	return HTTPHEAD_DONE;
}

/* --- onwards */

struct out {
	char *p;
	size_t n, size;
	bool full;
};

static void put(struct out *o, const char *p, size_t n)
{
	if (n > o->size - o->n) {
		o->full = true;
		return;
	}
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void put_text(struct out *o, const char *s)
{
	put(o, s, strlen(s));
}

/* A line of options, as they go on when the client's offer does not; nothing when no other is left. */
static void put_options(struct out *o, struct span line)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct span v = { colon + 1, line.n - (size_t)(colon + 1 - line.p) - 2 };
	bool first = true;

	while (v.n > 0) {
		struct span word = next_option(&v);

		if (word.n == 0 || is(word, "upgrade") || is(word, "http2-settings"))
			continue;
		put_text(o, first ? "Connection: " : ", ");
		put(o, word.p, word.n);
		first = false;
	}
	if (!first)
		put_text(o, "\r\n");
}

/* Of the fields, what does not go on as it is. True: it has been seen to. */
static bool put_otherwise(struct out *o, const struct httphead *h, const struct httphead_onward *how,
			  struct span line)
{
	bool connection = starts(line, "connection:");

	if (starts(line, "proxy-") || (how->close && connection))
		return true;
	if (!h->offer)
		return false;
	if (connection)
		put_options(o, line);
	return connection || starts(line, "upgrade:") || starts(line, "http2-settings:");
}

size_t httphead_write(const struct httphead *h, const char *buf, const struct httphead_onward *how, char *out,
		      size_t size)
{
	struct out o = { .p = out, .size = size };
	bool v6 = h->host.kind == HOSTNAME_ADDR && h->host.addr.bytes == 16;
	char host[HOSTNAME_MAX + 32];
	size_t at = h->fields_at;

	put(&o, buf, h->method_len + 1);
	if (how->absolute) {
		int len = snprintf(host, sizeof(host), "http://%s%s%s:%u", v6 ? "[" : "", h->host.text,
				   v6 ? "]" : "", h->port > 0 ? h->port : 80u);

		put(&o, host, (size_t)len);
	}
	if (h->path_len == 0 || buf[h->path_at] == '?')
		put(&o, "/", 1);
	if (h->form != HTTPHEAD_ASTERISK || !how->absolute)
		put(&o, buf + h->path_at, h->path_len);
	put(&o, h->http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n", 11);
	if (how->close)
		put_text(&o, "Connection: close\r\n");
	if (how->auth != NULL) {
		put_text(&o, "Proxy-Authorization: ");
		put_text(&o, how->auth);
		put_text(&o, "\r\n");
	}
	while (at < h->len) {
		size_t n = (size_t)((const char *)memchr(buf + at, '\n', h->len - at) - buf) - at + 1;

		struct span line = { buf + at, n };

		if (!put_otherwise(&o, h, how, line))
			put(&o, buf + at, n);
		at += n;
	}
	return o.full ? 0 : o.n;
}

/* --- bodies */

enum body_state {
	BODY_END,
	BODY_BYTES,    /* of a length */
	BODY_SIZE,     /* hexadecimal digits of a chunk's size */
	BODY_SIZE_LF,  /* the end of that line */
	BODY_CHUNK,    /* its bytes */
	BODY_CHUNK_CR, /* the end of the chunk */
	BODY_CHUNK_LF,
	BODY_LAST_CR, /* the empty line at the end */
	BODY_LAST_LF,
};

void httphead_body(const struct httphead *h, struct httpbody *ret)
{
	*ret = (struct httpbody){ .state = BODY_END };
	if (h->framing == HTTPHEAD_LENGTH)
		*ret = (struct httpbody){ .state = BODY_BYTES, .left = h->length };
	if (h->framing == HTTPHEAD_CHUNKED)
		*ret = (struct httpbody){ .state = BODY_SIZE };
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *no_size(const struct httpbody *b, char c)
{
	if (b->digits == 0)
		return "refused: a chunk without a size";
	if (hex(c) >= 0)
		return "refused: a size of a chunk of more than 15 digits";
	if (c == ';' || c == ' ' || c == '\t')
		return "refused: an extension of a chunk";
	return "refused: a size of a chunk that CR LF does not end";
}

/* One byte of a chunk's frame. NULL, or what is wrong. */
static const char *frame(struct httpbody *b, char c)
{
	switch ((enum body_state)b->state) {
	case BODY_SIZE:
		if (hex(c) >= 0 && b->digits < 15) {
			b->left = b->left << 4 | (uint64_t)hex(c);
			b->digits++;
			return NULL;
		}
		b->state = BODY_SIZE_LF;
		return c == '\r' && b->digits > 0 ? NULL : no_size(b, c);
	case BODY_SIZE_LF:
		b->state = b->left > 0 ? BODY_CHUNK : BODY_LAST_CR;
		return c == '\n' ? NULL : "refused: a size of a chunk that CR LF does not end";
	case BODY_CHUNK_CR:
		b->state = BODY_CHUNK_LF;
		return c == '\r' ? NULL : "refused: a chunk that is longer than its size";
	case BODY_CHUNK_LF:
		b->state = BODY_SIZE;
		b->digits = 0;
		return c == '\n' ? NULL : "refused: a chunk that CR LF does not end";
	case BODY_LAST_CR:
		b->state = BODY_LAST_LF;
		return c == '\r' ? NULL : "refused: a trailer behind the last chunk";
	case BODY_LAST_LF:
		b->state = BODY_END;
		return c == '\n' ? NULL : "refused: a body of chunks that CR LF does not end";
	case BODY_END:
	case BODY_BYTES:
	case BODY_CHUNK:
		break;
	}
	return "refused: a chunk in no state that there is";
}

size_t httpbody_feed(struct httpbody *b, const char *buf, size_t n)
{
	size_t at = 0;

	while (at < n && b->state != BODY_END) {
		size_t some = n - at < b->left ? n - at : (size_t)b->left;

		if (b->state != BODY_BYTES && b->state != BODY_CHUNK) {
			b->why = frame(b, buf[at++]);
			if (b->why != NULL)
				return SIZE_MAX;
			continue;
		}
		at += some;
		b->left -= some;
		if (b->left == 0)
			b->state = b->state == BODY_BYTES ? BODY_END : BODY_CHUNK_CR;
	}
	return at;
}
