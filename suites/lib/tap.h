/* SPDX-License-Identifier: MIT */
/*
 * Reads what the driver streams: TAP 14, a plan, and one test with a YAML block
 * for each probe. The driver ran inside the sandbox that is attacked, so its
 * words are judged as if an attacker wrote them: anything that is not exactly
 * as expected makes the stream malformed, and what was not seen stays unseen.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stddef.h>

#define TAP_MAX_BYTES ((size_t)4 << 20)

enum tap_seen {
	TAP_NOTHING, /* no test with this id came */
	TAP_UNKNOWN,
	TAP_DENIED,
	TAP_ALLOWED,
	TAP_NA,
	TAP_TIMEOUT,
	TAP_KILLED,
	TAP_SEENS
};

/* One test. Texts are unescaped, bounded and hold no control characters. */
struct tap_test {
	char id[64];
	enum tap_seen seen;
	char err[24]; /* "EPERM", "0" */
	char step[80];
	char detail[400];
	double seconds;
};

struct tap {
	struct tap_test *test; /* owned */
	size_t n;
	size_t plan;	 /* tests announced */
	bool complete;	 /* well-formed to the end and as many tests as announced */
	char wrong[160]; /* why not; empty when complete */
};
#define AUTO_TAP __attribute__((cleanup(tap_done)))

/* Parses text[0..len). Never fails: what could be read before the first error is in *ret, `complete` tells. */
void tap_parse(const char *text, size_t len, struct tap *ret);
void tap_done(struct tap *t);
const char *tap_seen_name(enum tap_seen seen);

#endif
