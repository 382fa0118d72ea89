/* SPDX-License-Identifier: MIT */
/* The log of connections, --egress-log: a JSON object a line, written to the descriptor that the launcher has opened. */
#ifndef CONNLOG_H
#define CONNLOG_H

#include "egress/egress.h"

struct connlog_line {
	const char *host;     /* as it was asked for; NULL: of a request to the proxy that names none */
	uint16_t port;	      /* 0: only the name was */
	const char *decision; /* "allowed", "refused", "lost" */
	const char *why;      /* of the last two */
	const struct hostrule *rule;  /* NULL: none */
	const struct upstream *via;   /* the proxy outside; NULL: none */
	const struct ipaddr *address; /* that was connected to; NULL: none */
	uint64_t sent, received;
	uint64_t since; /* resolve_now() when it began */
};

/* Whether there is to be one. Before the process confines itself. */
void connlog_open(struct egress *e);
/* What can't be written is counted, and told once. */
void connlog_write(struct egress *e, const struct connlog_line *line);

#endif
