/* SPDX-License-Identifier: MIT */
/*
 * What the launcher and egress say to each other, on a socket of whole messages. Both are built together.
 *
 * egress is started with these descriptors and no others, without arguments and environment.
 */
#ifndef EGRESSMSG_H
#define EGRESSMSG_H

#include <errno.h>
#include <stdint.h>

#include "egress/ipaddr.h"

#define EGRESS_FD_CONTROL 3 /* SOCK_SEQPACKET; its end of file ends egress */
#define EGRESS_FD_RULES \
	4 /* memfd, sealed: a line each, "open", "allow PATTERN<tab>ORIGIN", "deny ...", "direct ...", "port N", "host-port N", "publish N", "upstream HOST:PORT<tab>LOGIN", "tap ..." */
#define EGRESS_FD_ACCOUNT 5 /* memfd of struct egress_account, of a fixed size */
#define EGRESS_FD_LOG	  6 /* a regular file, open to append; /dev/null: no log */
#define EGRESS_FD_END	  7

/* Of --host-port, and as many of --publish. */
#define EGRESS_PORTS	 16
/* What the summary calls their connections. */
#define EGRESS_HOST_PORT "host-port"
#define EGRESS_PUBLISH	 "publish"

/* The log is no larger. What names no connection (no port: a question for a name costs nothing) has half of it. */
#define EGRESS_LOG_MAX	       (64ull << 20)
/* Why a line is not in it: that half is full. No errno that write(2) has. */
#define EGRESS_LOG_NAMES       E2BIG
#define EGRESS_LOG_NAMES_WORDS "it is half full, and the rest is for connections"

/* The only one that the box has. */
#define EGRESS_NAME_SERVER "198.18.0.1"
#define EGRESS_IP4	   0xc6120001u /* the same */
/* The proxy for programs that want one, at the same address. */
#define EGRESS_PROXY_PORT  3128
#define EGRESS_PROXY_URL   "http://" EGRESS_NAME_SERVER ":3128"
/* What is not behind it: the box itself, with the name and address that it has. */
#define EGRESS_NO_PROXY \
	"localhost,.localhost,127.0.0.1,127.0.0.0/8,::1,[::1],0.0.0.0,claude-sandbox,198.18.0.2"
/* What the proof asks the name server for: a name that nobody has (RFC 6761). */
#define EGRESS_PROOF_NAME "proof.claude-sandbox.invalid"
/* And whom it connects to at the same address: nobody. */
#define EGRESS_PROOF_PORT 9

/* launcher -> egress, once: with the descriptor of the box's network namespace. */
#define EGRESS_GO 'n'

/* launcher -> egress: this machine has other name servers now. */
#define EGRESS_SERVERS_ARE 's'
#define EGRESS_SERVERS	   8
struct egress_servers {
	uint32_t message, n;
	struct ipaddr server[EGRESS_SERVERS];
};

/* How TCP comes to the listener. */
enum gateway_way {
	GATEWAY_NONE,
	GATEWAY_TPROXY,	  /* nft tproxy: a socket's own address is what was meant; no table of connections */
	GATEWAY_REDIRECT, /* nft redirect: SO_ORIGINAL_DST tells */
	GATEWAY_PORTS,	  /* neither: a listener for each of the ports that were asked for */
	GATEWAY_LOOP,	  /* without veth(4), nft redirect on the box's own loopback: as GATEWAY_REDIRECT */
	GATEWAY_WAYS
};

/* egress -> launcher. */
enum egress_message {
	EGRESS_NOTHING,
	/*
	 * confined, listening; number[0]: enum gateway_way, number[1]: IPv6, number[2]: connections,
	 * number[3]: rules for ports that nobody listens at
	 */
	EGRESS_READY,
	EGRESS_FAILED, /* why it could not be: text, and what to try behind a newline */
	/* "HOST:PORT: words"; number[0]: the row of the account, from 1 on; 0: it has none; number[1]: its `taken` */
	EGRESS_REFUSED,
	EGRESS_REACHED,	 /* the first connection to "HOST:PORT" */
	EGRESS_LOST,	 /* allowed, and could not be reached: as EGRESS_REFUSED */
	EGRESS_LISTENS,	 /* a program inside listens at a port that nothing publishes: the number */
	EGRESS_UNLOGGED, /* a line of the log could not be written: words */
	EGRESS_MESSAGES
};

struct egress_report {
	uint32_t message;
	int32_t error; /* -errno of FAILED and LOST */
	uint64_t number[4];
	char text[600];
};

/*
 * What came of the connections. egress writes it, the launcher reads it when egress has ended, however that came about,
 * and believes nothing in it: no number, and no end of a text.
 */
enum egress_side { EGRESS_SIDE_REACHED, EGRESS_SIDE_REFUSED, EGRESS_SIDES };
#define EGRESS_ROWS 256

struct egress_row {
	char host[268]; /* "NAME:PORT", "[ADDRESS]:PORT", "NAME" when it was only asked for */
	char why[300];	/* of one that was refused or not reached: words */
	uint32_t lost;	/* it was allowed, and not reached */
	uint32_t helps; /* --allow-host with that host would open it */
	uint32_t name;	/* it was only asked for */
	uint64_t times, sent, received;
	uint64_t taken;	 /* how often it became another host's: of the one before it says nothing any more */
	uint64_t weight; /* of one that was reached: sent, and the weight of the hosts before, */
	uint64_t before; /* which is this: so much at most was sent to it while it had no row */
};

struct egress_account {
	uint64_t sent, received;
	uint64_t ended;	   /* connections that were not refused, and never came to a host */
	uint64_t unlogged; /* lines that are not in the log, and the errno of the last */
	int64_t log_error;
	uint64_t n[EGRESS_SIDES], more[EGRESS_SIDES]; /* rows; times of hosts that found no room */
	struct egress_row row[EGRESS_SIDES][EGRESS_ROWS];
};

#endif
