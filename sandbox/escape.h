/* SPDX-License-Identifier: MIT */
/*
 * A filter of escape sequences: what the box writes passes, but for sequences
 * that reach beyond the screen (data/escapes.def). Pure: bytes in, bytes out.
 *
 * A sequence is held back until it is known whole, up to a limit; plain text
 * is never. So the terminal never sees the beginning of one whose end the box
 * didn't write. Text is UTF-8; C1 controls count as such both as two bytes and
 * as a single one that belongs to no character. Where the terminal is not known
 * to be UTF-8 it would take such a byte of a character for a control: what
 * begins or ends a sequence is shown as "?" there.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESCAPE_CSI_MAX	  128			   /* longer ones are dropped */
#define ESCAPE_STRING_MAX 8192			   /* of a string that is held; longer ones are dropped */
#define ESCAPE_DROP_MAX	  (1u << 24)		   /* an unterminated string is given up after so much */
#define ESCAPE_MORE	  (ESCAPE_STRING_MAX + 64) /* what may come out beyond what went in */
#define ESCAPE_END_MAX	  1024

enum escape_class {
	ESCAPE_PASS,
#define ESCAPE_CLASS(id, name, words) ESCAPE_##id,
#include "data/escapes.def"
	ESCAPE_CLASSES
};

/* What a terminal's characters are. */
enum escape_charset {
	ESCAPE_BYTES, /* one byte each: 0x80 to 0x9f are controls */
	ESCAPE_ASK,   /* the terminal's own settings say it */
	ESCAPE_UTF8,
};

struct escape {
	bool utf8;	/* the terminal's characters are; zero: not known */
	size_t masked;	/* bytes that are shown as "?" since they are not */
	uint32_t allow; /* bit 1 << enum escape_class: goes through */
	uint64_t set;	/* modes that the box has left, and what else, in the order of the tables */
	int state;
	int text;	    /* bytes of the character that are still to come */
	unsigned char lead; /* of a character, held until it is known to be one; 0: none */
	bool esc;	    /* an ESC in a string, which may be the first half of its end */
	int kind;	    /* of the string: its introducer, as a C1 byte */
	size_t dropped;	    /* bytes of a string that does not pass */
	size_t body;	    /* where the string begins in what is held */
	size_t n;	    /* held */
	unsigned char held[ESCAPE_STRING_MAX];
};

/* By the value of LC_ALL, LC_CTYPE or LANG, the first of them that is set; NULL: none is. */
enum escape_charset escape_charset_of(const char *locale);
/* The class of that name; ESCAPE_PASS: none. */
enum escape_class escape_class_of(const char *name);
/* What a class opens, in words, and its name. */
const char *escape_class_words(enum escape_class c);
const char *escape_class_name(enum escape_class c);
/* Filters n bytes into out, which has room for n + ESCAPE_MORE. The number written. */
size_t escape_filter(struct escape *e, const void *in, size_t n, char *out);
/* At the end: what brings the terminal back from what the box left; at most ESCAPE_END_MAX bytes. */
size_t escape_end(struct escape *e, char *out);
/* The same for what is known from elsewhere to be left. */
size_t escape_reset(uint64_t set, char *out);

#endif
