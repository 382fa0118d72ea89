/* SPDX-License-Identifier: MIT */
/* The limits of data/limits.def, and the texts that ask for them. Pure; foreign bytes. */
#ifndef LIMITSET_H
#define LIMITSET_H

#include <stddef.h>
#include <stdint.h>

enum limit_id {
#define LIMIT(id, ...) LIMIT_##id,
#include "data/limits.def"
	LIMITS
};
enum limit_unit { LIMIT_BYTES, LIMIT_COUNT, LIMIT_PERCENT };

struct limit_row {
	const char *name;
	enum limit_unit unit;
	uint64_t least, most;
	const char *example, *file, *why;
};
const struct limit_row *limitset_row(enum limit_id id);

/* What is wrong with a text, and at which byte of it. */
struct limit_fault {
	char why[160];
	size_t at;
};

/* "4G" of memory, "512" of tasks, "200%" of cpu. 0, or -EINVAL with *fault. */
int limitset_value(enum limit_id id, const char *text, size_t len, uint64_t *ret, struct limit_fault *fault);

/* One of "memory=4G,tasks=512". */
struct limit_item {
	enum limit_id id;
	uint64_t n;
	size_t from, len; /* where its value stands */
};
/* The one at text[*at]; moves *at behind it. 1; 0 at the end; -EINVAL with *fault. Begin with *at 0. */
int limitset_next(const char *text, size_t *at, struct limit_item *ret, struct limit_fault *fault);

/* n as the option takes it: "4G", "1500M", "200%". buf has LIMIT_TEXT bytes. Returns it. */
#define LIMIT_TEXT 32
const char *limitset_text(enum limit_id id, uint64_t n, char buf[LIMIT_TEXT]);

#endif
