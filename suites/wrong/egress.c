/* SPDX-License-Identifier: MIT */
/*
 * egress that goes wrong in the way that its only argument says: for the mutants of the suite, which start it in the
 * place of egress in their own scratch box. The program is egress itself, linked with --wrap for the functions here:
 * nothing of this is in the one that the launcher starts.
 *
 *   forgive TEXT   what is refused with that text passes, and the rest of the connection
 *   head TEXT      a request to the proxy that is refused with that text is for the host of its URL
 * or by words:
 *   first-only     behind a connection's first request everything passes
 *   class          what lies behind an address is not looked at
 *   own            nor whether it is this machine's
 *   names          everybody's names are asked for
 *   literal        who has no name but an address is allowed
 *   loopback       what programs call themselves is not looked at
 *   spelling       a host that is not written in its one spelling is judged as it is written: no rule has that
 *   lenient        the same, and what is no host is read as others do: one is found in it
 *   pages          the proxy has pages of its own
 *   datagrams      the box has no rule that refuses them, routes alone
 *   way            the proxy by which the machine goes out is a host like others
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "egress/dns.h"
#include "egress/firstbytes.h"
#include "egress/nftables.h"
#include "egress/proxy.h"
#include "egress/pump.h"
#include "egress/upstream.h"
#include "util.h"

static const char *wrong;

static bool says(const char *word)
{
	return !str_starts(wrong, "forgive ") && !str_starts(wrong, "head ") && strstr(wrong, word) != NULL;
}

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
#define REAL(function)	  __real_##function
#define WRAP(function)	  __wrap_##function
/* Of its own type: the linker would put one of another in its place without a word. */
#define WRAPPED(function) __typeof__(function) REAL(function), WRAP(function)

WRAPPED(firstbytes_look);
WRAPPED(hostname_parse);
WRAPPED(hostname_parse_authority);
WRAPPED(hostname_is_loopback);
WRAPPED(hostrules_judge);
WRAPPED(hostrules_judge_addr);
WRAPPED(dns_decide);
WRAPPED(httphead_parse);
WRAPPED(proxy_look);
WRAPPED(proxy_answer);
WRAPPED(upstream_is);
WRAPPED(nftables_only_tcp);

enum firstbytes_result WRAP(firstbytes_look)(struct firstbytes *f, int fd, const struct hostname *host,
					     uint16_t port, const struct hostrules *rules,
					     const struct httphead_onward *how, uint64_t *ret_allow,
					     const char **ret_why)
{
	enum firstbytes_result r = REAL(firstbytes_look)(f, fd, host, port, rules, how, ret_allow, ret_why);
	bool forgiven = r == FIRSTBYTES_REFUSE && str_starts(wrong, "forgive ") &&
			streq(*ret_why, wrong + strlen("forgive "));

	if (!forgiven && !(r == FIRSTBYTES_GOOD && says("first-only")))
		return r;
	*ret_allow = PUMP_UNLIMITED;
	return FIRSTBYTES_GOOD;
}

/* --- hosts in another spelling than their one */

static struct hostname meant[64]; /* whom such a spelling meant */
static size_t nmeant;

static bool pardoned(const struct hostname *name)
{
	for (size_t i = 0; i < nmeant; i++)
		if (hostname_equal(&meant[i], name))
			return true;
	return false;
}

static void pardon(const struct hostname *name)
{
	if (!pardoned(name) && nmeant < ARRAY_SIZE(meant))
		meant[nmeant++] = *name;
}

/* As inet_aton(3), or from the user name on as far as a name goes. */
static bool read_leniently(const char *text, size_t n, struct hostname *ret)
{
	const char *at = memchr(text, '@', n);
	char copy[HOSTNAME_MAX + 1];
	struct in_addr a;
	struct ipaddr addr;

	if (at != NULL) {
		n -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	for (size_t i = 0; i < n; i++)
		if (strchr("#/?\\% \r", text[i]) != NULL) /* NUL, too */
			n = i;
	snprintf(copy, sizeof(copy), "%.*s", (int)n, text);
	if (inet_aton(copy, &a) == 0)
		return REAL(hostname_parse)(text, n, false, ret, NULL);
	addr = ipaddr_of(&a, sizeof(a));
	*ret = hostname_of_addr(&addr);
	return true;
}

/* What a reader of the text made of it. */
static bool reread(bool good, const char *text, size_t n, struct hostname *ret)
{
	bool odd = good && (ret->len != n || memcmp(ret->text, text, n) != 0);

	if (!good && says("lenient"))
		good = odd = read_leniently(text, n, ret);
	if (odd && ret->kind == HOSTNAME_NAME && (says("spelling") || says("lenient")))
		pardon(ret);
	return good;
}

bool WRAP(hostname_parse)(const char *text, size_t n, bool bare_v6, struct hostname *ret,
			  struct hostname_fault *f)
{
	return reread(REAL(hostname_parse)(text, n, bare_v6, ret, f), text, n, ret);
}

bool WRAP(hostname_parse_authority)(const char *text, size_t n, struct hostname *ret, uint16_t *ret_port,
				    struct hostname_fault *f)
{
	const char *colon = memrchr(text, ':', n);
	size_t host = colon != NULL ? (size_t)(colon - text) : n;
	bool good = REAL(hostname_parse_authority)(text, n, ret, ret_port, f);

	if (!good && colon != NULL)
		*ret_port = (uint16_t)strtoul(colon + 1, NULL, 10);
	return reread(good, text, host, ret);
}

bool WRAP(hostname_is_loopback)(const struct hostname *h)
{
	return !says("loopback") && REAL(hostname_is_loopback)(h);
}

/* --- rules */

struct hostrules_answer WRAP(hostrules_judge)(const struct hostrules *r, const struct hostname *host,
					      uint16_t port)
{
	struct hostrules_answer a = REAL(hostrules_judge)(r, host, port);

	if (host->kind == HOSTNAME_ADDR ? says("literal") : pardoned(host))
		a.by = HOSTRULES_DEFAULT;
	return a;
}

struct hostrules_answer WRAP(hostrules_judge_addr)(const struct hostrules *r, const struct hostname *name,
						   const struct ipaddr *addr, uint16_t port,
						   const struct ipaddr *own, size_t nown)
{
	struct hostrules_answer a =
	    REAL(hostrules_judge_addr)(r, name, addr, port, own, says("own") ? 0 : nown);

	if (says("class") && a.by == HOSTRULES_ADDR && name != NULL)
		a = REAL(hostrules_judge)(r, name, port);
	if (name == NULL ? says("literal") : pardoned(name))
		a.by = HOSTRULES_DEFAULT;
	return a;
}

enum dns_act WRAP(dns_decide)(const struct dns_query *q, const struct hostrules *rules,
			      struct hostrules_answer *ret_answer)
{
	enum dns_act act = REAL(dns_decide)(q, rules, ret_answer);

	return act == DNS_ACT_REFUSE && says("names") ? DNS_ACT_RESOLVE : act;
}

bool WRAP(upstream_is)(const struct upstream *u, const struct hostname *host, uint16_t port)
{
	return !says("way") && REAL(upstream_is)(u, host, port);
}

/* --- the proxy */

enum httphead_result WRAP(httphead_parse)(struct httphead *h, const char *buf, size_t n)
{
	enum httphead_result r = REAL(httphead_parse)(h, buf, n);
	size_t at = h->method_len + sizeof(" http://") - 1;

	if (r != HTTPHEAD_BAD || !str_starts(wrong, "head ") || h->form != HTTPHEAD_ABSOLUTE ||
	    !streq(h->why, wrong + strlen("head ")))
		return r;
	/* All of it was read, and did not fit. */
	return REAL(hostname_parse_authority)(buf + at, h->path_at - at, &h->host, &h->port, NULL)
		   ? HTTPHEAD_DONE
		   : HTTPHEAD_BAD;
}

enum proxy_result WRAP(proxy_look)(struct proxy *p, const char *buf, size_t n, struct proxy_said *ret)
{
	enum proxy_result r = REAL(proxy_look)(p, buf, n, ret);

	if (r != PROXY_REQUEST || !p->http.begun || !says("first-only"))
		return r;
	ret->allow = PUMP_UNLIMITED;
	return PROXY_BODY;
}

size_t WRAP(proxy_answer)(const struct proxy *p, enum proxy_answer what, int error, const char *words,
			  const struct proxy_said *said, char out[PROXY_ANSWER_MAX])
{
	size_t n = REAL(proxy_answer)(p, what, error, words, said, out);

	if (what == PROXY_MISTAKEN && p->kind == PROXY_HTTP && n > 0 && says("pages"))
		memcpy(out + sizeof("HTTP/1.1 ") - 1, "200", 3);
	return n;
}

int WRAP(nftables_only_tcp)(uint32_t device, struct in_addr server, uint16_t port, const char **ret_what)
{
	return says("datagrams") ? 0 : REAL(nftables_only_tcp)(device, server, port, ret_what);
}
