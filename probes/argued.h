/* SPDX-License-Identifier: MIT */
/* The words of argued.def and sockets.def: permitted calls with arguments that a sandbox refuses. */
#ifndef ARGUED_H
#define ARGUED_H

#include <stdbool.h>
#include <stddef.h>

enum argued_kind { ARGUED_ONE, ARGUED_EACH, ARGUED_RANGE };

struct argued {
	const char *name, *word;
	int x86_64, aarch64; /* the number, -1: no such call there */
	enum argued_kind kind;
	int at;		       /* the argument that varies */
	unsigned int from, to; /* ARGUED_EACH: `from` are the bits, each alone */
	long arg[5];
};

#define ARGUED(name_, x86_64_, aarch64_, a, b, c, d, e, word_) \
	{ #name_,   word_,	x86_64_, \
	  aarch64_, ARGUED_ONE, 0, \
	  0,	    0,		{ (long)(a), (long)(b), (long)(c), (long)(d), (long)(e) } },
#define EACH(name_, x86_64_, aarch64_, at_, bits_, a, b, c, d, e, word_) \
	{ #name_, word_, x86_64_, aarch64_, ARGUED_EACH, at_, bits_, 0, { a, b, c, d, e } },
#define RANGE(name_, x86_64_, aarch64_, at_, from_, to_, a, b, c, d, e, word_) \
	{ #name_, word_, x86_64_, aarch64_, ARGUED_RANGE, at_, from_, to_, { a, b, c, d, e } },

/* The next value of what varies, from `last` (the first: NULL). False: there is none. */
static inline bool argued_next(const struct argued *a, const unsigned int *last, unsigned int *ret)
{
	unsigned int v;

	switch (a->kind) {
	case ARGUED_ONE:
		*ret = 0;
		return last == NULL;
	case ARGUED_RANGE:
		*ret = last != NULL ? *last + 1 : a->from;
		return *ret <= a->to;
	case ARGUED_EACH:
		for (v = last != NULL ? *last << 1 : 1; v != 0; v <<= 1)
			if ((a->from & v) != 0)
				break;
		*ret = v;
		return v != 0;
	}
	return false;
}

static inline long argued_value(const struct argued *a, int at, unsigned int value)
{
	return a->kind != ARGUED_ONE && a->at == at ? a->arg[at] | (long)value : a->arg[at];
}

static inline int argued_number(const struct argued *a)
{
#ifdef __x86_64__
	return a->x86_64;
#else
	return a->aarch64;
#endif
}

#endif
