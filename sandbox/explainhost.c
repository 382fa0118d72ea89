/* SPDX-License-Identifier: MIT */
#include "explainhost.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "egress/hostrules.h"
#include "log.h"
#include "mem.h"
#include "util.h"

#define WORDS 400

static void line(FILE *out, const char *what, const char *text)
{
	fputs(what, out);
	log_escape(out, text);
	putc('\n', out);
}

/* The rules as egress gets them. Each was looked at when it was read. */
static void load(const struct policy *p, struct hostrules *ret)
{
	struct hostname_fault f;

	for (size_t i = 0; i < p->allow.n; i++)
		hostrules_add(ret, HOSTRULES_ALLOW, p->allow.v[i], strlen(p->allow.v[i]), p->allow_from.v[i],
			      &f);
	for (size_t i = 0; i < p->deny.n; i++)
		hostrules_add(ret, HOSTRULES_DENY, p->deny.v[i], strlen(p->deny.v[i]), p->deny_from.v[i], &f);
	for (size_t i = 0; i < p->port.n; i++)
		hostrules_add_port(ret, p->port.v[i], strlen(p->port.v[i]), &f);
	ret->open = p->egress == POLICY_EGRESS_OPEN;
}

/* As egress would ask the kernel at that moment. */
static bool is_own(const struct hostname *host)
{
	struct ifaddrs *list, *i;
	bool own = false;

	if (host->kind != HOSTNAME_ADDR || getifaddrs(&list) < 0)
		return false;
	for (i = list; i != NULL && !own; i = i->ifa_next) {
		const struct sockaddr *sa = i->ifa_addr;
		struct ipaddr a = { 0 };

		if (sa != NULL && sa->sa_family == AF_INET)
			a = ipaddr_of(&((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
		if (sa != NULL && sa->sa_family == AF_INET6)
			a = ipaddr_of(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
		own = ipaddr_equal(&a, &host->addr);
	}
	freeifaddrs(list);
	return own;
}

static struct hostrules_answer judge(const struct hostrules *r, const struct hostname *host, bool own,
				     uint16_t port)
{
	return own ? hostrules_judge_addr(r, NULL, &host->addr, port, &host->addr, 1)
		   : hostrules_judge(r, host, port);
}

/* "22, 80-90, 443": those at which it may be reached. */
static void put_ports(const struct hostrules *r, const struct hostname *host, bool own, FILE *out)
{
	unsigned from = 0; /* of a range that goes on; 0: none */
	const char *comma = "";

	fputs("  ports: ", out);
	for (unsigned port = 1; port <= 65536; port++) {
		struct hostrules_answer a = { 0 };

		if (port <= 65535)
			a = judge(r, host, own, (uint16_t)port);
		if (hostrules_allowed(&a) && from == 0)
			from = port;
		if (hostrules_allowed(&a) || from == 0)
			continue;
		fprintf(out, from == port - 1 ? "%s%u" : "%s%u-%u", comma, from, port - 1);
		comma = ", ";
		from = 0;
	}
	putc('\n', out);
}

/* What lies behind an address, and what would open it. */
static void put_address(const struct ipaddr *a, FILE *out)
{
	struct ipaddr_about about = ipaddr_about(a);
	char text[IPADDR_TEXT];

	fprintf(out, "  address: of %s (%s)\n", about.meaning, about.words);
	if (about.need == IPADDR_NEVER)
		fputs("  no rule opens it\n", out);
	else if (about.need == 8 * a->bytes)
		fprintf(out, "  opened by a rule for %s, not by one for a network\n", ipaddr_text(a, text));
	else if (about.need > 0)
		fprintf(out, "  opened by a rule for %s, or a network of at least %u bits\n",
			ipaddr_text(a, text), about.need);
}

static void put_builtin(const struct hostname *host, FILE *out)
{
	size_t n;
	const struct hostrules_builtin *b = hostrules_builtin(&n);

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(b[i].pattern, ":");

		if (host->len == len && memcmp(host->text, b[i].pattern, len) == 0)
			fprintf(out, "  built-in list (--yolo): %s, %s: %s\n", b[i].pattern, b[i].group,
				b[i].why);
	}
}

/* What would allow it. */
static void put_option(const struct hostname *host, uint16_t port, FILE *out)
{
	bool brackets = host->kind == HOSTNAME_ADDR && host->addr.bytes == 16;

	if (host->kind == HOSTNAME_ADDR && ipaddr_about(&host->addr).need == IPADDR_NEVER)
		return;
	fprintf(out, "  opened by: --allow-host '%s%s%s", brackets ? "[" : "", host->text,
		brackets ? "]" : "");
	if (port > 0)
		fprintf(out, ":%u", port);
	fputs("'\n", out);
}

/* By the words of it: what addresses its name has is seen when it is spoken to. */
static bool is_upstream(const struct policy *p, const struct hostname *host, uint16_t port)
{
	struct hostname u;
	uint16_t at = 0;

	return p->upstream != NULL &&
	       hostname_parse_authority(p->upstream, strlen(p->upstream), &u, &at, NULL) && port == at &&
	       streq(u.text, host->text);
}

static void put_judged(const struct conf *conf, const struct policy *p, const struct hostname *host,
		       uint16_t port, FILE *out)
{
	__attribute__((cleanup(hostrules_done))) struct hostrules rules = { 0 };
	struct hostrules_answer a;
	bool own = is_own(host), lacks;
	char words[WORDS];

	load(p, &rules);
	a = judge(&rules, host, own, port);
	if (hostrules_allowed(&a) && a.by != HOSTRULES_EXACT && is_upstream(p, host, port)) {
		fputs("  out of reach: it is the proxy by which this machine goes out\n", out);
		line(out, "  by: network mode, ", conf_net_origin(conf));
		return;
	}
	line(out, hostrules_allowed(&a) ? "  reachable: " : "  out of reach: ",
	     hostrules_words(&a, words, sizeof(words)));
	if (hostrules_allowed(&a) && port == 0)
		put_ports(&rules, host, own, out);
	if (hostrules_allowed(&a) && p->upstream != NULL)
		line(out, "  by the proxy, unless NO_PROXY has it: ", p->upstream);
	else if (hostrules_allowed(&a) && host->kind == HOSTNAME_NAME)
		fputs("  but at no address that is private, this machine's own or denied\n", out);
	lacks = a.by == HOSTRULES_UNLISTED || (a.by == HOSTRULES_PORT && a.rule != NULL);
	if (lacks || a.by == HOSTRULES_OWN)
		put_option(host, port, out);
	if (lacks && p->egress == POLICY_EGRESS_FILTERED && conf->narrow.n > 0)
		line(out, "  of what you allow the project's file leaves only what it lists: ",
		     conf->narrow.item[0].origin);
	line(out, "  by: network mode, ", conf_net_origin(conf));
}

void explainhost(const struct conf *conf, const struct policy *p, const char *text, FILE *out)
{
	struct hostname_fault f;
	struct hostname host;
	uint16_t port = 0;
	bool good = hostname_parse_authority(text, strlen(text), &host, &port, &f), local;

	/* An IPv6 address has brackets where a port could follow. */
	if (!good && hostname_parse(text, strlen(text), true, &host, NULL))
		good = true;
	local = good && (streq(host.text, "localhost") ||
			 (host.kind == HOSTNAME_ADDR && ipaddr_about(&host.addr).class == IPADDR_LOOPBACK));
	line(out, "host ", text);
	if (!good) {
		fprintf(out, "  out of reach: no host: %s (character %zu)\n", f.why, f.at + 1);
		return;
	}
	if (p->egress != POLICY_EGRESS_NONE && !local) {
		put_judged(conf, p, &host, port, out);
	} else {
		fputs(p->net_host ? "  reachable as from the host: nothing is filtered\n"
		      : local	  ? "  the sandbox's own loopback, not the host's\n"
				  : "  out of reach: there is no network but the sandbox's own loopback\n",
		      out);
		line(out, "  by: network mode, ", conf_net_origin(conf));
	}
	if (host.kind == HOSTNAME_ADDR && !local)
		put_address(&host.addr, out);
	if (host.kind == HOSTNAME_NAME)
		put_builtin(&host, out);
}
