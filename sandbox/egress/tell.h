/* SPDX-License-Identifier: MIT */
/* Reports to the launcher. They never wait: what finds no room is lost, which a box that floods us causes itself. */
#ifndef TELL_H
#define TELL_H

#include "egress/connlog.h"
#include "egress/egress.h"

/* Said once for a text, and at most so often in a second. */
void tell(struct egress *e, enum egress_message what, int error, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "NAME:443", "[2001:db8::1]:443", without the port when it is 0; buf has TELL_HOST bytes. */
#define TELL_HOST (HOSTNAME_MAX + 10)
const char *tell_host(const struct hostname *host, uint16_t port, char *buf);
/*
 * REFUSED or LOST: told, counted, and a line of the log. host of no kind: a request to the proxy that names none.
 * answer: of the rules, where it was they that refused; then the option that would allow it is told, too. so_far:
 * since, address, sent, received.
 */
void tell_not(struct egress *e, enum egress_message what, int error, const struct hostname *host,
	      uint16_t port, const char *why, const struct hostrules_answer *answer,
	      const struct connlog_line *so_far);
/* "HOST:PORT: why (--allow-host ...)": what it tells. Returns buf. */
const char *tell_words(const struct hostname *host, uint16_t port, const char *why,
		       const struct hostrules_answer *answer, char *buf, size_t size);
/* The rules refuse it; port 0: any. */
void tell_refused(struct egress *e, const struct hostname *host, uint16_t port,
		  const struct hostrules_answer *answer);
/* Why there will be no egress. Waits. */
void tell_failed(int control, const struct diag *d);
/* left_out: rules for ports that nobody listens at. */
void tell_ready(const struct egress *e, uint64_t left_out);

#endif
