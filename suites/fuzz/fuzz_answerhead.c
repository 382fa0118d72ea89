/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a host's answer to a request by the proxy. What goes on says once that the connection ends, as its last
 * field, and nothing else of it; it is one head however it is read, and the same for the same bytes and more.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "egress/answerhead.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* Owned. Exactly as long as it is, and as has room for it. */
static char *head(const char *buf, size_t n, enum answerhead_result *ret, size_t *ret_used, size_t *ret_len)
{
	AUTO_FREE char *copy = xmemdup(buf, n > 0 ? n : 1);
	char *out = xmalloc(2 * n + ANSWERHEAD_GROWTH);

	*ret_used = *ret_len = 0;
	*ret = answerhead_close(copy, n, ret_used, out, ret_len);
	check(*ret_used <= n && *ret_len <= 2 * n + ANSWERHEAD_GROWTH);
	check(*ret != ANSWERHEAD_MORE || n < ANSWERHEAD_MAX);
	return out;
}

static void check_lines(const char *out, size_t n, bool final)
{
	static const char close[] = "Connection: close";
	const char *end = out + n, *lf;
	size_t said = 0;

	check(n > 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0);
	for (const char *at = out; at < end; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		check(lf != NULL && lf > at && lf[-1] == '\r');
		check(memchr(at, '\r', (size_t)(lf - 1 - at)) == NULL &&
		      memchr(at, '\0', (size_t)(lf - at)) == NULL);
		check(strncasecmp(at, "keep-alive:", 11) != 0 &&
		      strncasecmp(at, "proxy-connection:", 17) != 0);
		if (strncasecmp(at, "connection:", 11) == 0) {
			check((size_t)(lf - 1 - at) == sizeof(close) - 1 &&
			      memcmp(at, close, sizeof(close) - 1) == 0 && lf + 3 == end);
			said++;
		}
	}
	check(said == (final ? 1 : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *buf = (const char *)data;
	enum answerhead_result r, again;
	size_t used, len, n, m;
	int status;
	AUTO_FREE char *out = NULL, *twice = NULL, *cut = NULL;

	if (size > 4096)
		return 0;
	out = head(buf, size, &r, &used, &len);
	if (r != ANSWERHEAD_INTERIM && r != ANSWERHEAD_FINAL)
		return 0;
	check_lines(out, len, r == ANSWERHEAD_FINAL);
	/* What becomes of a connection by the proxy outside hangs on it. */
	status = answerhead_status(out);
	check(status >= 100 && status <= 999 && status != 101 && (status < 200) == (r == ANSWERHEAD_INTERIM));
	check(answerhead_status(buf) == status);
	twice = head(out, len, &again, &n, &m);
	check(again == r && n == len && m == len && memcmp(out, twice, len) == 0);
	cut = head(buf, used - 1, &again, &n, &m);
	check(again == ANSWERHEAD_MORE);
	return 0;
}
