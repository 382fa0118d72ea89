/* SPDX-License-Identifier: MIT */
/*
 * egress that goes wrong in the way that its only argument says: for the mutants of the suite, which start it in the
 * place of egress in their own scratch box. The program is egress itself, linked with --wrap for the functions here:
 * nothing of this is in the one that the launcher starts.
 *
 *   forgive TEXT   what is refused with that text passes, and the rest of the connection
 *   first-only     behind a connection's first request everything passes
 *   class          what lies behind an address is not looked at
 *   own            nor whether it is this machine's
 *   names          everybody's names are asked for
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "egress/dns.h"
#include "egress/firstbytes.h"
#include "egress/pump.h"
#include "util.h"

static const char *wrong;

/* glibc hands them what main gets. */
static void __attribute__((constructor)) take_word(int argc, char **argv)
{
	if (argc != 2) {
		fputs("egress-wrong is for the mutants of the security test alone\n", stderr);
		exit(125);
	}
	wrong = argv[1];
}

/* The compiler's own name for what is wrapped. */
#define REAL(function) __real_##function
#define WRAP(function) __wrap_##function

enum firstbytes_result REAL(firstbytes_look)(struct firstbytes *f, int fd, const struct hostname *host,
					     uint16_t port, const struct hostrules *rules,
					     uint64_t *ret_allow, const char **ret_why);
enum firstbytes_result WRAP(firstbytes_look)(struct firstbytes *f, int fd, const struct hostname *host,
					     uint16_t port, const struct hostrules *rules,
					     uint64_t *ret_allow, const char **ret_why);
enum firstbytes_result WRAP(firstbytes_look)(struct firstbytes *f, int fd, const struct hostname *host,
					     uint16_t port, const struct hostrules *rules,
					     uint64_t *ret_allow, const char **ret_why)
{
	enum firstbytes_result r = REAL(firstbytes_look)(f, fd, host, port, rules, ret_allow, ret_why);
	bool forgiven = r == FIRSTBYTES_REFUSE && str_starts(wrong, "forgive ") &&
			streq(*ret_why, wrong + strlen("forgive "));

	if (!forgiven && !(r == FIRSTBYTES_GOOD && streq(wrong, "first-only")))
		return r;
	*ret_allow = PUMP_UNLIMITED;
	return FIRSTBYTES_GOOD;
}

struct hostrules_answer REAL(hostrules_judge_addr)(const struct hostrules *r, const struct hostname *name,
						   const struct ipaddr *addr, uint16_t port,
						   const struct ipaddr *own, size_t nown);
struct hostrules_answer WRAP(hostrules_judge_addr)(const struct hostrules *r, const struct hostname *name,
						   const struct ipaddr *addr, uint16_t port,
						   const struct ipaddr *own, size_t nown);
struct hostrules_answer WRAP(hostrules_judge_addr)(const struct hostrules *r, const struct hostname *name,
						   const struct ipaddr *addr, uint16_t port,
						   const struct ipaddr *own, size_t nown)
{
	bool no_own = strstr(wrong, "own") != NULL, no_class = strstr(wrong, "class") != NULL;
	struct hostrules_answer a = REAL(hostrules_judge_addr)(r, name, addr, port, own, no_own ? 0 : nown);

	return no_class && a.by == HOSTRULES_ADDR && name != NULL ? hostrules_judge(r, name, port) : a;
}

enum dns_act REAL(dns_decide)(const struct dns_query *q, const struct hostrules *rules,
			      struct hostrules_answer *ret_answer);
enum dns_act WRAP(dns_decide)(const struct dns_query *q, const struct hostrules *rules,
			      struct hostrules_answer *ret_answer);
enum dns_act WRAP(dns_decide)(const struct dns_query *q, const struct hostrules *rules,
			      struct hostrules_answer *ret_answer)
{
	enum dns_act act = REAL(dns_decide)(q, rules, ret_answer);

	return act == DNS_ACT_REFUSE && streq(wrong, "names") ? DNS_ACT_RESOLVE : act;
}
