/* SPDX-License-Identifier: MIT */
/*
 * The witness outside: a process in the host's namespaces that owns what a
 * box must not reach (sockets, FIFO readers, a pid to be signalled) and counts
 * what really arrived. A probe's word is not enough.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "diag.h"
#include "spawn.h"

#define ORACLE_SPOTS 160

enum oracle_kind {
	ORACLE_NONE,
	ORACLE_STREAM, /* a listener: answers the text to a byte */
	ORACLE_ECHO,   /* a datagram socket: sends back what came */
	ORACLE_DGRAM,  /* a datagram socket: only counts */
	ORACLE_FIFO,   /* the reading end of a FIFO */
	ORACLE_PTY,    /* the master of a pty: answers the text to whatever comes */
	ORACLE_SCREEN, /* the master of a pty: answers the text where a terminal would do what a box must not ask */
	ORACLE_SHOWN, /* what a screen that was added before must show: the text and a title, see oracle_shown */
	ORACLE_SIGNAL, /* SIGURG to the process or its group */
	ORACLE_HOST,   /* a listener outside: answers the text to whatever comes */
	ORACLE_ASKED,  /* the same, and what counts is only that it was asked for ORACLE_WORD */
	ORACLE_NAMES,  /* a name server, a datagram socket: what counts are questions below OUTSIDE_ZONE */
	/* a listener outside: calls the port `at` of the machine's loopback, says the text there, and then answers;
	 * what counts is that somebody took the call */
	ORACLE_CALL,
	/* a listener outside: has egress ended before it answers; what counts is who comes after that */
	ORACLE_LAST,
	ORACLE_ENDER, /* the socket to who ends it (oracle_end_by) */
};

#define ORACLE_ENDED	 'e'
#define ORACLE_NOBODY	 "nobody"    /* what ORACLE_CALL answers when nobody took it */
#define ORACLE_NOT_ENDED "not-ended" /* what ORACLE_LAST answers then */

/* The host that no rule allows. */
#define ORACLE_WORD "denied.test"

struct oracle_spot {
	char name[24]; /* of the input: "CANARY_TCP"; several may share one */
	enum oracle_kind kind;
	int fd;	     /* owned, -1 for a signal and what is shown */
	unsigned at; /* of ORACLE_NAMES: see outside_answer; of ORACLE_CALL: the port */
};

struct oracle {
	struct oracle_spot spot[ORACLE_SPOTS];
	size_t n;
	const char *text; /* borrowed: what a listener answers */
	uid_t uid;	  /* the process becomes this uid when started by root */
	gid_t gid;
	struct spawn proc;
	int ctl;		 /* owned; our end of the control socket */
	volatile unsigned *hits; /* owned; shared with the process, one a spot */
	int ender;		 /* owned; the other end of ORACLE_ENDER's socket; -1: there is none */
};

/* An empty one. text must outlive it. */
void oracle_init(struct oracle *o, const char *text, uid_t uid, gid_t gid);
/* Takes ownership of fd. Dies when the table is full: it is as long as the list of inputs. */
void oracle_add(struct oracle *o, const char *name, enum oracle_kind kind, int fd);
/* The word that a probe writes as text and as a title behind it: WORD ESC [ m ESC ] 2 ; WORD BEL. */
void oracle_shown(const struct oracle *o, char *ret, size_t size);
/* Whether it is no harm but a control: what must arrive in every arm. */
bool oracle_must_come(const struct oracle *o, const char *name);
/*
 * A socket by which somebody who may, is asked to end egress: a byte is the wish, and the answer, ORACLE_ENDED or
 * another, comes when it is gone, or can't be ended. 0 or -errno.
 */
int oracle_add_ender(struct oracle *o);
/* Starts the process; 0 or -errno. Its pid is o->proc.pid, its process group the same. */
int oracle_start(struct oracle *o, struct diag *d);
/* Waits until everything that was sent before has been counted; false when the process is gone. */
bool oracle_sync(struct oracle *o);
/* What arrived at the spot so far; 0 for an unknown name. */
unsigned oracle_hits(const struct oracle *o, const char *name);
/* "was connected", "got a datagram": what a hit means, in words. */
const char *oracle_words(const struct oracle *o, const char *name);
void oracle_done(struct oracle *o); /* ends the process, closes everything; accepts one never started */

#endif
