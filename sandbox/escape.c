/* SPDX-License-Identifier: MIT */
#include "escape.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define BEL  0x07
#define CAN  0x18
#define SUB  0x1a
#define ESC  0x1b
#define ENQ  0x05
/* Introducers, as C1 bytes. */
#define DCS  0x90
#define SOS  0x98
#define CSI  0x9b
#define ST   0x9c
#define OSC  0x9d
#define SO   0x0e
#define PM   0x9e
#define APC  0x9f
/* A byte of a character; no control. */
#define TEXT 0x100

#define PALETTE_DIGITS 7

enum escape_state {
	GROUND,
	IN_ESC, /* after ESC, or its intermediate bytes */
	IN_CSI,
	IN_LONG_CSI, /* dropped */
	IN_STRING,   /* held */
	IN_STREAM,   /* passes */
	IN_DROPPED,  /* a string that doesn't */
	IN_PALETTE,  /* of the Linux console: seven digits and no end */
};

struct out {
	char *p;
	size_t n;
};

static const struct {
	int first, last;
	enum escape_class c;
} osc[] = {
#define ESCAPE_OSC(first, last, class, why) { first, last, ESCAPE_##class },
#include "data/escapes.def"
};
static const struct {
	const char *end;
	int first, last;
	enum escape_class c;
} csi[] = {
#define ESCAPE_CSI(end, first, last, class, why) { end, first, last, ESCAPE_##class },
#include "data/escapes.def"
};
static const struct {
	const char *end;
	enum escape_class c;
} dcs[] = {
#define ESCAPE_DCS(end, class, why) { end, ESCAPE_##class },
#include "data/escapes.def"
}, esc[] = {
#define ESCAPE_ESC(end, class, why) { end, ESCAPE_##class },
#include "data/escapes.def"
};
static const struct {
	char prefix[2];
	int number;
	char back;
} modes[] = {
#define ESCAPE_MODE(prefix, number, back, why) { prefix, number, back[0] },
#include "data/escapes.def"
};
static const struct {
	const char *name, *words;
} classes[ESCAPE_CLASSES] = {
	[ESCAPE_PASS] = { "", "" },
#define ESCAPE_CLASS(id, name, words) [ESCAPE_##id] = { name, words },
#include "data/escapes.def"
};
/* What is left besides, behind the modes in the same word. */
enum left {
#define ESCAPE_LEFT(id, undo, why) LEFT_##id,
#include "data/escapes.def"
	LEFTS
};
static const char *const undo[LEFTS] = {
#define ESCAPE_LEFT(id, undo, why) [LEFT_##id] = (undo),
#include "data/escapes.def"
};
static const struct {
	enum left left;
	char prefix[2];
	const char *end;
} left_csi[] = {
#define ESCAPE_LEFT_CSI(id, prefix, end) { LEFT_##id, prefix, end },
#include "data/escapes.def"
};
_Static_assert(ARRAY_SIZE(modes) + LEFTS <= 64, "the set of modes and of what is left is one word");

enum escape_charset escape_charset_of(const char *locale)
{
	const char *set;
	size_t n;

	/* They say nothing about characters beyond ASCII. */
	if (locale == NULL || streq(locale, "C") || streq(locale, "POSIX"))
		return ESCAPE_ASK;
	set = strchr(locale, '.');
	set = set != NULL ? set + 1 : locale;
	n = strcspn(set, "@");
	if ((n == 5 && strncasecmp(set, "UTF-8", n) == 0) || (n == 4 && strncasecmp(set, "UTF8", n) == 0))
		return ESCAPE_UTF8;
	return ESCAPE_BYTES;
}

enum escape_class escape_class_of(const char *name)
{
	for (size_t i = ESCAPE_PASS + 1; i < ARRAY_SIZE(classes); i++)
		if (streq(classes[i].name, name))
			return (enum escape_class)i;
	return ESCAPE_PASS;
}

const char *escape_class_words(enum escape_class c)
{
	return classes[c].words;
}

const char *escape_class_name(enum escape_class c)
{
	return classes[c].name;
}

static bool allowed(const struct escape *e, enum escape_class c)
{
	return c == ESCAPE_PASS || (e->allow >> c & 1) != 0;
}

static void put(struct out *o, const void *raw, size_t n)
{
	memcpy(o->p + o->n, raw, n);
	o->n += n;
}

/* False: there is no room. */
static bool hold(struct escape *e, const unsigned char *raw, size_t n)
{
	if (n > sizeof(e->held) - e->n)
		return false;
	memcpy(e->held + e->n, raw, n);
	e->n += n;
	return true;
}

static void release(struct escape *e, struct out *o)
{
	put(o, e->held, e->n);
	e->n = 0;
}

static void forget(struct escape *e)
{
	e->state = GROUND;
	e->n = 0;
}

/* --- what a sequence is */

static bool is_param(int c)
{
	return c >= 0x30 && c <= 0x3f;
}

static bool is_inter(int c)
{
	return c >= 0x20 && c <= 0x2f;
}

static bool is_final(int c)
{
	return c >= 0x40 && c <= 0x7e;
}

/* A number at *s, which moves behind it: 0 when there is none, -1 when a terminal may take it for another one. */
static int number(const unsigned char **s, const unsigned char *end)
{
	int n = 0;

	for (; *s < end && **s >= '0' && **s <= '9'; ++*s)
		n = n < 0 || n > 6553 ? -1 : n * 10 + (**s - '0');
	return n > 65535 ? -1 : n;
}

/* how: "h" or "l", or "r", which brings back what it was at a time that is not known. */
static void note_mode(struct escape *e, char prefix, int mode, char how)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (modes[i].prefix[0] != prefix || modes[i].number != mode)
			continue;
		if (how == modes[i].back)
			e->set &= ~(1ull << i);
		else
			e->set |= 1ull << i;
	}
}

static void note_left(struct escape *e, enum left left, bool is)
{
	const uint64_t bit = 1ull << (ARRAY_SIZE(modes) + left);

	e->set = is ? e->set | bit : e->set & ~bit;
}

static bool sets_modes(char prefix, const char *key)
{
	return streq(key, "h") || streq(key, "l") || (prefix == '?' && streq(key, "r"));
}

static void note_csi(struct escape *e, char prefix, const char *key, const int *param, int n)
{
	for (int i = 0; sets_modes(prefix, key) && i < n; i++) {
		note_mode(e, prefix, param[i], key[0]);
		/* They bring back a cursor that was saved, with its style. */
		if (prefix == '?' && (param[i] == 1048 || param[i] == 1049))
			note_left(e, LEFT_STYLE, true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(left_csi); i++)
		/* CSI m takes all of it back itself. */
		if (left_csi[i].prefix[0] == prefix && streq(left_csi[i].end, key))
			note_left(e, left_csi[i].left,
				  !streq(key, "m") || prefix != '\0' || n > 1 || param[0] > 0);
}

/* What follows would be in a language that is not judged here. */
static bool enters_vt52(char prefix, const char *key, const int *param, int n)
{
	for (int i = 0; i < n; i++)
		if (prefix == '?' && streq(key, "l") && param[i] == 2)
			return true;
	return false;
}

/* DECCOLM: xterm resizes its window for 132 columns. */
static bool resizes(char prefix, const char *key, const int *param, int n)
{
	for (int i = 0; i < n; i++)
		if (prefix == '?' && streq(key, "h") && param[i] == 3)
			return true;
	return false;
}

/* A whole control sequence stands from `body` on in what is held. */
static bool csi_passes(struct escape *e)
{
	const unsigned char *s = e->held + e->body, *end = e->held + e->n;
	int param[ESCAPE_CSI_MAX], n = 0;
	char prefix = '\0', key[4];

	if (s < end && *s >= '<' && *s <= '?')
		prefix = (char)*s++;
	for (;; s++) {
		param[n] = number(&s, end);
		if (param[n++] < 0)
			return false;
		if (s == end || (*s != ';' && *s != ':') || n == ESCAPE_CSI_MAX)
			break;
	}
	/* Intermediate bytes and the final one; anything else is malformed, and each terminal has its own mind. */
	if (end - s > 3 || s == end)
		return false;
	for (const unsigned char *k = s; k < end - 1; k++)
		if (!is_inter(*k))
			return false;
	memcpy(key, s, (size_t)(end - s));
	key[end - s] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(csi); i++)
		if (streq(csi[i].end, key) && param[0] >= csi[i].first && param[0] <= csi[i].last)
			return allowed(e, csi[i].c);
	if (enters_vt52(prefix, key, param, n))
		return allowed(e, ESCAPE_OTHER);
	if (resizes(prefix, key, param, n) && !allowed(e, ESCAPE_WINDOW))
		return false;
	note_csi(e, prefix, key, param, n);
	return true;
}

/* Behind ESC: intermediate bytes and the final one. */
static bool esc_passes(struct escape *e)
{
	char key[8] = "";

	if (e->n - e->body >= sizeof(key))
		return false;
	memcpy(key, e->held + e->body, e->n - e->body);
	if (streq(key, "c"))
		e->set = 0;
	for (size_t i = 0; i < ARRAY_SIZE(esc); i++)
		if (streq(esc[i].end, key))
			return allowed(e, esc[i].c);
	if (key[0] >= '(' && key[0] <= '/')
		note_left(e, LEFT_CHARSET, true);
	/* Shifts that stay: LS2, LS3, LS1R, LS2R, LS3R. */
	if (strlen(key) == 1 && strchr("no~}|", key[0]) != NULL)
		note_left(e, LEFT_CHARSET, true);
	if (streq(key, "=") || streq(key, ">"))
		note_left(e, LEFT_KEYPAD, key[0] == '=');
	if (streq(key, "H"))
		note_left(e, LEFT_TABS, true);
	/* The style comes back with the cursor that was saved. */
	if (streq(key, "8"))
		note_left(e, LEFT_STYLE, true);
	return true;
}

/*
 * ConEmu takes "9;N;..." for commands of its own: 6 runs a macro, 7 a program, 9 is the directory, which Windows
 * Terminal begins its next tab in (conemu.github.io, "ANSI X3.64"). 4 is progress, in other terminals too; without a number
 * it is a notification.
 */
static bool is_command_of_conemu(const unsigned char *s, const unsigned char *end)
{
	const unsigned char *from = s;
	int n = number(&s, end);

	return s > from && (s == end || *s == ';') && n != 4;
}

static enum escape_class osc_class(const struct escape *e, size_t end)
{
	const unsigned char *s = e->held + e->body;
	int n;

	if (e->body == end || *s < '0' || *s > '9')
		return ESCAPE_OTHER;
	n = number(&s, e->held + end);
	if (s != e->held + end)
		return ESCAPE_OTHER;
	if (n == 9 && end + 1 < e->n && is_command_of_conemu(s + 1, e->held + e->n))
		return ESCAPE_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(osc); i++)
		if (n >= osc[i].first && n <= osc[i].last)
			return osc[i].c;
	return ESCAPE_OTHER;
}

/*
 * Fields of s up to end: 4 and 5 have pairs of a number and a colour, from 10 on each is the next one's. A query leaves
 * what the user has set in the same way.
 */
static void note_colours(struct escape *e, int n, const unsigned char *s, const unsigned char *end)
{
	const bool pairs = n < 10;

	for (int i = 0; s < end; i++) {
		const unsigned char *stop = memchr(s, ';', (size_t)(end - s));
		int of = pairs ? n : n + i;

		stop = stop != NULL ? stop : end;
		if ((!pairs || i % 2 == 1) && !(stop - s == 1 && *s == '?') && of <= 19)
			note_left(e, of == 5 ? LEFT_SPECIAL : of > 12 ? LEFT_OTHERS : LEFT_PALETTE, true);
		s = stop < end ? stop + 1 : end;
	}
}

/* What is held up to end is one that passes. */
static void note_osc(struct escape *e, size_t end)
{
	const unsigned char *s = e->held + e->body, *last = e->held + end;
	int n = number(&s, last);

	if (s >= last || ++s >= last)
		return;
	if (n == 4 || n == 5 || (n >= 10 && n <= 19))
		note_colours(e, n, s, last);
	else if (n == 7)
		note_left(e, LEFT_DIRECTORY, true);
	else if (n == 9 && last - s >= 2 && s[0] == '4' && s[1] == ';')
		note_left(e, LEFT_PROGRESS, !(last - s >= 3 && s[2] == '0'));
	else if (n == 22)
		note_left(e, LEFT_POINTER, true);
	/* Once one was open a saved cursor may bring it back, in VTE. */
	else if (n == 8 && !(last - s == 1 && *s == ';'))
		note_left(e, LEFT_LINK, true);
}

/* The final byte of its header has just come. */
static enum escape_class dcs_class(const struct escape *e)
{
	const unsigned char *s = e->held + e->body, *end = e->held + e->n;
	char key[8] = "";
	size_t n = 0;

	for (; s < end; s++) {
		if ((*s >= '0' && *s <= '9') || *s == ';' || *s == ':')
			continue;
		if (n == sizeof(key) - 1)
			return ESCAPE_REPORTS;
		key[n++] = (char)*s;
	}
	for (size_t i = 0; i < ARRAY_SIZE(dcs); i++)
		if (streq(dcs[i].end, key))
			return dcs[i].c;
	return ESCAPE_REPORTS;
}

/* --- the machine */

static void drop_string(struct escape *e)
{
	e->state = IN_DROPPED;
	e->dropped = 0;
	e->n = 0;
}

static void stream(struct escape *e, struct out *o)
{
	release(e, o);
	e->state = IN_STREAM;
}

static void begin(struct escape *e, struct out *o, int kind, const unsigned char *raw, size_t n)
{
	hold(e, raw, n);
	e->body = e->n;
	e->kind = kind;
	e->state = kind == CSI ? IN_CSI : IN_STRING;
	if (kind != APC && kind != PM && kind != SOS)
		return;
	if (allowed(e, ESCAPE_FILES))
		stream(e, o);
	else
		drop_string(e);
}

static bool introduces(int c)
{
	return c == CSI || c == OSC || c == DCS || c == SOS || c == PM || c == APC;
}

static void feed(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n);

/* Text, and controls of one byte. */
static void put_other(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	if (c == SO)
		note_left(e, LEFT_CHARSET, true);
	if (c != ENQ || allowed(e, ESCAPE_REPORTS))
		put(o, raw, n);
}

static void ground(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	if (c == ESC) {
		hold(e, raw, n);
		e->body = e->n;
		e->state = IN_ESC;
	} else if (introduces(c)) {
		begin(e, o, c, raw, n);
	} else {
		put_other(e, o, c, raw, n);
	}
}

/* A control in the middle of a sequence, which terminals carry out at once. False: it is none, and ends the sequence. */
static bool control(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	if (c == 0x7f)
		return true;
	if (c >= 0x20 || c == ESC)
		return false;
	if (c == CAN || c == SUB)
		forget(e);
	put_other(e, o, c, raw, n);
	return true;
}

static void again(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	forget(e);
	ground(e, o, c, raw, n);
}

static void in_esc(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	bool first = e->n == e->body;

	if (control(e, o, c, raw, n))
		return;
	if (c > 0x7e || c < 0x20) {
		again(e, o, c, raw, n);
	} else if (first && introduces(c + 0x40)) {
		begin(e, o, c + 0x40, raw, n);
	} else if (is_inter(c)) {
		/* More than any terminal knows: esc_passes refuses it. */
		if (e->n - e->body < ESCAPE_CSI_MAX)
			hold(e, raw, n);
	} else {
		hold(e, raw, n);
		if (esc_passes(e))
			release(e, o);
		forget(e);
	}
}

static void in_csi(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	if (control(e, o, c, raw, n))
		return;
	if (c > 0x7e || c < 0x20) {
		again(e, o, c, raw, n);
		return;
	}
	hold(e, raw, n);
	if (e->n - e->body >= ESCAPE_CSI_MAX) {
		e->n = e->body;
		e->state = IN_LONG_CSI;
	}
	if (!is_final(c))
		return;
	if (e->state == IN_CSI && csi_passes(e))
		release(e, o);
	forget(e);
}

/* Decides as soon as it can: at the first byte that no number has, or the header's last. */
static void judge_string(struct escape *e, struct out *o, int c)
{
	enum escape_class class;

	if (e->kind == OSC && e->n == e->body + 1 && (c == 'P' || c == 'R')) {
		e->state = c == 'P' ? IN_PALETTE : GROUND;
		e->dropped = 0;
		e->n = 0;
		return;
	}
	if (e->kind == OSC && c != ';')
		return;
	if (e->kind == DCS && (is_param(c) || is_inter(c)))
		return;
	if (e->kind == OSC && memchr(e->held + e->body, ';', e->n - e->body - 1) != NULL)
		return;
	class = e->kind == OSC ? osc_class(e, e->n - 1) : dcs_class(e);
	if (!allowed(e, class))
		drop_string(e);
	else if (class != ESCAPE_PASS || e->kind == DCS)
		stream(e, o);
}

/* The string that is held has ended, with raw as its last bytes. */
static void end_string(struct escape *e, struct out *o, const unsigned char *raw, size_t n)
{
	const unsigned char *semicolon = memchr(e->held + e->body, ';', e->n - e->body);
	size_t end = semicolon != NULL ? (size_t)(semicolon - e->held) : e->n, all = e->n;

	/* A DCS that ends in its header says nothing. */
	if (e->kind == OSC && allowed(e, osc_class(e, end)) && hold(e, raw, n)) {
		note_osc(e, all);
		release(e, o);
	}
	forget(e);
}

static void in_string(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	if (c == ST || (c == BEL && e->kind == OSC)) {
		end_string(e, o, raw, n);
	} else if (c == CAN || c == SUB || (c >= 0x80 && c < TEXT)) {
		again(e, o, c, raw, n);
	} else if (c >= 0x20 && c != 0x7f) {
		if (!hold(e, raw, n))
			drop_string(e);
		else
			judge_string(e, o, c);
	}
}

static void in_stream(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	if (c == ST || c == CAN || c == SUB || (c == BEL && e->kind == OSC)) {
		put(o, raw, n);
		forget(e);
	} else if (c >= 0x80 && c < TEXT) {
		put(o, "\x1b\\", 2);
		again(e, o, c, raw, n);
	} else if (c != ENQ) {
		put(o, raw, n);
	}
}

static void in_dropped(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	if (c == ST || (c == BEL && e->kind == OSC) || ++e->dropped > ESCAPE_DROP_MAX)
		forget(e);
	else if (c == CAN || c == SUB || (c >= 0x80 && c < TEXT))
		again(e, o, c, raw, n);
}

/* Behind an ESC in a string: its end, or the end of both and another sequence. */
static void end_or_more(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	static const unsigned char st[] = { ESC, '\\' };

	e->esc = false;
	if (c == '\\' && e->state == IN_STRING) {
		end_string(e, o, st, sizeof(st));
		return;
	}
	if (e->state == IN_STREAM)
		put(o, st, sizeof(st));
	forget(e);
	if (c == '\\')
		return;
	ground(e, o, ESC, st, 1);
	feed(e, o, c, raw, n);
}

static bool in_any_string(const struct escape *e)
{
	return e->state == IN_STRING || e->state == IN_STREAM || e->state == IN_DROPPED ||
	       e->state == IN_PALETTE;
}

static bool is_hex(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void feed(struct escape *e, struct out *o, int c, const unsigned char *raw, size_t n)
{
	if (e->esc) {
		end_or_more(e, o, c, raw, n);
		return;
	}
	if (c == ESC && in_any_string(e)) {
		e->esc = true;
		return;
	}
	switch ((enum escape_state)e->state) {
	case GROUND:
		ground(e, o, c, raw, n);
		break;
	case IN_ESC:
		in_esc(e, o, c, raw, n);
		break;
	case IN_CSI:
	case IN_LONG_CSI:
		in_csi(e, o, c, raw, n);
		break;
	case IN_STRING:
		in_string(e, o, c, raw, n);
		break;
	case IN_STREAM:
		in_stream(e, o, c, raw, n);
		break;
	case IN_PALETTE:
		if (is_hex(c)) {
			if (++e->dropped == PALETTE_DIGITS)
				forget(e);
			break;
		}
		e->state = IN_DROPPED;
		in_dropped(e, o, c, raw, n);
		break;
	case IN_DROPPED:
		in_dropped(e, o, c, raw, n);
		break;
	}
}

static void feed_text(struct escape *e, struct out *o, unsigned char c)
{
	if (!e->utf8 && (introduces(c) || c == ST)) {
		e->masked++;
		c = '?';
	}
	feed(e, o, TEXT, &c, 1);
}

/* The byte behind a lead that is judged by it: C2 may be a C1 control, E0 and F0 a character that is too long. */
static bool second(struct escape *e, struct out *o, unsigned char c)
{
	unsigned char two[] = { e->lead, c };

	e->lead = 0;
	if ((c & 0xc0) != 0x80) {
		feed_text(e, o, two[0]);
		return false;
	}
	if (two[0] == 0xc2 && c < 0xa0) {
		feed(e, o, c, two, 2);
		return true;
	}
	if ((two[0] == 0xe0 && c < 0xa0) || (two[0] == 0xf0 && c < 0x90))
		return true;
	feed_text(e, o, two[0]);
	feed_text(e, o, c);
	e->text = two[0] == 0xe0 ? 1 : two[0] == 0xf0 ? 2 : 0;
	return true;
}

static void byte(struct escape *e, struct out *o, unsigned char c)
{
	if (e->text > 0 && (c & 0xc0) == 0x80) {
		e->text--;
		feed_text(e, o, c);
		return;
	}
	e->text = 0;
	if (e->lead != 0 && second(e, o, c))
		return;
	if (c < 0xa0) {
		feed(e, o, c, &c, 1);
	} else if (c == 0xc2 || c == 0xe0 || c == 0xf0) {
		e->lead = c;
	} else if (c != 0xc0 && c != 0xc1) {
		feed_text(e, o, c);
		e->text = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
	}
}

static bool plain(unsigned char c)
{
	return c < 0x80 && c != ESC && c != ENQ && c != SO;
}

size_t escape_filter(struct escape *e, const void *in, size_t n, char *out)
{
	const unsigned char *s = in, *end = s + n;
	struct out o = { .p = out };

	while (s < end) {
		const unsigned char *from = s;

		if (e->state != GROUND || e->text != 0 || e->lead != 0) {
			byte(e, &o, *s++);
			continue;
		}
		while (s < end && plain(*s))
			s++;
		put(&o, from, (size_t)(s - from));
		if (s < end)
			byte(e, &o, *s++);
	}
	return o.n;
}

size_t escape_reset(uint64_t set, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if ((set >> i & 1) != 0)
			n += (size_t)snprintf(out + n, ESCAPE_END_MAX - n, "\x1b[%s%d%c", modes[i].prefix,
					      modes[i].number, modes[i].back);
	/* Who left a mode set was ended in the middle of a screen, which has colours too. */
	if (n > 0)
		set |= 1ull << (ARRAY_SIZE(modes) + LEFT_STYLE);
	for (size_t i = 0; i < LEFTS; i++)
		if ((set >> (ARRAY_SIZE(modes) + i) & 1) != 0)
			n += (size_t)snprintf(out + n, ESCAPE_END_MAX - n, "%s", undo[i]);
	return n;
}

size_t escape_end(struct escape *e, char *out)
{
	size_t n = 0;

	if (e->state == IN_STREAM) {
		memcpy(out, "\x1b\\", 2);
		n = 2;
	}
	n += escape_reset(e->set, out + n);
	forget(e);
	e->esc = false;
	e->set = 0;
	return n;
}
