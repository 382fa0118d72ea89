/* SPDX-License-Identifier: MIT */
#include "upstream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "egress/egress.h"
#include "egress/tell.h"
#include "mem.h"
#include "util.h"

int upstream_read(struct upstream *u, char *text, struct diag *d)
{
	char *auth = strchr(text, '\t');

	if (auth == NULL)
		return diag_set(d, -EINVAL, "egress: a proxy without a login, or none");
	*auth++ = '\0';
	if (!hostname_parse_authority(text, strlen(text), &u->host, &u->port, NULL) || u->port == 0)
		return diag_set(d, -EINVAL, "egress: no proxy: %s", text);
	u->auth = *auth != '\0' ? xstrdup(auth) : NULL;
	return 0;
}

/*
 * Names that are no public host's (RFC 6761, 6762, 8375, 9476; ICANN's list of what is never delegated; what clusters call
 * their services), or of one label.
 */
static bool is_local(const struct hostname *host)
{
	static const char *const tops[] = { "localhost", "local",   "internal", "lan",	"home",
					    "corp",	 "mail",    "intranet", "arpa", "localdomain",
					    "private",	 "invalid", "onion",	"alt",	"workgroup",
					    "svc",	 "consul",  "cluster" };
	const char *dot = strrchr(host->text, '.');

	for (size_t i = 0; dot != NULL && i < ARRAY_SIZE(tops); i++)
		if (streq(dot + 1, tops[i]))
			return true;
	return dot == NULL;
}

bool upstream_takes(const struct upstream *u, const struct hostname *host, uint16_t port,
		    const struct hostrules_answer *answer)
{
	struct hostrules_answer direct;

	if (u->host.kind == HOSTNAME_NONE)
		return false;
	/* A name that nobody named must be a public host's: here it is found, with its addresses, or not. */
	if (host->kind == HOSTNAME_NAME && is_local(host) &&
	    (answer->rule == NULL || answer->rule->name == NULL))
		return false;
	if (u->direct.n == 0)
		return true;
	direct = hostrules_judge(&u->direct, host, port);
	return !hostrules_allowed(&direct);
}

/* By NAT64 or 6to4 it is the same machine. */
static bool is_at(const struct upstream *u, const struct ipaddr *a)
{
	struct ipaddr inner;
	size_t k = 0;

	for (size_t i = 0; i < u->at.n; i++)
		if (ipaddr_equal(a, &u->at.address[i]))
			return true;
	while (ipaddr_inside(a, &k, &inner))
		for (size_t i = 0; i < u->at.n; i++)
			if (ipaddr_equal(&inner, &u->at.address[i]))
				return true;
	return false;
}

bool upstream_is(const struct upstream *u, const struct hostname *host, uint16_t port)
{
	if (u->host.kind == HOSTNAME_NONE || port != u->port)
		return false;
	if (hostname_equal(host, &u->host))
		return true;
	return host->kind == HOSTNAME_ADDR && is_at(u, &host->addr);
}

/* --- where it is */

struct finding {
	struct egress *e;
	resolve_done *done;
	void *arg;
	unsigned next;
};

static void try_name(struct finding *f);

static void found(struct finding *f, const struct resolved *r)
{
	if (r->status == RESOLVE_OK && r->n > 0)
		f->e->upstream.at = *r;
	f->done(f->arg, r);
	free(f);
}

static void on_found(void *arg, const struct resolved *r)
{
	struct finding *f = arg;

	if (r->status == RESOLVE_OK && r->n > 0)
		found(f, r);
	else if (r->status == RESOLVE_FAILED || r->status == RESOLVE_BUSY)
		found(f, r);
	else
		try_name(f);
}

/* As the host's own programs: the domains of resolv.conf come before a bare name, and behind one with a dot. */
static bool next_name(const struct finding *f, struct hostname *ret)
{
	const struct upstream *u = &f->e->upstream;
	bool bare = strchr(u->host.text, '.') == NULL;
	size_t domains = resolve_domains(f->e->resolve);
	char text[2 * HOSTNAME_MAX + 2];
	size_t at = f->next;

	if (at > domains)
		return false;
	if (at == (bare ? domains : 0)) {
		*ret = u->host;
		return true;
	}
	snprintf(text, sizeof(text), "%s.%s", u->host.text,
		 resolve_domain(f->e->resolve, bare ? at : at - 1));
	/* One that is too long together is as one that is not there. */
	if (!hostname_parse(text, strlen(text), false, ret, NULL) || ret->kind != HOSTNAME_NAME)
		*ret = u->host;
	return true;
}

static void try_name(struct finding *f)
{
	static const struct resolved none = { .status = RESOLVE_NO_NAME };
	struct hostname name;

	if (!next_name(f, &name)) {
		found(f, &none);
		return;
	}
	f->next++;
	resolve_name(f->e->resolve, &name, on_found, f);
}

void upstream_find(struct egress *e, resolve_done *done, void *arg)
{
	static const struct ipaddr four = { 4, { 127, 0, 0, 1 } }, six = { 16, { [15] = 1 } };
	const struct upstream *u = &e->upstream;
	struct finding *f = xcalloc(1, sizeof(*f));
	struct resolved fixed = { .status = RESOLVE_OK, .n = 1, .address = { u->host.addr } };

	*f = (struct finding){ .e = e, .done = done, .arg = arg };
	if (u->host.kind == HOSTNAME_ADDR) {
		found(f, &fixed);
	} else if (streq(u->host.text, "localhost")) {
		fixed.n = 2;
		fixed.address[0] = four;
		fixed.address[1] = six;
		found(f, &fixed);
	} else {
		try_name(f);
	}
}

/* --- what is said to it, and by it */

size_t upstream_ask(const struct upstream *u, const struct hostname *at, const struct hostname *host,
		    uint16_t port, char out[UPSTREAM_ASK])
{
	char where[TELL_HOST], who[TELL_HOST];
	int n;

	tell_host(at, port, where);
	tell_host(host, port, who);
	n = snprintf(out, UPSTREAM_ASK, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", where, who,
		     u->auth != NULL ? "Proxy-Authorization: " : "", u->auth != NULL ? u->auth : "",
		     u->auth != NULL ? "\r\n" : "");
	return n > 0 && n < UPSTREAM_ASK ? (size_t)n : 0;
}

const char *upstream_place(const struct upstream *u, char *buf)
{
	_Static_assert(UPSTREAM_PLACE == TELL_HOST, "the same words");
	return tell_host(&u->host, u->port, buf);
}

const char *upstream_words(const struct upstream *u, int status, char *buf, size_t size)
{
	static const struct {
		int status;
		const char *words;
	} known[] = {
		{ 400, "does not understand the request" },
		{ 403, "does not allow it" },
		{ 405, "makes no tunnels" },
		{ 500, "has failed" },
		{ 501, "makes no tunnels" },
		{ 502, "could not reach it" },
		{ 503, "could not reach it, or has no room" },
		{ 504, "could not reach it in time" },
	};
	const char *words = "does not make a tunnel to it";
	char place[UPSTREAM_PLACE];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].status == status)
			words = known[i].words;
	if (status == 407)
		words = u->auth != NULL ? "does not take the login"
					: "asks for a login (http://USER:PASSWORD@...)";
	snprintf(buf, size, "the proxy %s %s (%d)", upstream_place(u, place), words, status);
	return buf;
}
