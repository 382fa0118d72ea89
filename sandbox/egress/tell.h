/* SPDX-License-Identifier: MIT */
/* Reports to the launcher. They never wait: what finds no room is lost, which a box that floods us causes itself. */
#ifndef TELL_H
#define TELL_H

#include "egress/egress.h"

/* Said once for a text, and at most so often in a second. */
void tell(struct egress *e, enum egress_message what, int error, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A refusal by the rules, with the option that would allow it where there is one; port 0: any. Counts it. */
void tell_refused(struct egress *e, const struct hostname *host, uint16_t port,
		  const struct hostrules_answer *answer);
/* Why there will be no egress. Waits. */
void tell_failed(int control, const struct diag *d);
/* left_out: rules for ports that nobody listens at. */
void tell_ready(const struct egress *e, uint64_t left_out);
void tell_total(const struct egress *e);

#endif
