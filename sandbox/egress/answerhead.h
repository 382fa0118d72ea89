/* SPDX-License-Identifier: MIT */
/*
 * The head of an answer of HTTP/1 (RFC 9112) on its way to a client of the proxy: as it is, but that it says that the
 * connection ends behind it. A client that would ask another host on the same connection could else be answered by
 * this one. What two parsers could read in two ways is BAD. Pure: no system call, no allocation.
 */
#ifndef ANSWERHEAD_H
#define ANSWERHEAD_H

#include <stddef.h>

#define ANSWERHEAD_MAX	  16384 /* bytes of a head; more are BAD */
#define ANSWERHEAD_GROWTH 64	/* that it may grow by, beside a CR for each line that has none */

enum answerhead_result {
	ANSWERHEAD_BAD,
	ANSWERHEAD_MORE,    /* good so far, not whole */
	ANSWERHEAD_INTERIM, /* 100 to 199: another head follows */
	ANSWERHEAD_FINAL
};

/* *ret_used of the n bytes are the head; *ret_out bytes of out, which has room for 2 * n + GROWTH, are to be sent. */
enum answerhead_result answerhead_close(const char *buf, size_t n, size_t *ret_used, char *out,
					size_t *ret_out);
/* The status of a head that is INTERIM or FINAL, 100 to 999. */
int answerhead_status(const char *buf);

#endif
