/* SPDX-License-Identifier: MIT */
/*
 * Which hosts may be reached: the one matcher, for the launcher (it checks and
 * explains patterns) and for egress (it asks at every question and connection).
 * No system call. Adding allocates; asking does not, and takes the same time
 * with ten rules as with ten thousand.
 *
 * A pattern is HOST, HOST:PORT or HOST:*, and HOST is
 *   name.example       that name
 *   *.name.example     every name below it, at any depth, but not it
 *   *                  every name and every public address
 *   10.1.2.3  [v6]     that address
 *   10.0.0.0/8 [v6/32] that network (v6/32 without brackets where no port follows)
 * Without a port an allow rule means 80 and 443, a deny rule every port.
 *
 * Deny wins. With deny rules alone, everything else is allowed; without any rule, nothing is.
 */
#ifndef HOSTRULES_H
#define HOSTRULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "egress/hostname.h"
#include "egress/ipaddr.h"

#define HOSTRULES_MAX	  100000 /* rules in all */
#define HOSTRULES_WEB_MAX 64

enum hostrules_side { HOSTRULES_DENY, HOSTRULES_ALLOW };

enum hostrules_ports { HOSTRULES_PORT_WEB, HOSTRULES_PORT_ONE, HOSTRULES_PORT_ALL };

/* One rule. What it is for is an address, a name, or with neither everything. */
struct hostrule {
	enum hostrules_side side;
	enum hostrules_ports ports;
	uint16_t port;	    /* of HOSTRULES_PORT_ONE */
	bool below;	    /* the names below `name`, not itself */
	uint8_t bits;	    /* of an address: how many of them count */
	struct ipaddr addr; /* masked */
	char *name;	    /* owned, or NULL */
	char *pattern;	    /* owned: as it was written */
	char *origin;	    /* owned: "config.json:3:14", "--allow-host", "built-in"; for people */
	uint32_t next;	    /* the next rule for the same thing, index + 1; 0: none */
};

/* {0} is an empty set. */
struct hostrules {
	struct hostrule *rule; /* owned */
	size_t n, cap;
	uint32_t *slot;		/* owned: a hash table of index + 1 over what rules are for */
	size_t slots;		/* a power of two, more than twice n */
	uint64_t lengths[2][3]; /* of IPv4, IPv6: the bits of the networks that there are rules for */
	size_t nallow, ndeny;
	/* What an allow rule without a port means; none: 80 and 443, and every port of what no rule need allow. */
	uint16_t web[HOSTRULES_WEB_MAX];
	size_t nweb;
	bool open; /* what no rule denies is allowed, whatever is: --net open */
};

/* Why an answer is what it is. Zero is refused. */
enum hostrules_by {
	HOSTRULES_UNLISTED, /* no rule has that host; refused */
	HOSTRULES_DENIED,   /* `rule` denies it */
	HOSTRULES_PORT,	    /* `rule` allows the host, but not with this port; NULL: no rule need; refused */
	HOSTRULES_ADDR, /* the address is none that this name or rule opens; refused. `about` says which kind */
	HOSTRULES_OWN, /* the address is one of the host's own; refused */
	/* from here on allowed */
	HOSTRULES_EXACT,    /* `rule` is that very name or address */
	HOSTRULES_WILDCARD, /* `rule` is a wildcard or a network */
	HOSTRULES_DEFAULT,  /* no rule: deny rules alone, or open */
	HOSTRULES_BYS
};

struct hostrules_answer {
	enum hostrules_by by;
	const struct hostrule *rule; /* borrowed until the next hostrules_add; NULL: none */
	struct ipaddr_about about;   /* of an address */
};

static inline bool hostrules_allowed(const struct hostrules_answer *a)
{
	return a->by >= HOSTRULES_EXACT;
}

/*
 * One pattern of exactly n bytes. 0; -EINVAL: *f says why and at which byte, which is what the caller
 * makes a line, a column and a caret of; -E2BIG: too many. Nothing was added then. The same again is no second rule.
 */
int hostrules_add(struct hostrules *r, enum hostrules_side side, const char *pattern, size_t n,
		  const char *origin, struct hostname_fault *f);
/* The same without a set: only whether the pattern is one for that side. */
int hostrules_check(enum hostrules_side side, const char *pattern, size_t n, struct hostname_fault *f);

#define HOSTRULES_PATTERN (HOSTNAME_MAX + 16)

/* What two allow rules have in common. */
enum hostrules_met {
	HOSTRULES_APART, /* nothing */
	HOSTRULES_MEET,	 /* a rule that opens what both do, and nothing that `wide` does not */
	HOSTRULES_WIDER, /* a rule for that address or network would open more than `wide` does */
};
/*
 * The rule for what both allow patterns open, by the ports of r. `wide` is whose rights count: an address of a network
 * is WIDER, as a rule for it alone may open a private address, or the host's own. *ret_exact: it is a single name, where
 * `wide` is none: a proxy that the machine goes out by is opened by such a rule alone.
 */
enum hostrules_met hostrules_meet(const struct hostrules *r, const char *wide, const char *narrow,
				  char ret[HOSTRULES_PATTERN], bool *ret_exact);
/* Whether all that the allow pattern `narrow` opens, `wide` does, too. */
bool hostrules_covers(const struct hostrules *r, const char *wide, const char *narrow);
/*
 * Another port that allow rules without one mean; with the first, 80 and 443 go. Where no rule need allow a host, the
 * rest is open at these alone. As hostrules_add.
 */
int hostrules_add_port(struct hostrules *r, const char *text, size_t n, struct hostname_fault *f);
/* One row of data/hosts.def: what `--yolo` allows. All static. */
struct hostrules_builtin {
	const char *pattern, *group, *why; /* "github.com:22", "code host", "git over ssh" */
};
const struct hostrules_builtin *hostrules_builtin(size_t *ret_n);
void hostrules_done(struct hostrules *r);

/*
 * May this name or literal address be reached at this port? Port 0: at any port, which is what a DNS question
 * wants to know. For a name this says nothing about its addresses: ask hostrules_judge_addr for each.
 * host->kind NONE is UNLISTED.
 */
struct hostrules_answer hostrules_judge(const struct hostrules *r, const struct hostname *host,
					uint16_t port);
/*
 * May the address be connected to, at this port, as one of `name` (NULL: it was asked for as a literal)? To be asked
 * at connect time, for the address that is connected to. A name whose own answer is refused is refused. A public
 * address needs no more; any other needs an address rule too, as narrow as struct ipaddr_about says; one of
 * `own`, the addresses of the host's interfaces at that moment, needs a rule with that very address.
 */
struct hostrules_answer hostrules_judge_addr(const struct hostrules *r, const struct hostname *name,
					     const struct ipaddr *addr, uint16_t port,
					     const struct ipaddr *own, size_t nown);
/* "denied by *.example.com (config.json:3:14)": why, for a person, without a newline; returns buf. */
const char *hostrules_words(const struct hostrules_answer *a, char *buf, size_t size);
/* The word of a log line: "unlisted", "denied", "exact" ... */
const char *hostrules_by_name(enum hostrules_by by);

#endif
