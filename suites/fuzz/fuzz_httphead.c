/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as requests: the same in pieces; a good head has one Host and one framing for a lax reader of lines, too;
 * and what goes on is a head again, for the same host. The first byte is the size of the pieces.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "egress/httphead.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* Lines that begin so when every CR or LF ends one, and spaces and control bytes are nothing. */
static unsigned lax(const char *head, size_t n, const char *name)
{
	unsigned count = 0;

	for (size_t at = 0; at < n;) {
		while (at < n && (unsigned char)head[at] <= ' ')
			at++;
		if (n - at > strlen(name) && strncasecmp(head + at, name, strlen(name)) == 0) {
			size_t k = at + strlen(name);

			while (k < n && (unsigned char)head[k] <= ' ')
				k++;
			count += k < n && head[k] == ':';
		}
		while (at < n && head[at] != '\n' && head[at] != '\r')
			at++;
	}
	return count;
}

static void good(const struct httphead *h, const char *buf)
{
	unsigned length = lax(buf, h->len, "content-length"), coding = lax(buf, h->len, "transfer-encoding");

	check(h->host.kind != HOSTNAME_NONE && h->len <= HTTPHEAD_MAX &&
	      memcmp(buf + h->len - 4, "\r\n\r\n", 4) == 0);
	check(lax(buf, h->len, "host") == 1 ||
	      (h->form == HTTPHEAD_CONNECT && lax(buf, h->len, "host") == 0));
	check(length + coding <= 1 && (h->framing == HTTPHEAD_CHUNKED) == (coding == 1));
	check(h->framing != HTTPHEAD_LENGTH || (length == 1 && h->length > 0));
	check(lax(buf, h->len, "upgrade") == h->offer && lax(buf, h->len, "http2-settings") <= h->offer);
	check(h->path_at + h->path_len <= h->len && h->method_len > 0 && h->method_len < h->len);
}

/* Between the first line and the empty one. */
static unsigned fields(const char *head, size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++)
		count += head[i] == '\n';
	return count - 2;
}

static void onwards(const struct httphead *h, const char *buf, bool absolute, bool close)
{
	struct httphead_onward how = { absolute, close, NULL };
	size_t size = h->len + 300, n;
	AUTO_FREE char *out = xmalloc(size);
	struct httphead again = { 0 };

	n = httphead_write(h, buf, &how, out, size);
	check(n > 0 && n <= size);
	check(lax(out, n, "upgrade") == 0 && lax(out, n, "http2-settings") == 0);
	/* One that was as long as can be, or of as many lines, may have grown. */
	if (n > HTTPHEAD_MAX || fields(out, n) > HTTPHEAD_FIELDS ||
	    (absolute && h->form == HTTPHEAD_ASTERISK))
		return;
	/* The port that a Host does not say is that of the target. */
	if (httphead_parse(&again, out, n) != HTTPHEAD_DONE)
		abort();
	check(again.len == n && hostname_equal(&again.host, &h->host) && again.framing == h->framing &&
	      again.length == h->length && again.close == (h->close || close) && again.http10 == h->http10);
	check((again.port > 0 ? again.port : 80) == (h->port > 0 ? h->port : 80));
	check(lax(out, n, "proxy-authorization") == 0 && (!close || lax(out, n, "connection") == 1));
}

static size_t body(const struct httphead *h, const char *buf, size_t n, size_t step)
{
	struct httpbody b;
	size_t at = 0;

	httphead_body(h, &b);
	while (at < n && b.state != 0) {
		size_t some = n - at < step ? n - at : step, used = httpbody_feed(&b, buf + at, some);

		if (used == SIZE_MAX)
			return SIZE_MAX;
		check(used <= some && (used == some || b.state == 0));
		at += used;
	}
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *all = NULL;
	size_t at = 0, step;

	if (size < 2 || size > 2 * HTTPHEAD_MAX)
		return 0;
	step = 1 + data[0];
	size--;
	all = xmemdup(data + 1, size);
	while (at < size) {
		const char *buf = all + at;
		struct httphead whole = { 0 }, part = { 0 };
		size_t n = size - at, used;
		enum httphead_result r = httphead_parse(&whole, buf, n), p = HTTPHEAD_MORE;

		for (size_t got = 0; p == HTTPHEAD_MORE && got < n; p = httphead_parse(&part, buf, got))
			got = got + step < n ? got + step : n;
		check(p == r && part.status == whole.status && part.at == whole.at && part.len == whole.len);
		check(r != HTTPHEAD_BAD ||
		      (whole.status >= 400 && whole.at <= n && whole.host.kind == HOSTNAME_NONE));
		check(r != HTTPHEAD_MORE || n < HTTPHEAD_MAX);
		if (r != HTTPHEAD_DONE)
			return 0;
		check(hostname_equal(&whole.host, &part.host) && whole.port == part.port);
		good(&whole, buf);
		if (whole.form != HTTPHEAD_CONNECT) {
			for (int i = 0; i < 4; i++)
				onwards(&whole, buf, (i & 1) != 0, (i & 2) != 0);
		}
		used = body(&whole, buf + whole.len, n - whole.len, SIZE_MAX);
		check(used == body(&whole, buf + whole.len, n - whole.len, step));
		if (used == SIZE_MAX)
			return 0;
		at += whole.len + used;
	}
	return 0;
}
