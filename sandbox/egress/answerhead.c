/* SPDX-License-Identifier: MIT */
#include "egress/answerhead.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "util.h"

/* "HTTP/1.1 200": the status, or -1. */
static int status_of(const char *line, size_t n)
{
	static const char begin[] = "HTTP/1.";
	const char *s = line + sizeof(begin) - 1;
	int status = 0;

	if (n < sizeof("HTTP/1.1 200") - 1 || strncmp(line, begin, sizeof(begin) - 1) != 0 ||
	    (*s != '0' && *s != '1') || s[1] != ' ')
		return -1;
	s += 2;
	for (int i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		status = status * 10 + (s[i] - '0');
	}
	if (n > sizeof("HTTP/1.1 200") - 1 && s[3] != ' ')
		return -1;
	/* An answer to what no client of ours may ask. */
	return status < 100 || status == 101 ? -1 : status;
}

int answerhead_status(const char *buf)
{
	return status_of(buf, sizeof("HTTP/1.1 200") - 1);
}

/* Of the connection to us alone. */
static bool is_hop(const char *name, size_t n)
{
	static const char *const hops[] = { "connection", "proxy-connection", "keep-alive", "upgrade" };

	for (size_t i = 0; i < ARRAY_SIZE(hops); i++)
		if (n == strlen(hops[i]) && strncasecmp(name, hops[i], n) == 0)
			return true;
	return false;
}

/* A name, and a colon right behind it. */
static bool is_field(const char *line, size_t n, size_t *ret_name)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	size_t i = 0;

	for (; i < n && line[i] != ':'; i++) {
		char c = line[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c != '\0' && strchr(marks, c) != NULL)))
			return false;
	}
	*ret_name = i;
	return i > 0 && i < n;
}

static bool is_clean(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\r' || line[i] == '\0')
			return false;
	return true;
}

static void put(char *out, size_t *at, const char *text, size_t n)
{
	memcpy(out + *at, text, n);
	*at += n;
}

enum answerhead_result answerhead_close(const char *buf, size_t n, size_t *ret_used, char *out,
					size_t *ret_out)
{
	static const char end[] = "Connection: close\r\n\r\n";
	const char *at = buf, *lf;
	int status = 0;

	*ret_out = 0;
	for (; (lf = memchr(at, '\n', n - (size_t)(at - buf))) != NULL; at = lf + 1) {
		size_t len = (size_t)(lf - at), name;

		if (len > 0 && at[len - 1] == '\r')
			len--;
		if (!is_clean(at, len))
			return ANSWERHEAD_BAD;
		if (status == 0) {
			status = status_of(at, len);
			if (status < 0)
				return ANSWERHEAD_BAD;
		} else if (len == 0) {
			/* Behind an interim answer the same connection goes on. */
			put(out, ret_out, status < 200 ? "\r\n" : end, status < 200 ? 2 : sizeof(end) - 1);
			*ret_used = (size_t)(lf + 1 - buf);
			return status < 200 ? ANSWERHEAD_INTERIM : ANSWERHEAD_FINAL;
		} else if (!is_field(at, len, &name)) {
			return ANSWERHEAD_BAD;
		} else if (is_hop(at, name)) {
			continue;
		}
		put(out, ret_out, at, len);
		put(out, ret_out, "\r\n", 2);
	}
	/* What begins otherwise is not waited for. */
	if (status == 0 && strncmp(buf, "HTTP/1.", n < 7 ? n : 7) != 0)
		return ANSWERHEAD_BAD;
	return n < ANSWERHEAD_MAX ? ANSWERHEAD_MORE : ANSWERHEAD_BAD;
}
