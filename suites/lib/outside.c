/* SPDX-License-Identifier: MIT */
#include "outside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "env.h"
#include "mem.h"
#include "netns.h"
#include "util.h"

#define TYPE_A	     1
#define TYPE_AAAA    28
#define HEADER	     12
#define NAME_MAX_    254
#define ADDRESS_     INET6_ADDRSTRLEN
#define FIRST_CALLED 7070

enum outside_rule {
	RULE_NO,
	RULE_ALLOW,
	RULE_LISTED,
	RULE_WILD,
	RULE_BOXED,
	RULE_OPENED,
	RULE_CLOSED,
	RULE_PUBLISHED,
	RULE_UPSTREAM
};

static const struct outside_host {
	const char *input, *name, *address;
	unsigned port;
	enum oracle_kind kind;
	enum outside_rule rule;
	const char *answers;
} hosts[] = {
#define HOST(input, name, address, port, kind, rule, answers) \
	{ OUTSIDE_INPUT #input, name, address, port, ORACLE_##kind, RULE_##rule, answers },
#include "outside.def"
#undef HOST
};

/* Public ones, as no rule for a name opens others; nothing of them leaves the namespaces. */
static const char *const blocks[] = {
	[OUTSIDE_BOXED] = "9.9.9", [OUTSIDE_OPEN] = "9.9.8", [OUTSIDE_NOBODY] = "9.9.7"
};

/* n characters of an address of the table. */
static void outside_expand(char out[ADDRESS_], const char *text, size_t n, unsigned arm)
{
	if (text[0] == '@')
		snprintf(out, ADDRESS_, "%s%.*s", blocks[arm], (int)n - 1, text + 1);
	else
		snprintf(out, ADDRESS_, "%.*s", (int)n, text);
}

static bool outside_is_six(const char *address)
{
	return strchr(address, ':') != NULL;
}

static bool outside_is_own(const char *address)
{
	return streq(address, "127.0.0.1") || streq(address, "@.254");
}

/* The answers that a host without IPv6 can't have, or can't give. */
static bool outside_needs_six(const struct outside_host *h)
{
	return outside_is_six(h->address) || (h->answers != NULL && outside_is_six(h->answers));
}

/* A caller that stands outside, and the port of this machine that it calls when it is asked to. */
static bool outside_calls(const struct outside_host *h)
{
	return h->kind == ORACLE_CALL;
}

static bool outside_is_stream(enum oracle_kind kind)
{
	return kind == ORACLE_HOST || kind == ORACLE_ASKED || kind == ORACLE_CALL || kind == ORACLE_LAST;
}

/* Below those that the kernel gives away: nobody else has it, but for another box of the user's settings. */
static unsigned outside_called(const struct conf *c)
{
	static unsigned last = FIRST_CALLED;
	bool taken;

	do {
		AUTO_FREE char *text = xasprintf("%u", ++last);

		taken = false;
		for (size_t i = 0; i < c->publish.n; i++)
			taken |= streq(c->publish.item[i].value, text);
	} while (taken);
	return last;
}

static void outside_input_port(struct canary_site *s, const char *input, unsigned port)
{
	AUTO_FREE char *name = xasprintf("%s_PORT", input), *value = xasprintf("%u", port);

	canary_input(s, name, value);
}

static int outside_open(const struct outside_host *h, enum outside_arm arm, char address[ADDRESS_],
			unsigned *ret_port)
{
	struct sockaddr_in6 sa; /* the port stands where that of IPv4 does */
	socklen_t len = sizeof(sa);
	int fd;

	outside_expand(address, h->address, strlen(h->address), arm);
	fd = netns_socket(!outside_is_own(h->address), address, h->port,
			  outside_is_stream(h->kind) ? SOCK_STREAM : SOCK_DGRAM);
	if (fd < 0)
		return fd;
	*ret_port = getsockname(fd, (struct sockaddr *)&sa, &len) == 0 ? ntohs(sa.sin6_port) : 0;
	return fd;
}

int outside_plant(struct canary_site *s, enum outside_arm arm, const struct conf *c, struct diag *d)
{
	int r = oracle_add_ender(&s->oracle);

	if (r < 0)
		return diag_errno(d, r, "socketpair");
	if (netns_has_rules())
		canary_input(s, OUTSIDE_INPUT "RULES", "1");
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		const struct outside_host *h = &hosts[i];
		AUTO_FREE char *value = NULL;
		char address[ADDRESS_];
		unsigned port = 0, at;
		int fd;

		if ((h->rule == RULE_BOXED && arm != OUTSIDE_BOXED) ||
		    (outside_needs_six(h) && !netns_has_outside6()))
			continue;
		fd = outside_open(h, arm, address, &port);
		if (fd < 0)
			return diag_errno(d, fd, "a host outside of the scratch box's network, %s", h->name);
		at = outside_calls(h)	     ? outside_called(c)
		     : h->rule == RULE_BOXED ? (unsigned)OUTSIDE_NOWHERE
					     : (unsigned)arm;
		value = h->rule == RULE_OPENED || h->rule == RULE_CLOSED
			    ? xasprintf("%u", port)
			    : xasprintf("%s %s %u", h->name, address, port);
		if (!canary_has_input(s, h->input))
			canary_input(s, h->input, value);
		if (outside_calls(h))
			outside_input_port(s, h->input, at);
		oracle_add(&s->oracle, h->input, h->kind, fd);
		s->oracle.spot[s->oracle.n - 1].at = at;
	}
	return 0;
}

/* --- the rules */

static void outside_add(struct conf_list *l, char *pattern)
{
	l->item = xrealloc_array(l->item, l->n + 1, sizeof(*l->item));
	l->item[l->n++] = (struct conf_item){ pattern, xstrdup("security test") };
}

static void outside_clear(struct conf_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].value);
		free(l->item[i].origin);
	}
	l->n = 0;
}

/* Everybody of the table is reached without the proxy outside. */
#define DIRECT "test,9.9.9.0/24,2620:fe::/32"

static void outside_upstream(const struct outside_host *h, struct conf *c)
{
	free(c->upstream);
	free(c->upstream_origin);
	free(c->no_proxy);
	c->upstream = h != NULL ? xasprintf("http://%s:%u", h->name, h->port) : NULL;
	c->upstream_origin = h != NULL ? xstrdup("security test") : NULL;
	c->no_proxy = h != NULL ? xstrdup(DIRECT) : NULL;
	c->upstream_found = false;
}

static const char *const ports[] = { "80", "443", "8443" };

void outside_no_rules(struct conf *c)
{
	conf_set(c, CONFKEY_NETWORK_MODE, CONF_NET_FILTERED, "security test");
	/* What is refused here is no business of the caller's log. */
	free(c->egress_log);
	c->egress_log = NULL;
	c->mitmproxy = false;
	outside_upstream(NULL, c);
	outside_clear(&c->allow_host);
	outside_clear(&c->deny_host);
	outside_clear(&c->host_port);
	outside_clear(&c->publish);
	outside_clear(&c->port);
}

void outside_rules(const struct canary_site *s, struct conf *c)
{
	outside_no_rules(c);
	/* What a rule without a port means, and one at which nobody listens. */
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		outside_add(&c->port, xstrdup(ports[i]));
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		const struct outside_host *h = &hosts[i];
		const char *value = env_get(s->input.v, h->input);

		/* Twice is once: the same name at another port that is meant without one. */
		if ((h->rule == RULE_ALLOW || h->rule == RULE_PUBLISHED) &&
		    (i == 0 || !streq(hosts[i - 1].name, h->name)))
			outside_add(&c->allow_host, xstrdup(h->name));
		if (h->rule == RULE_LISTED && value != NULL)
			outside_add(&c->allow_host, xasprintf("%s:%s", h->name, strrchr(value, ' ') + 1));
		if (h->rule == RULE_OPENED && value != NULL)
			outside_add(&c->host_port, xstrdup(value));
		if (h->rule == RULE_PUBLISHED)
			outside_add(&c->publish,
				    xstrdup(env_get(s->input.v, OUTSIDE_INPUT "PUBLISHED_PORT")));
		if (h->rule == RULE_UPSTREAM)
			outside_upstream(h, c);
		if (h->rule == RULE_WILD) {
			outside_add(&c->allow_host, xstrdup("*.wild.test"));
			outside_add(&c->deny_host, xstrdup(h->name));
		}
	}
}

/* --- the name server */

int outside_resolver(const char *file, enum outside_arm arm, struct diag *d)
{
	FILE *f = fopen(file, "we");

	if (f == NULL)
		return diag_errno(d, -errno, "%s", file);
	fprintf(f, "nameserver %s.53\n", blocks[arm]);
	if (fclose(f) != 0 || mount(file, "/etc/resolv.conf", NULL, MS_BIND, NULL) < 0)
		return diag_errno(d, -errno, "a resolv.conf for the scratch box");
	return 0;
}

/* The name in dotted form; where its question goes on, 0: no question. */
static size_t outside_name(const uint8_t *q, size_t n, char name[NAME_MAX_])
{
	size_t at = HEADER, len = 0;

	while (at < n && q[at] != 0) {
		size_t label = q[at];

		if (label > 63 || at + 1 + label >= n || len + label + 2 > NAME_MAX_)
			return 0;
		if (len > 0)
			name[len++] = '.';
		memcpy(name + len, q + at + 1, label);
		len += label;
		at += 1 + label;
	}
	name[len] = '\0';
	return at + 5 <= n ? at + 1 : 0;
}

static const struct outside_host *outside_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (strcasecmp(hosts[i].name, name) == 0)
			return &hosts[i];
	return NULL;
}

static bool outside_is_below(const char *name)
{
	size_t n = strlen(name), m = strlen(OUTSIDE_ZONE);

	return n > m && name[n - m - 1] == '.' && strcasecmp(name + n - m, OUTSIDE_ZONE) == 0;
}

/* One address record, with a TTL of 0 and a name that is the question's; 0: of the other family, or no room. */
static size_t outside_record(uint8_t *out, size_t room, const char *text, size_t n, unsigned arm,
			     unsigned type)
{
	const uint8_t size = type == TYPE_A ? 4 : 16;
	const uint8_t head[] = { 0xc0, HEADER, 0, (uint8_t)type, 0, 1, 0, 0, 0, 0, 0, size };
	char address[ADDRESS_];

	outside_expand(address, text, n, arm);
	if (outside_is_six(address) != (type == TYPE_AAAA) || room < sizeof(head) + size)
		return 0;
	memcpy(out, head, sizeof(head));
	return inet_pton(type == TYPE_A ? AF_INET : AF_INET6, address, out + sizeof(head)) == 1
		   ? sizeof(head) + size
		   : 0;
}

size_t outside_answer(unsigned arm, const uint8_t *q, size_t n, uint8_t *out, size_t room, bool *ret_below)
{
	char name[NAME_MAX_];
	size_t at = n >= HEADER ? outside_name(q, n, name) : 0, len = at + 4, count = 0;
	unsigned type = at > 0 ? (unsigned)q[at] << 8 | q[at + 1] : 0;
	const struct outside_host *h;
	const char *text = "";

	*ret_below = at > 0 && arm != OUTSIDE_NOWHERE && outside_is_below(name);
	if (at == 0 || len > room)
		return 0;
	h = *ret_below ? outside_find(OUTSIDE_ZONE) : arm != OUTSIDE_NOWHERE ? outside_find(name) : NULL;
	memcpy(out, q, len);
	if (h != NULL && (type == TYPE_A || type == TYPE_AAAA))
		text = h->answers != NULL ? h->answers : h->address;
	for (; *text != '\0'; text += strcspn(text, " "), text += *text == ' ') {
		size_t record = outside_record(out + len, room - len, text, strcspn(text, " "), arm, type);

		count += record > 0;
		len += record;
	}
	/* An authoritative answer, one question, so many records and nothing else. */
	out[2] = 0x84 | (q[2] & 1);
	out[3] = h == NULL ? 3 : 0;
	out[4] = out[8] = out[9] = out[10] = out[11] = 0;
	out[5] = 1;
	out[6] = 0;
	out[7] = (uint8_t)count;
	return len;
}
