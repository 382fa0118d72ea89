/* SPDX-License-Identifier: MIT */
/*
 * The only place that prints messages. A message reaches the terminal in one
 * write, with everything escaped that a terminal could obey or that could make
 * text look like other text.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "util.h"
#include "writenow.h"

static enum log_level log_level = LOG_NORMAL;

void log_set(enum log_level level)
{
	log_level = level;
}

enum log_level log_get(void)
{
	return log_level;
}

const char *log_more(void)
{
	return log_level == LOG_VERBOSE ? "" : " (-v names them)";
}

/* Length of the valid UTF-8 sequence at s, with its code point; 0: invalid (overlong, surrogate, cut off). */
static size_t log_utf8(const unsigned char *s, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	uint32_t c;

	if (n == 0)
		return 0;
	c = n == 1 ? s[0] : s[0] & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*cp = c;
	return n;
}

/*
 * Controls, the invisible marks that reorder the text around them (CVE-2021-42574), and what is not seen at all, so that
 * one name looks like another: Unicode's Default_Ignorable_Code_Point, the empty Braille pattern, and what else formats
 * the text beside it and has no width of its own.
 */
static bool log_is_unsafe(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} unsafe[] = {
		{ 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad },	  { 0x034f, 0x034f },
		{ 0x061c, 0x061c },   { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },	  { 0x180b, 0x180f },
		{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },	  { 0x2800, 0x2800 },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },	  { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb },   { 0x1107f, 0x1107f }, { 0x13430, 0x1343f }, { 0x16fe4, 0x16fe4 },
		{ 0x1bca0, 0x1bca3 }, { 0x1d159, 0x1d159 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
		if (c >= unsafe[i].from && c <= unsafe[i].to)
			return true;
	return false;
}

void log_escape(FILE *f, const char *str)
{
	const unsigned char *s = (const unsigned char *)str;

	while (*s != '\0') {
		uint32_t c = 0;
		size_t n = log_utf8(s, &c);
		bool raw = n > 0 && !log_is_unsafe(c);

		if (n == 0)
			n = 1;
		for (; n > 0; n--, s++) {
			if (raw)
				putc(*s, f);
			else
				fprintf(f, "\\x%02x", *s);
		}
	}
}

/* The character at s: its bytes, and in *shown those that it is printed with. */
static size_t log_character(const char *s, size_t *shown)
{
	uint32_t c = 0;
	size_t n = log_utf8((const unsigned char *)s, &c);

	*shown = n > 0 && !log_is_unsafe(c) ? n : n > 0 ? 4 * n : 4;
	return n > 0 ? n : 1;
}

char *log_shortened(const char *text, size_t max)
{
	static const char gap[] = " ... ";
	size_t all = 0, head = 0, from = 0, shown, n;

	for (const char *s = text; *s != '\0'; s += n, all += shown)
		n = log_character(s, &shown);
	if (all <= max)
		return xstrdup(text);
	/* How the line ends says what it is about, as its beginning does. */
	max -= sizeof(gap) - 1;
	for (size_t used = 0;; used += shown, head += n) {
		n = log_character(text + head, &shown);
		if (used + shown > max * 2 / 3)
			break;
	}
	for (; all > max / 3; all -= shown, from += n)
		n = log_character(text + from, &shown);
	return xasprintf("%.*s%s%s", (int)head, text, gap, text + from);
}

bool log_is_plain(const char *s)
{
	const unsigned char *at = (const unsigned char *)s;

	while (*at != '\0') {
		uint32_t c = 0;
		size_t n = log_utf8(at, &c);

		if (n == 0 || log_is_unsafe(c))
			return false;
		at += n;
	}
	return true;
}

/*
 * "\n    LINE\n    ^": how a diag ends that shows the offending line; NULL: it shows none. Any other newline is somebody's,
 * in a name, and would begin a line that looks like ours.
 */
static const char *log_excerpt(const char *msg)
{
	static const char indent[] = "\n    ";
	const char *caret = strrchr(msg, '\n'), *at = caret;

	if (caret == NULL || !str_starts(caret, indent) || strspn(caret + 1, " ") + 2 != strlen(caret) ||
	    caret[strlen(caret) - 1] != '^')
		return NULL;
	while (at > msg && *--at != '\n')
		;
	return at < caret && str_starts(at, indent) ? at : NULL;
}

/* --- without waiting */

#define KEPT_MAX 65536

static bool now_or_later;
static char kept[KEPT_MAX];
static size_t nkept;
static unsigned long nlost; /* lines */

static void keep(const char *text, size_t n)
{
	if (n > sizeof(kept) - nkept) {
		nlost++;
		return;
	}
	memcpy(kept + nkept, text, n);
	nkept += n;
}

static void forget(size_t n)
{
	memmove(kept, kept + n, nkept - n);
	nkept -= n;
}

void log_flush(void)
{
	ssize_t n = 1;

	while (nkept > 0 && n > 0) {
		n = writenow(STDERR_FILENO, kept, nkept);
		/* What can't be written is for nobody. */
		forget(n > 0 ? (size_t)n : n == -EAGAIN || n == -EINTR ? 0 : nkept);
	}
}

void log_without_waiting(bool on)
{
	now_or_later = on;
	if (on)
		return;
	fwrite(kept, 1, nkept, stderr);
	fflush(stderr);
	nkept = 0;
	if (nlost > 0)
		log_security("%lu messages were not written, as standard error took none", nlost);
	nlost = 0;
}

/* Prints "WHO: MSG[; try: TRY]"; the advice ends the first line of MSG. rest: the end of it that is lines of its own. */
static void log_print(const char *who, const char *msg, const char *rest, const char *advice)
{
	AUTO_FREE char *buf = NULL;
	size_t len = 0;
	AUTO_FREE char *head = rest != NULL ? xstrndup(msg, (size_t)(rest - msg)) : xstrdup(msg);
	FILE *f = open_memstream(&buf, &len);

	if (f == NULL)
		mem_oom();
	fprintf(f, "%s: ", who);
	log_escape(f, head);
	if (advice != NULL && advice[0] != '\0') {
		fputs("; try: ", f);
		log_escape(f, advice);
	}
	while (rest != NULL) {
		const char *next = strchr(++rest, '\n');
		AUTO_FREE char *line = next != NULL ? xstrndup(rest, (size_t)(next - rest)) : xstrdup(rest);

		putc('\n', f);
		log_escape(f, line);
		rest = next;
	}
	putc('\n', f);
	if (fclose(f) != 0 || buf == NULL)
		mem_oom();
	if (now_or_later) {
		keep(buf, len);
		log_flush();
		return;
	}
	fwrite(buf, 1, len, stderr);
	fflush(stderr);
}

static void log_vprint(const char *who, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void log_vprint(const char *who, const char *fmt, va_list ap)
{
	AUTO_FREE char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		mem_oom();
	log_print(who, s, NULL, NULL);
}

void log_error(const struct diag *d)
{
	log_print("claude-sandbox", d->msg, log_excerpt(d->msg), d->try);
}

void log_security(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vprint("claude-sandbox", fmt, ap);
	va_end(ap);
}

void log_banner(const char *fmt, ...)
{
	va_list ap;

	if (log_level == LOG_QUIET)
		return;
	va_start(ap, fmt);
	log_vprint("claude-sandbox " CLAUDE_SANDBOX_VERSION, fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	if (log_level == LOG_QUIET)
		return;
	va_start(ap, fmt);
	log_vprint("claude-sandbox", fmt, ap);
	va_end(ap);
}

void log_detail(const char *fmt, ...)
{
	va_list ap;

	if (log_level != LOG_VERBOSE)
		return;
	va_start(ap, fmt);
	log_vprint("claude-sandbox", fmt, ap);
	va_end(ap);
}
