/* SPDX-License-Identifier: MIT */
/* The strict reader of the driver's stream. No system calls. */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

#define TAP_TESTS_MAX ((size_t)4096)

static const char *const tap_names[TAP_SEENS] = {
	[TAP_NOTHING] = "nothing", [TAP_UNKNOWN] = "unknown", [TAP_DENIED] = "denied",
	[TAP_ALLOWED] = "allowed", [TAP_NA] = "na",	      [TAP_TIMEOUT] = "timeout",
	[TAP_KILLED] = "killed",
};

struct tap_reader {
	const char *p, *end;
	size_t line;
	struct tap *tap;
};

static bool tap_wrong(struct tap_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool tap_wrong(struct tap_reader *r, const char *fmt, ...)
{
	char what[120];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (r->tap->wrong[0] == '\0')
		snprintf(r->tap->wrong, sizeof(r->tap->wrong), "line %zu: %s", r->line, what);
	return false;
}

/* The next whole line into buf; false at the end, or when it is unfinished or too long. */
static bool tap_line(struct tap_reader *r, char *buf, size_t room)
{
	const char *nl = r->p < r->end ? memchr(r->p, '\n', (size_t)(r->end - r->p)) : NULL;
	size_t n;

	r->line++;
	if (nl == NULL)
		return tap_wrong(r, r->p == r->end ? "the stream ends" : "unfinished line");
	n = (size_t)(nl - r->p);
	if (n >= room || memchr(r->p, '\0', n) != NULL)
		return tap_wrong(r, "line too long, or NUL byte");
	memcpy(buf, r->p, n);
	buf[n] = '\0';
	r->p = nl + 1;
	return true;
}

static int tap_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * A double-quoted string with the escapes \\ \" \xNN. Control characters stay
 * escaped: the text ends in reports. What is longer than room is cut.
 */
static bool tap_quoted(const char *s, char *out, size_t room)
{
	size_t n = strlen(s), k = 0;

	if (n < 2 || s[0] != '"' || s[n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < n; i++) {
		char c = s[i];

		if ((unsigned char)c < 0x20 || (unsigned char)c >= 0x7f || c == '"')
			return false;
		if (c == '\\') {
			int hi, lo;

			if (i + 2 >= n)
				return false;
			c = s[++i];
			if (c == 'x') {
				if (i + 3 >= n)
					return false;
				hi = tap_hex(s[i + 1]);
				lo = tap_hex(s[i + 2]);
				if (hi < 0 || lo < 0)
					return false;
				c = '?';
				if (hi * 16 + lo >= 0x20 && hi * 16 + lo < 0x7f)
					c = (char)(hi * 16 + lo);
				i += 2;
			} else if (c != '"' && c != '\\') {
				return false;
			}
		}
		if (k + 1 < room)
			out[k++] = c;
	}
	out[k] = '\0';
	return true;
}

static bool tap_observed(const char *s, struct tap_test *t)
{
	for (size_t i = TAP_UNKNOWN; i < TAP_SEENS; i++) {
		if (streq(s, tap_names[i])) {
			t->seen = (enum tap_seen)i;
			return true;
		}
	}
	return false;
}

static bool tap_errno(const char *s, struct tap_test *t)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	if (n == 0 || s[n] != '\0' || n >= sizeof(t->err))
		return false;
	memcpy(t->err, s, n + 1);
	return true;
}

static bool tap_seconds(const char *s, struct tap_test *t)
{
	char *end;

	if (s[0] < '0' || s[0] > '9')
		return false;
	t->seconds = strtod(s, &end);
	return *end == '\0' && t->seconds >= 0 && t->seconds < 1e6;
}

/* Fills the field of one "  key: value" line and returns its bit; 0: not understood. */
static unsigned tap_field(const char *line, struct tap_test *t)
{
	if (str_starts(line, "  observed: "))
		return tap_observed(line + 12, t) ? 1 : 0;
	if (str_starts(line, "  errno: "))
		return tap_errno(line + 9, t) ? 2 : 0;
	if (str_starts(line, "  step: "))
		return tap_quoted(line + 8, t->step, sizeof(t->step)) ? 4 : 0;
	if (str_starts(line, "  detail: "))
		return tap_quoted(line + 10, t->detail, sizeof(t->detail)) ? 8 : 0;
	if (str_starts(line, "  seconds: "))
		return tap_seconds(line + 11, t) ? 16 : 0;
	if (str_starts(line, "  status: "))
		return 32;
	return 0;
}

static bool tap_yaml(struct tap_reader *r, struct tap_test *t)
{
	char line[4096];
	unsigned have = 0;

	if (!tap_line(r, line, sizeof(line)))
		return false;
	if (!streq(line, "  ---"))
		return tap_wrong(r, "no YAML block");
	while (tap_line(r, line, sizeof(line))) {
		unsigned bit;

		if (streq(line, "  ..."))
			return (have & 31) == 31 || tap_wrong(r, "a field is missing");
		bit = tap_field(line, t);
		if (bit == 0 || (have & bit) != 0)
			return tap_wrong(r, "field not understood, or twice");
		have |= bit;
	}
	return false;
}

/* "ok 3 - id" or "not ok 3 - id"; the number must follow the one before, the word must fit the observation. */
static bool tap_head(struct tap_reader *r, const char *line, struct tap_test *t, bool *ok)
{
	char want[48];
	size_t n;

	*ok = !str_starts(line, "not ");
	n = (size_t)snprintf(want, sizeof(want), "%sok %zu - ", *ok ? "" : "not ", r->tap->n + 1);
	if (strncmp(line, want, n) != 0)
		return tap_wrong(r, "not the test number %zu", r->tap->n + 1);
	line += n;
	n = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (n == 0 || line[n] != '\0' || n >= sizeof(t->id))
		return tap_wrong(r, "bad probe id");
	memcpy(t->id, line, n + 1);
	for (size_t i = 0; i < r->tap->n; i++) {
		if (streq(r->tap->test[i].id, t->id))
			return tap_wrong(r, "%s came twice", t->id);
	}
	return true;
}

static bool tap_test(struct tap_reader *r)
{
	struct tap_test t = { .err = "0" };
	char line[256];
	bool ok, sure;

	if (!tap_line(r, line, sizeof(line)) || !tap_head(r, line, &t, &ok) || !tap_yaml(r, &t))
		return false;
	sure = t.seen == TAP_DENIED || t.seen == TAP_ALLOWED || t.seen == TAP_NA;
	if (ok != sure)
		return tap_wrong(r, "%s: %s does not go with %s", t.id, ok ? "ok" : "not ok",
				 tap_names[t.seen]);
	r->tap->test[r->tap->n++] = t;
	return true;
}

static bool tap_plan(struct tap_reader *r)
{
	char line[64], *end;
	unsigned long n;

	if (!tap_line(r, line, sizeof(line)))
		return false;
	if (!streq(line, "TAP version 14"))
		return tap_wrong(r, "not a TAP stream");
	if (!tap_line(r, line, sizeof(line)))
		return false;
	if (!str_starts(line, "1..") || line[3] < '0' || line[3] > '9')
		return tap_wrong(r, "no plan");
	n = strtoul(line + 3, &end, 10);
	if (*end != '\0' || n > TAP_TESTS_MAX)
		return tap_wrong(r, "bad plan");
	r->tap->plan = n;
	return true;
}

void tap_parse(const char *text, size_t len, struct tap *ret)
{
	struct tap_reader r = { .p = text, .end = text + len, .tap = ret };

	*ret = (struct tap){ 0 };
	if (len > TAP_MAX_BYTES) {
		tap_wrong(&r, "longer than %zu bytes", TAP_MAX_BYTES);
		return;
	}
	if (!tap_plan(&r))
		return;
	if (ret->plan > 0)
		ret->test = xcalloc(ret->plan, sizeof(*ret->test));
	while (ret->n < ret->plan) {
		if (!tap_test(&r))
			return;
	}
	if (r.p != r.end)
		tap_wrong(&r, "something follows the last test");
	ret->complete = ret->wrong[0] == '\0';
}

void tap_done(struct tap *t)
{
	free(t->test);
	*t = (struct tap){ 0 };
}

const char *tap_seen_name(enum tap_seen seen)
{
	return tap_names[seen];
}
