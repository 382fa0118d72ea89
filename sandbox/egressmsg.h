/* SPDX-License-Identifier: MIT */
/*
 * What the launcher and egress say to each other, on a socket of whole messages. Both are built together.
 *
 * egress is started with these descriptors and no others, without arguments and environment.
 */
#ifndef EGRESSMSG_H
#define EGRESSMSG_H

#include <stdint.h>

#define EGRESS_FD_CONTROL 3 /* SOCK_SEQPACKET; its end of file ends egress */
#define EGRESS_FD_RULES	  4 /* memfd, sealed: a line each, "open", "allow PATTERN<tab>ORIGIN", "deny ..." */
#define EGRESS_FD_END	  5

/* The only one that the box has. */
#define EGRESS_NAME_SERVER "198.18.0.1"
#define EGRESS_IP4	   0xc6120001u /* the same */
/* What the proof asks the name server for: a name that nobody has (RFC 6761). */
#define EGRESS_PROOF_NAME  "proof.claude-sandbox.invalid"

/* launcher -> egress, once: with the descriptor of the box's network namespace. */
#define EGRESS_GO 'n'

/* egress -> launcher. */
enum egress_message {
	EGRESS_NOTHING,
	/*
	 * confined, listening; number[0]: enum gateway_way, number[1]: IPv6, number[2]: connections,
	 * number[3]: rules for ports that nobody listens at
	 */
	EGRESS_READY,
	EGRESS_FAILED,	/* why it could not be: text, and what to try behind a newline */
	EGRESS_REFUSED, /* "HOST:PORT: words" */
	EGRESS_REACHED, /* the first connection to "HOST:PORT" */
	EGRESS_LOST,	/* allowed, and could not be reached: "HOST:PORT: words" */
	EGRESS_TOTAL,	/* at its end: connections, refused ones, bytes out, bytes in */
	EGRESS_MESSAGES
};

struct egress_report {
	uint32_t message;
	int32_t error; /* -errno of FAILED and LOST */
	uint64_t number[4];
	char text[600];
};

#endif
